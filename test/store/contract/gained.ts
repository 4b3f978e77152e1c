/** What somebody gains late: a removed version, a default or a definition that changes ranks. */
import fc from 'fast-check';
import { v4 as uuid } from 'uuid';
import { ALL, LAST, type ObjectQuery, type VersionSelection } from '../../../src/domain/query';
import type { Micros } from '../../../src/domain/timestamp';
import { TLP_NAMES, type Rank } from '../../../src/domain/tlp';
import {
  applied,
  collection,
  day,
  everything,
  found,
  organisation,
  part,
  principal,
  query,
  read,
  removal,
  TLP2,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { FIRST, type Open, RANKS, storesOf } from './stores';

export function describeGained(name: string, open: Open): void {
  const { withCollection } = storesOf(open);

  describe(`${name}: what is gained late`, () => {
    test('a removed newest version brings its predecessor back, with a new date, for those who lost it only', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      await store.objects.append(write(c), part([tool(id, 1, 0)]));
      await store.objects.append(write(c), part([tool(id, 2, 3)]));
      const past = (await store.objects.list(read(c, 4), everything)).last!;
      await store.objects.remove(removal(c), id, { version: LAST, specVersions: undefined });
      expect(await found(store, read(c, 4), query({ after: past }))).toEqual([tool(id, 1, 0)]);
      expect(await found(store, read(c, 0), query({ after: past }))).toEqual([]);
      expect(await found(store, read(c, 0))).toEqual([tool(id, 1, 0)]);
    });

    test('a removed only version of the newer specification brings all of the older one back (T-226)', async () => {
      const { store, c } = await withCollection({ specVersions: ['2.0', '2.1'] });
      const id = toolId();
      const old = [1, 2, 3, 4].map((n) => tool(id, n, 2, { spec_version: '2.0' }));
      await store.objects.append(write(c), part([tool(id, 3, 0)]));
      await store.objects.append(write(c), part(old.filter((_, n) => n !== 2)));
      const past = (await store.objects.list(read(c, 4), everything)).last!;
      const all = query({ version: ALL, after: past });
      expect(await found(store, read(c, 4), all)).toEqual([]);
      await store.objects.remove(removal(c, principal(0)), id, { version: ALL, specVersions: undefined });
      expect(await found(store, read(c, 4), all)).toEqual([old[0], old[1], old[3]]);
      expect(await store.house.check(() => undefined)).toEqual([]);
    });

    test('a marking definition that arrives re-ranks who cites it (D5)', async () => {
      const { store, c } = await withCollection({ defaultTlp: 4 });
      const marking = `marking-definition--${uuid()}`;
      const publisher = principal(4);
      const object = tool(toolId(), 1, null, { object_marking_refs: [marking] });
      const status = await store.objects.append(write(c, publisher), part([object]));
      expect(status.successes![0]!.message).toContain(marking);
      const past = (await store.objects.list(read(c, 4), everything)).last!;
      expect(await found(store, read(c, 1))).toEqual([]);
      const definition = {
        type: 'marking-definition',
        spec_version: '2.1',
        id: marking,
        created: day(1),
        definition_type: 'statement',
        definition: { statement: 'see below' },
        x_opencti_definition: 'TLP:GREEN',
      };
      await store.objects.append(write(c, publisher), part([definition]));
      expect(await found(store, read(c, 1), query({ after: past }))).toEqual([object]);
      expect(await found(store, read(c, 0), query({ after: past }))).toEqual([]);
    });

    test('a stranger’s definition of a marking lowers nobody’s objects (D5)', async () => {
      const { store, c } = await withCollection({
        defaultTlp: 4,
        grants: [{ source: 't', to: {}, rights: ['see', 'read', 'write'] }],
      });
      const marking = `marking-definition--${uuid()}`;
      await store.objects.append(
        write(c),
        part([tool(toolId(), 1, null, { object_marking_refs: [marking] })]),
      );
      const lie = {
        type: 'marking-definition',
        spec_version: '2.1',
        id: marking,
        created: day(1),
        definition_type: 'statement',
        definition: { statement: 'TLP:CLEAR' },
        object_marking_refs: [TLP2[0]],
      };
      await store.objects.append(write(c, principal(4, { organisation: organisation() })), part([lie]));
      expect(await found(store, read(c, 0), query({ types: ['tool'] }))).toEqual([]);
    });

    test('any history: every answer is the naive one, and a reader who only moves forward has all that a fresh one gets, each once', async () => {
      const ids = [toolId(), toolId()];
      const marking = `marking-definition--${uuid()}`;
      const action = fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record({
            kind: fc.constant('add' as const),
            id: fc.constantFrom(0, 1),
            version: fc.integer({ min: 1, max: 5 }),
            rank: fc.constantFrom<Rank | null>(null, ...RANKS),
            spec: fc.constantFrom('2.0', '2.1', '2.1'),
            cites: fc.boolean(),
          }),
        },
        {
          weight: 3,
          arbitrary: fc.record({
            kind: fc.constant('remove' as const),
            id: fc.constantFrom(0, 1),
            which: fc.constantFrom<VersionSelection>(ALL, LAST, FIRST),
            rank: fc.constantFrom(...RANKS),
          }),
        },
        {
          weight: 1,
          arbitrary: fc.record({ kind: fc.constant('default' as const), rank: fc.constantFrom(...RANKS) }),
        },
        {
          weight: 1,
          arbitrary: fc.record({ kind: fc.constant('marking' as const), rank: fc.constantFrom(...RANKS) }),
        },
      );
      const questions: {
        name: string;
        q: Partial<ObjectQuery>;
        spec: (s: string) => boolean;
        grouped: boolean;
        which: 'all' | 'last' | 'first';
      }[] = (
        [
          ['default', undefined, () => true, true],
          ['2.0', ['2.0'], (s: string) => s === '2.0', false],
          ['2.1', ['2.1'], (s: string) => s === '2.1', false],
          ['2.0,2.1', ['2.0', '2.1'], () => true, false],
        ] as const
      ).flatMap(([label, specVersions, spec, grouped]) =>
        (['all', 'last', 'first'] as const).map((which) => ({
          name: `${label} ${which}`,
          q: { specVersions, version: which === 'all' ? ALL : which === 'last' ? LAST : FIRST },
          spec,
          grouped,
          which,
        })),
      );
      interface Version {
        id: string;
        key: string;
        spec: string;
        mark: Rank | null;
        cites: boolean;
      }
      const naive = (
        versions: Version[],
        rankOf: (v: Version) => Rank,
        reader: Rank,
        question: (typeof questions)[number],
      ): string[] => {
        const visible = versions.filter((v) => rankOf(v) <= reader && question.spec(v.spec));
        return ids.flatMap((id) => {
          let own = visible.filter((v) => v.id === id).sort((a, b) => (a.key < b.key ? -1 : 1));
          const latest = own
            .map((v) => v.spec)
            .sort()
            .at(-1);
          if (question.grouped) own = own.filter((v) => v.spec === latest);
          return (
            question.which === 'all' ? own : question.which === 'last' ? own.slice(-1) : own.slice(0, 1)
          ).map((v) => id + v.key);
        });
      };

      await fc.assert(
        fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 20 }), async (history) => {
          const store = await open();
          try {
            const base = collection({ specVersions: ['2.0', '2.1'], defaultTlp: 2 });
            let c = base;
            await applied(store, c);
            let versions: Version[] = [];
            let defined: Rank | undefined;
            const rankOf = (v: Version): Rank => {
              const said = [v.mark, v.cites ? (defined ?? c.defaultTlp) : null].filter((r) => r !== null);
              return said.length === 0 ? c.defaultTlp : (Math.max(...said) as Rank);
            };
            const pollers = RANKS.flatMap((rank) =>
              questions.map((question) => ({
                rank,
                question,
                after: undefined as Micros | undefined,
                has: new Set<string>(),
              })),
            );
            for (const step of history) {
              if (step.kind === 'add') {
                const id = ids[step.id]!;
                const refs = [
                  ...(step.rank === null ? [] : [TLP2[step.rank]]),
                  ...(step.cites ? [marking] : []),
                ];
                const object = tool(id, step.version, null, {
                  spec_version: step.spec,
                  ...(refs.length > 0 ? { object_marking_refs: refs } : {}),
                });
                await store.objects.append(write(c), part([object]));
                if (!versions.some((v) => v.id === id && v.key === day(step.version))) {
                  versions.push({
                    id,
                    key: day(step.version),
                    spec: step.spec,
                    mark: step.rank,
                    cites: step.cites,
                  });
                }
              } else if (step.kind === 'remove') {
                const id = ids[step.id]!;
                await store.objects.remove(removal(c, principal(step.rank)), id, {
                  version: step.which,
                  specVersions: undefined,
                });
                const own = versions
                  .filter((v) => v.id === id && rankOf(v) <= step.rank)
                  .sort((a, b) => (a.key < b.key ? -1 : 1));
                const gone = step.which.all ? own : step.which === LAST ? own.slice(-1) : own.slice(0, 1);
                versions = versions.filter((v) => !gone.includes(v));
              } else if (step.kind === 'default') {
                c = { ...c, defaultTlp: step.rank };
                await applied(store, c);
              } else if (defined === undefined) {
                defined = step.rank;
                const definition = {
                  type: 'marking-definition',
                  spec_version: '2.1',
                  id: marking,
                  created: day(1),
                  definition_type: 'statement',
                  definition: { statement: `TLP:${TLP_NAMES[step.rank]}` },
                };
                await store.objects.append(write(c), part([definition]));
              }
              for (const poller of pollers) {
                const answer = naive(versions, rankOf, poller.rank, poller.question);
                const ask = query({ ...poller.question.q, types: ['tool'] });
                const names = (objects: readonly { id?: unknown; modified?: unknown }[]): string[] =>
                  objects.map((o) => `${o.id as string}${o.modified as string}`);
                const now = names(await found(store, read(c, poller.rank), ask));
                expect([poller.question.name, poller.rank, ...now.sort()]).toEqual([
                  poller.question.name,
                  poller.rank,
                  ...answer.sort(),
                ]);
                for (const had of [...poller.has]) if (!answer.includes(had)) poller.has.delete(had);
                const page = await store.objects.find(read(c, poller.rank), { ...ask, after: poller.after });
                for (const got of names(JSON.parse(`[${page.items.toString()}]`) as object[])) {
                  expect(poller.has.has(got)).toBe(false);
                  poller.has.add(got);
                }
                poller.after = page.last ?? poller.after;
                expect([...poller.has].sort()).toEqual(answer.sort());
              }
            }
          } finally {
            await store.close();
          }
        }),
        // A run is some hundred reads of each of the pollers.
        { numRuns: name === 'sqlite' ? 40 : 20 },
      );
    });
  });
}
