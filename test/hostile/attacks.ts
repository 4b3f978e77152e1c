/** The attacks, each by itself: bounded by a time at which it gives up, and by how much it keeps under way. */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { gzipSync } from 'node:zlib';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, get, request } from '../support/raw-client';
import { as, MEMBER, PARTNER, READER } from './accounts';
import { indicator, longStrings, nested, slowSchemas, versionsOf } from './content';

const TAXII = 'application/taxii+json;version=2.1';
const INBOX = '/europe/collections/partner-inbox/objects/';
const INDICATORS = '/europe/collections/indicators/objects/';

export interface Battle {
  readonly port: number;
  /** The path of a status of some 20 MB. */
  readonly status: string;
  /** No new request from then on. */
  readonly until: number;
  /** Counts one outcome. */
  readonly count: (outcome: string | number) => void;
}

export type Attack = (battle: Battle) => Promise<void>;

/** Repeats in so many lines at once, and at most so often in each. */
async function inLines(
  lines: number,
  most: number,
  { until }: Battle,
  work: (line: number) => Promise<void>,
): Promise<void> {
  await Promise.all(
    Array.from({ length: lines }, async (_, line) => {
      for (let n = 0; n < most && Date.now() < until; n++) await work(line);
    }),
  );
}

/** One request of its own connection; a body that is answered is thrown away. Resolves when all is over. */
function send(
  { port, count }: Battle,
  name: string,
  path: string,
  more: { body?: Buffer; encoding?: string; hangUpAfter?: number } = {},
): Promise<void> {
  const { body, encoding, hangUpAfter } = more;
  return new Promise((resolve) => {
    const headers = { authorization: as(name), accept: TAXII, 'content-type': TAXII };
    const req = http.request({
      port,
      host: '127.0.0.1',
      path,
      method: body ? 'POST' : 'GET',
      agent: false,
      headers: encoding === undefined ? headers : { ...headers, 'content-encoding': encoding },
    });
    req.once('response', (res) => {
      count(res.statusCode ?? 0);
      res.resume();
      res.once('error', () => undefined);
    });
    req.once('error', () => count('cut'));
    req.once('close', resolve);
    req.end(body);
    if (hangUpAfter !== undefined) setTimeout(() => req.destroy(), hangUpAfter).unref();
  });
}

/** A connection that sends something and then takes nothing, until the server or the end closes it. */
async function holdOpen({ port, count, until }: Battle, bytes: string, crawl = ''): Promise<void> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(bytes);
  socket.pause();
  const crawling = setInterval(() => crawl !== '' && socket.write(crawl), 1000);
  const end = setTimeout(() => socket.destroy(), Math.max(0, until - Date.now()));
  await closed;
  clearInterval(crawling);
  clearTimeout(end);
  count('held open');
}

/** Bodies that take long to make, made before the battle begins. */
const nestedBodies: Buffer[] = [];
const longBodies: Buffer[] = [];

export function prepare(): void {
  for (const [members, each] of [
    [1050, 9000],
    [1050, 40_000],
    [50, 190_000],
  ] as const)
    nestedBodies.push(gzipSync(nested(members, each)));
  for (const mib of [15, 60])
    for (const text of longStrings(mib)) longBodies.push(gzipSync(text, { level: 1 }));
}

/** So many connections, from several networks, that sign in again and again. */
async function knock(battle: Battle, most: number, authorization: (line: number) => string): Promise<void> {
  const { port, count } = battle;
  const clients = await Promise.all(
    Array.from({ length: most }, (_, i) => connect(port, `127.9.${i % 7}.${1 + (i % 5)}`)),
  );
  await inLines(most, 1000, battle, async (line) => {
    const client = clients[line];
    if (!client || client.socket.closed) {
      await sleep(1000);
      return;
    }
    client.write(get('/taxii2/', { Authorization: authorization(line), Accept: TAXII }));
    const giveUp = setTimeout(() => client.end(), Math.max(0, battle.until - Date.now()));
    const answers = await client.answers(client.received.length + 1).catch(() => []);
    clearTimeout(giveUp);
    count(answers.at(-1)?.status ?? 'cut');
  });
  for (const client of clients) client.end();
}

export const ATTACKS: Readonly<Record<string, Attack>> = {
  'gzip of "x_a":[[],[],…]': (battle) =>
    inLines(3, 2, battle, (line) =>
      send(battle, PARTNER, INBOX, { body: nestedBodies[line] ?? Buffer.alloc(0), encoding: 'gzip' }),
    ),
  'long valid strings': (battle) =>
    inLines(1, 3, battle, async () => {
      for (const body of longBodies)
        if (Date.now() < battle.until) await send(battle, PARTNER, INBOX, { body, encoding: 'gzip' });
    }),
  '500 slow schemas': (battle) =>
    inLines(2, 10, battle, () => send(battle, MEMBER, INDICATORS, { body: Buffer.from(slowSchemas(500)) })),
  'match[name]= over large objects': (battle) =>
    inLines(24, 1000, battle, (line) =>
      send(battle, line % 2 ? READER : PARTNER, `${INDICATORS}?match[name]=nothing`, {
        ...(line % 3 === 0 ? {} : { hangUpAfter: 50 + line * 40 }),
      }),
    ),
  '700 connections with wrong passwords': (battle) =>
    knock(battle, 700, (line) => as(`guess-${line % 50}`, `wrong ${Math.random()}`)),
  '100 connections with tokens that nobody gave out': (battle) =>
    knock(
      battle,
      100,
      (line) => `${line % 2 ? 'Bearer' : 'Token'} jisr_${randomBytes(41).toString('base64url')}`,
    ),
  'stalled and crawling uploads': (battle) => {
    const headers = { Authorization: as(PARTNER), Accept: TAXII, 'Content-Type': TAXII };
    const begun = `${request('POST', INBOX, { ...headers, 'Content-Length': '90000000' }, '{"objects":[')}${' '.repeat(60_000)}`;
    return inLines(40, 50, battle, (line) => holdOpen(battle, begun, line % 2 ? ' ' : ''));
  },
  'thousands of versions of one object': async (battle) => {
    const { id } = indicator();
    let from = 0;
    await inLines(1, 40, battle, async () => {
      await send(battle, MEMBER, INDICATORS, { body: Buffer.from(versionsOf(id, from, 1000)) });
      from += 1000;
      await sleep(500);
    });
  },
  'a large status': (battle) => inLines(8, 1000, battle, () => send(battle, MEMBER, battle.status)),
  '5,000 pipelined GETs': (battle) =>
    inLines(1, 100, battle, async () => {
      const client = await connect(battle.port);
      client.write(get('/taxii2/', { Authorization: as(READER), Accept: TAXII }).repeat(5000));
      const giveUp = setTimeout(() => client.end(), Math.max(0, battle.until - Date.now()));
      await client.answers(5000).catch(() => undefined);
      clearTimeout(giveUp);
      client.received.forEach(({ status }) => battle.count(status));
      client.end();
    }),
  'big pages that nobody takes': (battle) =>
    inLines(40, 50, battle, (line) => {
      const headers = { Authorization: as(line % 2 ? READER : PARTNER), Accept: TAXII };
      return holdOpen(battle, get(`${INDICATORS}?limit=5000`, headers));
    }),
};
