/** A TAXII 2.1 client that gets along with servers as they are, and with hostile ones. */
import { OperatorError } from '../domain/errors';
import { quoted } from '../domain/printable';
import type { StixObject } from '../domain/stix';
import { TAXII_MEDIA_TYPE, type Status, type StatusDetails } from '../domain/taxii';
import { askOf, beginPoll, takePage, type Answer, type Ask, type Position } from './position';
import { basicOf, BOUNDS, checkAddress, request, type Bounds, type Reply } from './transport';

/** What servers answer to a `next` that they know no longer. */
const FORGOTTEN = new Set([400, 404, 410, 422]);
const RETRIED = new Set([408, 425, 429, 500, 502, 503, 504]);
const MOST_TRIES = 6;
const LONGEST_WAIT_MS = 60_000;
/** Looks at a status that does not change, up to 10 s apart: some quarter of an hour. */
const MOST_LOOKS = 100;
/** Pages of one poll; a list that is longer is gone on with by the next. */
const MOST_PAGES = 100_000;
/** Whatever a server says that it takes. */
const MOST_CONTENT = 100 * 1024 * 1024;

export interface ClientOptions {
  /** Of the collection, such as https://example.org/root/collections/<id>/. */
  readonly url: string;
  /** undefined: what `password` holds is a bearer token. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Whether plain http may leave this machine. */
  readonly allowPlainHttp: boolean;
  /** Told of every wait, for people. */
  readonly notice: (line: string) => void;
  /** Waits some milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
  readonly bounds?: Partial<Bounds>;
}

export interface PageOfObjects {
  /** What was not given out before. */
  readonly objects: readonly StixObject[];
  /** Where a poll goes on that is interrupted after this page. */
  readonly position: Position;
}

/** A server that says no, or 0: none that can be reached. */
class Refusal extends OperatorError {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

function retryAfter(headers: Headers | undefined, attempt: number): number {
  const said = headers?.get('retry-after')?.trim();
  const seconds =
    said === undefined ? NaN : /^\d+$/.test(said) ? Number(said) : (Date.parse(said) - Date.now()) / 1000;
  const ms = Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 500 * 2 ** attempt;
  return Math.min(ms, LONGEST_WAIT_MS);
}

/** What a TAXII error message says (§3.6.1), as far as it is one. */
function describeError(text: string): string {
  try {
    const { title, description } = JSON.parse(text) as { title?: unknown; description?: unknown };
    return quoted([title, description].filter((t) => typeof t === 'string').join(': '));
  } catch {
    return '';
  }
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Details of a status (§4.3.1), each property of which may be missing or of another kind. */
function detailsOf(value: unknown): StatusDetails[] {
  return listOf(value).map((given): StatusDetails => {
    const { id, version, message } = (given ?? {}) as Readonly<Record<string, unknown>>;
    const details = { id: String(id), version: String(version) };
    return typeof message === 'string' ? { ...details, message } : details;
  });
}

export class TaxiiClient {
  readonly collection: string;
  readonly apiRoot: string;
  private readonly bounds: Bounds;

  /** @throws {OperatorError} the URL is not that of a collection, or not one that a password may be sent to. */
  constructor(private readonly options: ClientOptions) {
    const { url, allowPlainHttp, bounds } = options;
    const at = /^(https?:\/\/.+?\/)collections\/([^/?#]+)\/?(?:objects\/?)?$/.exec(url);
    if (at) checkAddress(url, allowPlainHttp);
    else
      throw new OperatorError(
        `${quoted(url.replace(/\/\/[^@/]*@/, '//…@'))}: is not the URL of a collection. It looks like https://example.org/ROOT/collections/ID/`,
      );
    this.apiRoot = at[1] as string;
    this.collection = `${this.apiRoot}collections/${at[2] as string}/`;
    this.bounds = { ...BOUNDS, ...bounds };
  }

  private headers(body: string | undefined): Record<string, string> {
    const { user, password } = this.options;
    const headers: Record<string, string> = { accept: TAXII_MEDIA_TYPE, 'accept-encoding': 'gzip' };
    if (body !== undefined) headers['content-type'] = TAXII_MEDIA_TYPE;
    if (user !== undefined) headers['authorization'] = basicOf(user, password ?? '');
    else if (password !== undefined) headers['authorization'] = `Bearer ${password}`;
    return headers;
  }

  /** @throws {OperatorError} the server refuses, or cannot be reached in several tries. */
  private async send(method: string, url: string, body?: string): Promise<Reply> {
    for (let attempt = 0; ; attempt++) {
      let reply: Reply | undefined;
      let why: string;
      try {
        reply = await request(url, { method, headers: this.headers(body), body }, this.bounds);
        if (reply.status >= 200 && reply.status < 300) return reply;
        why = `${reply.status} ${describeError(reply.text)}`.trim();
      } catch (error) {
        if (error instanceof OperatorError) throw error;
        const { message, cause } = error as Error & { cause?: { message?: string } };
        why = quoted(cause?.message ?? message);
      }
      const again = attempt + 1 < MOST_TRIES && (!reply || RETRIED.has(reply.status));
      if (!again) throw new Refusal(`${method} ${url}: ${why}`, reply?.status ?? 0);
      const ms = retryAfter(reply?.headers, attempt);
      this.options.notice(`${why}; trying again in ${Math.round(ms / 1000)} s`);
      await this.options.wait(ms);
    }
  }

  /** The JSON object that the server answers, every property of which may be missing or of another kind. */
  private async json(
    method: string,
    url: string,
    body?: string,
  ): Promise<{ value: Readonly<Record<string, unknown>>; headers: Headers }> {
    const { text, headers } = await this.send(method, url, body);
    let value: unknown;
    try {
      value = JSON.parse(text === '' ? '{}' : text);
    } catch {
      throw new OperatorError(`${method} ${url}: the answer is no JSON: ${quoted(text, 100)}`);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new OperatorError(`${method} ${url}: the answer is no JSON object: ${quoted(text, 100)}`);
    return { value: value as Readonly<Record<string, unknown>>, headers };
  }

  /** How large a publication may be, in bytes. */
  async maxContentLength(): Promise<number> {
    const { max_content_length: most } = (await this.json('GET', this.apiRoot)).value;
    return typeof most === 'number' && most > 0 ? Math.min(most, MOST_CONTENT) : 1_000_000;
  }

  /** POSTs an envelope and waits for its status to be complete. @throws {OperatorError} it never is. */
  async publish(envelope: string): Promise<Status> {
    let status = (await this.json('POST', `${this.collection}objects/`, envelope)).value as Partial<Status>;
    let [looks, before] = [0, status.pending_count];
    while (status.status !== 'complete') {
      if (typeof status.id !== 'string' || ++looks > MOST_LOOKS)
        throw new OperatorError(
          `${this.collection}: the publication was taken and its status ${looks > MOST_LOOKS ? 'does not go on' : 'has no id'}. Run it again later: what is there already is harmless.`,
        );
      await this.options.wait(Math.min(250 * 2 ** looks, 10_000));
      const url = `${this.apiRoot}status/${encodeURIComponent(status.id)}/`;
      status = { id: status.id, ...((await this.json('GET', url)).value as Partial<Status>) };
      if (status.pending_count !== before) [looks, before] = [0, status.pending_count];
    }
    const { id = '', total_count = 0, success_count = 0, failure_count = 0, pending_count = 0 } = status;
    return {
      id,
      status: 'complete',
      total_count,
      success_count,
      failure_count,
      pending_count,
      successes: detailsOf(status.successes),
      failures: detailsOf(status.failures),
    };
  }

  /**
   * Every version that was added after a position, page by page, each once.
   *
   * @param limit objects to ask for at a time.
   * @throws {OperatorError} the server refuses, or says that there is more and never gives it.
   */
  async *poll(from: Position, limit: number): AsyncGenerator<PageOfObjects> {
    let polling = beginPoll(from, limit);
    for (let pages = 0; pages < MOST_PAGES; pages++) {
      const turn = takePage(polling, await this.page(askOf(polling)));
      ({ polling } = turn);
      yield { objects: turn.objects, position: polling.position };
      if (turn.then === 'end') return;
      if (turn.then === 'stuck')
        throw new OperatorError(
          `${this.collection}: says that there is more and gives no way to get it: the same again, or nothing. What came is kept; tell who runs the server.`,
        );
    }
    throw new OperatorError(
      `${this.collection}: gave ${MOST_PAGES} pages and has more. What came is kept; run it again to go on.`,
    );
  }

  /** A page, or `forgotten` where a server knows its own `next` no longer. */
  private async page({ addedAfter, next, limit }: Ask): Promise<Answer> {
    const query = new URLSearchParams({ 'match[version]': 'all', limit: String(limit) });
    if (addedAfter !== undefined) query.set('added_after', addedAfter);
    if (next !== undefined) query.set('next', next);
    const url = `${this.collection}objects/?${query.toString()}`;
    try {
      const { value, headers } = await this.json('GET', url);
      const objects = listOf(value['objects']);
      if (objects.some((object) => typeof object !== 'object' || object === null || Array.isArray(object)))
        throw new OperatorError(
          `${this.collection}: gives objects that are no STIX. Tell who runs the server.`,
        );
      return {
        objects: objects as readonly StixObject[],
        more: value['more'] === true,
        next: typeof value['next'] === 'string' ? value['next'] : undefined,
        last: headers.get('x-taxii-date-added-last') ?? undefined,
      };
    } catch (error) {
      if (next !== undefined && error instanceof Refusal && FORGOTTEN.has(error.status)) return 'forgotten';
      throw error;
    }
  }
}
