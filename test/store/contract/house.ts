/** Leases, runs, notes, readings, and care that changes no answer. */
import { OperatorError } from '../../../src/domain/errors';
import { LAST } from '../../../src/domain/query';
import type { Micros } from '../../../src/domain/timestamp';
import { everything, found, part, read, removal, tool, toolId, write } from '../../support/exchange';
import { clockAt, type Open, storesOf } from './stores';

export function describeHouse(name: string, open: Open): void {
  const { fresh, withCollection } = storesOf(open);

  describe(`${name}: the house`, () => {
    test('maintenance changes nothing any more once another has taken its lease', async () => {
      const { house } = await fresh();
      const fence = await house.lease('maintenance', 'one', 0, 100);
      if (fence === undefined) throw new Error('not free');
      await house.maintain({ lease: { name: 'maintenance', fence } });
      expect(await house.lease('maintenance', 'other', 200, 300)).toBe(fence + 1);
      await expect(house.maintain({ lease: { name: 'maintenance', fence } })).rejects.toThrow(OperatorError);
    });

    test('a lease is held by one, prolonged by its holder, free after it ran out or was given back', async () => {
      const { house } = await fresh();
      const takers = await Promise.all(
        ['a', 'b', 'c', 'd'].map((holder) => house.lease('job', holder, 0, 100)),
      );
      expect(takers.filter((fence) => fence !== undefined)).toEqual([1]);
      const holder = ['a', 'b', 'c', 'd'][takers.indexOf(1)]!;
      expect(await house.lease('job', holder, 50, 150)).toBe(1);
      expect(await house.lease('job', 'other', 120, 220)).toBeUndefined();
      expect(await house.lease('another job', 'other', 120, 220)).toBe(1);
      await house.release('job', 'other');
      expect(await house.lease('job', 'other', 120, 220)).toBeUndefined();
      await house.release('job', holder);
      expect(await house.lease('job', 'other', 120, 220)).toBe(2);
      expect(await house.lease('job', holder, 220, 320)).toBe(3);
    });

    test('a lease has a number that grows with each holder; who held an older one changes nothing more', async () => {
      const clock = clockAt(1_700_000_000_000_000);
      const { store, c } = await withCollection({}, { clock: clock.read });
      await store.objects.append(write(c), part([tool(toolId(), 1, 0), tool(toolId(), 1, 0)]));
      const { house } = store;
      const old = { name: 'retention', fence: (await house.lease('retention', 'a', 0, 100))! };
      await house.note('kind', 'mine', 'before', old);
      const now = { name: 'retention', fence: (await house.lease('retention', 'b', 100, 200))! };
      expect(now.fence).toBeGreaterThan(old.fence);
      // It wakes up, and does not know yet.
      clock.now += 1e9;
      const all = { types: ['tool'], before: clock.now, held: [] };
      await expect(house.note('kind', 'mine', 'after', old)).rejects.toThrow(OperatorError);
      await expect(store.objects.retire(c.id, all, 'a', true, { lease: old })).rejects.toThrow(OperatorError);
      expect([...(await house.notes('kind')).values()]).toEqual(['before']);
      expect(await found(store, read(c, 4), everything)).toHaveLength(2);
      expect(await store.objects.retire(c.id, all, 'b', true, { lease: now })).toMatchObject({ objects: 2 });
    });

    test('a lease for a tick is given once, also after it was given back; a later tick is another', async () => {
      const { house } = await fresh();
      const MINUTE = 60e6;
      const take = (holder: string, tick: Micros, now = tick): Promise<number | undefined> =>
        house.lease('retention', holder, now, now + 120e6, tick);
      const taken = await Promise.all(['a', 'b', 'c'].map((holder) => take(holder, MINUTE)));
      expect(taken.filter((fence) => fence !== undefined)).toHaveLength(1);
      for (const holder of ['a', 'b', 'c']) await house.release('retention', holder);
      // Another process whose clock, or whose timer, comes later.
      expect(await take('d', MINUTE, 2 * MINUTE)).toBeUndefined();
      // By hand: no tick, and none is forgotten.
      expect(await house.lease('retention', 'd', MINUTE, MINUTE + 1)).toBeDefined();
      await house.release('retention', 'd');
      expect(await take('d', MINUTE)).toBeUndefined();
      expect(await take('e', 2 * MINUTE)).toBeDefined();
      expect(await take('e', 2 * MINUTE)).toBeDefined();
      await house.release('retention', 'e');
      expect(await take('f', MINUTE)).toBeUndefined();
    });

    test('a tick from a clock that was wrong keeps no job from running', async () => {
      const { house } = await fresh();
      expect(await house.lease('check', 'a', 0, 1, 4e15)).toBeDefined();
      await house.release('check', 'a');
      expect(await house.lease('check', 'b', 60e6, 120e6, 60e6)).toBeDefined();
    });

    test('what goes over a store ends when it is told to', async () => {
      const clock = clockAt(1_700_000_000_000_000);
      const { store, c } = await withCollection({}, { clock: clock.read });
      await store.objects.append(write(c), part([tool(toolId(), 1, 0), tool(toolId(), 1, 0)]));
      clock.now += 1e9;
      const permit = { signal: AbortSignal.abort(new Error('enough')) };
      const all = { types: ['tool'], before: clock.now, held: [] };
      await expect(store.house.check(() => undefined, permit)).rejects.toThrow('enough');
      await expect(store.house.mend(permit)).rejects.toThrow('enough');
      await expect(store.house.maintain(permit)).rejects.toThrow('enough');
      await expect(store.objects.retire(c.id, all, 'a', true, permit)).rejects.toThrow('enough');
      expect(await store.house.check(() => undefined)).toEqual([]);
      expect(await found(store, read(c, 4), everything)).toHaveLength(2);
      expect(await store.objects.retire(c.id, all, 'a', true)).toMatchObject({ objects: 2 });
    });

    test('runs come newest first, of all jobs or of one', async () => {
      const { house } = await fresh();
      const run = (n: number, name_: string) => ({
        name: name_,
        started: n,
        took: 5,
        ok: n !== 2,
        result: `r${n}`,
      });
      for (const [n, name_] of [
        [1, 'a'],
        [2, 'b'],
        [3, 'a'],
      ] as const)
        await house.recordRun(run(n, name_));
      expect(await house.runs(10)).toEqual([run(3, 'a'), run(2, 'b'), run(1, 'a')]);
      expect(await house.runs(1, 'a')).toEqual([run(3, 'a')]);
    });

    test('notes are replaced, removed, and come in the order of their names', async () => {
      const { house } = await fresh();
      await house.note('kind', 'b', 'one');
      await house.note('kind', 'b', 'two');
      await house.note('kind', 'a', 'three');
      await house.note('other', 'c', 'four');
      expect([...(await house.notes('kind'))]).toEqual([
        ['a', 'three'],
        ['b', 'two'],
      ]);
      await house.note('kind', 'a', undefined);
      expect([...(await house.notes('kind'))]).toEqual([['b', 'two']]);
    });

    test('readings never go back', async () => {
      const { store, c } = await withCollection();
      const at = (organisationId: string, lastDate: Micros) => ({
        collectionId: c.id,
        organisationId,
        lastDate,
      });
      await store.house.noteReadings([at('x', 5), at('y', 1)]);
      await store.house.noteReadings([at('x', 3), at('y', 2)]);
      const all = [...(await store.house.readings())].sort((p, q) =>
        p.organisationId < q.organisationId ? -1 : 1,
      );
      expect(all).toEqual([at('x', 5), at('y', 2)]);
    });

    test('a sound store has no defects, mending it changes no answer, and maintenance neither', async () => {
      const { store, c } = await withCollection();
      const ids = [toolId(), toolId()];
      await store.objects.append(
        write(c),
        part([tool(ids[0]!, 1, 4), tool(ids[0]!, 2, 0), tool(ids[1]!, 1, 2)]),
      );
      await store.objects.remove(removal(c), ids[0]!, { version: LAST, specVersions: undefined });
      const before = await found(store, read(c, 4), everything);
      expect(await store.house.check(() => undefined)).toEqual([]);
      await store.house.mend();
      await store.house.maintain();
      expect(await found(store, read(c, 4), everything)).toEqual(before);
      expect(await store.house.check(() => undefined)).toEqual([]);
    });
  });
}
