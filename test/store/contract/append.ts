/** What is appended, all or none, and what is foreseen of it. */
import { v4 as uuid } from 'uuid';
import fc from 'fast-check';
import type { Member } from '../../../src/domain/publication';
import type { StixObject } from '../../../src/domain/stix';
import type { Status, StatusDetails } from '../../../src/domain/taxii';
import type { Rank } from '../../../src/domain/tlp';
import {
  day,
  applied,
  collection,
  everything,
  found,
  part,
  principal,
  query,
  read,
  TLP2,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { defining, markingId } from './members';
import { type Open, RANKS, storesOf } from './stores';

export function describeAppend(name: string, open: Open): void {
  const { withCollection } = storesOf(open);

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

    test('several parts: each is all or none, and one that breaks takes nothing with it', async () => {
      const { store, c } = await withCollection();
      const scope = write(c);
      const ids = Array.from({ length: 5 }, toolId);
      let isBroken = true;
      const breaking = (member: Member): Member => {
        if (!('candidate' in member)) return member;
        const { text, ...rest } = member.candidate;
        const candidate = {
          ...rest,
          get text() {
            if (isBroken) throw new Error('broken in the middle');
            return text;
          },
        };
        return { candidate };
      };
      const parts = [ids.slice(0, 1), ids.slice(1, 4), ids.slice(4)].map((some, i) => {
        const whole = part(some.map((id) => tool(id, 1, 0)));
        const members = whole.members.map((member, k) => (i === 1 && k === 1 ? breaking(member) : member));
        return { scope, part: { ...whole, members } };
      });
      const outcomes = await store.objects.appendEach(parts);
      const broken = outcomes.findIndex((outcome) => outcome.status === 'rejected');
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(2);
      expect(String((outcomes[broken] as PromiseRejectedResult).reason)).toMatch('broken in the middle');
      expect(broken).toBe(1);
      const held = parts.flatMap(({ part: { members } }, i) => (i === broken ? [] : members));
      expect(await found(store, read(c, 4))).toHaveLength(held.length);
      for (const [
        i,
        {
          part: { status },
        },
      ] of parts.entries()) {
        const told = await store.records.status('europe', status.id);
        expect(told?.status.status).toBe(i === broken ? undefined : 'complete');
      }
      isBroken = false;
      expect(await store.objects.append(scope, parts[broken]!.part)).toMatchObject({ status: 'complete' });
      expect(await found(store, read(c, 4))).toHaveLength(ids.length);
    });

    test('several parts at once are told what each would be told alone, one after the other, and leave the same', async () => {
      const [uuids, marking] = [[uuid(), uuid()], markingId()];
      const object = fc
        .record({
          kind: fc.constantFrom('tool', 'tool', 'citer', 'ipv4-addr', 'definition'),
          id: fc.nat(1),
          version: fc.integer({ min: 1, max: 3 }),
          rank: fc.constantFrom<Rank>(...RANKS),
          name: fc.constantFrom('a', 'b'),
        })
        .map(({ kind, id, version, rank, name }): StixObject => {
          if (kind === 'tool') return tool(`tool--${uuids[id]!}`, version, rank, { name });
          if (kind === 'citer')
            return tool(`tool--${uuids[id]!}`, version, null, { name, object_marking_refs: [marking] });
          if (kind === 'definition') return defining(marking, rank);
          const object_marking_refs = [TLP2[rank]];
          return {
            type: kind,
            spec_version: '2.1',
            id: `${kind}--${uuids[id]!}`,
            value: name,
            object_marking_refs,
          };
        });
      const given = fc.array(fc.tuple(fc.array(object, { minLength: 1, maxLength: 4 }), fc.nat(2)), {
        minLength: 2,
        maxLength: 4,
      });
      const people = [principal(4), principal(4), principal(2)];
      await fc.assert(
        fc.asyncProperty(given, fc.array(object, { maxLength: 3 }), async (publications, standing) => {
          const opened = () => open({ clock: () => 1_700_000_000_000_000, random: () => 0.5 });
          // Marking definitions are known in all of a store.
          const [together, apart] = [await opened(), await opened()];
          const c = collection({ defaultTlp: 3 });
          try {
            for (const store of [together, apart]) {
              await applied(store, c);
              if (standing.length > 0) await store.objects.append(write(c), part(standing));
            }
            const parts = () =>
              publications.map(([objects, who]) => ({ scope: write(c, people[who]), part: part(objects) }));
            const alone: Status[] = [];
            for (const { scope, part } of parts()) alone.push(await apart.objects.append(scope, part));
            const each = await together.objects.appendEach(parts());
            const said = ({ id: _, successes = [], failures = [], ...counts }: Status) => {
              const nameless = (d: StatusDetails) => (d.id.startsWith('ipv4') ? { ...d, version: '' } : d);
              return { ...counts, successes: successes.map(nameless), failures: failures.map(nameless) };
            };
            expect(each.map((one) => (one.status === 'fulfilled' ? said(one.value) : one))).toEqual(
              alone.map(said),
            );
            for (const rank of RANKS) {
              const [a, b] = [
                await found(together, read(c, rank), everything),
                await found(apart, read(c, rank), everything),
              ].map((all) => all.map((o) => JSON.stringify(o)).sort());
              expect(a).toEqual(b);
            }
            expect(await together.house.check(() => undefined)).toEqual([]);
          } finally {
            await together.close();
            await apart.close();
          }
        }),
        { numRuns: name === 'sqlite' ? 60 : 8 },
      );
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
}
