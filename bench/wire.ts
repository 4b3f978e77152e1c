/**
 * What polling and publishing cost, as ratios in one run: pages and manifests built from the store and from what is kept,
 * compressed, polls with nothing new and conditional ones; publishing, polls beside it, and what the disk does alone.
 *
 * Usage: wire [--objects 200000] [--seconds 2] [--rounds 5] [--json FILE]
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { maker } from './data';
import { at, envelopeOf, headersOf, publish, secondsSince, urlOf } from './exchange';
import { inTurns, load, requireWrk, startYardstick, type Yardstick } from './load';
import { startPoller } from './poller';
import { startServer, type RunningServer } from './server';
import { machine, save, say } from './table';

interface Run {
  readonly server: RunningServer;
  readonly yardstick: Yardstick;
  readonly seconds: number;
  readonly rounds: number;
}

/** Some 10 MB. */
const PART = 8000;

async function ingest(server: RunningServer, bodies: readonly string[]): Promise<number> {
  const begun = process.hrtime.bigint();
  for (const body of bodies) await publish(server, body);
  return (bodies.length * PART) / secondsSince(begun);
}

/** How often a second a few bytes can be put on disk, one after the other. */
function fsyncs(seconds: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-fsync-'));
  const file = openSync(join(folder, 'file'), 'w');
  const begun = process.hrtime.bigint();
  let done = 0;
  for (; secondsSince(begun) < seconds; done++) {
    writeSync(file, 'x'.repeat(4096));
    fsyncSync(file);
  }
  closeSync(file);
  rmSync(folder, { recursive: true });
  return done / seconds;
}

/** Publications of one object each. @returns publications a second. */
async function singles(server: RunningServer, clients: number, seconds: number): Promise<number> {
  const { objects } = maker(clients + 100);
  const begun = process.hrtime.bigint();
  let done = 0;
  const client = async (): Promise<void> => {
    for (; secondsSince(begun) < seconds; done++) await publish(server, envelopeOf(objects(1)));
  };
  await Promise.all(Array.from({ length: clients }, client));
  return done / secondsSince(begun);
}

/** Where a listing stands after a share of it. */
async function positionAt(server: RunningServer, share: number): Promise<string> {
  const dates: string[] = [];
  for (let position = ''; ; position = `&added_after=${dates.at(-1) ?? ''}`) {
    const response = await fetch(urlOf(server, `manifest/?limit=5000${position}`), {
      headers: headersOf(server),
    });
    const { more } = (await response.json()) as { more: boolean };
    dates.push(response.headers.get('x-taxii-date-added-last') ?? '');
    if (!more) break;
  }
  const passed = Math.floor(dates.length * share);
  return passed === 0 ? '' : `&added_after=${dates[passed - 1] ?? ''}`;
}

async function bytesOf(server: RunningServer, url: string): Promise<number> {
  const response = await fetch(url, { headers: { ...headersOf(server), 'accept-encoding': 'identity' } });
  return (await response.arrayBuffer()).byteLength;
}

/** @returns answers a second, as a fraction of bare node:http that sends as many bytes. */
async function fraction({ server, yardstick, seconds, rounds }: Run, path: string): Promise<number> {
  const url = urlOf(server, path);
  const bare = yardstick.bare(await bytesOf(server, url));
  const headers = headersOf(server);
  const { ours, plain } = inTurns(rounds, {
    ours: () => load(url, seconds, headers),
    plain: () => load(bare, seconds),
  });
  return ours / plain;
}

async function built(run: Run): Promise<void> {
  for (const [limit, wanted] of [
    [1000, '≥ 0.20'],
    [100, '≥ 0.09'],
  ] as const)
    for (const share of [0, 0.5, 0.99]) {
      const position = await positionAt(run.server, share);
      const value = await fraction(run, `objects/?limit=${limit}${position}`);
      say(`page of ${limit}, built, at ${share * 100} %`, value, 'of bare node:http', wanted);
    }
  say('manifest of 1,000, built', await fraction(run, 'manifest/?limit=1000'), 'of bare node:http', '≥ 0.15');
}

async function compressed({ server, seconds }: Run): Promise<void> {
  const url = urlOf(server, 'objects/?limit=1000');
  const page = Buffer.from(await (await fetch(url, { headers: headersOf(server) })).arrayBuffer());
  for (const [name, compress] of [
    ['gzip', () => promisify(gzip)(page, { level: 1 })],
    ['br', () => promisify(brotliCompress)(page, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
  ] as const) {
    const begun = process.hrtime.bigint();
    let made = 0;
    for (; secondsSince(begun) < seconds; made++) await compress();
    const each = made / secondsSince(begun);
    const headers = { ...headersOf(server), 'accept-encoding': name };
    const isCompressed = async (): Promise<boolean> =>
      (await fetch(url, { headers })).headers.get('content-encoding') === name;
    while (!(await isCompressed()));
    const kept = load(url, seconds, headers).perSecond;
    say(`page of 1,000, ${name}, kept`, kept / each, '× compressing each time', '≥ 5');
  }
}

async function kept(run: Run): Promise<void> {
  const { server, yardstick, seconds, rounds } = run;
  for (const [limit, wanted] of [
    [1000, '≥ 0.90'],
    [100, '≥ 0.55'],
  ] as const)
    say(
      `page of ${limit}, kept`,
      await fraction(run, `objects/?limit=${limit}`),
      'of bare node:http',
      wanted,
    );
  say('manifest of 1,000, kept', await fraction(run, 'manifest/?limit=1000'), 'of bare node:http', '≥ 0.60');
  await compressed(run);
  const headers = headersOf(server);
  const quiet = urlOf(server, 'objects/?added_after=2200-01-01T00:00:00Z');
  const page = urlOf(server, 'objects/?limit=1000');
  const tag = (await fetch(page, { headers })).headers.get('etag') ?? '';
  const { nothing, conditional, hello } = inTurns(rounds, {
    nothing: () => load(quiet, seconds, headers),
    conditional: () => load(page, seconds, { ...headers, 'if-none-match': tag }),
    hello: () => load(yardstick.hello, seconds),
  });
  say('poll with nothing new', nothing / hello, 'of an Express hello', '≥ 0.60');
  say('conditional request, 304', conditional / hello, 'of an Express hello', '≥ 0.60');
}

async function beside(server: RunningServer, bodies: readonly string[]): Promise<void> {
  const stop = await startPoller(urlOf(server, 'objects/?limit=100'), headersOf(server));
  const rate = await ingest(server, bodies);
  const waits = await stop();
  say('publishing 10 MB bundles beside a poller', rate, 'objects/s', '≥ 30,000');
  say("a poller's GET beside it, p99", at(waits, 0.99), 'ms', '< 10');
  say("a poller's GET beside it, longest", at(waits, 1), 'ms', '< 25');
}

/** Pages of 1,000 a second, when the code has been compiled in each process. */
function warm(server: RunningServer, seconds: number): number {
  const pages = (): number =>
    load(urlOf(server, 'objects/?limit=1000'), seconds, headersOf(server)).perSecond;
  pages();
  return pages();
}

const residentMb = ({ child }: RunningServer): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1]) / 1024;

async function main(objects: number, seconds: number, rounds: number): Promise<void> {
  requireWrk();
  console.log(machine());
  const folder = mkdtempSync(join(tmpdir(), 'jisr-bench-'));
  const env = { JISR_STORE: `sqlite:${join(folder, 'jisr.db')}` };
  const yardstick = await startYardstick();
  const made = maker();
  const bodies = (count: number): string[] =>
    Array.from({ length: Math.ceil(count / PART) }, () => envelopeOf(made.objects(PART)));
  let server = await startServer(env);
  const { password } = server;
  try {
    say('publishing 10 MB bundles', await ingest(server, bodies(objects)), 'objects/s', '≥ 30,000');
    await kept({ server, yardstick, seconds, rounds });
    await beside(server, bodies(objects / 4));
    const disk = fsyncs(seconds);
    say(
      'publications of one object, one client',
      (await singles(server, 1, seconds)) / disk,
      '× one fsync',
      '≥ 5',
    );
    say(
      'publications of one object, 16 clients',
      (await singles(server, 16, seconds)) / disk,
      '× one fsync',
      '≥ 5',
    );
    say('resident memory after all of it', residentMb(server), 'MB', '< 300');
    await server.stop();
    server = await startServer({ ...env, JISR_PAGE_CACHE_MB: '0' }, password);
    await built({ server, yardstick, seconds, rounds });
    const one = warm(server, seconds);
    await server.stop();
    server = await startServer({ ...env, JISR_PAGE_CACHE_MB: '0', JISR_PROCESSES: '2' }, password);
    const two = warm(server, seconds);
    say('two processes, pages of 1,000', two / one, '× one', '≥ 1.7');
  } finally {
    await server.stop();
    yardstick.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '200000' },
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
});
main(Number(values.objects), Number(values.seconds), Number(values.rounds)).then(
  () => save(values.json),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
