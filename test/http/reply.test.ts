/** Answers that are read while they are sent (src/http/reply.ts). */
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Response } from 'express';
import { replyPieces } from '../../src/http/reply';

/** Serves pieces; what becomes of it is told. */
async function served(pieces: () => AsyncIterable<string | Uint8Array>) {
  let ended: Promise<unknown> = Promise.resolve();
  const server = createServer((_, res) => {
    const replying = replyPieces(res as unknown as Response, pieces());
    ended = replying.catch((error: unknown) => error);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const asked = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { agent: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { response, asked, ended: () => ended, close: () => server.close() };
}

const PIECE = 'x'.repeat(100_000);

test.each([
  ['small, with its length', 2, '200000'],
  ['large, piece by piece', 40, undefined],
])('all of it arrives, whatever its pieces are: %s', async (_, count, length) => {
  async function* pieces(): AsyncIterable<string | Uint8Array> {
    for (let i = 0; i < count; i++) yield i % 2 === 0 ? PIECE : Buffer.from(PIECE);
  }
  const { response, ended, close } = await served(pieces);
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  expect([response.headers['content-length'], bytes]).toEqual([length, count * PIECE.length]);
  await ended();
  close();
});

test('who hangs up in the middle ends the reading of it, and is no fault', async () => {
  let [given, left] = [0, false];
  async function* pieces(): AsyncIterable<string> {
    try {
      for (; ; given++) yield PIECE;
    } finally {
      left = true;
    }
  }
  const { response, ended, close } = await served(pieces);
  await once(response, 'data');
  response.destroy();
  expect(await ended()).toBeUndefined();
  expect(left).toBe(true);
  const then = given;
  await new Promise((resolve) => setImmediate(resolve));
  expect(given).toBe(then);
  close();
});

test('what fails in the middle ends the connection, not the answer', async () => {
  async function* pieces(): AsyncIterable<string> {
    for (let i = 0; i < 5; i++) yield PIECE;
    throw new Error('gone');
  }
  const { response, ended, close } = await served(pieces);
  const [error] = (await once(response.resume(), 'error')) as [Error];
  expect(error.message).toBe('aborted');
  expect(await ended()).toEqual(new Error('gone'));
  close();
});
