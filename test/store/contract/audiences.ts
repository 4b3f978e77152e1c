/** Originator control (D14): who is not meant sees nothing, by no path, and the store's query itself leaves it out. */
import fc from 'fast-check';
import type { Organisation, Principal, Scope } from '../../../src/domain/access';
import { scopeFor } from '../../../src/domain/access';
import {
  admits,
  MOST_READDRESSED,
  MOST_RULES_EACH,
  ruleBy,
  type AudienceSaid,
} from '../../../src/domain/audience';
import type { Collection } from '../../../src/domain/channel';
import { ALL, LAST, type VersionSelection } from '../../../src/domain/query';
import type { StixObject } from '../../../src/domain/stix';
import { instantKey, type Micros } from '../../../src/domain/timestamp';
import type { Rank } from '../../../src/domain/tlp';
import { ORIGINATOR_CONTROL } from '../../../src/validation/originator-control';
import {
  applied,
  day,
  everything,
  found,
  organisation,
  part,
  principal,
  query,
  removal,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { CONTRIBUTORS, INBOX } from './members';
import { FIRST, storesOf, type Open } from './stores';

/** Accounts of the role `reader` write, and read nothing. */
const BLIND = [
  ...INBOX,
  { source: 'test', to: { role: 'contributor' as const }, rights: ['see', 'read', 'write'] as const },
];
const identity = (n: number): string => `identity--${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;
const house = (n: number, more: Partial<Organisation> = {}): Organisation =>
  organisation({ kind: 'member', country: 'FR', identity: identity(n), ...more });
const of = (where: Organisation, clearance: Rank = 4, role: Principal['role'] = 'contributor'): Principal =>
  principal(clearance, { role, organisation: where });
const reading = (c: Collection, who: Principal): Scope<'read'> => scopeFor(who, c, 'read');
const saying = (audience: AudienceSaid): StixObject => ({
  extensions: { [ORIGINATOR_CONTROL]: { extension_type: 'property-extension', audience } },
});
/** STIX has no empty lists. */
const alone = (...who: Organisation[]): AudienceSaid => ({
  only: who.length === 0 ? {} : { organisations: who.map((o) => o.identity!) },
});
const address = (value: string, more: StixObject = {}): StixObject => ({
  type: 'ipv4-addr',
  spec_version: '2.1',
  id: 'ipv4-addr--ff26c055-6336-5bc5-b98d-13d6226742dd',
  value,
  ...more,
});

export function describeAudiences(name: string, open: Open): void {
  const { withCollection } = storesOf(open, { grants: CONTRIBUTORS });

  describe(`${name}: originator control (D14)`, () => {
    test('who is not meant sees nothing of it, by any path; who is named without the clearance neither', async () => {
      const { store, c } = await withCollection();
      const [a, b, x] = [house(1), house(2), house(3)];
      const id = toolId();
      await store.objects.append(
        write(c, of(a)),
        part([tool(id, 1, 2, saying(alone(b))), tool(toolId(), 1, 0)]),
      );
      const names = async (who: Principal, q = everything): Promise<unknown[]> =>
        (await found(store, reading(c, who), q)).map((o) => o['id'] === id);
      for (const who of [of(a), of(b), of(b, 2)]) expect(await names(who)).toEqual([true, false].sort());
      for (const who of [of(x), of(b, 1), of(a, 1)]) {
        const scope = reading(c, who);
        expect(await names(who)).toEqual([false]);
        expect(await names(who, query({ ids: [id] }))).toEqual([]);
        expect(await names(who, query({ ids: [id], version: ALL }))).toEqual([]);
        expect(await names(who, query({ types: ['tool'], limit: 5 }))).toEqual([false]);
        expect(await names(who, query({ properties: new Map([['name', ['tool of day 1']]]) }))).toEqual([
          false,
        ]);
        const instants = [instantKey(day(1)) as string];
        expect(await names(who, query({ version: { all: false, keywords: [], instants } }))).toEqual([false]);
        expect((await store.objects.manifest(scope, everything)).count).toBe(1);
        expect((await store.objects.list(scope, everything)).items).toHaveLength(1);
        expect((await store.objects.inspect(scope, everything)).items).toHaveLength(1);
        expect(await store.objects.presence(scope, id, instants)).toBe('absent');
        expect(await store.objects.rivals(scope, id)).toEqual([]);
        const writing = write(c, who);
        expect((await store.objects.lookup(writing, [id])).size).toBe(0);
        expect((await store.objects.known(writing, [id])).size).toBe(0);
        expect(
          await store.objects.remove(removal(c, who), id, { version: ALL, specVersions: undefined }),
        ).toBe('absent');
      }
      expect(await store.objects.presence(reading(c, of(b)), id, [])).toBe('present');
      expect((await store.objects.lookup(write(c, of(b)), [id])).get(id)).toHaveLength(1);
      expect([...(await store.objects.known(write(c, of(b)), [id]))]).toEqual([id]);
      expect(await store.house.check(() => undefined)).toEqual([]);
    });

    test('a version without the extension changes nothing, and widening is gained once by who lacked it', async () => {
      const { store, c } = await withCollection();
      const [a, b, x] = [house(1), house(2), house(3)];
      const id = toolId();
      const add = (n: number, more: StixObject = {}): Promise<unknown> =>
        store.objects.append(write(c, of(a)), part([tool(id, n, 0, more)]));
      const days = async (who: Organisation, after?: Micros): Promise<unknown[]> =>
        (await found(store, reading(c, of(who)), query({ version: ALL, after }))).map((o) => o['name']);
      const last = async (who: Organisation): Promise<Micros | undefined> =>
        (await store.objects.list(reading(c, of(who)), everything)).last;
      await add(1, saying(alone(b)));
      await add(2);
      expect(await days(x)).toEqual([]);
      expect(await days(b)).toEqual(['tool of day 1', 'tool of day 2']);
      const [seenByB, seenByX] = [await last(b), await last(x)];
      await add(3, saying({ not: { countries: ['ZZ'] } }));
      // It holds for all versions: who lacked them gets them now, who had them gets the new one.
      expect(await days(x, seenByX)).toEqual(
        expect.arrayContaining(['tool of day 1', 'tool of day 2', 'tool of day 3']),
      );
      expect(await days(b, seenByB)).toEqual(['tool of day 3']);
      await add(4, saying({ only: {} }));
      expect([await days(b), await days(x)]).toEqual([[], []]);
      expect(await days(a)).toHaveLength(4);
      await add(5);
      expect([await days(b), await days(x)]).toEqual([[], []]);
      expect(await store.house.check(() => undefined)).toEqual([]);
    });

    test('nor does removing what said it, nor removing all and beginning anew', async () => {
      const { store, c } = await withCollection();
      const [a, x] = [house(1), house(3)];
      const id = toolId();
      const add = (n: number, more: StixObject = {}): Promise<unknown> =>
        store.objects.append(write(c, of(a)), part([tool(id, n, 0, more)]));
      const remove = (version: typeof ALL): Promise<unknown> =>
        store.objects.remove(removal(c, of(a)), id, { version, specVersions: undefined });
      const sees = async (who: Organisation): Promise<number> =>
        (await found(store, reading(c, of(who)), everything)).length;
      await add(1);
      expect(await sees(x)).toBe(1);
      await add(2, saying({ only: {} }));
      expect(await remove(LAST)).toEqual({ removed: 1 });
      expect(await sees(x)).toBe(0);
      expect(await remove(ALL)).toEqual({ removed: 1 });
      expect(await store.objects.presence(reading(c, of(x)), id, [instantKey(day(2)) as string])).toBe(
        'absent',
      );
      expect(await store.objects.presence(reading(c, of(a)), id, [instantKey(day(2)) as string])).toBe(
        'removed',
      );
      await add(3);
      expect([await sees(a), await sees(x)]).toEqual([1, 0]);
      expect(await store.house.check(() => undefined)).toEqual([]);
    });

    test('only the originator changes it, by its newest version: a curator may repeat it, and no more', async () => {
      const { store, c } = await withCollection();
      const [a, b, desk] = [house(1), house(2), house(4, { kind: 'desk' })];
      const id = toolId();
      const curates = of(desk, 4, 'curator');
      const add = async (who: Principal, n: number, more: StixObject = {}): Promise<string | undefined> => {
        const { failures, successes } = await store.objects.append(
          write(c, who),
          part([tool(id, n, 0, more)]),
        );
        return failures?.[0]?.message ?? successes?.[0]?.message;
      };
      await add(of(a), 2, saying(alone(desk)));
      expect(await add(curates, 3, saying({ only: { kinds: ['member'] } }))).toMatch(
        /^AUDIENCE at \/extensions: who may/,
      );
      expect(await add(curates, 3, saying(alone(desk)))).toBeUndefined();
      expect(await add(curates, 4)).toBeUndefined();
      expect(await found(store, reading(c, of(b)), everything)).toEqual([]);
      // An older version arrives late, and says something else: that is for the newest to say.
      expect(await add(of(a), 1, saying({ only: { kinds: ['member'] } }))).toMatch(/a newer version is held/);
      expect(await found(store, reading(c, of(b)), everything)).toEqual([]);
      expect(await found(store, reading(c, of(desk)), everything)).toHaveLength(3);
    });

    test('who is not meant and publishes under the id is told what a first publisher is told; both stand (D7a)', async () => {
      const { store, c } = await withCollection();
      const [a, b, x, y] = [house(1), house(2), house(3), house(5)];
      const id = toolId();
      await store.objects.append(
        write(c, of(a)),
        part([tool(id, 1, 0, { name: 'of a', ...saying(alone(b)) })]),
      );
      for (const object of [tool(id, 1, 0, { name: 'of x' }), tool(id, 2, 0, { name: 'of x, later' })]) {
        const status = await store.objects.append(write(c, of(x)), part([object]));
        expect(status).toMatchObject({ success_count: 1, successes: [{ id, version: object['modified'] }] });
        expect(Object.keys(status.successes![0]!)).toEqual(['id', 'version']);
      }
      const names = async (who: Organisation, q = query()): Promise<unknown[]> =>
        (await found(store, reading(c, of(who)), q)).map((o) => o['name']);
      expect(await names(y)).toEqual(['of x, later']);
      // Who sees both gets each: a stranger's later version hides nothing.
      expect((await names(b)).sort()).toEqual(['of a', 'of x, later']);
      expect((await names(b, everything)).sort()).toEqual(['of a', 'of x', 'of x, later']);
      expect((await names(y, everything)).sort()).toEqual(['of x', 'of x, later']);
      // Nobody who is not meant is told of it, the curators included.
      expect(await store.records.audit(10, 'conflict')).toEqual([]);
      // What is X's is X's, and what is A's stays A's.
      const said = await store.objects.append(write(c, of(b)), part([tool(id, 3, 0)]));
      expect(said.failures?.[0]?.message).toMatch(/^OWNER/);
      expect(
        await store.objects.remove(removal(c, of(x)), id, { version: ALL, specVersions: undefined }),
      ).toEqual({
        removed: 2,
      });
      expect([await names(b), await names(y)]).toEqual([['of a'], []]);
      expect(await store.house.check(() => undefined)).toEqual([]);
    });

    test("an observable is nobody's: what one shares with some does not silence who shares it with all", async () => {
      const { store, c } = await withCollection();
      const [a, b, x] = [house(1), house(2), house(3)];
      const hidden = address('198.51.100.3', saying(alone(b)));
      await store.objects.append(write(c, of(a)), part([hidden]));
      const sees = async (who: Organisation): Promise<number> =>
        (await found(store, reading(c, of(who)), query({ types: ['ipv4-addr'] }))).length;
      expect([await sees(b), await sees(x)]).toEqual([1, 0]);
      expect(
        (await store.objects.append(write(c, of(b)), part([address('198.51.100.3')]))).success_count,
      ).toBe(1);
      expect(await sees(x)).toBe(1);
      expect(await store.house.check(() => undefined)).toEqual([]);
    });

    test("what is said of one's own is never dropped for what stands of others, seen or not", async () => {
      const { store, c } = await withCollection({ grants: BLIND });
      const [a, o, x] = [house(1), house(2), house(3)];
      const strangers = async (): Promise<unknown[]> =>
        (await found(store, reading(c, of(x)), everything)).map(
          (object) => object['name'] ?? object['x_note'],
        );
      // An observable that another publishes for all.
      await store.objects.append(write(c, of(o)), part([address('198.51.100.3')]));
      const own = address('198.51.100.3', { x_note: 'secret', ...saying(alone(a)) });
      for (const who of [of(a, 4, 'reader'), of(a)])
        expect((await store.objects.append(write(c, who), part([own]))).success_count).toBe(1);
      // An id that somebody holds above one's clearance.
      const id = toolId();
      await store.objects.append(write(c, of(o)), part([tool(id, 1, 4, { name: 'of o' })]));
      const beside = tool(id, 2, 1, { name: 'secret', ...saying(alone(a)) });
      expect((await store.objects.append(write(c, of(a, 2)), part([beside]))).success_count).toBe(1);
      expect((await strangers()).filter((said) => said === 'secret')).toEqual([]);
      expect(await found(store, reading(c, of(a)), query({ ids: [id] }))).toHaveLength(2);
    });

    test('an older version that comes late changes nothing, also where its publisher reads nothing', async () => {
      const { store, c } = await withCollection({ grants: BLIND });
      const [a, b] = [house(1), house(2)];
      const id = toolId();
      const blind = of(a, 4, 'reader');
      await store.objects.append(write(c, blind), part([tool(id, 3, 0, saying(alone()))]));
      const open = toolId();
      await store.objects.append(write(c, blind), part([tool(open, 3, 0)]));
      await store.objects.append(
        write(c, blind),
        part([tool(open, 2, 0, { name: 'secret', ...saying(alone(b)) })]),
      );
      const late = await store.objects.append(write(c, blind), part([tool(id, 2, 0, saying(alone(b)))]));
      expect(Object.keys(late.successes![0]!)).toEqual(['id', 'version']);
      // Neither widens what the other is for: of both it is what nobody but their organisation sees.
      const names = (await found(store, reading(c, of(b)), everything)).map((o) => o['name']);
      expect(names).toEqual(['tool of day 3']);
      expect(await found(store, reading(c, of(a)), query({ version: ALL, ids: [open] }))).toHaveLength(2);
    });

    test("all of one's own is for whom the newest says, also between what others publish of the same", async () => {
      const { store, c } = await withCollection();
      const [o, q, z, x] = [house(1), house(2), house(3), house(4)];
      const note = (text: string, more: StixObject = {}): StixObject =>
        address('198.51.100.3', { x_note: text, ...more });
      for (const [who, text] of [
        [o, 'o'],
        [q, 'q'],
        [z, 'z'],
      ] as const)
        await store.objects.append(write(c, of(who)), part([note(text)]));
      await store.objects.append(write(c, of(q)), part([note('q, later', saying(alone()))]));
      const seen = async (who: Organisation): Promise<unknown[]> =>
        (await found(store, reading(c, of(who)), everything)).map((object) => object['x_note']).sort();
      expect(await seen(x)).toEqual(['o', 'z']);
      expect(await seen(q)).toEqual(['o', 'q', 'q, later', 'z']);
      expect(await store.house.check(() => undefined)).toEqual([]);
    });

    test("a stranger's versions under an id do not keep its originator from saying who may see it", async () => {
      const { store, c } = await withCollection();
      const [a, x, y] = [house(1), house(2), house(3)];
      const id = toolId();
      await store.objects.append(write(c, of(a)), part([tool(id, 1, 0, saying(alone(y)))]));
      const at = (n: number): StixObject =>
        tool(id, 1, 0, { modified: `2024-02-01T00:00:00.${String(n).padStart(6, '0')}Z`, name: 'of x' });
      const many = name === 'sqlite' ? MOST_READDRESSED + 10 : 50;
      await store.objects.append(write(c, of(x)), part(Array.from({ length: many }, (_, n) => at(n))));
      const said = await store.objects.append(write(c, of(a)), part([tool(id, 2, 0, saying({ only: {} }))]));
      expect(said.failures).toBeUndefined();
      expect(
        (await found(store, reading(c, of(y)), query({ version: ALL, limit: 2000 }))).map((o) => o['name']),
      ).toEqual(Array(many).fill('of x'));
      if (name !== 'sqlite') return;
      // One's own are too many at last.
      const own = await store.objects.append(
        write(c, of(x)),
        part([tool(id, 28, 0, { modified: '2024-03-01T00:00:00Z', ...saying({ only: {} }) })]),
      );
      expect(own.failures?.[0]?.message).toMatch(/your organisation holds more than 1000 versions/);
    });

    test('a version for nobody among others, as a late one was stored, does not pass for what was said last', async () => {
      const { store, c } = await withCollection({ grants: BLIND });
      const [a, b] = [house(1), house(2)];
      const blind = of(a, 4, 'reader');
      const id = toolId();
      for (const n of [2, 3, 4, 5])
        await store.objects.append(write(c, blind), part([tool(id, n, 0, saying(alone(b)))]));
      await store.objects.append(
        write(c, blind),
        part([tool(id, 1, 0, saying({ not: { kinds: ['desk'] } }))]),
      );
      expect(await found(store, reading(c, of(b)), everything)).toHaveLength(4);
      await store.objects.append(write(c, blind), part([tool(id, 6, 0, saying({ only: {} }))]));
      expect(await found(store, reading(c, of(b)), everything)).toEqual([]);
      expect(await found(store, reading(c, of(a)), everything)).toHaveLength(6);
    });

    test('what is said counts, also where the version stands already with other content that its publisher may not see', async () => {
      const { store, c } = await withCollection({ grants: BLIND });
      const [a, x] = [house(1), house(3)];
      const blind = of(a, 4, 'reader');
      const id = toolId();
      await store.objects.append(write(c, blind), part([tool(id, 1, 0)]));
      const again = await store.objects.append(write(c, blind), part([tool(id, 1, 0, saying({ only: {} }))]));
      expect(again.success_count).toBe(1);
      expect(await found(store, reading(c, of(x)), everything)).toEqual([]);
      const [remark] = await store.records.audit(10, 'set-aside');
      expect(remark?.detail).not.toContain(id);
    });

    test('what an earlier part of one publication says of an object is foreseen for a later one', async () => {
      const { store, c } = await withCollection();
      const [id, who] = [toolId(), of(house(1))];
      const parts = [part([tool(id, 1, 0, saying({ only: {} }))]), part([tool(id, 2, 0)])];
      const verdicts = await store.objects.foresee(write(c, who), parts);
      const nobody = { by: who.organisation.id, only: {} };
      expect(verdicts.map((v) => v.disclosed)).toEqual([
        { rank: 0, audience: nobody },
        { rank: 0, audience: nobody },
      ]);
    });

    test('a collection that goes and comes back knows nothing of the audiences that it had', async () => {
      const { store, c } = await withCollection();
      const [a, b, x] = [house(1), house(2), house(3)];
      const fill = async (who: Organisation): Promise<unknown> =>
        store.objects.append(write(c, of(a)), part([tool(toolId(), 1, 0, saying(alone(who)))]));
      await fill(b);
      expect(await found(store, reading(c, of(b)), everything)).toHaveLength(1);
      await store.catalog.apply([], { apply: true, dropObjects: true });
      await applied(store, c);
      await fill(x);
      expect(await found(store, reading(c, of(b)), everything)).toEqual([]);
      expect(await found(store, reading(c, of(x)), everything)).toHaveLength(1);
    });

    test('who was left out may publish again, and reads what it was told is taken', async () => {
      const { store, c } = await withCollection();
      const [a, desk] = [house(1), house(4, { kind: 'desk' })];
      const curates = of(desk, 4, 'curator');
      const id = toolId();
      const theirs = tool(id, 2, 0, { name: 'of the desk' });
      await store.objects.append(write(c, of(a)), part([tool(id, 1, 0)]));
      await store.objects.append(write(c, curates), part([theirs]));
      await store.objects.append(write(c, of(a)), part([tool(id, 3, 0, saying({ only: {} }))]));
      expect(await found(store, reading(c, curates), everything)).toEqual([]);
      expect((await store.objects.append(write(c, curates), part([theirs]))).success_count).toBe(1);
      expect(await found(store, reading(c, curates), everything)).toEqual([theirs]);
    });

    test('a removed version that was for all does not widen what comes after it', async () => {
      const { store, c } = await withCollection();
      const [a, x] = [house(1), house(3)];
      const id = toolId();
      const add = (n: number, more: StixObject = {}): Promise<unknown> =>
        store.objects.append(write(c, of(a)), part([tool(id, n, 0, more)]));
      const remove = (version: VersionSelection): Promise<unknown> =>
        store.objects.remove(removal(c, of(a)), id, { version, specVersions: undefined });
      await add(5);
      await remove(ALL);
      await add(3, saying({ only: {} }));
      await remove(ALL);
      await add(6);
      expect(await found(store, reading(c, of(x)), everything)).toEqual([]);
      expect(await found(store, reading(c, of(a)), everything)).toHaveLength(1);
    });

    test('however many say for whom an observable of theirs is, each can be read, and publishing costs no more', async () => {
      const { store, c } = await withCollection();
      const houses = Array.from({ length: 40 }, (_, n) => house(100 + n));
      for (const one of houses)
        await store.objects.append(write(c, of(one)), part([address('198.51.100.3', saying(alone()))]));
      for (const one of houses) {
        expect(await found(store, reading(c, of(one)), everything)).toHaveLength(1);
        if (name !== 'sqlite') break;
      }
      expect(await store.house.check(() => undefined)).toEqual([]);
    });

    test('all versions of an object are read by who belongs to more audiences than one statement joins', async () => {
      const { store, c } = await withCollection();
      const b = house(2);
      const id = toolId();
      for (let n = 0; n < 5; n++)
        await store.objects.append(
          write(c, of(house(300 + n))),
          part(
            Array.from({ length: MOST_RULES_EACH }, (_, i) =>
              tool(toolId(), 1, 0, saying(alone(b, house(400 + i)))),
            ),
          ),
        );
      const versions = [1, 2, 3].map((n) => tool(id, n, 0, saying(alone(b))));
      await store.objects.append(write(c, of(house(1))), part(versions));
      expect(await found(store, reading(c, of(b, 2)), query({ ids: [id], version: ALL }))).toEqual(versions);
      expect(await found(store, reading(c, of(b, 2)), query({ version: FIRST, ids: [id] }))).toEqual([
        versions[0],
      ]);
    });

    test('dates do not tell what is for others (D9a): what everyone sees of a part stands together', async () => {
      const { store, c } = await withCollection();
      const [a, x] = [house(1), house(3)];
      const narrow = Array.from({ length: 9 }, () => tool(toolId(), 1, 0, saying({ only: {} })));
      const objects = [
        tool(toolId(), 1, 0),
        ...narrow,
        tool(toolId(), 1, 0),
        tool(toolId(), 1, 0, saying({ only: {} })),
      ];
      await store.objects.append(write(c, of(a)), part(objects));
      const { items } = await store.objects.list(reading(c, of(x)), everything);
      const [first, second] = items.map(({ date }) => date) as [Micros, Micros];
      expect(items).toHaveLength(2);
      expect(second % 1000).toBe(0);
      expect(second - first).toBeLessThanOrEqual(1016);
    });

    test('what an organisation says of all it publishes counts where its object says nothing', async () => {
      const { store, c } = await withCollection();
      const [a, b, x] = [house(1, { audience: alone(house(2)) }), house(2), house(3)];
      const [first, second] = [toolId(), toolId()];
      await store.objects.append(
        write(c, of(a)),
        part([tool(first, 1, 0), tool(second, 1, 0, saying({ only: { kinds: ['member'] } }))]),
      );
      const ids = async (who: Organisation): Promise<unknown[]> =>
        (await found(store, reading(c, of(who)), everything)).map((o) => o['id']).sort();
      expect(await ids(x)).toEqual([second]);
      expect(await ids(b)).toEqual([first, second].sort());
    });

    test('one organisation may name so many audiences, and no more', async () => {
      const { store, c } = await withCollection();
      const a = house(1);
      const objects = Array.from({ length: MOST_RULES_EACH + 1 }, (_, n) =>
        tool(toolId(), 1, 0, saying({ only: { organisations: [identity(100 + n)] } })),
      );
      const status = await store.objects.append(write(c, of(a)), part(objects));
      expect(status).toMatchObject({ success_count: MOST_RULES_EACH, failure_count: 1 });
      expect(status.failures?.[0]?.message).toMatch(/has named 20 different audiences/);
      const one = await store.objects.append(
        write(c, of(house(2))),
        part([tool(toolId(), 1, 0, saying({ only: {} }))]),
      );
      expect(one.success_count).toBe(1);
    });

    test('pages are whole for who belongs to very many audiences, at any limit', async () => {
      const { store, c } = await withCollection();
      const b = house(2);
      const publishers = Array.from({ length: 14 }, (_, n) => house(100 + n));
      const objects: StixObject[] = [];
      for (let round = 0; round < 3; round++)
        for (const publisher of publishers) {
          const some = Array.from({ length: 5 }, (_, n) =>
            tool(toolId(), 1, (n % 3) as Rank, n === 4 ? {} : saying(alone(b, house(1000 + n)))),
          );
          objects.push(...some);
          await store.objects.append(write(c, of(publisher)), part(some));
        }
      // Each page is a look of its own at all of them.
      for (const limit of name === 'sqlite' ? [1, 7, 50, 1000] : [50])
        for (const types of [undefined, ['tool']]) {
          const got: StixObject[] = [];
          for (let after: Micros | undefined; ;) {
            const page = await store.objects.find(reading(c, of(b)), query({ limit, after, types }));
            got.push(...(JSON.parse(`[${page.items.toString()}]`) as StixObject[]));
            if (!page.more) break;
            expect(page.count).toBe(limit);
            after = page.through;
          }
          expect(got.map((o) => o['id']).sort()).toEqual(objects.map((o) => o['id']).sort());
          if (limit === 1 && types) break;
        }
      expect(await found(store, reading(c, of(house(9))), everything)).toHaveLength(42);
    });

    /** A version that stands. */
    interface Modelled {
      readonly id: string;
      readonly day: number;
      readonly rank: Rank;
      readonly by: number;
      readonly text: string;
    }
    const step = fc.record({
      what: fc.constantFrom('add', 'add', 'add', 'add', 'remove'),
      who: fc.nat(2),
      id: fc.nat(1),
      day: fc.integer({ min: 1, max: 4 }),
      rank: fc.integer({ min: 0, max: 2 }),
      says: fc.option(fc.subarray([0, 1, 2, 3]), { freq: 2 }),
      polls: fc.boolean(),
    });

    test('random histories against a model in plain words: everyone reads what it says, pollers get each answer once', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
          const { store, c } = await withCollection();
          const houses = [0, 1, 2, 3].map((n) => house(10 + n));
          const ids = [toolId(), toolId()];
          let standing: Modelled[] = [];
          /** Who may see what somebody publishes under an id, once that was said. */
          const said = new Map<string, AudienceSaid>();
          const isMeant = (who: Organisation, { id, by }: Pick<Modelled, 'id' | 'by'>): boolean => {
            const own = houses[by]!;
            const rule = ruleBy(own.id, said.get(`${id} ${by}`) ?? {});
            return rule === undefined || admits(rule, who);
          };
          const seenBy = (who: Organisation, rank: number, last: boolean): string[] => {
            const seen = standing.filter((v) => v.rank <= rank && isMeant(who, v));
            // What was ever for some only answers apart from what others publish under its id.
            const groupOf = ({ id, by }: Modelled): string => `${id} ${said.has(`${id} ${by}`) ? by : ''}`;
            const isIn = (v: Modelled, o: Modelled): boolean => groupOf(v) === groupOf(o);
            const first = seen.filter((v, i) => seen.findIndex((o) => isIn(v, o) && o.day === v.day) === i);
            const newest = (v: Modelled): boolean => !first.some((o) => isIn(v, o) && o.day > v.day);
            return first.filter((v) => !last || newest(v)).map((v) => v.text);
          };
          const pollers = houses.flatMap((who) =>
            ([0, 2] as const).flatMap((rank) =>
              [true, false].map((last) => ({
                who,
                rank,
                last,
                after: undefined as Micros | undefined,
                has: [] as string[],
              })),
            ),
          );
          for (const s of steps) {
            const own = houses[s.who]!;
            const id = ids[s.id]!;
            const mine = standing.filter((v) => v.id === id && v.by === s.who);
            if (s.what === 'add') {
              const says = s.says && alone(...s.says.map((n) => houses[n]!));
              const object = tool(id, s.day, s.rank as Rank, {
                name: `of ${s.who}`,
                ...(says ? saying(says) : {}),
              });
              const { failures = [] } = await store.objects.append(write(c, of(own)), part([object]));
              const visible = standing.filter((v) => v.id === id && isMeant(own, v));
              const text = JSON.stringify(object);
              const [failure] = failures;
              if (failure) expect(failure.message).toMatch(/^(OWNER|C-SAMEVER|AUDIENCE)/);
              if (failure?.message?.startsWith('OWNER'))
                expect(visible.some((v) => v.by !== s.who)).toBe(true);
              if (failure?.message?.startsWith('C-SAMEVER'))
                expect(visible.some((v) => v.day === s.day)).toBe(true);
              if (!failure && !visible.some((v) => v.text === text)) {
                standing.push({ id, day: s.day, rank: s.rank as Rank, by: s.who, text });
                const isNewest = !mine.some((v) => v.day > s.day);
                if (says && isNewest) said.set(`${id} ${s.who}`, says);
              }
            } else {
              await store.objects.remove(removal(c, of(own)), id, { version: LAST, specVersions: undefined });
              const visible = standing.filter((v) => v.id === id && isMeant(own, v));
              const newest = Math.max(...visible.map((v) => v.day));
              const gone = visible.filter((v) => v.day === newest && v.by === s.who);
              standing = standing.filter((v) => !gone.includes(v));
            }
            for (const poller of pollers) {
              const { who, rank, last } = poller;
              const version = last ? LAST : ALL;
              const scope = reading(c, of(who, rank));
              const now = seenBy(who, rank, last).sort();
              const texts = async (q: ReturnType<typeof query>): Promise<string[]> =>
                (await found(store, scope, q)).map((o) => JSON.stringify(o)).sort();
              expect(await texts(query({ version }))).toEqual(now);
              poller.has = poller.has.filter((text) => now.includes(text));
              if (!s.polls) continue;
              const asked = query({ version, after: poller.after });
              expect([...poller.has, ...(await texts(asked))].sort()).toEqual(now);
              poller.has = now;
              poller.after = (await store.objects.list(scope, asked)).last ?? poller.after;
            }
            expect(await store.house.check(() => undefined)).toEqual([]);
          }
        }),
        { numRuns: name === 'sqlite' ? 60 : 3 },
      );
    });
  });
}
