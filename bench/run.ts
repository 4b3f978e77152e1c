/**
 * What is fast, as ratios within one run: objects published per second over HTTP, and pages of 100 and 1,000 per second
 * as a fraction of bare node:http that sends as many bytes, at the start and at the end of a collection.
 *
 * Usage: run [--objects 200000] [--seconds 4]
 */
import { randomUUID } from 'node:crypto';
import { Agent, createServer, get } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fork } from 'node:child_process';
import { parseArgs } from 'node:util';
import { startServer } from './server';

const TAXII = 'application/taxii+json;version=2.1';

const indicator = (): Record<string, unknown> => ({
  type: 'indicator',
  spec_version: '2.1',
  id: `indicator--${randomUUID()}`,
  created: '2024-01-01T00:00:00.000Z',
  modified: '2024-01-01T00:00:00.000Z',
  name: 'An indicator for a bench',
  description: 'x'.repeat(800),
  pattern: "[domain-name:value = 'example.com']",
  pattern_type: 'stix',
  valid_from: '2024-01-01T00:00:00Z',
});

/** GETs in turn over kept-alive connections, eight at a time. @returns answers per second and bytes of one. */
async function rate(
  url: string,
  headers: Record<string, string>,
  seconds: number,
): Promise<{ perSecond: number; bytes: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const until = Date.now() + seconds * 1000;
  const begun = process.hrtime.bigint();
  let answers = 0;
  let bytes = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      get(url, { agent, headers }, (response) => {
        let length = 0;
        response.on('data', (chunk: Buffer) => (length += chunk.length));
        response.on('end', () => {
          if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode ?? 0}`));
          bytes = length;
          answers++;
          resolve();
        });
      }).on('error', reject);
    });
  const loop = async (): Promise<void> => {
    while (Date.now() < until) await one();
  };
  await Promise.all(Array.from({ length: 8 }, loop));
  agent.destroy();
  return { perSecond: answers / (Number(process.hrtime.bigint() - begun) / 1e9), bytes };
}

/** Bare node:http in a process of its own, that sends a buffer of the length asked for. */
async function bare(): Promise<void> {
  const server = createServer((request, response) => {
    const length = Number(request.url?.slice(1));
    response.writeHead(200, { 'Content-Type': TAXII, 'Content-Length': length });
    response.end(Buffer.alloc(length, 'x'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.((server.address() as AddressInfo).port);
}

async function main(objects: number, seconds: number): Promise<void> {
  const server = await startServer();
  const child = fork(__filename, ['--bare']);
  try {
    const [port] = (await once(child, 'message')) as [number];
    const headers = { authorization: server.authorization, accept: TAXII };
    const list = (await (await fetch(`${server.origin}/europe/collections/`, { headers })).json()) as {
      collections: { id: string; alias: string }[];
    };
    const url = `${server.origin}/europe/collections/${list.collections.find((c) => c.alias === 'indicators')?.id ?? ''}/objects/`;

    const bodies = Array.from({ length: Math.ceil(objects / 1000) }, () =>
      JSON.stringify({ objects: Array.from({ length: 1000 }, indicator) }),
    );
    const begun = process.hrtime.bigint();
    for (const [i, body] of bodies.entries()) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': TAXII },
        body,
      });
      const status = (await response.json()) as { success_count: number };
      if (status.success_count !== 1000)
        throw new Error(`part ${i} was not accepted: ${JSON.stringify(status).slice(0, 300)}`);
    }
    const took = Number(process.hrtime.bigint() - begun) / 1e9;
    console.log(
      `published over HTTP: ${Math.round((bodies.length * 1000) / took)} objects/s (${bodies.length * 1000} of ${(Buffer.byteLength(bodies[0] ?? '') / 1000) | 0} bytes)`,
    );

    const manifest = url.replace(/objects\/$/, 'manifest/');
    let position = '';
    for (let i = 0; i < bodies.length - 2; i++) {
      const response = await fetch(`${manifest}?limit=1000${position}`, { headers });
      position = `&added_after=${response.headers.get('x-taxii-date-added-last') ?? ''}`;
      await response.arrayBuffer();
    }
    for (const [where, from] of [
      ['start', ''],
      ['end', position],
    ] as const) {
      for (const limit of [100, 1000]) {
        const ours = await rate(`${url}?limit=${limit}${from}`, headers, seconds);
        const plain = await rate(`http://127.0.0.1:${port}/${ours.bytes}`, {}, seconds);
        console.log(
          `pages of ${limit} at the ${where}: ${ours.perSecond.toFixed(0)}/s, bare node:http ${plain.perSecond.toFixed(0)}/s, ratio ${(ours.perSecond / plain.perSecond).toFixed(2)}`,
        );
      }
    }
  } finally {
    child.kill();
    await server.stop();
  }
}

const { values } = parseArgs({
  options: { objects: { type: 'string' }, seconds: { type: 'string' }, bare: { type: 'boolean' } },
});
void (values.bare ? bare() : main(Number(values.objects ?? 200_000), Number(values.seconds ?? 4)));
