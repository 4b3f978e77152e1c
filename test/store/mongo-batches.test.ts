/** What a batch may do, and who applies it (§3 MongoDB). */
import { v4 as uuid } from 'uuid';
import { QUESTIONS } from '../../src/domain/entries';
import { batchStore } from '../../src/store/mongo/batches';
import { connect } from '../../src/store/mongo/connection';
import type { Effects } from '../../src/store/mongo/effects';
import type { EntryDoc } from '../../src/store/mongo/tables';
import { Log } from '../../src/store/mongo/chain';
import type { Link, LogStore } from '../../src/store/mongo/link';
import { look, type KeptLook } from '../../src/store/mongo/look';
import { prune } from '../../src/store/mongo/prune';
import { firstWithin, spansFrom, spansOf } from '../../src/store/mongo/spans';
import { walkObjects } from '../../src/store/mongo/walk';
import type { Worker } from '../../src/store/mongo/work';
import { databaseAt } from '../support/mongo-url';

test('spans cover every date, in order, parted where the gaps are widest', () => {
  expect(spansOf([], 2)).toEqual([]);
  expect(spansOf([7, 1, 2, 100, 103, 50], 3)).toEqual([
    [1, 7],
    [50, 50],
    [100, 103],
  ]);
  const spans = spansOf([5, 9, 100], 2);
  expect(spansFrom(spans.flat())).toEqual(spans);
  expect(firstWithin(spans, [[10, 99]])).toBeUndefined();
  expect(firstWithin(spans, [[6, 200]])).toBe(6);
});

test('twenty who wait for one batch: one of them applies it, and all go on', async () => {
  let [applications, looks, applied] = [0, 0, false];
  const head = (): Link => ({ n: 1, last: 1, cuts: [], token: 't', applied });
  const store: LogStore<object> = {
    newest: async () => head(),
    behind: async (_, n) => {
      looks++;
      return { links: n === 0 ? [head()] : [], pruned: 0, more: false };
    },
    link: async (_, n) => {
      looks++;
      return n === 1 ? head() : undefined;
    },
    insert: async () => undefined,
    apply: async () => {
      applications++;
      await new Promise((resolve) => setImmediate(resolve));
      applied = true;
      return true;
    },
    pruned: async () => 0,
    withdraw: async () => false,
  };
  let now = 0;
  const log = new Log(store, { wait: async (ms) => void (now += ms), now: () => now }, 1000);
  const tips = await Promise.all(Array.from({ length: 20 }, () => log.caughtUp('c')));
  expect(tips.every((tip) => tip.applied)).toBe(true);
  expect(applications).toBe(1);
  // Three looks of each, and those of the one that waits.
  expect(looks).toBeLessThan(20 * 5 + 30);
});

test('a reader does not wait for a batch that is not applied: it reads behind it', async () => {
  const links = [{ n: 1, last: 5, cuts: [], token: 'a', applied: true }];
  links.push({ n: 2, last: 9, cuts: [], token: 'b', applied: false });
  const store: LogStore<object> = {
    newest: async () => links[1],
    behind: async (_, n) => ({ links: links.slice(n), pruned: 0, more: false }),
    link: async (_, n) => links[n - 1],
    insert: async () => undefined,
    apply: () => Promise.reject(new Error('nobody asked for it')),
    pruned: async () => 0,
    withdraw: async () => false,
  };
  const log = new Log(store, { wait: () => Promise.reject(new Error('waited')), now: () => 0 });
  expect(await log.applied('c')).toMatchObject({ n: 1, last: 5 });
});

test('a kept look is right as of what its own walk found, whatever other walks have found by then', async () => {
  const link = (n: number): Link => ({ n, last: n, cuts: [], token: `t${n}`, applied: true });
  const [checked, known] = [link(2), link(3)];
  const log = {
    known: () => known,
    since: async () => ({ cut: undefined, came: true, newest: checked }),
  } as unknown as Worker['log'];
  const before: KeptLook<string> = { link: link(1), value: 'a page', within: [[0, 1]], open: false };
  const kept: KeptLook<string>[] = [];
  const read = () => Promise.reject(new Error('read again'));
  const keep = (one: KeptLook<string>): void => void kept.push(one);
  const connection = {} as Worker['connection'];
  expect(await look({ connection, log }, 'c', read, { before, keep })).toBe('a page');
  expect(kept).toEqual([{ ...before, link: checked }]);
});

const server = process.env['JISR_TEST_MONGODB'];
if (server === undefined) {
  test.skip('SKIPPED, JISR_TEST_MONGODB names no server: batches in a database', () => undefined);
} else {
  jest.setTimeout(120_000);
  const entry = (c: string, date: number, by: number, more: Partial<EntryDoc> = {}): EntryDoc => {
    const u = `00000000-0000-4000-8000-${String(date).padStart(12, '0')}`;
    const ranges = Object.fromEntries(QUESTIONS.map((q) => [q, 5])) as Pick<
      EntryDoc,
      (typeof QUESTIONS)[number]
    >;
    return {
      _id: `${c}:${date}`,
      c,
      date,
      ref: date,
      o: `tool--${u}`,
      u,
      type: 'tool',
      spec: '2.1',
      version: '1',
      key: '1',
      digest: '',
      created: null,
      createdBy: null,
      revoked: false,
      publisher: '',
      size: 1,
      state: 'live',
      rank: 0,
      declared: 0,
      unresolved: [],
      body: '{}',
      by,
      ...ranges,
      ...more,
    };
  };
  const effects = (more: Partial<Effects>): Effects => ({
    inserts: [],
    cuts: [],
    audit: [],
    markings: [],
    ...more,
  });
  const within = async (
    work: (connection: Awaited<ReturnType<typeof connect>>) => Promise<void>,
  ): Promise<void> => {
    const connection = await connect(databaseAt(server, `jisr-test-${uuid().slice(0, 8)}`), {});
    try {
      await work(connection);
    } finally {
      await connection.db.dropDatabase();
      await connection.close();
    }
  };

  test('a drop that is applied late leaves what was added since, and keeps every place taken', () =>
    within(async (connection) => {
      const store = batchStore(connection);
      const first = effects({ inserts: [entry('c', 1, 1), entry('c', 2, 1)] });
      await store.insert('c', { n: 1, last: 2, token: 'a' }, first);
      await store.apply('c', { n: 1, token: 'a' }, first);
      const drop = effects({ drop: true });
      await store.insert('c', { n: 2, last: 2, token: 'b' }, drop);
      await store.apply('c', { n: 2, token: 'b' }, drop);
      const third = effects({ inserts: [entry('c', 3, 3)] });
      await store.insert('c', { n: 3, last: 3, token: 'd' }, third);
      await store.apply('c', { n: 3, token: 'd' }, third);
      // Processes that slept in the middle of the first two.
      await store.apply('c', { n: 2, token: 'b' }, drop);
      await store.apply('c', { n: 1, token: 'a' }, first);
      const live = await connection.tables.entries.find({ c: 'c', state: 'live' }).toArray();
      expect(live.map((doc) => doc.date)).toEqual([3]);
      expect(await store.link('c', 2)).toMatchObject({
        cuts: [[Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]],
      });
    }));

  test('what is pruned goes a visit after it was marked; who slept since finds out, and puts nothing back', () =>
    within(async (connection) => {
      const { tables } = connection;
      const store = batchStore(connection);
      const pace = { wait: async () => undefined, now: () => 0 };
      const [log, asleep] = [new Log(store, pace), new Log(store, pace)];
      const add = (date: number) => ({ last: date, effects: effects({ inserts: [entry('c', date, date)] }) });
      const commit = async (date: number, work = add(date)): Promise<void> => {
        expect(await log.commit('c', await log.caughtUp('c'), `t${date}`, work)).toBe(true);
      };
      await commit(1);
      await commit(2);
      const old = await asleep.caughtUp('c');
      await commit(3, { last: 3, effects: effects({ drop: true }) });
      for (const date of [4, 5]) await commit(date);
      const visit = (grace = 0, age = 0) => prune(connection, 'c', undefined, { age, grace });
      const batches = async (): Promise<number[]> =>
        (await tables.batches.find({ c: 'c' }).sort({ n: 1 }).toArray()).map(({ n }) => n);
      expect(await visit(0, 3600e6)).toEqual({ batches: 0, stones: 0 });
      expect(await store.pruned('c')).toBe(0);
      expect(await visit()).toEqual({ batches: 0, stones: 0 });
      expect([await store.pruned('c'), await batches()]).toEqual([4, [1, 2, 3, 4, 5]]);
      expect(await visit(3600e6)).toEqual({ batches: 0, stones: 0 });
      expect(await visit()).toEqual({ batches: 3, stones: 2 });
      expect([await store.pruned('c'), await batches()]).toEqual([4, [1, 5]]);
      // Whoever was asleep: in the middle of the second batch, before writing the third, and while reading.
      expect(await store.apply('c', { n: 2, token: 't2' }, add(2).effects)).toBe(false);
      expect(await asleep.commit('c', old, 'late', add(9))).toBe(false);
      expect(await asleep.since('c', old, [[1, 2]])).toEqual({ cut: 1, came: true });
      expect(await asleep.caughtUp('c')).toMatchObject({ n: 5, last: 5 });
      expect(await batches()).toEqual([1, 5]);
      expect((await tables.entries.find({ c: 'c' }).toArray()).map(({ date }) => date)).toEqual([4, 5]);
    }));

  test('what an earlier version decided, and nobody has applied, is applied: its one publication too', () =>
    within(async (connection) => {
      const { tables } = connection;
      const store = batchStore(connection);
      const status = { _id: 's', root: 'r', c: 'c', principal: 'p', requested: 1, total: 1 };
      const part = {
        _id: 's:0',
        status: 's',
        part: 0,
        last: true,
        successes: [{ id: 'a', version: '' }],
        failures: [],
      };
      const counts = { done: 1, success: 1, failure: 0 };
      const earlier = { ...effects({ inserts: [entry('c', 1, 1)] }), status, part, counts, begun: false };
      expect(await store.insert('c', { n: 1, last: 1, token: 't' }, earlier)).toBe(0);
      expect(await store.apply('c', { n: 1, token: 't' })).toBe(true);
      expect(await tables.statuses.findOne({ _id: 's' })).toEqual({ ...status, ...counts, complete: true });
      expect(await tables.parts.findOne({ _id: 's:0' })).toEqual(part);
      expect(await tables.entries.countDocuments({ c: 'c' })).toBe(1);
    }));

  test('a batch with a document that no database holds is refused with words, before it is decided', () =>
    within(async (connection) => {
      const store = batchStore(connection);
      const detail = 'x'.repeat(17e6);
      const audit = [
        { _id: 'a', at: 1, order: 1, principal: 'p', action: 'a', collection: 'c', subject: 's', detail },
      ];
      for (const large of [
        effects({ audit }),
        effects({
          inserts: [entry('c', 1, 1, { unresolved: Array.from({ length: 300_000 }, () => uuid() + uuid()) })],
        }),
      ]) {
        const writing = store.insert('c', { n: 1, last: 1, token: 't' }, large);
        await expect(writing).rejects.toThrow(/Nothing of this was stored: .* would take \d+ bytes/);
      }
      expect(await store.newest('c')).toBeUndefined();
      expect(await connection.tables.chunks.countDocuments({})).toBe(0);
    }));

  test('a walk finds every object once, in groups bounded by number and by bytes', () =>
    within(async (connection) => {
      const docs = Array.from({ length: 25 }, (_, i) => entry('c', i + 1, 1, { size: i === 10 ? 100 : 1 }));
      await connection.tables.entries.insertMany([...docs, entry('other', 1, 1)]);
      const groups: string[][] = [];
      for await (const group of walkObjects(
        connection.tables,
        'c',
        { state: 'live' },
        { objects: 10, bytes: 50 },
      ))
        groups.push(group);
      expect(groups.flat()).toEqual(docs.map((doc) => doc.u));
      expect(groups.map((group) => group.length)).toEqual([10, 1, 10, 4]);
    }));
}
