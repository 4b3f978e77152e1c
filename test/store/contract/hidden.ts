/** What nobody may learn by writing: whether something stands above their clearance (D7a, D8b). */
import fc from 'fast-check';
import { v4 as uuid } from 'uuid';
import type { Principal } from '../../../src/domain/access';
import type { Collection } from '../../../src/domain/channel';
import { ALL, LAST } from '../../../src/domain/query';
import type { StixObject } from '../../../src/domain/stix';
import { instantKey, type Micros } from '../../../src/domain/timestamp';
import type { Rank } from '../../../src/domain/tlp';
import type { Store } from '../../../src/store/store';
import {
  applied,
  collection,
  day,
  everything,
  found,
  organisation,
  part,
  query,
  read,
  removal,
  TLP2,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { CONTRIBUTORS, curator, INBOX, member } from './members';
import { type Open, storesOf } from './stores';

export function describeHidden(name: string, open: Open): void {
  const { withCollection } = storesOf(open, { grants: CONTRIBUTORS });

  describe(`${name}: an id that somebody holds above one's clearance (D7a, D8b)`, () => {
    const told = async (
      store: Store,
      c: Collection,
      who: Principal,
      objects: readonly StixObject[],
    ): Promise<unknown> => {
      const { successes = [], failures = [] } = await store.objects.append(write(c, who), part(objects));
      // A date of its own as version is told the same way, whatever it is.
      const plain = successes.map((s) => ({
        ...s,
        version: objects.some((o) => 'modified' in o) ? s.version : '',
      }));
      return { successes: plain, failures };
    };

    test('nothing that a publisher is told, then or later, tells whether something is hidden', async () => {
      const step = fc.record({
        object: fc.nat(1),
        version: fc.integer({ min: 1, max: 3 }),
        rank: fc.constantFrom<Rank>(0, 1, 2),
        name: fc.constantFrom('a', 'b'),
        observable: fc.boolean(),
        remove: fc.boolean(),
      });
      const make = (
        s: { object: number; version: number; rank: Rank; name: string; observable: boolean },
        ids: string[],
      ): StixObject =>
        s.observable
          ? {
              type: 'ipv4-addr',
              id: ids[s.object]!.replace('tool', 'ipv4-addr'),
              value: s.name,
              object_marking_refs: [TLP2[s.rank]],
            }
          : tool(ids[s.object]!, s.version, s.rank, { name: s.name });
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 1, maxLength: 6 }),
          fc.array(step, { minLength: 1, maxLength: 6 }),
          fc.boolean(),
          async (hidden, steps, inbox) => {
            const store = await open();
            try {
              const grants = inbox ? INBOX : CONTRIBUTORS;
              const [empty, full] = [collection({ grants }), collection({ grants })];
              await applied(store, empty, full);
              const ids = [toolId(), toolId()];
              const who = member(2);
              for (const s of hidden) {
                const object = { ...make(s, ids), object_marking_refs: [TLP2[4]] };
                const by = s.remove ? member(4, { organisation: who.organisation }) : member(4);
                await store.objects.append(write(full, by), part([object]));
              }
              for (const s of steps) {
                const object = make(s, ids);
                const [a, b] = [
                  await told(store, empty, who, [object]),
                  await told(store, full, who, [object]),
                ];
                expect(b).toEqual(a);
                if (inbox) continue;
                for (const version of [ALL, LAST])
                  expect(await found(store, read(full, 2), query({ version }))).toEqual(
                    await found(store, read(empty, 2), query({ version })),
                  );
                if (!s.remove) continue;
                const gone = { version: LAST, specVersions: undefined };
                const [x, y] = [
                  await store.objects.remove(removal(empty, who), object['id'] as string, gone),
                  await store.objects.remove(removal(full, who), object['id'] as string, gone),
                ];
                expect(y).toEqual(x);
              }
              expect(await store.house.check(() => undefined)).toEqual([]);
            } finally {
              await store.close();
            }
          },
        ),
        // A run is some fifty units of work.
        { numRuns: name === 'sqlite' ? 60 : 10 },
      );
    });

    test('under one clock and one chance all answers are equal to the microsecond, whatever is hidden', async () => {
      const object = fc.record({
        kind: fc.constantFrom('tool', 'ipv4-addr', 'nameless-tool'),
        id: fc.nat(1),
        version: fc.integer({ min: 1, max: 2 }),
        rank: fc.integer({ min: 0, max: 4 }),
        name: fc.constantFrom('a', 'b'),
      });
      const hidden = fc.array(object, { minLength: 1, maxLength: 5 });
      const parts = fc.array(fc.array(object, { minLength: 1, maxLength: 4 }), {
        minLength: 1,
        maxLength: 3,
      });
      const uuids = [uuid(), uuid()];
      const make = ({
        kind,
        id,
        version,
        rank,
        name,
      }: {
        kind: string;
        id: number;
        version: number;
        rank: number;
        name: string;
      }): StixObject =>
        kind === 'tool'
          ? tool(`tool--${uuids[id]!}`, version, rank as Rank, { name })
          : {
              type: kind,
              spec_version: '2.1',
              id: `${kind}--${uuids[id]!}`,
              value: name,
              object_marking_refs: [TLP2[rank as Rank]],
            };
      await fc.assert(
        fc.asyncProperty(hidden, parts, fc.boolean(), async (secret, members, inbox) => {
          const clock = { now: 1_700_000_000_000_000 as Micros };
          const store = await open({ clock: () => clock.now, random: () => 0.5 });
          try {
            const grants = inbox ? INBOX : CONTRIBUTORS;
            const [empty, full] = [collection({ grants }), collection({ grants })];
            await applied(store, empty, full);
            const who = member(2);
            for (const s of secret) {
              const by = s.name === 'a' ? member(4) : member(4, { organisation: who.organisation });
              const made = make(inbox ? s : { ...s, rank: 4 });
              await store.objects.append(write(full, by), part([made]));
            }
            for (const one of members) {
              clock.now += 1_000_000;
              const answers = [];
              for (const c of [empty, full]) {
                const { successes, failures } = await store.objects.append(
                  write(c, who),
                  part(one.map(make)),
                );
                const seen = inbox ? [] : (await store.objects.list(read(c, 2), everything)).items;
                answers.push({ successes, failures, seen });
              }
              expect(answers[1]).toEqual(answers[0]);
            }
          } finally {
            await store.close();
          }
        }),
        { numRuns: name === 'sqlite' ? 60 : 10 },
      );
    });

    test('what is removed or added again above one’s clearance changes nothing of what one’s own removal left', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      const [high, low] = [curator(), member(1)];
      await store.objects.append(write(c, low), part([tool(id, 1, 1), tool(id, 2, 1)]));
      const first = {
        version: { all: false as const, keywords: [], instants: [instantKey(day(1)) as string] },
        specVersions: undefined,
      };
      await store.objects.remove(removal(c, low), id, first);
      const presence = (): Promise<string> => store.objects.presence(read(c, 1), id, first.version.instants);
      expect(await presence()).toBe('removed');
      await store.objects.append(write(c, high), part([tool(id, 1, 4, { name: 'hidden' })]));
      expect(await presence()).toBe('removed');
      expect(await store.objects.presence(read(c, 4), id, first.version.instants)).toBe('present');
      await store.objects.remove(removal(c, high), id, first);
      expect(await presence()).toBe('removed');
      // Added again where it is seen, it is there.
      await store.objects.append(write(c, low), part([tool(id, 1, 1)]));
      expect(await presence()).toBe('present');
    });

    test('a second answer about one thing is as for a real one, and nothing is stored twice', async () => {
      const { store, c } = await withCollection({ grants: INBOX });
      const partner = member(0);
      const object = tool(toolId(), 1, 4);
      const first = await told(store, c, partner, [object]);
      expect(await told(store, c, partner, [object])).toEqual(first);
      expect(await told(store, c, member(0), [object])).toEqual(first);
      expect(await found(store, read({ ...c, grants: CONTRIBUTORS }, 4), everything)).toEqual([object]);
    });

    test('accounts of one organisation learn nothing above their own clearance from each other', async () => {
      const { store, c } = await withCollection();
      const of = organisation({ kind: 'member' });
      const [high, low] = [member(4, { organisation: of }), member(1, { organisation: of })];
      const id = toolId();
      await store.objects.append(
        write(c, high),
        part([tool(id, 1, 4, { name: 'secret' }), tool(id, 3, 4, { revoked: true })]),
      );
      const status = await store.objects.append(
        write(c, low),
        part([tool(id, 1, 1, { created: day(2) }), tool(id, 4, 1)]),
      );
      expect(status.failures).toBeUndefined();
      expect(status.successes!.map((s) => s.message)).toEqual([
        undefined,
        expect.not.stringContaining('C-REVOKED'),
      ]);
    });
  });
}
