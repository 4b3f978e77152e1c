/** Filters, each and together, against a naive model. */
import fc from 'fast-check';
import { ALL, LAST, type VersionSelection } from '../../../src/domain/query';
import type { Micros } from '../../../src/domain/timestamp';
import {
  applied,
  collection,
  day,
  everything,
  found,
  part,
  query,
  read,
  TLP2,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { FIRST, type Open, RANKS } from './stores';

export function describeFilters(name: string, open: Open): void {
  describe(`${name}: filters`, () => {
    const one = fc.record({
      type: fc.constantFrom('tool', 'campaign', 'threat-actor'),
      id: fc.constantFrom(...Array.from({ length: 6 }, (_, i) => `00000000-0000-4000-8000-00000000000${i}`)),
      version: fc.integer({ min: 1, max: 4 }),
      rank: fc.constantFrom(...RANKS),
      name: fc.constantFrom('a', 'b', 'c'),
      confidence: fc.integer({ min: 0, max: 3 }),
      labels: fc.subarray(['x', 'y', 'z'], { minLength: 1 }),
    });
    const some = <T>(values: readonly T[]): fc.Arbitrary<T[] | undefined> =>
      fc.option(fc.subarray([...values], { minLength: 1 }), { nil: undefined });

    test('every filter and every combination, for every clearance, gives what a naive model gives (T-131, T-132, T-459)', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(one, { minLength: 1, maxLength: 25 }),
          fc.array(
            fc.record({
              rank: fc.constantFrom(...RANKS),
              ids: some([
                'tool--00000000-0000-4000-8000-000000000001',
                'campaign--00000000-0000-4000-8000-000000000002',
                toolId(),
              ]),
              types: some(['tool', 'campaign', 'malware']),
              names: some(['a', 'b']),
              labels: some(['x', 'y']),
              least: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
              which: fc.constantFrom(
                'all' as const,
                'last' as const,
                'first' as const,
                'value' as const,
                'both' as const,
              ),
              skip: fc.nat(5),
            }),
            { minLength: 5, maxLength: 10 },
          ),
          async (published, asks) => {
            const store = await open();
            try {
              const c = collection();
              await applied(store, c);
              const objects = published.map(({ type, id, version, rank, name: title, confidence, labels }) =>
                tool(`${type}--${id}`, version, rank, { type, name: title, confidence, labels }),
              );
              await store.objects.append(write(c), part(objects));
              const kept = new Map<string, Record<string, unknown>>();
              for (const o of objects) {
                const key = `${o['id'] as string}${o['modified'] as string}`;
                if (!kept.has(key)) kept.set(key, o);
              }
              const dates = new Map(
                (await store.objects.list(read(c, 4), everything)).items.map((i) => [
                  `${i.id}${i.version}`,
                  i.date,
                ]),
              );
              const rankOf = (o: Record<string, unknown>): number =>
                TLP2.indexOf((o['object_marking_refs'] as typeof TLP2)[0]);
              for (const ask of asks) {
                const visible = [...kept.values()].filter((o) => rankOf(o) <= ask.rank);
                const extreme = (o: Record<string, unknown>, sign: number): boolean =>
                  !visible.some(
                    (v) =>
                      v['id'] === o['id'] &&
                      (v['modified'] === o['modified']
                        ? 0
                        : (v['modified'] as string) > (o['modified'] as string)
                          ? 1
                          : -1) === sign,
                  );
                const chosen: Record<typeof ask.which, (o: Record<string, unknown>) => boolean> = {
                  all: () => true,
                  last: (o) => extreme(o, 1),
                  first: (o) => extreme(o, -1),
                  value: (o) => o['modified'] === day(2),
                  both: (o) => extreme(o, 1) || extreme(o, -1),
                };
                const dateOf = (o: Record<string, unknown>): Micros =>
                  dates.get(`${o['id'] as string}${o['modified'] as string}`)!;
                const after = [...dates.values()][ask.skip - 1];
                const expected = visible
                  .filter(chosen[ask.which])
                  .filter((o) => !ask.ids || ask.ids.includes(o['id'] as string))
                  .filter((o) => !ask.types || ask.types.includes(o['type'] as string))
                  .filter((o) => !ask.names || ask.names.includes(o['name'] as string))
                  .filter((o) => !ask.labels || ask.labels.some((l) => (o['labels'] as string[]).includes(l)))
                  .filter((o) => ask.least === undefined || (o['confidence'] as number) >= ask.least)
                  .filter((o) => after === undefined || dateOf(o) > after)
                  .sort((a, b) => dateOf(a) - dateOf(b));
                const versions: Record<typeof ask.which, VersionSelection> = {
                  all: ALL,
                  last: LAST,
                  first: FIRST,
                  value: { all: false, keywords: [], instants: ['2024-01-02T00:00:00'] },
                  both: { all: false, keywords: ['first', 'last'], instants: [] },
                };
                const properties = new Map<string, readonly string[]>([
                  ...(ask.names ? [['name', ask.names] as const] : []),
                  ...(ask.labels ? [['labels', ask.labels] as const] : []),
                  ...(ask.least === undefined ? [] : [['confidence-gte', [String(ask.least)]] as const]),
                ]);
                const q = query({
                  ids: ask.ids,
                  types: ask.types,
                  version: versions[ask.which],
                  properties,
                  after,
                });
                expect(await found(store, read(c, ask.rank), q)).toEqual(expected);
              }
            } finally {
              await store.close();
            }
          },
        ),
        { numRuns: 60 },
      );
    });
  });
}
