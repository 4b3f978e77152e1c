/** The order of date_added (T-174, T-176), and what dates tell (D9a). */
import { ALL } from '../../../src/domain/query';
import type { Micros } from '../../../src/domain/timestamp';
import type { Rank } from '../../../src/domain/tlp';
import {
  applied,
  collection,
  everything,
  found,
  part,
  read,
  removal,
  TLP2,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { CONTRIBUTORS, member } from './members';
import { clockAt, type Open, storesOf } from './stores';

export function describeDates(name: string, open: Open): void {
  const { fresh, withCollection } = storesOf(open);

  describe(`${name}: order of date_added`, () => {
    test('concurrent appends give strictly increasing dates, also with a clock that steps back (T-174, T-176)', async () => {
      const clock = clockAt(1_700_000_000_000_000);
      const { store, c } = await withCollection({}, { clock: clock.read });
      const appends = Array.from({ length: 40 }, (_, i) => {
        clock.now += i % 3 === 0 ? -5_000_000 : 1_000;
        return store.objects.append(write(c), part(Array.from({ length: 5 }, () => tool(toolId(), 2, 0))));
      });
      await Promise.all(appends);
      const { items } = await store.objects.list(read(c, 4), everything);
      expect(items).toHaveLength(200);
      for (let i = 1; i < items.length; i++) expect(items[i]!.date).toBeGreaterThan(items[i - 1]!.date);
    });

    test('a date is above every date already readable, even after everything was removed', async () => {
      const clock = clockAt(1_700_000_000_000_000);
      const { store, c } = await withCollection({}, { clock: clock.read });
      const id = toolId();
      await store.objects.append(write(c), part([tool(id, 2, 0)]));
      const before = (await store.objects.list(read(c, 4), everything)).last!;
      await store.objects.remove(removal(c), id, { version: ALL, specVersions: undefined });
      clock.now -= 60_000_000;
      await store.objects.append(write(c), part([tool(id, 2, 0)]));
      expect((await store.objects.list(read(c, 4), everything)).last!).toBeGreaterThan(before);
    });

    test('the clock is followed when it is ahead, in steps of 1 to 16 µs, to a whole millisecond (D9a)', async () => {
      const { store, c } = await withCollection({}, { clock: () => 1_700_000_000_000_000 });
      await store.objects.append(write(c), part(Array.from({ length: 100 }, () => tool(toolId(), 2, 0))));
      const { items } = await store.objects.list(read(c, 4), everything);
      const steps = items.map((item, i) => item.date - (items[i - 1]?.date ?? 1_700_000_000_000_000));
      expect(Math.min(...steps)).toBeGreaterThanOrEqual(1);
      expect(Math.max(...steps.slice(0, -1))).toBeLessThanOrEqual(16);
      expect(items.at(-1)!.date % 1000).toBe(0);
    });

    test('dates are per collection: one object in two has two (T-375)', async () => {
      const store = await fresh();
      const [a, b] = [collection(), collection()];
      await applied(store, a, b);
      const object = tool(toolId(), 2, 0);
      await store.objects.append(write(a), part([object]));
      await store.objects.append(write(b), part([object]));
      await store.objects.remove(removal(a), object['id'] as string, {
        version: ALL,
        specVersions: undefined,
      });
      expect(await found(store, read(a, 4))).toEqual([]);
      expect(await found(store, read(b, 4))).toEqual([object]);
    });
  });

  describe(`${name}: what dates tell (D9a)`, () => {
    test('an adversary who guesses from gaps whether something is hidden does no better than chance', async () => {
      const clock = { now: 1_700_000_000_000_000 as Micros };
      const { store, c } = await withCollection({ grants: CONTRIBUTORS }, { clock: () => clock.now });
      const truth = new Map<Micros, boolean>();
      let [seed, hiddenSince] = [1, false];
      const random = (n: number): number => (seed = (seed * 48271) % 2147483647) % n;
      for (let i = 0; i < 60; i++) {
        clock.now += 5_000 + random(20_000);
        const objects = Array.from({ length: 1 + random(6) }, () =>
          tool(toolId(), 1, random(2) === 0 ? 1 : 4),
        );
        await store.objects.append(write(c, member(4)), part(objects));
        const seen = (await store.objects.list(read(c, 1), everything)).items.map((x) => x.date);
        for (const date of seen)
          if (!truth.has(date)) {
            truth.set(date, hiddenSince);
            hiddenSince = false;
          }
        if (objects.some((o) => (o['object_marking_refs'] as string[])[0] === TLP2[4])) hiddenSince = true;
      }
      const dates = [...truth.keys()];
      const gaps = dates.slice(1).map((date, i) => ({ gap: date - dates[i]!, hidden: truth.get(date)! }));
      // Within what came together no gap says anything; between two publications only time has passed.
      const within = gaps.filter(({ gap }) => gap < 2000);
      expect(within.length).toBeGreaterThan(50);
      expect(within.filter((g) => g.hidden)).toEqual([]);
      const between = gaps.filter(({ gap }) => gap >= 2000);
      const base = Math.max(between.filter((g) => g.hidden).length, between.filter((g) => !g.hidden).length);
      const best = Math.max(
        ...between.map(({ gap: limit }) => between.filter((g) => g.gap > limit === g.hidden).length),
      );
      expect(best / between.length).toBeLessThan(base / between.length + 0.15);
    });

    test('what a reader sees of a publication ends on a whole millisecond, whatever else is in it', async () => {
      const { store, c } = await withCollection({ grants: CONTRIBUTORS });
      await store.objects.append(
        write(c, member(4)),
        part([4, 0, 2, 0, 4, 1].map((rank) => tool(toolId(), 1, rank as Rank))),
      );
      for (const rank of [0, 1, 2, 3, 4] as const)
        expect((await store.objects.list(read(c, rank), everything)).last! % 1000).toBe(0);
    });
  });
}
