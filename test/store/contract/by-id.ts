/** Reads of objects by their ids: the answers of the whole collection, in its order. */
import fc from 'fast-check';
import { ALL, LAST, type VersionSelection } from '../../../src/domain/query';
import { instantKey, type Micros } from '../../../src/domain/timestamp';
import type { Rank } from '../../../src/domain/tlp';
import {
  applied,
  collection,
  day,
  part,
  principal,
  query,
  read,
  removal,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { FIRST, type Open, storesOf } from './stores';

export function describeById(name: string, open: Open): void {
  const { withCollection } = storesOf(open);

  describe(`${name}: reads by id`, () => {
    const keys = (...days: number[]): VersionSelection => ({
      all: false,
      keywords: ['first', 'last'],
      instants: days.map((n) => instantKey(day(n))!),
    });

    test('give what the whole collection gives of these objects, whatever happened to them', async () => {
      const ids = [toolId(), toolId()] as const;
      const step = fc.oneof(
        fc.record({
          kind: fc.constant('add' as const),
          id: fc.constantFrom(...ids),
          day: fc.integer({ min: 1, max: 9 }),
          rank: fc.constantFrom<Rank | null>(0, 1, 2, 3, 4, null),
          old: fc.boolean(),
        }),
        fc.record({
          kind: fc.constant('remove' as const),
          id: fc.constantFrom(...ids),
          which: fc.constantFrom(LAST, FIRST),
          rank: fc.constantFrom<Rank>(0, 2, 4),
        }),
        fc.record({ kind: fc.constant('default' as const), rank: fc.constantFrom<Rank>(0, 1, 2, 3, 4) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const store = await open();
          try {
            let c = collection({ specVersions: ['2.0', '2.1'] });
            await applied(store, c);
            for (const s of steps) {
              if (s.kind === 'add') {
                const { spec_version, ...object } = tool(s.id, s.day, s.rank);
                await store.objects.append(write(c), part([s.old ? object : { ...object, spec_version }]));
              } else if (s.kind === 'remove')
                await store.objects.remove(removal(c, principal(s.rank)), s.id, {
                  version: s.which,
                  specVersions: undefined,
                });
              else {
                c = { ...c, defaultTlp: s.rank };
                await applied(store, c);
              }
            }
            for (const rank of [0, 1, 2, 3, 4] as const)
              for (const version of [LAST, FIRST, ALL, keys(), keys(2, 5)])
                for (const specVersions of [undefined, ['2.1'], ['2.0'], ['2.0', '2.1']]) {
                  const ask = query({ version, specVersions });
                  const whole = await store.objects.list(read(c, rank), ask);
                  for (const some of [[ids[0]], [ids[1], ids[0]]]) {
                    const byId = await store.objects.list(read(c, rank), { ...ask, ids: some });
                    expect(byId.items).toEqual(whole.items.filter(({ id }) => some.includes(id as never)));
                    const [first] = byId.items;
                    if (!first) continue;
                    const rest = { ...ask, ids: some, after: first.date, limit: 2 };
                    expect((await store.objects.list(read(c, rank), rest)).items).toEqual(
                      byId.items.slice(1, 3),
                    );
                  }
                }
          } finally {
            await store.close();
          }
        }),
        { numRuns: 15 },
      );
    });

    test('many versions of several objects come in one order of date_added, page by page (T-346)', async () => {
      const { store, c } = await withCollection();
      const ids = [toolId(), toolId(), toolId()];
      for (let n = 0; n < 240; n++)
        await store.objects.append(
          write(c),
          part([
            tool(ids[n % 7 === 0 ? 0 : n % 3]!, 1, 0, {
              modified: new Date(1.7e12 + n * 1000).toISOString(),
            }),
          ]),
        );
      const ask = query({ ids, version: ALL });
      const whole = (await store.objects.list(read(c, 0), query({ version: ALL }))).items;
      const dates: Micros[] = [];
      for (let after: Micros | undefined; ;) {
        const page = await store.objects.list(read(c, 0), { ...ask, after, limit: 37 });
        dates.push(...page.items.map(({ date }) => date));
        if (!page.more) break;
        after = page.through;
      }
      expect(dates).toEqual(whole.map(({ date }) => date));
    });
  });
}
