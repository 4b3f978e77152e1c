/** Costly reads over HTTP (T-385): what a page that ends early says, who has to wait, and what a hang-up ends. */
import { once } from 'node:events';
import http from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Response } from 'express';
import { Pages } from '../../src/http/pages';
import { part, read, tool, toolId, write } from '../support/exchange';
import {
  basic,
  COLLECTIONS,
  json,
  serveExchange,
  TAXII,
  url,
  type Account,
  type Exchange,
} from '../support/http';

let exchange: Exchange;
const sockets: Socket[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  for (const socket of sockets.splice(0)) socket.destroy();
  await exchange.close();
});

/** 3,000 objects, every thousandth of which is wanted, from the 500th on. */
async function filled(): Promise<string[]> {
  const ids = Array.from({ length: 3000 }, toolId);
  const of = (i: number): string => (i % 1000 === 500 ? 'wanted' : 'other');
  const scope = write(COLLECTIONS.main);
  for (let i = 0; i < ids.length; i += 1000)
    await exchange.store.objects.append(
      scope,
      part(ids.slice(i, i + 1000).map((id, j) => tool(id, 1, 0, { name: of(i + j) }))),
    );
  return ids.filter((_, i) => of(i) === 'wanted');
}

const FILTER = 'match[name]=wanted';
const objectIds = (body: Record<string, unknown>): string[] =>
  ((body['objects'] ?? []) as { id: string }[]).map(({ id }) => id);

test.each([
  ['as soon as something is found', { examinedRows: 600, patience: 1000 }],
  ['also when nothing is found', { examinedRows: 600, patience: 1 }],
])(
  'a page ends %s: both ways of going on are complete and exact (promise 1, T-173, T-174)',
  async (_, reads) => {
    exchange = await serveExchange({}, [], { reads });
    const wanted = await filled();
    for (const how of ['next', 'added_after'] as const) {
      const got: string[] = [];
      let requests = 0;
      for (let position = ''; ; requests++) {
        const page = await exchange.get(url('main', 'objects/'), { query: `${FILTER}${position}` });
        const body = json(page);
        got.push(...objectIds(body));
        const last = page.headers['x-taxii-date-added-last'] as string;
        if (objectIds(body).length > 0) {
          const id = objectIds(body).at(-1)!;
          const manifest = await exchange.get(url('main', 'manifest/'), { query: `match[id]=${id}` });
          expect(last).toBe((json(manifest)['objects'] as { date_added: string }[])[0]!.date_added);
        }
        if (body['more'] !== true) break;
        expect(body['next']).toMatch(/^[\w-]+$/);
        position = how === 'next' ? `&next=${body['next'] as string}` : `&added_after=${last}`;
      }
      expect(got).toEqual(wanted);
      expect(requests).toBeGreaterThan(1);
    }
  },
);

const ask = (as: Account, path: string, query: string): http.ClientRequest =>
  http.get({
    port: (exchange.server.address() as AddressInfo).port,
    host: '127.0.0.1',
    path: `${path}?${query}`,
    headers: { accept: TAXII, authorization: basic(as) },
  });

test('work ends when the client hangs up', async () => {
  exchange = await serveExchange();
  await filled();
  const find = jest.spyOn(exchange.store.objects, 'find');
  const request = ask('desk', url('main', 'objects/'), 'match[name]=nobody').on('error', () => undefined);
  while (find.mock.results.length === 0) await new Promise((resolve) => setImmediate(resolve));
  request.destroy();
  await expect(find.mock.results[0]!.value as Promise<unknown>).rejects.toThrow('hung up');
});

test('beside examinations a poll is answered at once; of one account they take turns, and too many get 503', async () => {
  // Nothing is kept: the same question would be answered again without an examination.
  exchange = await serveExchange({ JISR_PAGE_CACHE_MB: '0' });
  await filled();
  const order: string[] = [];
  const examine = async (as: Account): Promise<number> => {
    const { status, headers } = await exchange.get(url('main', 'objects/'), {
      as,
      query: 'match[name]=nobody',
    });
    if (status === 503) expect(headers['retry-after']).toBe('5');
    else order.push(as);
    return status;
  };
  for (const as of ['desk', 'member', 'operator'] as const) await exchange.get(url('main'), { as });
  const examinations = Array.from({ length: 20 }, () => examine('desk'));
  const other = examine('member');
  const poll = exchange.get(url('main', 'objects/'), { as: 'operator', query: 'limit=10' }).then((r) => {
    order.push('poll');
    return r.status;
  });
  expect(await poll).toBe(200);
  const statuses = await Promise.all(examinations);
  // One at a time and eight that wait; the later ones may have found a place.
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(9);
  expect(statuses).toContain(503);
  expect(await other).toBe(200);
  expect(order.indexOf('poll')).toBeLessThan(5);
  expect(order.indexOf('member')).toBeLessThan(5);
});

test('answers that nobody takes fill a share of the memory, not all of it; what was hung up is given back', async () => {
  exchange = await serveExchange();
  await exchange.store.objects.append(
    write(COLLECTIONS.main),
    part([tool(toolId(), 1, 0, { description: 'x'.repeat(23e6) }), tool(toolId(), 1, 0)]),
  );
  const stalled = async (): Promise<Socket> => {
    const socket = connect((exchange.server.address() as AddressInfo).port, '127.0.0.1');
    sockets.push(socket);
    socket.write(
      `GET ${url('main', 'objects/')} HTTP/1.1\r\nHost: x\r\nAccept: ${TAXII}\r\nAuthorization: ${basic('desk')}\r\n\r\n`,
    );
    await once(socket, 'readable'); // the answer begins, and is not read
    return socket;
  };
  for (let i = 0; i < 3; i++) await stalled();
  const refused = await exchange.get(url('main', 'objects/'), { query: 'limit=1' });
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
  // Others are not concerned.
  expect((await exchange.get(url('main', 'objects/'), { as: 'member', query: 'limit=1' })).status).toBe(200);
  for (const socket of sockets.splice(0)) socket.destroy();
  let status = 503;
  while (status === 503) ({ status } = await exchange.get(url('main', 'objects/'), { query: 'limit=1' }));
  expect(status).toBe(200);
});

test('a client that takes nothing of a large answer for long is cut off', async () => {
  exchange = await serveExchange();
  const pages = new Pages(1);
  const server = http.createServer((_req, res) => {
    pages.hold(read(COLLECTIONS.main, 4), 64e6, res as Response);
    res.end(Buffer.alloc(64e6));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const closed = once(server, 'request').then(([, res]) => once(res as http.ServerResponse, 'close'));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  sockets.push(socket);
  socket
    .on('error', () => undefined)
    .pause()
    .write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await closed;
  let came = 0;
  socket.on('data', (chunk) => (came += chunk.length)).resume();
  await once(socket, 'close');
  expect(came).toBeLessThan(64e6);
  await new Promise((resolve) => server.close(resolve));
});
