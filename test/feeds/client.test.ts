/** The client against a server that is hostile: nothing leaks to it, and it can neither fill nor hold what asks it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { TaxiiClient, type ClientOptions } from '../../src/feeds/client';
import { BEGINNING } from '../../src/feeds/position';
import { isDeeper } from '../../src/feeds/transport';

let server: Server;
let handle: (request: IncomingMessage, response: ServerResponse) => void;
let asked: IncomingMessage[];
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request);
    request.resume();
    request.on('end', () => handle(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const origin = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const collection = (at: string): string => `${at}/root/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/`;
const clientOf = (more: Partial<ClientOptions> = {}): TaxiiClient =>
  new TaxiiClient({
    url: collection(origin()),
    user: 'me',
    password: 'secret',
    allowPlainHttp: false,
    notice: () => undefined,
    wait: async () => undefined,
    ...more,
  });
async function pollAll(client: TaxiiClient): Promise<number> {
  let count = 0;
  for await (const { objects } of client.poll(BEGINNING, 10)) count += objects.length;
  return count;
}

test.each([
  ['http://taxii.example.org', /over plain http .* --allow-plain-http/],
  ['http://127.0.0.1.example.org', /over plain http/],
  ['http://localhost.example.org', /over plain http/],
  ['http://10.0.0.1', /over plain http/],
  ['https://me:secret@taxii.example.org', /holds a user or a password/],
])('%s gets no password', (at, message) => {
  expect(() => clientOf({ url: collection(at) })).toThrow(message);
  try {
    clientOf({ url: collection(at) });
  } catch (error) {
    expect((error as Error).message).not.toContain('secret');
  }
});

test.each(['https://taxii.example.org', 'http://127.0.0.1:1', 'http://[::1]:1', 'http://localhost:1'])(
  '%s may',
  (at) => expect(() => clientOf({ url: collection(at) })).not.toThrow(),
);
test('plain http elsewhere only if it is said', () =>
  expect(() =>
    clientOf({ url: collection('http://taxii.example.org'), allowPlainHttp: true }),
  ).not.toThrow());

test.each([301, 302, 307, 308])('a redirect (%d) carries nothing anywhere', async (status) => {
  const elsewhere: IncomingMessage[] = [];
  const other = createServer((request, response) => {
    elsewhere.push(request);
    response.end('{}');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const there = `http://127.0.0.1:${(other.address() as AddressInfo).port}/`;
  handle = (_, response) => response.writeHead(status, { location: there }).end();
  await expect(pollAll(clientOf())).rejects.toThrow(/sends us on to .* not followed/);
  await expect(clientOf().publish('{"objects":[]}')).rejects.toThrow(/sends us on/);
  expect([asked.length, elsewhere.length]).toEqual([2, 0]);
  await new Promise((resolve) => other.close(resolve));
});

test('a body that never ends, or unpacks without end, is read no further than its bound', async () => {
  let written = 0;
  handle = (_, response) => {
    const chunk = Buffer.alloc(65_536, ' ');
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) written += chunk.length;
      written += chunk.length;
    };
    response.on('drain', more);
    more();
  };
  const bounds = { bytes: 1_000_000 };
  await expect(pollAll(clientOf({ bounds }))).rejects.toThrow(/larger than 1000000 bytes/);
  // What lies in buffers on both sides is some megabytes.
  expect(written).toBeLessThan(20_000_000);
  const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
  handle = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
  await expect(pollAll(clientOf({ bounds }))).rejects.toThrow(/larger than 1000000 bytes/);
  expect(asked).toHaveLength(2);
});

test('an answer that is nested too deep is not parsed, and not asked for again', async () => {
  handle = (_, response) => response.end(`{"objects":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  await expect(pollAll(clientOf())).rejects.toThrow(/nested deeper than 500/);
  expect(asked).toHaveLength(1);
  expect(isDeeper(Buffer.from('{"a":"[[[[[[\\"[["}'), 2)).toBe(false);
  expect(isDeeper(Buffer.from('{"a":[{}]}'), 2)).toBe(true);
});

test('headers without end are refused, and silence is: in idle and in whole time', async () => {
  handle = (_, response) => response.writeHead(200, { 'x-long': 'a'.repeat(100_000) }).end('{}');
  await expect(pollAll(clientOf())).rejects.toThrow(/[Hh]eaders/);
  handle = () => undefined;
  await expect(pollAll(clientOf({ bounds: { idleMs: 30 } }))).rejects.toThrow(/nothing came for 0.03 s/);
  handle = (_, response) => {
    const drip = setInterval(() => response.write(' '), 5);
    response.on('close', () => clearInterval(drip));
  };
  await expect(pollAll(clientOf({ bounds: { totalMs: 60 } }))).rejects.toThrow(/no whole answer in 0.06 s/);
});

test.each(['[]', '1', 'null', '{"objects":[1]}', '{"objects":[null]}', '{"objects":[[]]}'])(
  '%s is no envelope',
  async (body) => {
    handle = (_, response) => response.end(body);
    await expect(pollAll(clientOf())).rejects.toThrow(/no JSON object|no STIX/);
  },
);
test('properties of other kinds are as if they were missing', async () => {
  handle = (_, response) => response.end('{"more":"yes","next":7,"objects":{"a":1}}');
  expect(await pollAll(clientOf())).toBe(0);
});

test('more without end is found out, and said', async () => {
  handle = (_, response) => response.end('{"more":true,"next":"a"}');
  await expect(pollAll(clientOf())).rejects.toThrow(/gives no way to get it/);
  expect(asked.length).toBeLessThan(100);
});

test('a status that never ends is left in the end, and its id leads nowhere else', async () => {
  handle = (_, response) => response.end('{"id":"../../../other?x=","status":"pending","pending_count":1}');
  await expect(clientOf().publish('{"objects":[]}')).rejects.toThrow(/does not go on/);
  expect(asked.length).toBeLessThan(200);
  expect(asked[1]!.url).toBe('/root/status/..%2F..%2F..%2Fother%3Fx%3D/');
});

test('text of a server stands in one printable line of a message', async () => {
  const title = 'no\u001b]0;owned\u0007\nDone: 5 objects\u202e';
  handle = (_, response) => response.writeHead(403).end(JSON.stringify({ title }));
  const error = await pollAll(clientOf()).catch((e: unknown) => e as Error);
  // eslint-disable-next-line no-control-regex
  expect((error as Error).message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
});
