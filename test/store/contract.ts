/** The promises of the store (src/store/store.ts), run against every store. */
import fc from 'fast-check';
import { v4 as uuid } from 'uuid';
import type { Scope } from '../../src/domain/access';
import type { Collection } from '../../src/domain/channel';
import { OperatorError } from '../../src/domain/errors';
import { ALL, LAST, type ObjectQuery, type VersionSelection } from '../../src/domain/query';
import type { StixObject } from '../../src/domain/stix';
import { TLP_NAMES, type Rank } from '../../src/domain/tlp';
import { instantKey, type Micros } from '../../src/domain/timestamp';
import type { StoreOptions } from '../../src/store/open';
import { Summary, type ArchiveRecord } from '../../src/store/archive';
import type { Store } from '../../src/store/store';
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
} from '../support/exchange';

export type Open = (options?: StoreOptions) => Promise<Store>;

const FIRST: VersionSelection = { all: false, keywords: ['first'], instants: [] };
const RANKS: readonly Rank[] = [0, 1, 2, 3, 4];

/** A clock that only the test moves. */
const clockAt = (start: Micros): { now: Micros; read: () => Micros } => {
  const clock = { now: start, read: (): Micros => clock.now };
  return clock;
};

export function describeStore(name: string, open: Open): void {
  const opened: Store[] = [];
  const fresh: Open = async (options) => {
    const store = await open(options);
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });

  const withCollection = async (
    properties: Partial<Collection> = {},
    options?: StoreOptions,
  ): Promise<{ store: Store; c: Collection }> => {
    const store = await fresh(options);
    const c = collection(properties);
    await applied(store, c);
    return { store, c };
  };

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

  describe(`${name}: append`, () => {
    test('is all or none: a part that breaks in the middle leaves nothing, and may be repeated', async () => {
      let draws = 0;
      const random = (): number => {
        if (++draws === 3) throw new Error('broken in the middle');
        return 0;
      };
      const { store, c } = await withCollection({}, { random });
      const p = part([tool(toolId(), 1, 0), tool(toolId(), 1, 0), tool(toolId(), 1, 0)]);
      await expect(store.objects.append(write(c), p)).rejects.toThrow('broken in the middle');
      expect(await found(store, read(c, 4))).toEqual([]);
      expect(await store.records.status('europe', p.status.id)).toBeUndefined();
      const status = await store.objects.append(write(c), p);
      expect(status).toMatchObject({ status: 'complete', success_count: 3 });
      expect(await found(store, read(c, 4))).toHaveLength(3);
    });

    test('repeating a part changes nothing and gives the same status', async () => {
      const { store, c } = await withCollection();
      const p = part([tool(toolId(), 1, 0)]);
      const once = await store.objects.append(write(c), p);
      expect(await store.objects.append(write(c), p)).toEqual(once);
      expect(await found(store, read(c, 4), everything)).toHaveLength(1);
    });

    test('an exact duplicate is a success, with its date unchanged (T-323, T-332, T-372)', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      await store.objects.append(write(c), part([tool(id, 2, 0)]));
      const before = await store.objects.list(read(c, 4), everything);
      const other = { ...tool(id, 2, 0), modified: '2024-01-02T00:00:00.000000Z' };
      const status = await store.objects.append(write(c), part([tool(id, 2, 0), other]));
      expect(status).toMatchObject({ success_count: 2, failure_count: 0 });
      expect(await store.objects.list(read(c, 4), everything)).toEqual(before);
    });

    test('other content under the same id and version fails, the stored copy wins (T-324)', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      await store.objects.append(write(c), part([tool(id, 2, 0)]));
      const status = await store.objects.append(write(c), part([tool(id, 2, 0, { name: 'other' })]));
      expect(status.failures).toEqual([
        { id, version: day(2), message: expect.stringContaining('C-SAMEVER') as string },
      ]);
      expect(await found(store, read(c, 4))).toEqual([tool(id, 2, 0)]);
    });

    test('versions compare as instants: .1Z comes after .09Z and is .100Z (T-217, T-219)', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      const at = (fraction: string): string => `2024-01-02T00:00:00.${fraction}Z`;
      await store.objects.append(
        write(c),
        part([tool(id, 2, 0, { modified: at('1') }), tool(id, 2, 0, { modified: at('090') })]),
      );
      expect((await found(store, read(c, 4))).map((o) => o['modified'])).toEqual([at('1')]);
      const by = (instants: string[]): Promise<unknown> =>
        found(store, read(c, 4), query({ version: { all: false, keywords: [], instants } }));
      expect(await by(['2024-01-02T00:00:00.1'])).toHaveLength(1);
    });

    test('an object without modified and created has its date_added as version, for ever (T-370, T-371)', async () => {
      const { store, c } = await withCollection();
      const address = { type: 'ipv4-addr', id: `ipv4-addr--${uuid()}`, value: '192.0.2.1' };
      const first = await store.objects.append(write(c), part([address]));
      const [listed] = (await store.objects.list(read(c, 4), everything)).items;
      expect(listed!.version).toBe(first.successes![0]!.version);
      const again = await store.objects.append(write(c), part([address]));
      expect(again.successes![0]!.version).toBe(listed!.version);
      const changed = await store.objects.append(write(c), part([{ ...address, defanged: true }]));
      expect(changed.success_count).toBe(1);
      expect(await found(store, read(c, 4))).toEqual([{ ...address, defanged: true }]);
      expect(await found(store, read(c, 4), everything)).toHaveLength(2);
    });
  });

  describe(`${name}: foresee`, () => {
    const id = toolId();
    const statement = {
      type: 'marking-definition',
      spec_version: '2.1',
      id: `marking-definition--${uuid()}`,
      created: day(1),
      definition_type: 'tlp',
      definition: { tlp: 'red' },
    };
    const citing = tool(id, 2, null, { object_marking_refs: [statement.id] });
    test.each<[string, StixObject[][]]>([
      ['additions', [[tool(id, 2, 1), tool(toolId(), 1, null)]]],
      ['the same again, and other content', [[tool(id, 1, 1), tool(id, 1, 1), tool(id, 1, 2)]]],
      ['the same in a later part', [[tool(id, 2, 1)], [tool(id, 2, 1), tool(id, 3, 0)]]],
      ['a marking definition, then who cites it', [[statement], [citing]]],
      ['above the ceiling', [[tool(id, 2, 4)]]],
      ['nothing', [[]]],
    ])('%s: the verdicts that append gives, and nothing is written', async (_, given) => {
      const { store, c } = await withCollection({ maxTlp: 3 });
      await store.objects.append(write(c), part([tool(id, 1, 1)]));
      const records = async (): Promise<string[]> => {
        const all: string[] = [];
        for await (const record of store.archive.dump()) all.push(JSON.stringify(record));
        return all.sort();
      };
      const told = (details: readonly unknown[]): string[] => details.map((d) => JSON.stringify(d)).sort();
      for (const who of [principal(2, { role: 'contributor' }), principal(4)]) {
        const parts = given.map((objects) => part(objects));
        const before = await records();
        const foreseen = await store.objects.foresee(write(c, who), parts);
        expect(await records()).toEqual(before);
        const verdicts: unknown[] = [];
        for (const each of parts) {
          const { successes = [], failures = [] } = await store.objects.append(write(c, who), each);
          verdicts.push(...successes, ...failures);
        }
        expect(told(foreseen.map((v) => v.details))).toEqual(told(verdicts));
      }
    });
  });

  describe(`${name}: clearance`, () => {
    test('"last" is the last version this reader may see (D1)', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      await store.objects.append(write(c), part([tool(id, 1, 1), tool(id, 2, 4)]));
      const seen = await Promise.all(RANKS.map((r) => found(store, read(c, r))));
      expect(seen.map((objects) => objects.map((o) => o['modified']))).toEqual([
        [],
        [day(1)],
        [day(1)],
        [day(1)],
        [day(2)],
      ]);
    });

    test('without a clearance nothing is read', async () => {
      const { store, c } = await withCollection();
      await store.objects.append(write(c), part([tool(toolId(), 1, 0)]));
      const { clearance: _, ...none } = read(c, 4);
      expect(await found(store, none as Scope<'read'>, everything)).toEqual([]);
    });

    test('presence tells only of what may be seen (T-343, T-355, T-107a)', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      await store.objects.append(write(c), part([tool(id, 1, 1), tool(id, 2, 3)]));
      expect(await store.objects.presence(read(c, 0), id, [])).toBe('absent');
      expect(await store.objects.presence(read(c, 1), id, [])).toBe('present');
      const last: VersionSelection = LAST;
      await store.objects.remove(removal(c), id, { version: last, specVersions: undefined });
      expect(await store.objects.presence(read(c, 1), id, ['2024-01-02T00:00:00'])).toBe('present');
      expect(await store.objects.presence(read(c, 3), id, ['2024-01-02T00:00:00'])).toBe('removed');
    });

    test('publishing above the ceiling or above max_tlp fails that object only (D6)', async () => {
      const { store, c } = await withCollection({ maxTlp: 3 });
      const status = await store.objects.append(
        write(c, principal(2)),
        part([tool(toolId(), 1, 2), tool(toolId(), 1, 3), tool(toolId(), 1, 4)]),
      );
      expect(status).toMatchObject({ success_count: 1, failure_count: 2 });
      expect(status.failures!.map((f) => f.message)).toEqual([
        expect.stringContaining('the most that you may publish'),
        expect.stringContaining('the most that this collection takes'),
      ]);
    });
  });

  describe(`${name}: whose object it is (D8a)`, () => {
    const contributors = [{ source: 'test', to: {}, rights: ['see', 'read', 'write'] as const }];
    const someone = (clearance: Rank) => principal(clearance, { organisation: organisation() });

    test('another organisation may not revise or remove it without curate', async () => {
      const { store, c } = await withCollection({ grants: contributors });
      const [owner, other] = [someone(4), someone(4)];
      const id = toolId();
      await store.objects.append(write(c, owner), part([tool(id, 1, 0)]));
      const status = await store.objects.append(write(c, other), part([tool(id, 2, 0)]));
      expect(status.failures![0]!.message).toContain('OWNER');
      const all = { version: ALL, specVersions: undefined };
      expect(await store.objects.remove(removal(c, other), id, all)).toBe('not-theirs');
      expect(await store.objects.remove(removal(c, owner), id, all)).toEqual({ removed: 1 });
    });

    test('nobody publishes under the identity of another organisation', async () => {
      const { store, c } = await withCollection({ grants: contributors });
      const identity = `identity--${uuid()}`;
      const owner = organisation({ identity });
      await store.people.saveOrganisation(owner);
      const object = tool(toolId(), 1, 0, { created_by_ref: identity });
      expect(await store.objects.append(write(c, someone(4)), part([object]))).toMatchObject({
        failure_count: 1,
      });
      expect(
        await store.objects.append(write(c, principal(4, { organisation: owner })), part([object])),
      ).toMatchObject({ success_count: 1 });
    });

    test('a cyber-observable is nobody’s: two members publish the same address', async () => {
      const { store, c } = await withCollection({ grants: contributors });
      const address = { type: 'ipv4-addr', id: `ipv4-addr--${uuid()}`, value: '192.0.2.1' };
      await store.objects.append(
        write(c, someone(4)),
        part([{ ...address, object_marking_refs: [TLP2[4]] }]),
      );
      const status = await store.objects.append(write(c, someone(1)), part([address]));
      expect(status).toMatchObject({ success_count: 1 });
      expect(await found(store, read(c, 1))).toEqual([address]);
    });

    test('a removal touches only versions that the caller may see', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      await store.objects.append(write(c), part([tool(id, 1, 1), tool(id, 2, 4)]));
      expect(
        await store.objects.remove(removal(c, principal(2)), id, { version: ALL, specVersions: undefined }),
      ).toEqual({ removed: 1 });
      expect(await found(store, read(c, 4), everything)).toEqual([tool(id, 2, 4)]);
      expect(
        await store.objects.remove(removal(c, principal(2)), id, { version: ALL, specVersions: undefined }),
      ).toBe('absent');
    });
  });

  describe(`${name}: pages`, () => {
    test('following next or the headers visits everything once, whatever the limit (T-173, T-174, T-180)', async () => {
      const { store, c } = await withCollection();
      const objects = Array.from({ length: 60 }, (_, i) => tool(toolId(), 1, (i % 5) as Rank));
      await store.objects.append(write(c), part(objects));
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...RANKS),
          fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
          async (rank, limits) => {
            const seen: unknown[] = [];
            let after: Micros | undefined;
            for (let i = 0; ; i++) {
              const page = await store.objects.find(
                read(c, rank),
                query({ after, limit: limits[i % limits.length]! }),
              );
              seen.push(...(JSON.parse(`[${page.items.toString()}]`) as unknown[]));
              if (!page.more) break;
              after = page.last;
            }
            // In the order of their ranks, and of the envelope (D9a).
            expect(seen).toEqual(
              RANKS.slice(0, rank + 1).flatMap((r) => objects.filter((_, i) => i % 5 === r)),
            );
          },
        ),
        { numRuns: 30 },
      );
    });

    test('a full page without more behind it says so (T-157, T-159)', async () => {
      const { store, c } = await withCollection();
      await store.objects.append(write(c), part(Array.from({ length: 5 }, () => tool(toolId(), 1, 0))));
      expect(await store.objects.list(read(c, 0), query({ limit: 5 }))).toMatchObject({
        count: 5,
        more: false,
      });
      expect(await store.objects.list(read(c, 0), query({ limit: 4 }))).toMatchObject({
        count: 4,
        more: true,
      });
    });
  });

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
        { numRuns: 40 },
      );
    });
  });

  describe(`${name}: what validation looks at`, () => {
    test('lookup gives the versions that the publisher may see, the newest first', async () => {
      const { store, c } = await withCollection();
      const [own, other, high, low] = [toolId(), toolId(), principal(4), principal(1)];
      await store.people.saveOrganisation(high.organisation);
      await store.people.saveOrganisation({ ...low.organisation, kind: 'member' });
      await store.objects.append(
        write(c, high),
        part([tool(other, 1, 0), tool(other, 2, 4), tool(other, 3, 1)]),
      );
      await store.objects.append(write(c, low), part([tool(own, 1, 1)]));
      const seen = await store.objects.lookup(write(c, low), [own, other, toolId()]);
      const versions = (id: string): unknown[] =>
        (seen.get(id) ?? []).map((h) => (JSON.parse(h.text) as { modified: string }).modified);
      expect([...seen.keys()].sort()).toEqual([own, other].sort());
      expect(versions(other)).toEqual([day(3), day(1)]);
      expect(versions(own)).toEqual([day(1)]);
      expect(seen.get(other)!.every((h) => h.trusted)).toBe(true);
      // A member's word binds the member only.
      const byDesk = await store.objects.lookup(write(c, high), [own]);
      expect(byDesk.get(own)!.map((h) => h.trusted)).toEqual([false]);
      expect(seen.get(own)!.map((h) => h.trusted)).toEqual([true]);
    });

    test('known: what lookup would find, and the identities of organisations', async () => {
      const { store, c } = await withCollection();
      const [high, low] = [principal(4), principal(1)];
      const identity = `identity--${uuid()}`;
      await store.people.saveOrganisation({ ...high.organisation, identity });
      const [secret, open] = [toolId(), toolId()];
      await store.objects.append(write(c, high), part([tool(secret, 1, 4), tool(open, 1, 0)]));
      expect(await store.objects.known(write(c, low), [secret, open, identity, toolId()])).toEqual(
        new Set([open, identity]),
      );
      // Accounts of one organisation see up to their own clearance (D8b).
      const beside = write(c, principal(1, { organisation: high.organisation }));
      expect(await store.objects.known(beside, [secret, open])).toEqual(new Set([open]));
      expect([...(await store.objects.lookup(beside, [secret, open])).keys()]).toEqual([open]);
    });

    test('inspect gives the page of find with the provenance of each version', async () => {
      const { store, c } = await withCollection();
      const who = principal(4);
      const ids = [toolId(), toolId(), toolId()];
      await store.objects.append(write(c, who), part(ids.map((id, i) => tool(id, i + 1, (i * 2) as Rank))));
      const page = await store.objects.inspect(read(c, 3), query({ limit: 1 }));
      expect(page).toMatchObject({
        count: 1,
        more: true,
        items: [{ id: ids[0], type: 'tool', version: day(1), rank: 0, publisher: who.organisation.id }],
      });
      expect(JSON.parse(page.items[0]!.text)).toEqual(tool(ids[0]!, 1, 0));
      const rest = await store.objects.inspect(read(c, 3), query({ after: page.last }));
      expect(rest.items.map((i) => i.id)).toEqual([ids[1]]);
    });
  });

  describe(`${name}: retention`, () => {
    test('takes whole objects of which nothing was added since; dry runs count the same and change nothing', async () => {
      const clock = clockAt(1_700_000_000_000_000);
      const { store, c } = await withCollection({}, { clock: clock.read });
      const [old, renewed, held] = [toolId(), toolId(), toolId()];
      await store.objects.append(
        write(c),
        part([tool(old, 1, 0), tool(old, 2, 4), tool(renewed, 1, 0), tool(held, 1, 0)]),
      );
      clock.now += 1000e6;
      await store.objects.append(write(c), part([tool(renewed, 2, 0)]));
      const retirement = { types: ['SDO'], before: clock.now, held: [held] };
      for (const apply of [false, true])
        expect(await store.objects.retire(c.id, retirement, 'a test', apply)).toEqual({
          objects: 1,
          versions: 2,
        });
      expect(await store.objects.retire(c.id, retirement, 'a test', true)).toEqual({
        objects: 0,
        versions: 0,
      });
      const left = (await found(store, read(c, 4), everything)).map(
        (o) => `${o['id'] as string} ${o['modified'] as string}`,
      );
      expect(left.sort()).toEqual(
        [`${renewed} ${day(1)}`, `${renewed} ${day(2)}`, `${held} ${day(1)}`].sort(),
      );
      expect(await store.records.audit(10, 'retire')).toMatchObject([{ principal: 'a test', subject: old }]);
      expect(await store.house.check(() => undefined)).toEqual([]);
      expect(await store.objects.retire(uuid(), retirement, 'a test', true)).toEqual({
        objects: 0,
        versions: 0,
      });
    });

    test('any history, any rule: what goes is what a naive model says', async () => {
      const step = fc.record({ id: fc.nat(5), version: fc.integer({ min: 1, max: 9 }), wait: fc.nat(5) });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), fc.nat(40), async (steps, cut) => {
          const clock = clockAt(1_700_000_000_000_000);
          const start = clock.now;
          const store = await open({ clock: clock.read });
          try {
            const c = collection();
            await applied(store, c);
            const ids = Array.from({ length: 6 }, toolId);
            const last = new Map<string, Micros>();
            for (const { id, version, wait } of steps) {
              clock.now += wait * 1e6;
              const before = (await found(store, read(c, 4), everything)).length;
              await store.objects.append(write(c), part([tool(ids[id]!, version, 0)]));
              if ((await found(store, read(c, 4), everything)).length > before) last.set(ids[id]!, clock.now);
            }
            const before = start + cut * 1e6 + 500_000;
            const gone = [...last].filter(([, at]) => at < before).map(([id]) => id);
            await store.objects.retire(c.id, { types: ['tool'], before, held: [] }, 'a test', true);
            const left = new Set((await found(store, read(c, 4), everything)).map((o) => o['id']));
            expect([...left].sort()).toEqual([...last.keys()].filter((id) => !gone.includes(id)).sort());
            expect(await store.house.check(() => undefined)).toEqual([]);
          } finally {
            await store.close();
          }
        }),
        { numRuns: 30 },
      );
    });
  });

  describe(`${name}: the archive`, () => {
    const all = async (store: Store): Promise<ArchiveRecord[]> => {
      const records: ArchiveRecord[] = [];
      for await (const record of store.archive.dump()) records.push(record);
      return records;
    };
    const summaryOf = (records: readonly ArchiveRecord[]): unknown => {
      const summary = new Summary();
      for (const record of records) summary.add(record);
      return summary.toJSON();
    };

    test('what was dumped and loaded is the same store: every answer, date, status, removal; and it goes on from there', async () => {
      const clock = clockAt(1_700_000_000_000_000);
      const one = await fresh({ clock: clock.read });
      const who = principal(4);
      const marking = `marking-definition--${uuid()}`;
      const c = collection();
      await applied(one, c);
      await one.people.saveOrganisation({ ...who.organisation, identity: `identity--${uuid()}` });
      await one.people.savePrincipal(who, 'hash');
      await one.people.saveGrant({
        id: uuid(),
        collectionId: c.id,
        grant: { source: 'hand', to: {}, rights: ['see'] },
      });
      const [a, b] = [toolId(), toolId()];
      const p = part([
        tool(a, 1, 0),
        tool(a, 2, 3),
        tool(b, 1, 0),
        { ...tool(toolId(), 1, 0), object_marking_refs: [marking] },
      ]);
      await one.objects.append(write(c, who), p);
      clock.now += 5e6;
      await one.objects.remove(removal(c, who), a, { version: LAST, specVersions: undefined });
      await one.objects.remove(removal(c, who), b, { version: ALL, specVersions: undefined });
      const seed = { id: uuid(), requested: clock.now, total: 2 };
      await one.records.begin(write(c, who), seed, Buffer.from('{"objects":[]}'), [
        { id: a, version: day(1) },
        { id: b, version: day(1) },
      ]);
      await one.house.recordRun({ name: 'x', started: 1, took: 2, ok: true, result: '{}' });
      await one.house.note('kind', 'name', 'value');
      await one.house.noteReadings([
        { collectionId: c.id, organisationId: who.organisation.id, lastDate: 5 },
      ]);

      const two = await fresh({ clock: clock.read });
      expect([await one.archive.empty(), await two.archive.empty()]).toEqual([false, true]);
      const records = await all(one);
      for (const record of records) await two.archive.load([record]);
      // Twice is as once.
      await two.archive.load(records);
      expect(await two.archive.empty()).toBe(false);
      expect(await two.archive.objects()).toBe(await one.archive.objects());
      expect(summaryOf(await all(two))).toEqual(summaryOf(records));
      for (const rank of RANKS)
        for (const q of [everything, query()])
          expect(await two.objects.list(read(c, rank), q)).toEqual(await one.objects.list(read(c, rank), q));
      expect(await two.records.status('europe', p.status.id)).toEqual(
        await one.records.status('europe', p.status.id),
      );
      expect(await two.records.status('europe', seed.id)).toEqual(
        await one.records.status('europe', seed.id),
      );
      expect(await two.records.unfinished()).toEqual(await one.records.unfinished());
      expect(await two.records.audit(10)).toEqual(await one.records.audit(10));
      expect(await two.people.principals()).toEqual(await one.people.principals());
      expect(await two.catalog.channels()).toEqual(await one.catalog.channels());
      expect(await two.house.check(() => undefined)).toEqual([]);
      const instants = [instantKey(day(1))!];
      expect(await two.objects.presence(read(c, 4), b, instants)).toBe('removed');
      const before = (await two.objects.list(read(c, 4), everything)).items.map((i) => i.date);
      await two.objects.append(write(c, who), part([tool(b, 1, 0)]));
      const after = (await two.objects.list(read(c, 4), everything)).items.map((i) => i.date);
      expect(after.slice(0, -1)).toEqual(before);
      expect(after.at(-1)).toBeGreaterThan(Math.max(...before));
    });
  });

  describe(`${name}: the house`, () => {
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
