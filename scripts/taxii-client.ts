/** A TAXII 2.1 client that gets along with servers as they are: retries, limits, and pages without what they should have. */
import { OperatorError } from '../src/domain/errors';
import { statedVersion, type StixObject } from '../src/domain/stix';
import type { Status } from '../src/domain/taxii';
import { parseTimestamp } from '../src/domain/timestamp';

const TAXII = 'application/taxii+json;version=2.1';
/** What servers answer to a `next` that they know no longer. */
const FORGOTTEN = new Set([400, 404, 410, 422]);
const RETRIED = new Set([408, 425, 429, 500, 502, 503, 504]);
const MOST_TRIES = 6;
const LONGEST_WAIT_MS = 60_000;

export interface ClientOptions {
  /** Of the collection, such as https://example.org/root/collections/<id>/. */
  readonly url: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** Told of every wait, for people. */
  readonly notice: (line: string) => void;
  /** Waits some milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Envelope as it comes: every member may be missing. */
interface Envelope {
  readonly more?: boolean;
  readonly next?: string;
  readonly objects?: readonly StixObject[];
}

/** Where a poll stands. */
export interface Position {
  /** Everything up to this date has been given out; undefined at the beginning. */
  readonly after: string | undefined;
  /** Versions that were given out since: a server may give several versions one date, and begins anew among them. */
  readonly edge: readonly string[];
}

export interface PageOfObjects {
  /** What was not given out before. */
  readonly objects: readonly StixObject[];
  /** Where a poll goes on that is interrupted after this page. */
  readonly position: Position;
}

/** What tells one version of an object from another. */
const versionOf = (object: StixObject): string =>
  `${String(object['id'])} ${statedVersion(object)?.version ?? ''}`;

function retryAfter(headers: Headers, attempt: number): number {
  const said = headers.get('retry-after');
  const seconds =
    said === null ? NaN : /^\d+$/.test(said.trim()) ? Number(said) : (Date.parse(said) - Date.now()) / 1000;
  const ms = Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 500 * 2 ** attempt;
  return Math.min(ms, LONGEST_WAIT_MS);
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

export class TaxiiClient {
  readonly collection: string;
  readonly apiRoot: string;
  private readonly wait: (ms: number) => Promise<void>;

  /** @throws {OperatorError} the URL is not that of a collection. */
  constructor(private readonly options: ClientOptions) {
    const at = /^(https?:\/\/.+?\/)collections\/([^/?#]+)\/?(?:objects\/?)?$/.exec(options.url);
    if (!at)
      throw new OperatorError(
        `${options.url}: is not the URL of a collection. It looks like https://example.org/ROOT/collections/ID/`,
      );
    this.apiRoot = at[1] as string;
    this.collection = `${this.apiRoot}collections/${at[2] as string}/`;
    this.wait = options.wait;
  }

  /** @throws {OperatorError} the server refuses, or cannot be reached in several tries. */
  async send(method: string, url: string, body?: Buffer | string): Promise<Answer> {
    const { user, password, notice } = this.options;
    for (let attempt = 0; ; attempt++) {
      let answer: Answer | undefined;
      let why: string;
      try {
        const response = await fetch(url, {
          method,
          redirect: 'error',
          headers: {
            accept: TAXII,
            ...(body === undefined ? {} : { 'content-type': TAXII }),
            ...(user === undefined
              ? {}
              : { authorization: `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}` }),
          },
          ...(body === undefined ? {} : { body }),
          signal: AbortSignal.timeout(120_000),
        });
        answer = { status: response.status, headers: response.headers, text: await response.text() };
        if (response.ok) return answer;
        why = `${answer.status} ${describeError(answer.text)}`.trim();
      } catch (error) {
        const { message, cause } = error as Error & { cause?: { message?: string } };
        why = cause?.message ?? message;
      }
      const again = attempt + 1 < MOST_TRIES && (!answer || RETRIED.has(answer.status));
      if (!again) throw new Refusal(`${method} ${url}: ${why}`, answer?.status ?? 0);
      const ms = retryAfter(answer?.headers ?? new Headers(), attempt);
      notice(`${why}; trying again in ${Math.round(ms / 1000)} s`);
      await this.wait(ms);
    }
  }

  // The caller knows the resource that it asked for.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  async json<T>(
    method: string,
    url: string,
    body?: Buffer | string,
  ): Promise<{ value: T; headers: Headers }> {
    const { text, headers } = await this.send(method, url, body);
    try {
      return { value: JSON.parse(text === '' ? '{}' : text) as T, headers };
    } catch {
      throw new OperatorError(`${method} ${url}: the answer is no JSON: ${text.slice(0, 100)}`);
    }
  }

  /** How large a publication may be, in bytes. */
  async maxContentLength(): Promise<number> {
    const { value } = await this.json<{ max_content_length?: unknown }>('GET', this.apiRoot);
    const { max_content_length: most } = value;
    return typeof most === 'number' && most > 0 ? most : 1_000_000;
  }

  /** POSTs an envelope and waits for its status to be complete. */
  async publish(envelope: string): Promise<Status> {
    let { value: status } = await this.json<Status>('POST', `${this.collection}objects/`, envelope);
    for (let i = 0; status.status !== 'complete'; i++) {
      await this.wait(Math.min(250 * 2 ** i, 10_000));
      status = (await this.json<Status>('GET', `${this.apiRoot}status/${status.id}/`)).value;
    }
    return status;
  }

  /**
   * Every version that was added after a position, page by page. Pages go on by `next`; without it from the last date
   * that is known to be complete, by the headers; without those by a larger page. What a page repeats is left out.
   */
  async *poll(from: Position, limit: number): AsyncGenerator<PageOfObjects> {
    let { after } = from;
    let edge = new Set(from.edge);
    let newest: string | undefined;
    let next: string | undefined;
    let began: string | undefined;
    let size = limit;
    for (;;) {
      const query = new URLSearchParams({ 'match[version]': 'all', limit: String(size) });
      // Some servers want the filters that a list began with beside its `next`.
      if (next === undefined) began = after;
      if (began !== undefined) query.set('added_after', began);
      if (next !== undefined) query.set('next', next);
      const page = await this.page(query, next !== undefined);
      if (page === 'no such next') {
        next = undefined;
        continue;
      }
      const { value, headers } = page;
      const all = value.objects ?? [];
      const fresh = all.filter((object) => !edge.has(versionOf(object)));
      const last = dateOf(headers.get('x-taxii-date-added-last'));
      const more = value.more === true;
      if (last !== undefined && (newest === undefined || isBefore(newest, last))) {
        // All that has an earlier date is here: pages come in the order of dates.
        const first = dateOf(headers.get('x-taxii-date-added-first'));
        const whole = first !== undefined && isBefore(first, last) ? first : newest;
        if (whole !== undefined) [after, edge] = [whole, new Set()];
        newest = last;
      }
      for (const object of all) edge.add(versionOf(object));
      if (!more && newest !== undefined) after = newest;
      yield { objects: fresh, position: { after, edge: [...edge] } };
      if (!more) return;
      // The same `next` again is a way on as long as it brings something.
      const again = value.next === next && fresh.length === 0;
      if (typeof value.next === 'string' && value.next !== '' && !again) next = value.next;
      else {
        if (all.length < size && fresh.length === 0)
          throw new OperatorError(`${this.collection}: says that there is more and gives no way to get it.`);
        // What is known already comes again, and must leave room for what is not.
        [size, next] = [Math.max(size, limit + edge.size), undefined];
      }
    }
  }

  /** A page; where a server has forgotten its own `next`, the list begins anew behind what is known. */
  private async page(
    query: URLSearchParams,
    hasNext: boolean,
  ): Promise<{ value: Envelope; headers: Headers } | 'no such next'> {
    try {
      return await this.json<Envelope>('GET', `${this.collection}objects/?${query.toString()}`);
    } catch (error) {
      if (hasNext && error instanceof Refusal && FORGOTTEN.has(error.status)) return 'no such next';
      throw error;
    }
  }
}

const dateOf = (header: string | null): string | undefined =>
  header !== null && parseTimestamp(header) !== undefined ? header : undefined;

const isBefore = (a: string, b: string): boolean => (parseTimestamp(a) ?? 0) < (parseTimestamp(b) ?? 0);

function describeError(text: string): string {
  try {
    const { title, description } = JSON.parse(text) as { title?: string; description?: string };
    return [title, description]
      .filter((t) => t !== undefined)
      .join(': ')
      .slice(0, 300);
  } catch {
    return '';
  }
}
