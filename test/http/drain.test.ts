/** Stopping takes < 5 s under load. */
import { once } from 'node:events';
import http, { type Server, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { drainable } from '../../src/http/drain';
import { connect, get, request, type RawClient } from '../support/raw-client';

let server: Server;
let asked: ServerResponse[];
let clients: RawClient[];
const client = async (): Promise<RawClient> => {
  const made = await connect((server.address() as AddressInfo).port);
  clients.push(made);
  return made;
};
const answer = (res: ServerResponse | undefined): void => void res?.setHeader('Content-Length', 2).end('ok');
const underWay = async (count: number): Promise<void> => {
  while (asked.length < count) await new Promise((resolve) => setImmediate(resolve));
};

beforeEach(async () => {
  asked = [];
  clients = [];
  server = http.createServer((req, res) => {
    if (req.url === '/now') answer(res);
    else asked.push(res);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  for (const made of clients) made.end();
  server.closeAllConnections();
});

/** Longer than any test: what it would end is ended before. */
const LONG = 3_600_000;

test('idle connections are closed at once', async () => {
  const drain = drainable(server, LONG);
  const idle = await client();
  idle.write(get('/now'));
  await idle.answers(1);
  await drain();
  await idle.closed;
});

test('what is under way is answered, with Connection: close, and new connections are refused', async () => {
  const drain = drainable(server, LONG);
  const busy = await client();
  busy.write(get('/later'));
  await underWay(1);
  const drained = drain();
  await expect(connect((server.address() as AddressInfo | null)?.port ?? 1)).rejects.toThrow();
  answer(asked[0]);
  expect((await busy.answers(1))[0]).toMatchObject({ status: 200, headers: { connection: 'close' } });
  await Promise.all([drained, busy.closed]);
});

test('clients that go on asking on their kept connections do not keep it up', async () => {
  const drain = drainable(server, LONG);
  const eager = await Promise.all(Array.from({ length: 10 }, client));
  let going = true;
  const loops = eager.map(async (one) => {
    for (let n = 1; going && !one.socket.destroyed; n++) {
      one.write(get('/now'));
      if (
        await one.answers(n).then(
          () => false,
          () => true,
        )
      )
        return;
    }
  });
  await Promise.all(eager.map((one) => one.answers(3)));
  await drain();
  going = false;
  await Promise.all([...eager.map((one) => one.closed), ...loops]);
  expect(eager.every((one) => one.received.every(({ status }) => status === 200))).toBe(true);
});

test('an answer whose header is out already ends, and its connection with it', async () => {
  const drain = drainable(server, LONG);
  const reading = await client();
  reading.write(get('/later'));
  await underWay(1);
  asked[0]!.writeHead(200, { 'Content-Length': 2 });
  asked[0]!.write('o');
  const drained = drain();
  asked[0]!.end('k');
  expect((await reading.answers(1))[0]!.body).toBe('ok');
  await Promise.all([drained, reading.closed]);
});

test('after the grace what is left is cut off: an upload that crawls, a client that said nothing', async () => {
  const drain = drainable(server, 0);
  const [crawling, silent] = [await client(), await client()];
  crawling.write(request('POST', '/later', { 'Content-Length': '1000' }) + 'x');
  await underWay(1);
  await drain();
  await Promise.all([crawling.closed, silent.closed]);
});

test('after the grace a handshake that never comes is cut off too: it does not keep the server from ending', async () => {
  server.close();
  server = https.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drain = drainable(server, 0);
  const accepted = once(server, 'connection');
  const silent = await client();
  await accepted;
  await drain();
  await silent.closed;
});
