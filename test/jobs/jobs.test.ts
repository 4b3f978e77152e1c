/** Jobs: one runner, each run recorded, retention after a notice, legal hold, expiry, and never the end of the server. */
import type { Collection } from '../../src/domain/channel';
import { JOB_NAMES, readConfig } from '../../src/config';
import { openDoor, type OpenDoor } from '../../src/publish/publish';
import { runJob, type Job, type Workplace } from '../../src/jobs/job';
import { JOBS } from '../../src/jobs/jobs';
import { startJobs } from '../../src/jobs/schedule';
import { inTurn } from '../../src/startup/prepare';
import { openStore } from '../../src/store/open';
import type { Store } from '../../src/store/store';
import type { StixObject } from '../../src/domain/stix';
import {
  applied,
  collection,
  found,
  organisation,
  part,
  principal,
  query,
  read,
  tool,
  toolId,
  write,
} from '../support/exchange';
import { ALL } from '../../src/domain/query';
import { make } from '../support/stix';

const DAY = 86_400e6;
let now: number;
let store: Store;
let door: OpenDoor;
let c: Collection;
const IDENTITY = 'identity--7b4a9c1e-52f0-4a36-9d0b-1c9d7e3f2a10';
const operator = principal(4, {
  name: 'operator',
  organisation: organisation({ kind: 'operator', name: 'house', identity: IDENTITY }),
});
const desk = principal(4, { name: 'desk', organisation: organisation({ name: 'desk house' }) });
const grants = [{ source: 'test', to: {}, rights: ['see', 'read', 'write', 'curate'] as const }];

beforeEach(async () => {
  now = 1_700_000_000_000_000;
  store = await openStore('sqlite::memory:', { clock: () => now });
  c = collection({ alias: 'main', grants });
  await applied(store, c);
  for (const p of [operator, desk]) {
    await store.people.saveOrganisation(p.organisation);
    await store.people.savePrincipal(p, 'no hash');
  }
  door = openDoor(store, { clock: () => now, limits: { depth: 64, objects: 1e5 }, report: () => undefined });
});
afterEach(async () => {
  await door.stop();
  await store.close();
});

const context = (apply = true): Workplace => ({ store, door, clock: () => now, statusDays: 30, apply });
const job = (name: string): Job => JOBS.find((j) => j.name === name)!;
async function did(name: string, apply = true): Promise<Record<string, unknown>> {
  const run = await runJob(job(name), context(apply));
  expect(run).toMatchObject({ ok: true });
  return JSON.parse(run!.result) as Record<string, unknown>;
}
const names = async (): Promise<unknown[]> =>
  (await found(store, read(c, 4), query({ version: ALL }))).map((o) => o['name']);

test('what ends within two weeks is told, each with its account; what ended or ends later is not', async () => {
  await store.people.saveOrganisation(desk.organisation);
  await store.people.savePrincipal(desk, 'hash');
  for (const days of [-1, 0, 14, 15])
    await store.people.addToken(
      {
        id: `t${days}`,
        principalId: desk.id,
        name: `ends in ${days}`,
        created: 0,
        expires: now + days * DAY + 1,
      },
      'hash',
    );
  const told: unknown[] = [];
  await runJob(job('endings'), { ...context(), tell: (details, event) => told.push({ ...details, event }) });
  const event = expect.stringContaining('ends soon') as unknown;
  expect(told).toMatchObject([
    { token: 'ends in 0', account: 'desk', days: 0, event },
    { token: 'ends in 14', account: 'desk', days: 14, event },
  ]);
  expect(await did('endings')).toMatchObject({ tokens: [{ days: 0 }, { days: 14 }], passwords: [] });
  await store.people.savePrincipal({ ...desk, passwordUntil: now + 3 * DAY });
  expect(await did('endings')).toMatchObject({ passwords: [{ account: 'desk', days: 3 }] });
  await store.people.savePrincipal({ ...desk, passwordUntil: now + 3 * DAY, disabled: true });
  expect(await did('endings')).toMatchObject({ passwords: [] });
});

test('the names that may be configured are the jobs', () => {
  expect([...JOB_NAMES].sort()).toEqual(JOBS.map((j) => j.name).sort());
});

test('two runners at once: one runs, the other does not; after a release it may; a lease that nobody prolongs runs out', async () => {
  let inside = 0;
  let most = 0;
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const slow: Job = {
    name: 'slow',
    when: '* * * * *',
    minutes: 1,
    summary: '',
    run: async () => {
      most = Math.max(most, ++inside);
      await gate;
      inside--;
      return {};
    },
  };
  const first = runJob(slow, context());
  expect(await Promise.all([runJob(slow, context()), runJob(slow, context())])).toEqual([
    undefined,
    undefined,
  ]);
  open();
  expect(await first).toMatchObject({ ok: true });
  expect(await runJob(slow, context())).toMatchObject({ ok: true });
  expect(most).toBe(1);
  expect(await store.house.lease('slow', 'who died', now, now + 60e6)).toBeDefined();
  expect(await runJob(slow, context())).toBeUndefined();
  now += 61e6;
  expect(await runJob(slow, context())).toMatchObject({ ok: true });
});

test('a run that fails is recorded with its error, and the next one runs', async () => {
  const bad: Job = {
    name: 'bad',
    when: '* * * * *',
    minutes: 1,
    summary: '',
    run: () => Promise.reject(new Error('no room')),
  };
  expect(await runJob(bad, context())).toMatchObject({ ok: false, result: 'no room' });
  now += 5e6;
  expect(await runJob(job('maintenance'), context())).toMatchObject({ ok: true });
  expect(await store.house.runs(10)).toMatchObject([
    { name: 'maintenance', ok: true },
    { name: 'bad', ok: false, result: 'no room', started: now - 5e6 },
  ]);
  expect(await store.house.runs(10, 'bad')).toHaveLength(1);
});

describe('a run ends early', () => {
  /** A job that goes on until it is told to stop. */
  const endless = (minutes = 60): Job & { readonly begun: Promise<void> } => {
    let begin: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const run: Job['run'] = ({ signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        begin();
      });
    return { name: 'endless', when: '* * * * *', minutes, summary: '', run, begun };
  };

  test('when its time is over', async () => {
    expect(await runJob(endless(1 / 60_000), context())).toMatchObject({
      ok: false,
      result: expect.stringContaining('took longer') as string,
    });
  });

  test('when the server stops, and the lease is free at once', async () => {
    const stopping = new AbortController();
    const job = endless();
    const run = runJob(job, context(), { signal: stopping.signal });
    await job.begun;
    stopping.abort(new Error('the server stops'));
    expect(await run).toMatchObject({ ok: false, result: 'the server stops' });
    expect(await store.house.lease('endless', 'other', now, now + 1)).toBeDefined();
  });

  test.each([
    ['holds it', async () => undefined],
    ['held it, and gave it back', async () => store.house.release('endless', 'thief')],
  ])('when a heartbeat finds that another %s', async (_, then) => {
    const job = endless();
    const run = runJob(job, context(), { heartbeatMs: 1 });
    await job.begun;
    // It slept for longer than its lease is believed.
    const { house } = store;
    const lease = house.lease.bind(house);
    house.lease = async (...asked) => {
      house.lease = lease;
      now += 121e6;
      expect(await lease('endless', 'thief', now, now + 120e6)).toBe(2);
      await then();
      return lease(...asked);
    };
    expect(await run).toMatchObject({ ok: false, result: expect.stringContaining('took it over') as string });
  });

  test('when the store was out of reach for longer than the lease is believed; a short while is nothing', async () => {
    const job = endless();
    const { house } = store;
    let beats = 0;
    const run = runJob(
      job,
      {
        ...context(),
        store: {
          ...store,
          house: {
            ...house,
            lease: async (...of) => {
              if (beats++ === 0) return house.lease(...of);
              now += 50e6;
              throw new Error('no route');
            },
          },
        },
      },
      { heartbeatMs: 1 },
    );
    expect(await run).toMatchObject({ ok: false, result: expect.stringContaining('out of reach') as string });
    expect(beats).toBe(4);
  });
});

test('two processes at the same tick: the second finds it done, also when the first gave its lease back before', async () => {
  let runs = 0;
  const quick: Job = {
    name: 'quick',
    when: '* * * * *',
    minutes: 1,
    summary: '',
    run: async () => ({ runs: ++runs }),
  };
  const tick = now;
  expect(await runJob(quick, context(), { tick })).toMatchObject({ ok: true });
  now += 3e6;
  expect(await runJob(quick, context(), { tick })).toBeUndefined();
  expect(await runJob(quick, context(), { tick: tick + 60e6 })).toMatchObject({ ok: true });
  expect(runs).toBe(2);
});

test('prepare prolongs its lease while it works: nobody else starts, however long it takes', async () => {
  const { house } = store;
  const start = Date.now() * 1000;
  // As if its heartbeats came when the first word is about to run out.
  let prolonged: () => void = () => undefined;
  const once = new Promise<void>((resolve) => (prolonged = resolve));
  let asked = 0;
  const slowly: Store['house'] = {
    ...house,
    lease: async (name, holder, at, until) => {
      const late = asked++ === 0 ? 0 : 59e6;
      const fence = await house.lease(name, holder, at + late, until + late);
      if (asked > 1) prolonged();
      return fence;
    },
  };
  const others = (at: number): Promise<number | undefined> => house.lease('prepare', 'other', at, at + 1);
  await inTurn(
    slowly,
    async () => {
      expect(await others(start + 1e6)).toBeUndefined();
      await once;
      expect(await others(start + 100e6)).toBeUndefined();
    },
    1,
  );
  expect(await others(start + 1e6)).toBeDefined();
});

describe('retention', () => {
  const rule = (days: number, types = ['tool']) => ({ types, days });
  const keep = async (
    rules: ReturnType<typeof rule>[],
    legalHold: true | string[] = [],
    noticeDays = 7,
  ): Promise<void> => {
    c = { ...c, retention: { rules, noticeDays, legalHold } };
    await applied(store, c);
  };
  const held = toolId();
  beforeEach(async () => {
    await store.objects.append(
      write(c, desk),
      part([
        tool(toolId(), 1, 0, { name: 'old' }),
        tool(held, 1, 0, { name: 'held' }),
        make('campaign', { name: 'campaign' }),
      ]),
    );
    now += 100 * DAY;
    await store.objects.append(write(c, desk), part([tool(toolId(), 2, 0, { name: 'young' })]));
  });

  test('the first run gives notice and removes nothing; after it only what the rules name goes', async () => {
    await keep([rule(50)], [held]);
    expect(await did('retention')).toMatchObject({
      'europe/main': { would_remove: { objects: 1, versions: 1 } },
    });
    expect(await names()).toHaveLength(4);
    now += 6 * DAY;
    await did('retention');
    expect(await names()).toHaveLength(4);
    now += 2 * DAY;
    expect(await did('retention', false)).toMatchObject({ 'europe/main': { removed: { objects: 1 } } });
    expect(await names()).toHaveLength(4);
    expect(await did('retention')).toMatchObject({ 'europe/main': { removed: { objects: 1, versions: 1 } } });
    expect((await names()).sort()).toEqual(['campaign', 'held', 'young']);
    expect(await store.records.audit(10, 'retire')).toMatchObject([
      { principal: 'retention', collection: 'europe/main' },
    ]);
  });

  test('rules that were changed give notice anew, even one of no days', async () => {
    await keep([rule(50)], [], 0);
    await did('retention');
    await keep([rule(50), rule(50, ['SDO'])], [], 0);
    expect(await did('retention')).toMatchObject({ 'europe/main': { would_remove: {} } });
    expect(await names()).toHaveLength(4);
    expect(await did('retention')).toMatchObject({ 'europe/main': { removed: {} } });
    expect(await names()).toEqual(['young']);
  });

  test('a legal hold on the collection wins', async () => {
    await keep([rule(1, ['SDO'])], true, 0);
    await did('retention');
    expect(await did('retention')).toEqual({ 'europe/main': 'legal hold' });
    expect(await names()).toHaveLength(4);
  });

  test('an object of which a new version came lately is not old', async () => {
    await keep([rule(50)], [], 0);
    await store.objects.append(write(c, desk), part([tool(held, 9, 0, { name: 'held anew' })]));
    await did('retention');
    await did('retention');
    expect((await names()).sort()).toEqual(['campaign', 'held', 'held anew', 'young']);
  });
});

test('expiry: reported to who published it; only the operator’s own is revoked, by a new version; again does nothing more', async () => {
  const indicator = (uuid: string, more: StixObject = {}): StixObject =>
    make('indicator', { id: `indicator--${uuid}`, valid_until: '2021-01-01T00:00:00Z', ...more });
  const theirs = indicator('00000000-0000-4000-8000-000000000001');
  const own = indicator('00000000-0000-4000-8000-000000000002', { created_by_ref: IDENTITY });
  const current = indicator('00000000-0000-4000-8000-000000000003', { valid_until: '2090-01-01T00:00:00Z' });
  await store.objects.append(write(c, desk), part([theirs, current]));
  await store.objects.append(write(c, operator), part([own]));
  expect(await did('expiry', false)).toEqual({ revoked: 1, reported: { 'desk house': 1 } });
  expect(await store.house.notes('expired')).toEqual(new Map());
  expect(await did('expiry')).toEqual({ revoked: 1, reported: { 'desk house': 1 } });
  const revoked = (await found(store, read(c, 4))).filter((o) => o['revoked'] === true);
  expect(revoked.map((o) => o['id'])).toEqual([own['id']]);
  const note = (await store.house.notes('expired')).get(desk.organisation.id);
  expect(JSON.parse(note!)).toMatchObject({
    organisation: 'desk house',
    count: 1,
    objects: [{ id: theirs['id'], collection: 'europe/main', valid_until: '2021-01-01T00:00:00Z' }],
  });
  expect(await did('expiry')).toMatchObject({ revoked: 0 });
});

test('statuses older than their promised time go; a snapshot of the day stays; check finds nothing', async () => {
  await store.objects.append(
    write(c, desk),
    part([tool(toolId(), 1, 0)], {
      status: { id: '6b2f1c3e-0c1f-4d5a-9e57-2d3c4b5a6978', requested: now, total: 1 },
    }),
  );
  expect(await did('statistics')).toEqual({ day: '2023-11-14', objects: 1, collections: 1 });
  now += 31 * DAY;
  expect(await did('statuses')).toEqual({ removed: 1 });
  expect([...(await store.house.notes('statistics')).keys()]).toEqual(['2023-11-14']);
  expect(await did('check')).toEqual({ defects: 0 });
  expect(await did('maintenance')).toHaveProperty('bytes');
});

test('the schedule: times and time zone by configuration; wrong ones are refused with the variable', async () => {
  const { schedule } = readConfig({
    JISR_JOB_EXPIRY: 'off',
    JISR_JOB_CHECK: '0 5 * * 1',
    JISR_JOBS_TIME_ZONE: 'Africa/Cairo',
  });
  expect(schedule).toMatchObject({ timeZone: 'Africa/Cairo', times: { expiry: 'off', check: '0 5 * * 1' } });
  expect(() => readConfig({ JISR_JOB_CHECK: 'at night' })).toThrow(/JISR_JOB_CHECK/);
  expect(() => readConfig({ JISR_JOBS_TIME_ZONE: 'Mars/Base' })).toThrow(/JISR_JOBS_TIME_ZONE/);
  const jobs = startJobs({ store, door, clock: () => now, statusDays: 30 }, schedule, () => undefined);
  await jobs.stop();
  await jobs.stop();
});
