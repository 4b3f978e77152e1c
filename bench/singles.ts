/**
 * Publications of one object each over HTTP: a second from one client and from sixteen, beside how often this disk can
 * be waited for in the same run. What was answered is on disk, so one client alone is never faster than the disk.
 *
 * Usage: singles [--seconds 4]
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startServer } from './server';

const TAXII = 'application/taxii+json;version=2.1';

const body = (): string =>
  JSON.stringify({
    objects: [
      {
        type: 'indicator',
        spec_version: '2.1',
        id: `indicator--${randomUUID()}`,
        created: '2024-01-01T00:00:00.000Z',
        modified: '2024-01-01T00:00:00.000Z',
        name: 'An indicator for a bench',
        description: 'x'.repeat(780),
        pattern: "[domain-name:value = 'example.com']",
        pattern_type: 'stix',
        valid_from: '2024-01-01T00:00:00Z',
      },
    ],
  });

/** Waits for the disk after each page of the size that a small commit appends. @returns how often a second. */
function syncs(folder: string, seconds: number): number {
  const file = openSync(join(folder, 'synced'), 'w');
  const page = Buffer.alloc(32 * 1024, 'x');
  const begun = performance.now();
  let count = 0;
  for (; performance.now() - begun < seconds * 1000; count++) {
    writeSync(file, page);
    fdatasyncSync(file);
  }
  closeSync(file);
  return count / seconds;
}

async function published(
  url: string,
  authorization: string,
  clients: number,
  seconds: number,
): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const headers = { authorization, accept: TAXII, 'content-type': TAXII };
  const begun = performance.now();
  let count = 0;
  const client = async (): Promise<void> => {
    while (performance.now() - begun < seconds * 1000) {
      const asked = request(url, { agent, method: 'POST', headers });
      asked.end(body());
      const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
      let text = '';
      for await (const chunk of response) text += String(chunk);
      if (!text.includes('"success_count":1'))
        throw new Error(`${response.statusCode}: ${text.slice(0, 300)}`);
      count++;
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  agent.destroy();
  return count / ((performance.now() - begun) / 1000);
}

async function main(seconds: number): Promise<void> {
  const server = await startServer();
  try {
    const headers = { authorization: server.authorization, accept: TAXII };
    const list = (await (await fetch(`${server.origin}/europe/collections/`, { headers })).json()) as {
      collections: { id: string; alias: string }[];
    };
    const id = list.collections.find((c) => c.alias === 'indicators')?.id ?? '';
    const url = `${server.origin}/europe/collections/${id}/objects/`;
    await published(url, server.authorization, 16, 1);
    for (const clients of [1, 16]) {
      const before = syncs(server.folder, seconds / 4);
      const rate = await published(url, server.authorization, clients, seconds);
      const disk = (before + syncs(server.folder, seconds / 4)) / 2;
      console.log(
        `${clients} clients: ${rate.toFixed(0)} publications/s; the disk alone ${disk.toFixed(0)}/s; ratio ${(rate / disk).toFixed(2)}`,
      );
    }
  } finally {
    await server.stop();
  }
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '4' } } });
void main(Number(values.seconds));
