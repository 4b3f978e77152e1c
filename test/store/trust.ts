/** What nobody may learn or hide by writing (D5a, D7a, D8b, D9a), run against every store. */
import fc from 'fast-check';
import { v4 as uuid } from 'uuid';
import type { Principal } from '../../src/domain/access';
import type { Collection, Right } from '../../src/domain/channel';
import { ALL, LAST } from '../../src/domain/query';
import type { StixObject } from '../../src/domain/stix';
import { instantKey, type Micros } from '../../src/domain/timestamp';
import { TLP_NAMES, type Rank } from '../../src/domain/tlp';
import type { StoreOptions } from '../../src/store/open';
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
import type { Open } from './contract';

const RIGHTS: readonly Right[] = ['see', 'read', 'write'];
const CONTRIBUTORS = [
  { source: 'test', to: {}, rights: RIGHTS },
  { source: 'test', to: { role: 'curator' as const }, rights: ['curate'] as const },
];
const INBOX = [
  { source: 'test', to: { role: 'reader' as const }, rights: ['see', 'write'] as const },
  { source: 'test', to: { role: 'curator' as const }, rights: ['see', 'read', 'write', 'curate'] as const },
];

const member = (clearance: Rank, properties: Partial<Principal> = {}): Principal =>
  principal(clearance, { role: 'reader', organisation: organisation({ kind: 'member' }), ...properties });
const curator = (clearance: Rank = 4): Principal => principal(clearance, { role: 'curator' });

/** A marking definition that says a level of TLP. */
const defining = (id: string, said: Rank, own: Rank = 0): StixObject => ({
  type: 'marking-definition',
  spec_version: '2.1',
  id,
  created: day(1),
  definition_type: 'statement',
  definition: { statement: `TLP:${TLP_NAMES[said].toUpperCase()}` },
  object_marking_refs: [TLP2[own]],
});
const citing = (marking: string, id = toolId()): StixObject =>
  tool(id, 1, null, { object_marking_refs: [marking] });
const markingId = (): string => `marking-definition--${uuid()}`;

export function describeTrust(name: string, open: Open): void {
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
    const c = collection({ grants: CONTRIBUTORS, ...properties });
    await applied(store, c);
    return { store, c };
  };
  const ranksThatSee = async (store: Store, c: Collection, type = 'tool'): Promise<number[]> => {
    const seen = await Promise.all(
      TLP_NAMES.map((_, rank) => found(store, read(c, rank as Rank), query({ types: [type] }))),
    );
    return seen.flatMap((objects, rank) => (objects.length > 0 ? [rank] : []));
  };

  describe(`${name}: whose word ranks (D5a)`, () => {
    test('a curator of another collection raises who cites a marking, and never lowers', async () => {
      const store = await fresh();
      const [here, there] = [
        collection({ grants: CONTRIBUTORS, defaultTlp: 2 }),
        collection({ grants: CONTRIBUTORS }),
      ];
      await applied(store, here, there);
      const [low, high] = [markingId(), markingId()];
      const [loose, tight] = [citing(low), citing(high)];
      await store.objects.append(write(here, member(4)), part([loose, tight]));
      await store.objects.append(write(there, curator()), part([defining(low, 0), defining(high, 4)]));
      expect(await found(store, read(here, 1))).toEqual([]);
      expect(await found(store, read(here, 3))).toEqual([loose]);
      expect(await found(store, read(here, 4))).toHaveLength(2);
      // What comes later is ranked by the same word.
      const later = citing(low);
      await store.objects.append(write(here, member(4)), part([later]));
      expect(await found(store, read(here, 1))).toEqual([]);
    });

    test('the originator lowers its own objects, a curator of the collection everybody’s', async () => {
      const { store, c } = await withCollection({ defaultTlp: 4 });
      const [own, others] = [member(4), member(4)];
      const marking = markingId();
      const [mine, theirs] = [citing(marking), citing(marking)];
      await store.objects.append(write(c, own), part([mine]));
      await store.objects.append(write(c, others), part([theirs]));
      await store.objects.append(write(c, own), part([defining(marking, 1)]));
      expect(await found(store, read(c, 1), query({ types: ['tool'] }))).toEqual([mine]);
      await store.objects.append(write(c, curator()), part([defining(marking, 1)]));
      expect(await found(store, read(c, 1), query({ types: ['tool'] }))).toHaveLength(2);
    });

    test('no account opens by a definition what it may not see: a colleague’s, or a low curator’s, only raises', async () => {
      const { store, c } = await withCollection({ defaultTlp: 4 });
      const org = organisation({ kind: 'member' });
      const [high, low] = [member(4, { organisation: org }), member(1, { organisation: org })];
      const marking = markingId();
      await store.objects.append(write(c, high), part([citing(marking)]));
      await store.objects.append(write(c, low), part([defining(marking, 0)]));
      await store.objects.append(write(c, curator(2)), part([defining(marking, 0)]));
      expect(await ranksThatSee(store, c)).toEqual([4]);
      // Nor of what comes later.
      await store.objects.append(write(c, high), part([citing(marking)]));
      expect(await found(store, read(c, 3), query({ types: ['tool'] }))).toEqual([]);
      await store.objects.append(write(c, high), part([defining(marking, 0)]));
      expect(await found(store, read(c, 0), query({ types: ['tool'] }))).toHaveLength(2);
    });

    test('a partner who may only write opens its own by its definition, as high as the collection takes', async () => {
      const { store, c } = await withCollection({ grants: INBOX, defaultTlp: 4 });
      const partner = member(0);
      const marking = markingId();
      await store.objects.append(write(c, partner), part([citing(marking)]));
      expect(await found(store, read(c, 3), query({ types: ['tool'] }))).toEqual([]);
      await store.objects.append(write(c, partner), part([defining(marking, 1)]));
      expect(await found(store, read(c, 1), query({ types: ['tool'] }))).toHaveLength(1);
    });

    test('of several definitions the highest counts, whichever came first', async () => {
      for (const order of [
        [1, 3],
        [3, 1],
      ] as const) {
        const store = await fresh();
        const [here, there] = [collection({ grants: CONTRIBUTORS }), collection({ grants: CONTRIBUTORS })];
        await applied(store, here, there);
        const marking = markingId();
        await store.objects.append(write(here, member(4)), part([citing(marking)]));
        await store.objects.append(write(here, curator()), part([defining(marking, order[0])]));
        await store.objects.append(write(there, curator()), part([defining(marking, order[1])]));
        await store.objects.append(write(here, member(4)), part([citing(marking)]));
        expect(await found(store, read(here, 2), query({ types: ['tool'] }))).toEqual([]);
        expect(await found(store, read(here, 3), query({ types: ['tool'] }))).toHaveLength(2);
      }
    });

    test('a definition that is refused counts for nothing, also not for the objects beside it', async () => {
      const { store, c } = await withCollection({ defaultTlp: 3, maxTlp: 3 });
      const marking = markingId();
      const object = citing(marking);
      const status = await store.objects.append(write(c, member(4)), part([object, defining(marking, 0, 4)]));
      expect(status).toMatchObject({ success_count: 1, failure_count: 1 });
      expect(await ranksThatSee(store, c)).toEqual([3, 4]);
    });

    test('a definition in the same part ranks who cites it, wherever it stands in the part', async () => {
      const { store, c } = await withCollection({ defaultTlp: 4 });
      const marking = markingId();
      await store.objects.append(write(c, member(4)), part([citing(marking), defining(marking, 1)]));
      expect(await ranksThatSee(store, c)).toEqual([1, 2, 3, 4]);
    });
  });

  describe(`${name}: an id that somebody holds above one's clearance (D7a, D8b)`, () => {
    test('a squatted id hides nothing: the genuine object is there for all who cannot see the other', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      const [squatter, genuine] = [member(4), member(2)];
      await store.objects.append(write(c, squatter), part([tool(id, 1, 4, { name: 'squatted' })]));
      const object = tool(id, 1, 2, { name: 'genuine' });
      const status = await store.objects.append(write(c, genuine), part([object]));
      expect(status.successes).toEqual([{ id, version: day(1) }]);
      expect(await store.objects.presence(read(c, 2), id, [])).toBe('present');
      for (const rank of [2, 3] as const)
        expect(await found(store, read(c, rank), everything)).toEqual([object]);
      // Who sees both keeps what was there first, and gets nothing twice.
      expect((await found(store, read(c, 4), everything)).map((o) => o['name'])).toEqual(['squatted']);
      expect(await store.records.audit(10, 'conflict')).toMatchObject([{ subject: id }]);
      // The squatter's goes: the genuine one is gained by those who lacked it, once.
      const past = (await store.objects.list(read(c, 3), everything)).last!;
      await store.objects.remove(removal(c, squatter), id, { version: LAST, specVersions: undefined });
      expect(await found(store, read(c, 4), query({ after: past }))).toEqual([object]);
      expect(await found(store, read(c, 3), query({ after: past }))).toEqual([]);
      expect(await store.house.check(() => undefined)).toEqual([]);
    });

    test('who sees both of one instant is shown both, and takes out either (D7a)', async () => {
      for (const goes of ['squatted', 'genuine'] as const) {
        const { store, c } = await withCollection();
        const id = toolId();
        const publishers = { squatted: member(4), genuine: member(2) };
        await store.objects.append(
          write(c, publishers.squatted),
          part([tool(id, 1, 4, { name: 'squatted' }), tool(id, 2, 4)]),
        );
        await store.objects.append(write(c, publishers.genuine), part([tool(id, 1, 2, { name: 'genuine' })]));
        const rivals = async (rank: Rank): Promise<unknown[]> =>
          (await store.objects.rivals(read(c, rank), id)).map(({ version, rank: r, publisher, text }) => ({
            version,
            rank: r,
            publisher,
            name: (JSON.parse(text) as StixObject)['name'],
          }));
        expect(await rivals(3)).toEqual([]);
        expect(await rivals(4)).toEqual([
          { version: day(1), rank: 4, publisher: publishers.squatted.organisation.id, name: 'squatted' },
          { version: day(1), rank: 2, publisher: publishers.genuine.organisation.id, name: 'genuine' },
        ]);
        const before = (await store.objects.list(read(c, 4), everything)).last!;
        const instants = [instantKey(day(1)) as string];
        const of = publishers[goes].organisation.id;
        const one = {
          version: { all: false, keywords: [], instants },
          specVersions: undefined,
          publisher: of,
        } as const;
        // Neither somebody who sees one only, nor one whose it is not.
        expect(await store.objects.remove(removal(c, member(1)), id, one)).toBe('absent');
        expect(await store.objects.remove(removal(c, member(4)), id, one)).toBe('not-theirs');
        expect(await store.objects.remove(removal(c, curator()), id, one)).toEqual({ removed: 1 });
        expect(await rivals(4)).toEqual([]);
        const stays = goes === 'squatted' ? 'genuine' : 'squatted';
        const first = query({ version: one.version });
        expect((await found(store, read(c, 4), first)).map((o) => o['name'])).toEqual([stays]);
        // Gained once by who had the other, and by nobody else.
        const gained = await found(store, read(c, 4), query({ version: ALL, after: before }));
        expect(gained.map((o) => o['name'])).toEqual(goes === 'squatted' ? ['genuine'] : []);
        expect(await store.house.check(() => undefined)).toEqual([]);
      }
    });

    test('its publisher revises what it published under a squatted id, the squatter does not', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      const [squatter, genuine] = [member(4), member(2)];
      await store.objects.append(write(c, squatter), part([tool(id, 1, 4)]));
      await store.objects.append(write(c, genuine), part([tool(id, 2, 2)]));
      const revised = tool(id, 3, 2);
      expect(await store.objects.append(write(c, genuine), part([revised]))).toMatchObject({
        success_count: 1,
      });
      expect(await store.objects.append(write(c, squatter), part([tool(id, 4, 2)]))).toMatchObject({
        failure_count: 1,
      });
      expect(await found(store, read(c, 4))).toEqual([revised]);
    });

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

  describe(`${name}: random histories against a model in the words of D1, D5a, D7a`, () => {
    /** A version that stands. */
    interface Modelled {
      readonly id: string;
      readonly day: number;
      readonly own: Rank | null;
      readonly cites: boolean;
      readonly by: string;
      readonly text: string;
      /** Whether nobody's word ended its waiting yet. */
      waits: boolean;
    }
    const step = fc.record({
      what: fc.constantFrom('add', 'add', 'add', 'add', 'remove', 'take-out', 'define', 'default', 'retire'),
      who: fc.nat(2),
      id: fc.nat(1),
      day: fc.integer({ min: 1, max: 3 }),
      rank: fc.integer({ min: 0, max: 4 }),
      cites: fc.boolean(),
      polls: fc.boolean(),
    });

    test('every rank reads what the model says, pollers get each answer once, and the store is whole at every step', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
          const store = await open();
          try {
            let here = collection({ grants: CONTRIBUTORS, defaultTlp: 2 });
            const there = collection({ grants: CONTRIBUTORS });
            await applied(store, here, there);
            const people = [member(4), member(2), curator(3)] as const;
            const elsewhere = curator();
            const ids = [toolId(), toolId()];
            const marking = markingId();
            let standing: Modelled[] = [];
            /** Whose word counts for whom: the originator's and the curators' end the waiting, a curator's elsewhere raises. */
            const words: { by: string; curates: boolean; near: boolean; reach: Rank; said: Rank }[] = [];
            const heardBy = ({ cites, by }: Pick<Modelled, 'cites' | 'by'>) =>
              cites ? words.filter((w) => w.by === by || w.curates) : [];
            /** ... if their author reaches as high as it waits. */
            const isDecided = (v: Pick<Modelled, 'cites' | 'by'>, waitsAt: number): boolean =>
              heardBy(v).some((w) => (w.by === v.by || w.near) && w.reach >= waitsAt);
            const decide = (): void => {
              for (const v of standing) v.waits &&= !isDecided(v, here.defaultTlp);
            };
            const rankOf = ({ own, waits, ...cites }: Omit<Modelled, 'text'>): Rank => {
              const heard = heardBy(cites);
              const ranks = [...heard.map((w) => w.said), ...(own === null ? [] : [own])];
              if (waits || ranks.length === 0) ranks.push(here.defaultTlp);
              return Math.max(...ranks) as Rank;
            };
            const seenBy = (rank: number, last: boolean): string[] => {
              const seen = standing.filter((v) => rankOf(v) <= rank);
              const first = seen.filter(
                (v, i) => seen.findIndex((o) => o.id === v.id && o.day === v.day) === i,
              );
              const newest = (v: Modelled): boolean => !first.some((o) => o.id === v.id && o.day > v.day);
              return first.filter((v) => !last || newest(v)).map((v) => v.text);
            };
            const pollers = [0, 1, 2, 3, 4].flatMap((rank) =>
              [true, false].map((last) => ({
                rank: rank as Rank,
                last,
                after: undefined as Micros | undefined,
                has: [] as string[],
              })),
            );
            const tools = { types: ['tool'] };
            for (const s of steps) {
              const who = people[s.who] as Principal;
              const by = who.organisation.id;
              const id = ids[s.id] as string;
              if (s.what === 'add') {
                const own = s.cites ? null : (s.rank as Rank);
                const object = tool(id, s.day, own, {
                  name: `of ${s.who}`,
                  ...(s.cites ? { object_marking_refs: [marking] } : {}),
                });
                const citer = { cites: s.cites, by };
                const waits = s.cites && !isDecided(citer, Math.min(here.defaultTlp, who.clearance));
                const made = { ...citer, id, day: s.day, own, waits, text: JSON.stringify(object) };
                const visible = standing.filter((v) => v.id === id && rankOf(v) <= who.clearance);
                const same = visible.filter((v) => v.day === s.day);
                const { successes = [], failures = [] } = await store.objects.append(
                  write(here, who),
                  part([object]),
                );
                const said = [...successes, ...failures][0]?.message ?? '';
                if (rankOf(made) > who.clearance) expect(said).toMatch(/^TLP/);
                else if (same.some((v) => v.text === made.text)) expect(said).toMatch(/^Already present/);
                else if (same.length > 0) expect(said).toMatch(/^C-SAMEVER/);
                else if (said.startsWith('OWNER')) expect(visible.some((v) => v.by !== by)).toBe(true);
                else {
                  expect(failures).toEqual([]);
                  standing.push(made);
                }
              } else if (s.what === 'remove' || s.what === 'take-out') {
                const remover = people[2];
                const publisher = s.what === 'take-out' ? by : undefined;
                const eligible = standing.filter(
                  (v) => v.id === id && rankOf(v) <= 3 && (publisher === undefined || v.by === publisher),
                );
                const newest = Math.max(...eligible.map((v) => v.day));
                const gone = eligible.filter((v) => v.day === newest);
                const selection = { version: LAST, specVersions: undefined, publisher };
                const answer = await store.objects.remove(removal(here, remover), id, selection);
                expect(answer).toEqual(gone.length === 0 ? 'absent' : { removed: gone.length });
                standing = standing.filter((v) => !gone.includes(v));
              } else if (s.what === 'define') {
                const near = s.day < 3;
                const [author, place] = near ? [who, here] : [elsewhere, there];
                const object = defining(marking, s.rank as Rank);
                const { success_count: taken } = await store.objects.append(
                  write(place, author),
                  part([object]),
                );
                const curates = author.role === 'curator';
                const { clearance: reach } = author;
                if (taken === 1)
                  words.push({ by: author.organisation.id, curates, near, reach, said: s.rank as Rank });
                decide();
              } else if (s.what === 'default') {
                here = { ...here, defaultTlp: s.rank as Rank };
                await applied(store, here, there);
                decide();
              } else {
                const retirement = { ...tools, before: Number.MAX_SAFE_INTEGER, held: [id] };
                await store.objects.retire(here.id, retirement, 'test', true);
                standing = standing.filter((v) => v.id === id);
              }
              for (const poller of pollers) {
                const version = poller.last ? LAST : ALL;
                const now = seenBy(poller.rank, poller.last).sort();
                const fresh = await found(store, read(here, poller.rank), query({ ...tools, version }));
                expect(fresh.map((o) => JSON.stringify(o)).sort()).toEqual(now);
                poller.has = poller.has.filter((text) => now.includes(text));
                if (!s.polls) continue;
                const asked = query({ ...tools, version, after: poller.after });
                const got = (await found(store, read(here, poller.rank), asked)).map((o) =>
                  JSON.stringify(o),
                );
                expect([...poller.has, ...got].sort()).toEqual(now);
                poller.has = now;
                poller.after =
                  (await store.objects.list(read(here, poller.rank), asked)).last ?? poller.after;
              }
              expect(await store.house.check(() => undefined)).toEqual([]);
            }
          } finally {
            await store.close();
          }
        }),
        // A run is some two hundred reads.
        { numRuns: name === 'sqlite' ? 40 : 3 },
      );
    });
  });

  test(`${name}: an identity that an organisation published protects the objects under it (D8a)`, async () => {
    const { store, c } = await withCollection();
    const [owner, other] = [member(4), member(4)];
    const identity = `identity--${uuid()}`;
    const person = {
      type: 'identity',
      spec_version: '2.1',
      id: identity,
      created: day(1),
      modified: day(1),
      name: 'us',
    };
    await store.objects.append(write(c, owner), part([person]));
    const object = tool(toolId(), 1, 0, { created_by_ref: identity });
    expect(await store.objects.append(write(c, other), part([object]))).toMatchObject({ failure_count: 1 });
    expect(await store.objects.append(write(c, owner), part([object]))).toMatchObject({ success_count: 1 });
    // One that the publisher cannot see protects nothing: the refusal would tell of it.
    const hidden = { ...person, id: `identity--${uuid()}`, object_marking_refs: [TLP2[4]] };
    await store.objects.append(write(c, owner), part([hidden]));
    const free = tool(toolId(), 1, 0, { created_by_ref: hidden.id });
    expect(await store.objects.append(write(c, member(2)), part([free]))).toMatchObject({ success_count: 1 });
  });

  describe(`${name}: what dates tell (D9a)`, () => {
    test('an adversary who guesses from gaps whether something is hidden does no better than chance', async () => {
      const clock = { now: 1_700_000_000_000_000 as Micros };
      const { store, c } = await withCollection({}, { clock: () => clock.now });
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
      const { store, c } = await withCollection();
      await store.objects.append(
        write(c, member(4)),
        part([4, 0, 2, 0, 4, 1].map((rank) => tool(toolId(), 1, rank as Rank))),
      );
      for (const rank of [0, 1, 2, 3, 4] as const)
        expect((await store.objects.list(read(c, rank), everything)).last! % 1000).toBe(0);
    });
  });
}
