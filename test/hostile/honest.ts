/** Honest clients: they do as TAXII says, wait as long as Retry-After says, and notice everything. */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { as, PUBLISHER } from './accounts';
import { indicator } from './content';

export const TAXII = 'application/taxii+json;version=2.1';
export const AGENT = 'honest';
export const INDICATORS = '/europe/collections/indicators/objects/';
const POLL_MS = 250;
const PUBLISH_MS = 500;
const BUNDLE = 5;
const MOST_WAIT_MS = 60_000;

export interface Answered {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

export type Ask = (method: 'GET' | 'POST', path: string, body?: string) => Promise<Answered>;

/** A client with one connection that is kept. */
export function clientOf(port: number, name: string): Ask {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { authorization: as(name), accept: TAXII, 'content-type': TAXII, 'user-agent': AGENT };
  return (method, path, body) =>
    new Promise((resolve, reject) => {
      const req = http.request({ port, host: '127.0.0.1', method, path, headers, agent }, (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.once('error', reject);
        res.once('end', () =>
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      req.setTimeout(MOST_WAIT_MS, () => req.destroy(new Error(`no answer for ${MOST_WAIT_MS} ms`)));
      req.once('error', reject);
      req.end(body);
    });
}

export interface Journal {
  /** When an answer was due, and how long after that it was there, in ms. */
  readonly waits: { readonly at: number; readonly ms: number }[];
  /** Answers of 503 with Retry-After. */
  refused: number;
  readonly faults: string[];
}
const journal = (): Journal => ({ waits: [], refused: 0, faults: [] });

/** Asks until it is let in. @returns undefined: a fault, which is noted. */
async function insist(
  ask: Ask,
  own: Journal,
  accepted: number,
  ...what: Parameters<Ask>
): Promise<Answered | undefined> {
  for (;;) {
    const answer = await ask(...what).catch((error: unknown) => {
      own.faults.push(`${what[0]} ${what[1]}: ${String(error)}`);
      return undefined;
    });
    if (answer === undefined || answer.status === accepted) return answer;
    const after = Number(answer.headers['retry-after']);
    if (answer.status !== 503 || !(after > 0)) {
      own.faults.push(`${what[0]} ${what[1]}: ${answer.status} ${answer.body.slice(0, 300)}`);
      return undefined;
    }
    own.refused++;
    await sleep(Math.min(after * 1000, MOST_WAIT_MS));
  }
}

interface PageBody {
  readonly more: boolean;
  readonly next?: string;
  readonly objects?: readonly { readonly id: string; readonly modified?: string }[];
}

export interface Poller extends Journal {
  /** Each version seen, as `id modified`. */
  readonly seen: Set<string>;
}

/**
 * Tails the collection from a date on: within a poll by `next`, from poll to poll by the last date. An answer is due when
 * its poll is, so that a stall counts for each poll that it holds up.
 *
 * @param done once true, it polls once more and ends.
 */
export async function poll(
  port: number,
  name: string,
  query: string,
  done: () => boolean,
  from: string,
): Promise<Poller> {
  const own: Poller = { ...journal(), seen: new Set() };
  const ask = clientOf(port, name);
  let last = from;
  let position = `added_after=${from}`;
  for (let due = Date.now(); ;) {
    const finished = done();
    const refusedBefore = own.refused;
    const answer = await insist(ask, own, 200, 'GET', `${INDICATORS}?${query}&${position}`);
    const now = Date.now();
    // Who was sent away for a while was not kept waiting.
    if (answer && own.refused === refusedBefore) own.waits.push({ at: due, ms: now - due });
    if (answer) {
      const page = JSON.parse(answer.body) as PageBody;
      const [first, through] = ['first', 'last'].map((end) =>
        String(answer.headers[`x-taxii-date-added-${end}`]),
      );
      if (page.objects && first! <= last) own.faults.push(`${name}: ${first!} again after ${last}`);
      for (const { id, modified = '' } of page.objects ?? []) {
        if (own.seen.has(`${id} ${modified}`)) own.faults.push(`${name}: ${id} ${modified} was repeated`);
        own.seen.add(`${id} ${modified}`);
      }
      last = through!;
      position = page.more ? `next=${page.next ?? ''}` : `added_after=${last}`;
      if (finished && !page.more) return own;
      if (page.more) {
        due = Date.now();
        continue;
      }
    } else if (finished) return own;
    due = own.refused === refusedBefore ? due + POLL_MS : Date.now() + POLL_MS;
    await sleep(Math.max(0, due - Date.now()));
  }
}

export interface Publisher extends Journal {
  /** What was acknowledged, by id. */
  readonly acknowledged: Map<string, object>;
}

/** Publishes small bundles until done; each is repeated until it is acknowledged. */
export async function publish(port: number, done: () => boolean): Promise<Publisher> {
  const own: Publisher = { ...journal(), acknowledged: new Map() };
  const ask = clientOf(port, PUBLISHER);
  for (let n = 0; !done(); n++) {
    const objects = Array.from({ length: BUNDLE }, () => indicator({ name: `bundle ${n}` }));
    const at = Date.now();
    const answer = await insist(ask, own, 202, 'POST', INDICATORS, JSON.stringify({ objects }));
    own.waits.push({ at, ms: Date.now() - at });
    const status = JSON.parse(answer?.body ?? '{}') as { success_count?: number };
    if (answer && status.success_count !== BUNDLE)
      own.faults.push(`not acknowledged: ${answer.body.slice(0, 300)}`);
    else if (answer) for (const object of objects) own.acknowledged.set(object.id, object);
    await sleep(PUBLISH_MS);
  }
  return own;
}
