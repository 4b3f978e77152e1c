/**
 * All attacks of strangers and of hostile members at once, against a real server with a small heap, beside honest
 * clients who must not notice: nothing but 503 with Retry-After, polls within 250 ms, memory below 700 MB, nothing
 * acknowledged lost, nothing missed or repeated, and afterwards nothing that grows.
 *
 * Usage: node dist/test/hostile/run.js [--seconds 60] [--calm 10] [--only NAMES, a regular expression]
 *        [--p99 250, in ms] [--memory 700, in MB]
 * Exit code 1 if a promise was broken, 2 if only that of time was: another program may have used the processors.
 * Loopback only; needs Linux's /proc.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { openStore } from '../../src/store/open';
import { MEMBER, OPERATOR, POLLERS } from './accounts';
import type { Orders, Tallies } from './attackers';
import { envelopeOf, failing, largeIndicator } from './content';
import { furnish } from './furnish';
import { AGENT, clientOf, INDICATORS, poll, publish, type Ask, type Journal } from './honest';
import { startTarget, type Target } from './target';

/** Time for what waits to be worked off, and for sockets to close, after the attack. */
const SETTLE_MS = 90_000;
/** Memory is watched for so long after that. */
const REST_MS = 10_000;
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    calm: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    p99: { type: 'string', default: '250' },
    memory: { type: 'string', default: '700' },
  },
});

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.ceil(sorted.length * share) - 1] ?? 0;

function describe(what: string, waits: readonly number[]): number {
  const sorted = [...waits].sort((a, b) => a - b);
  const [median, p99, longest] = [0.5, 0.99, 1].map((share) => quantile(sorted, share));
  const ms = (n = 0): string => `${n.toFixed(1)} ms`;
  console.log(`${what}: ${sorted.length}, median ${ms(median)}, p99 ${ms(p99)}, longest ${ms(longest)}`);
  return p99 ?? 0;
}

const within =
  (from: number, to: number) =>
  ({ waits }: Journal): number[] =>
    waits.filter(({ at }) => at >= from && at < to).map(({ ms }) => ms);

/** Milliseconds that the server itself counted for honest polls. */
const servedWithin = (target: Target, from: number, to: number): number[] =>
  target
    .log()
    .filter(({ agent, action, time }) => {
      const at = typeof time === 'number' ? time : Date.parse(String(time));
      return agent === AGENT && String(action).startsWith('GET') && at >= from && at < to;
    })
    .map(({ ms }) => Number(ms));

async function accepted(ask: Ask, path: string, body: string): Promise<string> {
  const answer = await ask('POST', path, body);
  if (answer.status !== 202) throw new Error(`${path}: ${answer.status} ${answer.body.slice(0, 300)}`);
  return (JSON.parse(answer.body) as { id: string }).id;
}

const waiting = async (url: string): Promise<number> => {
  const store = await openStore(url, { readonly: true });
  const found = await store.records.unfinished();
  await store.close();
  return found.length;
};

interface Attackers {
  readonly attack: (orders: Orders) => Promise<Tallies>;
  readonly end: () => boolean;
}

/** @throws they are not ready in time. */
async function raiseAttackers(): Promise<Attackers> {
  const child = fork(join(__dirname, 'attackers.js'));
  const ended = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), SETTLE_MS);
  await Promise.race([once(child, 'message'), ended]);
  clearTimeout(late);
  if (child.exitCode !== null || child.signalCode !== null) throw new Error('The attackers ended.');
  return {
    attack: async (orders) => {
      let tallies: Tallies = {};
      child.once('message', (message) => (tallies = message as Tallies));
      child.send(orders);
      const tooLate = setTimeout(() => child.kill('SIGKILL'), orders.until - Date.now() + 60_000);
      await ended;
      clearTimeout(tooLate);
      return tallies;
    },
    end: () => child.kill('SIGKILL'),
  };
}

/** All that is in the collection from a date on, by id. */
async function readBack(port: number, from: string): Promise<Map<string, object>> {
  const ask = clientOf(port, OPERATOR);
  const found = new Map<string, object>();
  for (let position = `added_after=${from}`; ;) {
    const { body } = await ask('GET', `${INDICATORS}?match[type]=indicator&limit=1000&${position}`);
    const page = JSON.parse(body) as { more: boolean; next?: string; objects?: { id: string }[] };
    for (const object of page.objects ?? []) found.set(object.id, object);
    if (!page.more) return found;
    position = `added_after=${from}&next=${page.next ?? ''}`;
  }
}

async function main(folder: string): Promise<number> {
  const faults: string[] = [];
  const slow: string[] = [];
  const require = (holds: boolean, otherwise: string): void => {
    if (!holds) faults.push(otherwise);
  };
  const url = `sqlite:${join(folder, 'jisr.db')}`;
  await furnish(url);
  const attackers = await raiseAttackers();
  const target = await startTarget(url, folder);
  const { port } = target;
  try {
    for (const mib of [3, 5, 8, 12, 15, 15])
      await accepted(clientOf(port, OPERATOR), INDICATORS, envelopeOf([largeIndicator(mib)]));
    const statusId = await accepted(clientOf(port, MEMBER), INDICATORS, failing(100_000));
    const settle = async (good: () => Promise<boolean>): Promise<boolean> => {
      const late = Date.now() + SETTLE_MS;
      while (Date.now() < late && !target.ended()) {
        if (await good()) return true;
        await sleep(500);
      }
      return false;
    };
    const idle = (): Promise<boolean> => settle(async () => (await waiting(url)) === 0);
    require(await idle(), 'the large status was not complete in time');

    const delay = monitorEventLoopDelay();
    delay.enable();
    const from = new Date().toISOString();
    let done = false;
    const isDone = (): boolean => done || target.ended();
    const queries = ['', 'match[version]=all', 'limit=100', 'match[type]=indicator'];
    const pollers = POLLERS.map((name, i) => poll(port, name, queries[i] ?? '', isDone, from));
    const publishing = publish(port, isDone);
    await sleep(3000);
    const calm = Date.now();
    await sleep(Number(values.calm) * 1000);
    const begun = Date.now();
    const before = target.vitals();
    const until = begun + Number(values.seconds) * 1000;
    const tallies = await attackers.attack({
      port,
      status: `/europe/status/${statusId}/`,
      until,
      only: values.only,
    });
    const over = Date.now();
    require(await idle(), `${await waiting(url)} publications wait ${SETTLE_MS / 1000} s after the attack`);
    const settled = Date.now();
    const closes = await settle(async () => target.vitals().sockets <= before.sockets + 2);
    const after = target.vitals();
    const rests: number[] = [];
    for (let n = 0; n < REST_MS / 500; n++) {
      rests.push(target.vitals().rss);
      await sleep(500);
    }
    done = true;
    const journals = await Promise.all(pollers);
    const publisher = await publishing;
    require(!target.ended(), 'the server ended');

    console.log(
      `\nafter ${((over - begun) / 1000).toFixed(0)} s of attacks, and ${((settled - over) / 1000).toFixed(0)} s until nothing waited:`,
    );
    for (const [name, tally] of Object.entries(tallies)) console.log(`  ${name}: ${JSON.stringify(tally)}`);
    const polls = (a: number, b: number): number[] => journals.flatMap(within(a, b));
    describe('polls without attack', polls(calm, begun));
    const p99 = describe('polls under attack', polls(begun, over));
    describe('  of these in the server, without attack', servedWithin(target, calm, begun));
    describe('  of these in the server, under attack', servedWithin(target, begun, over));
    describe('publications without attack', within(calm, begun)(publisher));
    describe('publications under attack', within(begun, over)(publisher));
    console.log(
      `503 with Retry-After: pollers ${journals.reduce((n, j) => n + j.refused, 0)}, publisher ${publisher.refused}`,
    );
    console.log(
      `the honest clients' own delay: p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, longest ${(delay.max / 1e6).toFixed(1)} ms`,
    );
    console.log('memory in MB, open files, sockets:');
    const last = target.vitals();
    console.table({ before, after, last });

    if (p99 >= Number(values.p99))
      slow.push(`p99 of a poll is ${p99.toFixed(0)} ms, not below ${values.p99}`);
    require(last.peak <
      Number(values.memory), `memory reached ${last.peak.toFixed(0)} MB, not below ${values.memory}`);
    require(closes, `${after.sockets} sockets are open, ${before.sockets} were before the attack`);
    require(last.files <= before.files + 2, `${last.files} files are open, ${before.files} were before`);
    const half = rests.length / 2;
    const [early, late] = [rests.slice(0, half), rests.slice(half)].map((some) => Math.max(...some));
    require((late ?? 0) <=
      (early ?? 0) * 1.05, `memory goes on growing after the attack: ${rests.map(Math.round).join(' ')}`);
    const { acknowledged } = publisher;
    const stored = await readBack(port, from);
    for (const [id, object] of acknowledged) {
      require(isDeepStrictEqual(
        stored.get(id),
        object,
      ), `${id} was acknowledged, and is not stored as it was sent`);
      journals.forEach(({ seen }, i) => {
        const { modified } = object as { modified?: string };
        require(seen.has(`${id} ${modified ?? ''}`), `poller ${i + 1} missed ${id}`);
      });
    }
    require(acknowledged.size > 0, 'nothing was acknowledged');
    for (const journal of [...journals, publisher]) faults.push(...journal.faults);
    console.log(
      `${acknowledged.size} objects acknowledged; pollers saw ${journals.map(({ seen }) => seen.size).join(', ')}`,
    );
  } finally {
    attackers.end();
    if (!target.ended()) require((await target.stop()) === 0, 'the server did not stop in good order');
  }
  const broken = [...faults, ...slow];
  for (const fault of broken.slice(0, 20)) console.error(`FAULT: ${fault}`);
  console.log(broken.length === 0 ? 'every promise held' : `${broken.length} faults`);
  if (faults.length > 0) return 1;
  return slow.length > 0 ? 2 : 0;
}

const folder = mkdtempSync(join(tmpdir(), 'jisr-hostile-'));
void main(folder)
  .catch((error: unknown) => {
    console.error(error);
    return 1;
  })
  .then((code) => {
    rmSync(folder, { recursive: true, force: true });
    process.exitCode = code;
  });
