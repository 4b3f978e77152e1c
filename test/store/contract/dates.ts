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
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { bestGuess, type Sight } from './guesses';
import { CONTRIBUTORS, member } from './members';
import { clockAt, type Open, storesOf } from './stores';

/** Dates of one publication are closer than this, whatever else is in it; those of two are not, in these tests. */
const APART: Micros = 2500;

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
    /**
     * What a reader of rank 1 sees between publications, in one collection: gaps of date_added with what stands around them,
     * and whether something that they may not see is dated there. Somebody who sees them publishes whether or not anybody
     * else does, at moments of a clock that counts whole milliseconds, as that of a server does; in half of the gaps
     * something is hidden: the rest of a publication of which they see some, or publications of which they see nothing.
     */
    async function sightsOf(seed: number, publications: number): Promise<Sight[]> {
      let state = seed;
      const random = (n: number): number => (state = (state * 48271) % 2147483647) % n;
      const clock = clockAt(1_700_000_000_000_000);
      const { store, c } = await withCollection(
        { grants: CONTRIBUTORS },
        { clock: clock.read, random: () => random(1_000_000) / 1_000_000 },
      );
      const who = member(4);
      const seen = (): Rank[] => Array.from({ length: 1 + random(3) }, () => random(2) as Rank);
      const unseen = (): Rank[] => Array.from({ length: 1 + random(4) }, () => (2 + random(3)) as Rank);
      const publish = (ranks: readonly Rank[]): Promise<unknown> =>
        store.objects.append(write(c, who), part(ranks.map((rank) => tool(toolId(), 1, rank))));
      // Of both kinds so many that nothing is hidden in half of the gaps: 0.707 × 0.707.
      const some = (): boolean => random(1000) < 293;
      for (let i = 0; i < publications; i++) {
        // Dates run up to 3 ms ahead of the clock, one for each rank that was hidden, and 2 for what one sees.
        const wait = 8 + random(20);
        const between = some() ? random(wait) : undefined;
        if (between !== undefined) {
          clock.now += between * 1000;
          await publish(unseen());
        }
        clock.now += (wait - (between ?? 0)) * 1000;
        await publish(some() ? seen().flatMap((rank) => [...unseen(), rank]) : seen());
      }
      const datesFor = async (rank: Rank): Promise<Micros[]> => {
        const dates: Micros[] = [];
        for (let more = true; more;) {
          const page = await store.objects.list(read(c, rank), { ...everything, after: dates.at(-1) });
          dates.push(...page.items.map(({ date }) => date));
          more = page.more;
        }
        return dates;
      };
      const [all, mine] = [await datesFor(4), await datesFor(1)];
      const place = new Map(all.map((date, i) => [date, i]));
      const hidden = (i: number): boolean => place.get(mine[i]!)! - place.get(mine[i - 1]!)! > 1;
      /** The gap before a date; 0 where there is none. */
      const gap = (i: number): number => (mine[i] ?? NaN) - (mine[i - 1] ?? NaN) || 0;
      const starts = mine.map((_, i) => i).filter((i) => i === 0 || gap(i) >= APART);
      // Within what came together no gap says anything; between two publications only time has passed.
      expect(mine.map((_, i) => i).filter((i) => i > 0 && gap(i) < APART && hidden(i))).toEqual([]);
      expect(starts).toHaveLength(publications);
      return starts.slice(1).map((start, i) => {
        const [before, end] = [starts[i]!, (starts[i + 2] ?? mine.length) - 1];
        const spans = [mine[start - 1]! - mine[before]!, mine[end]! - mine[start]!];
        return {
          seen: [gap(start), gap(start) % 1000, mine[start - 1]! % 1000, gap(start - 1), ...spans],
          hidden: hidden(start),
        };
      });
    }

    test('an adversary who guesses from gaps whether something is hidden does no better than chance', async () => {
      // A server of MongoDB takes longer: there fewer are asked for, and chance is given more.
      const publications = name === 'sqlite' ? 260 : 50;
      const sights: Sight[] = [];
      for (const seed of [1, 22, 333, 4444]) sights.push(...(await sightsOf(seed, publications)));
      const share = sights.filter(({ hidden }) => hidden).length / sights.length;
      expect(Math.abs(share - 0.5)).toBeLessThan(0.1);
      // Three standard deviations of what one has right who tosses a coin.
      const tolerance = (3 * 0.5) / Math.sqrt(sights.length);
      if (name === 'sqlite') expect(tolerance).toBeLessThanOrEqual(0.05);
      const chance = Math.max(share, 1 - share);
      expect(bestGuess(sights)).toBeLessThan(chance + tolerance);

      if (name !== 'sqlite') return; // too few to say more
      // The same guessers are not blind: where a third of what is hidden told, they would find it; the second no limit finds.
      const TELLS: readonly ((gap: number) => number)[] = [(gap) => gap + 20_000, () => 14_507];
      for (const tell of TELLS) {
        const telling = sights.map(({ seen: [gap, ...rest], hidden }, i) => ({
          seen: [hidden && i % 3 === 0 ? tell(gap!) : gap!, ...rest],
          hidden,
        }));
        expect(bestGuess(telling)).toBeGreaterThan(chance + tolerance);
      }
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
