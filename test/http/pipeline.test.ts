/** A fair turn for each connection, shown by the order of service on a real server. */
import http, { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { readConfig } from '../../src/config';
import { createServer } from '../../src/http/server';
import { inTurns } from '../../src/http/pipeline';
import { connect, get, request, type RawClient } from '../support/raw-client';

/** In this order requests were begun, by path. */
let begun: string[];
let server: Server;
let clients: RawClient[];
/** What the first request waits for. */
let gate: Promise<void>;

async function serve(made: Server): Promise<void> {
  server = made;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}
async function client(): Promise<RawClient> {
  const made = await connect((server.address() as AddressInfo).port);
  clients.push(made);
  return made;
}

beforeEach(async () => {
  begun = [];
  clients = [];
  gate = Promise.resolve();
  const app = express();
  app.use(async (req, res) => {
    begun.push(req.path);
    if (begun.length === 1) await gate;
    res.setHeader('Content-Length', req.path.length);
    res.end(req.path);
  });
  await serve(createServer(app, readConfig({})));
});
afterEach(async () => {
  for (const made of clients) made.end();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test('5,000 requests that one client sent ahead do not hold up others: they are served after a few of them', async () => {
  let open = (): void => undefined;
  gate = new Promise((resolve) => (open = resolve));
  const [greedy, ...others] = [await client(), await client(), await client(), await client()];
  greedy.write(Array.from({ length: 5000 }, (_, i) => get(`/greedy/${i}`)).join(''));
  while (begun.length === 0) await new Promise((resolve) => setImmediate(resolve));
  for (const [i, other] of others.entries()) other.write(get(`/other/${i}`));
  open();
  await Promise.all(others.map((other) => other.answers(1)));
  const last = Math.max(...others.map((_, i) => begun.indexOf(`/other/${i}`)));
  expect(last).toBeLessThan(500);
  // And all of them are answered, in their order.
  const answers = await greedy.answers(5000);
  expect(answers.map((a) => a.body)).toEqual(Array.from({ length: 5000 }, (_, i) => `/greedy/${i}`));
});

test('of one connection the next begins when the one before is answered', async () => {
  let open = (): void => undefined;
  gate = new Promise((resolve) => (open = resolve));
  const one = await client();
  one.write(get('/a') + get('/b') + get('/c'));
  while (begun.length === 0) await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toEqual(['/a']);
  open();
  expect((await one.answers(3)).map((a) => a.body)).toEqual(['/a', '/b', '/c']);
});

test('what is read ahead is bounded: the client’s sending waits while answers are owed', async () => {
  let open = (): void => undefined;
  gate = new Promise((resolve) => (open = resolve));
  const greedy = await client();
  let parsed = 0;
  server.prependListener('request', () => parsed++);
  const text = get('/x', { 'X-Padding': 'y'.repeat(4000) });
  greedy.write(text.repeat(5000)); // 20 MB
  while (begun.length === 0) await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 500; i++) await new Promise((resolve) => setImmediate(resolve));
  expect(parsed).toBeLessThan(100);
  open();
  expect(await greedy.answers(5000)).toHaveLength(5000);
});

test('bodies behind each other arrive whole, and a client that hangs up leaves nothing to do', async () => {
  server.close();
  const bodies: string[] = [];
  await serve(
    http.createServer(
      inTurns((req, res) => {
        let body = '';
        req.on('data', (chunk: Buffer) => (body += chunk.toString()));
        req.on('end', () => {
          bodies.push(body);
          res.setHeader('Content-Length', 0);
          res.end();
        });
      }),
    ),
  );
  const one = await client();
  const sent = Array.from({ length: 20 }, (_, i) => String(i).repeat(50_000));
  one.write(sent.map((body) => request('POST', '/', {}, body)).join(''));
  await one.answers(20);
  expect(bodies).toEqual(sent);

  const gone = await client();
  gone.write(get('/').repeat(2000));
  await gone.answers(1);
  gone.end();
  const last = await client();
  last.write(get('/'));
  expect(await last.answers(1)).toHaveLength(1);
});

test('of 200 connections that come at once a few are begun in a turn: who is there already goes between them', async () => {
  const there = await client();
  there.write(get('/before'));
  await there.answers(1);
  const crowd = await Promise.all(Array.from({ length: 200 }, () => client()));
  for (const [i, one] of crowd.entries()) one.write(get(`/crowd/${i}`));
  there.write(get('/there'));
  await Promise.all([there.answers(2), ...crowd.map((one) => one.answers(1))]);
  // It was written last, and all was at hand at once.
  expect(begun.indexOf('/there')).toBeLessThan(100);
});
