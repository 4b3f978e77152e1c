/** Uploads that stall give their memory back, and no account holds all of it. */
import http, { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Principal } from '../../src/domain/access';
import { TaxiiError } from '../../src/domain/errors';
import { BodyBudget } from '../../src/http/body-budget';
import { bodyReader } from '../../src/http/body';
import { organisation, principal } from '../support/exchange';
import { connect, request, type RawClient } from '../support/raw-client';

const MOST = 1_000_000;
const own = organisation();
const PEOPLE: Record<string, Principal> = {
  desk: principal(4, { organisation: own }),
  colleague: principal(4, { organisation: own }),
  third: principal(4, { organisation: own }),
  other: principal(4),
};

let server: Server;
let budget: BodyBudget;
let windows: Set<() => void>;
let clients: RawClient[];
/** Resolves when the server holds so many bytes. */
let holds: (bytes: number) => Promise<void>;

beforeEach(async () => {
  budget = new BodyBudget(MOST);
  windows = new Set();
  clients = [];
  holds = async (bytes) => {
    while (budget.inUse !== bytes) await new Promise((resolve) => setImmediate(resolve));
  };
  const read = bodyReader(
    { mostBytes: MOST, leastRate: 4096, requestTimeoutMs: 300_000 },
    budget,
    (_ms, work) => {
      windows.add(work);
      return () => windows.delete(work);
    },
  );
  server = http.createServer((req, res) => {
    read(req, PEOPLE[req.headers['x-who'] as string]!).then(
      ({ body, release }) => {
        release();
        res.writeHead(200, { 'Content-Length': String(body.length).length }).end(String(body.length));
      },
      (error: unknown) => {
        if (!(error instanceof TaxiiError)) throw error;
        res.writeHead(error.status, { ...error.headers, 'Content-Length': error.message.length });
        res.end(error.message);
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const client of clients) client.end();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const pass = (): void => [...windows].forEach((work) => work());

/** Announces a body of so many bytes, and sends the first of them. */
async function upload(
  who: string,
  announced: number,
  sent: number | Buffer,
  headers: Record<string, string> = {},
): Promise<RawClient> {
  const client = await connect((server.address() as AddressInfo).port);
  clients.push(client);
  client.write(request('POST', '/', { 'X-Who': who, 'Content-Length': String(announced), ...headers }));
  client.write(typeof sent === 'number' ? Buffer.alloc(sent, 0x20) : sent);
  return client;
}

test('an upload that stalls is given up with 408 and words after a window, and its bytes are given back', async () => {
  const stalled = await upload('desk', 500_000, 400_000);
  await holds(400_000);
  pass(); // the grace: enough came in it
  pass();
  const [answer] = await stalled.answers(1);
  expect(answer).toMatchObject({ status: 408, headers: { connection: 'close' } });
  expect(answer!.body).toContain('too slowly');
  expect(budget.inUse).toBe(0);
  await stalled.closed;
});

test('one that says nothing at all is given up after the grace', async () => {
  const silent = await upload('desk', 500_000, 0);
  while (windows.size === 0) await new Promise((resolve) => setImmediate(resolve));
  pass();
  expect((await silent.answers(1))[0]!.status).toBe(408);
});

test('one that crawls below the least rate is given up, one at the rate goes on', async () => {
  const [slow, steady] = [await upload('desk', 500_000, 50_000), await upload('desk', 170_000, 50_000)];
  await holds(100_000);
  pass();
  slow.write(Buffer.alloc(40_000));
  steady.write(Buffer.alloc(41_000));
  await holds(181_000);
  pass();
  expect((await slow.answers(1))[0]!.status).toBe(408);
  steady.write(Buffer.alloc(79_000));
  expect((await steady.answers(1))[0]).toMatchObject({ status: 200, body: '170000' });
  expect(windows.size).toBe(0);
});

test('the more an upload holds the less it may dawdle: near the end it cannot trickle', async () => {
  // 4096 B/s would do for a small one; a sixtieth of what is held is more here.
  const big = bodyReader(
    { mostBytes: MOST, leastRate: 1, requestTimeoutMs: 300_000 },
    budget,
    (_ms, work) => {
      windows.add(work);
      return () => windows.delete(work);
    },
  );
  server.removeAllListeners('request');
  server.on('request', (req: http.IncomingMessage, res: http.ServerResponse) => {
    big(req, PEOPLE['desk']!).catch((e: unknown) =>
      res.writeHead((e as TaxiiError).status, { 'Content-Length': 0 }).end(),
    );
  });
  const trickle = await upload('desk', MOST, 900_000);
  await holds(900_000);
  pass();
  trickle.write(Buffer.alloc(14_000));
  await holds(914_000);
  pass();
  expect((await trickle.answers(1))[0]!.status).toBe(408);
});

test('decompressed bytes count: few on the wire are fast enough if they are many in memory, and they fill the share', async () => {
  const body = gzipSync(Buffer.alloc(900_000, 0x20));
  const packed = await upload('desk', body.length + 10, body, { 'Content-Encoding': 'gzip' });
  await holds(900_000);
  pass();
  expect(packed.received).toEqual([]);
  pass();
  expect((await packed.answers(1))[0]!.status).toBe(408);
});

describe('shares', () => {
  test('one account holds one largest body at most, or small ones that are as much: others still publish', async () => {
    for (const held of [1, 2]) {
      await upload('desk', MOST / 2, MOST / 2 - 1);
      await holds(held * (MOST / 2 - 1));
    }
    const third = await upload('desk', MOST / 2, MOST / 2);
    expect((await third.answers(1))[0]!.status).toBe(503);
    const other = await upload('other', MOST, MOST);
    expect((await other.answers(1))[0]).toMatchObject({ status: 200, body: String(MOST) });
  });

  test('one organisation holds two', async () => {
    for (const who of ['desk', 'colleague']) {
      const before = budget.inUse;
      await upload(who, MOST, MOST - 1);
      await holds(before + MOST - 1);
    }
    const third = await upload('third', MOST, MOST);
    expect((await third.answers(1))[0]).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
    });
    expect((await third.answers(1))[0]!.body).toContain('by this organisation');
    expect((await (await upload('other', MOST, MOST)).answers(1))[0]!.status).toBe(200);
  });

  test('a stated length beyond the share is refused before it is sent, and a promise takes nothing', async () => {
    for (let i = 0; i < 10; i++) await upload('desk', 999_000, 1);
    await holds(10);
    const held = await upload('desk', 999_000, 499_990);
    await holds(500_000);
    await upload('desk', 500_000, 400_000);
    await holds(900_000);
    const [answer] = await (await upload('desk', 200_000, 0)).answers(1);
    expect(answer).toMatchObject({ status: 503 });
    expect(answer!.body).toContain('by this account');
    held.end();
    await holds(400_010);
  });

  test('a client that hangs up gives its bytes back', async () => {
    const client = await upload('desk', MOST, 300_000);
    await holds(300_000);
    client.end();
    await holds(0);
  });

  test('whatever is taken and given back, nobody is over a share, and at the end nothing is held', () => {
    const people = Object.values(PEOPLE);
    const step = fc.record({
      who: fc.integer({ min: 0, max: people.length - 1 }),
      bytes: fc.integer({ min: 1, max: MOST }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const fresh = new BodyBudget(MOST);
        const held: (typeof steps)[number][] = [];
        for (const taking of steps) {
          try {
            fresh.take(people[taking.who]!, taking.bytes);
            held.push(taking);
          } catch (error) {
            expect((error as TaxiiError).status).toBe(503);
          }
          const of = (...who: number[]): number =>
            held.filter((h) => who.includes(h.who)).reduce((sum, h) => sum + h.bytes, 0);
          expect(of(0)).toBeLessThanOrEqual(MOST);
          expect(of(0, 1, 2)).toBeLessThanOrEqual(2 * MOST);
          expect(fresh.inUse).toBe(of(0, 1, 2, 3));
          expect(fresh.inUse).toBeLessThanOrEqual(4 * MOST);
        }
        for (const { who, bytes } of held) fresh.give(people[who]!, bytes);
        expect(fresh.inUse).toBe(0);
      }),
    );
  });
});
