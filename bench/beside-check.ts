/**
 * How long a poll waits beside the check of the whole store, against the same polls without it: in a run, with as many
 * objects as told. One poll after another, pages of 100.
 *
 * Usage: beside-check [--objects 1000000] [--seconds 10]
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { JOB_NAMES } from '../src/config';
import { startServer, type RunningServer } from './server';

const TAXII = 'application/taxii+json;version=2.1';
const PART = 1000;
const NO_JOBS = Object.fromEntries(JOB_NAMES.map((name) => [`JISR_JOB_${name.toUpperCase()}`, 'off']));

const indicator = (): Record<string, unknown> => ({
  type: 'indicator',
  spec_version: '2.1',
  id: `indicator--${randomUUID()}`,
  created: '2024-01-01T00:00:00.000Z',
  modified: '2024-01-01T00:00:00.000Z',
  name: 'An indicator for a bench',
  description: 'x'.repeat(400),
  pattern: "[domain-name:value = 'example.com']",
  pattern_type: 'stix',
  valid_from: '2024-01-01T00:00:00Z',
});

const objectsOf = ({ origin }: RunningServer): string => `${origin}/europe/collections/indicators/objects/`;

async function fill(server: RunningServer, objects: number): Promise<void> {
  const headers = { authorization: server.authorization, accept: TAXII, 'content-type': TAXII };
  for (let sent = 0; sent < objects; sent += PART) {
    const body = JSON.stringify({ objects: Array.from({ length: PART }, indicator) });
    const response = await fetch(objectsOf(server), { method: 'POST', headers, body });
    if (response.status !== 202) throw new Error(`not accepted: ${await response.text()}`);
    await response.arrayBuffer();
  }
}

/** @returns waits in ms, in ascending order. */
async function poll(server: RunningServer, until: () => boolean): Promise<number[]> {
  const headers = { authorization: server.authorization, accept: TAXII };
  const waits: number[] = [];
  while (!until()) {
    const begun = process.hrtime.bigint();
    await (await fetch(`${objectsOf(server)}?limit=100`, { headers })).arrayBuffer();
    waits.push(Number(process.hrtime.bigint() - begun) / 1e6);
  }
  return waits.sort((a, b) => a - b);
}

const say = (what: string, waits: readonly number[]): void => {
  const at = (share: number): string => (waits[Math.floor((waits.length - 1) * share)] ?? 0).toFixed(1);
  console.log(
    `${what}: ${waits.length} polls, median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms`,
  );
};

async function main(objects: number, seconds: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-bench-'));
  const env = { ...NO_JOBS, JISR_STORE: `sqlite:${join(folder, 'jisr.db')}` };
  const filling = await startServer(env);
  let server = filling;
  try {
    await fill(filling, objects);
    const end = Date.now() + seconds * 1000;
    await poll(filling, () => Date.now() > end - seconds * 500);
    say('without', await poll(filling, () => Date.now() > end));
    await filling.stop();
    server = await startServer({ ...env, JISR_JOB_CHECK: '* * * * * *' }, filling.password);
    const { tail } = server;
    const late = Date.now() + 600_000;
    const begun = Date.now();
    // The first of all verifies the password, with code that was never run.
    await poll(server, () => Date.now() > begun + 500);
    const waits = await poll(server, () => /"job":"check"/.test(tail()) || Date.now() > late);
    say(`beside a check of ${objects} objects (${((Date.now() - begun) / 1000).toFixed(1)} s)`, waits);
    if (!/"job":"check"[^\n]*"msg":"job done"/.test(tail()))
      throw new Error(`the check failed: ${tail().slice(-500)}`);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({ options: { objects: { type: 'string' }, seconds: { type: 'string' } } });
void main(Number(values.objects ?? 1_000_000), Number(values.seconds ?? 10));
