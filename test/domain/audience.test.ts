/** D14: who may see an object beside TLP, as plain words and as classes that entries carry. */
import fc from 'fast-check';
import type { Organisation } from '../../src/domain/access';
import {
  admits,
  audienceIn,
  EVERYONE,
  levelOf,
  rankIn,
  readerAmong,
  readerOf,
  ruleBy,
  sees,
  type AudienceSaid,
  type ClassId,
  type Reader,
} from '../../src/domain/audience';
import { KINDS, REGIONS } from '../../src/domain/channel';
import { holds, QUESTIONS, rangesHolding, type Entry, type RankedVersion } from '../../src/domain/entries';
import { isSettled, settle } from '../../src/domain/settle';
import { RANKS, type Rank } from '../../src/domain/tlp';
import { ClassBook } from '../../src/domain/class-book';
import { naive } from '../support/naive-answers';

const identity = (n: number): string => `identity--${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;
const organisation = (n: number, more: Partial<Organisation> = {}): Organisation => ({
  id: `organisation-${n}`,
  name: `Organisation ${n}`,
  kind: 'member',
  region: 'europe',
  country: 'FR',
  identity: identity(n),
  disabled: false,
  ...more,
});
const [ONE, TWO, THREE] = [1, 2, 3].map((n) => organisation(n)) as [Organisation, Organisation, Organisation];

describe('plain words', () => {
  const may = (said: AudienceSaid, who: Organisation): boolean => {
    const rule = ruleBy(ONE.id, said);
    return rule === undefined || admits(rule, who);
  };

  test('who is named alone sees it, and nobody else; by organisation, kind, country or region', () => {
    expect(may({ only: { organisations: [identity(2)] } }, TWO)).toBe(true);
    expect(may({ only: { organisations: [identity(2)] } }, THREE)).toBe(false);
    expect(may({ only: { kinds: ['partner'] } }, organisation(9, { kind: 'partner' }))).toBe(true);
    expect(may({ only: { kinds: ['partner'] } }, TWO)).toBe(false);
    expect(may({ only: { countries: ['MA'], regions: ['mena'] } }, organisation(9, { region: 'mena' }))).toBe(
      true,
    );
    expect(may({ only: { countries: ['MA'] } }, organisation(9, { country: 'MA' }))).toBe(true);
  });

  test('who may not does not, also if it is among those who alone may', () => {
    expect(may({ not: { countries: ['FR'] } }, TWO)).toBe(false);
    expect(may({ not: { countries: ['DE'] } }, TWO)).toBe(true);
    expect(may({ only: { regions: ['europe'] }, not: { organisations: [identity(2)] } }, TWO)).toBe(false);
  });

  test('an empty audience is nobody, and a rule that leaves nobody out is none', () => {
    for (const only of [{}, { organisations: [] }, { kinds: [], countries: [] }])
      expect(may({ only }, TWO)).toBe(false);
    expect(ruleBy(ONE.id, {})).toBeUndefined();
    expect(ruleBy(ONE.id, { not: { countries: [] } })).toBeUndefined();
  });

  test('who says it belongs to it', () => {
    expect(may({ only: {} }, ONE)).toBe(true);
    expect(may({ not: { organisations: [identity(1)] } }, ONE)).toBe(true);
  });

  test('an organisation without a country is in none', () => {
    const { country: _, ...stateless } = organisation(9);
    expect(may({ only: { countries: ['FR'] } }, stateless)).toBe(false);
    expect(may({ not: { countries: ['FR'] } }, stateless)).toBe(true);
  });

  test('one rule is one class, in whatever order it was written', () => {
    const said = { only: { countries: ['FR', 'DE', 'FR'], kinds: ['member' as const] } };
    const again = { only: { kinds: ['member' as const], countries: ['DE', 'FR'] } };
    expect(ruleBy('x', said)).toEqual(ruleBy('x', again));
    expect(JSON.stringify(ruleBy('x', said))).toBe(JSON.stringify(ruleBy('x', again)));
  });

  test('a level is a class and a rank; those of everyone are the ranks', () => {
    fc.assert(
      fc.property(fc.nat({ max: 100_000 }), fc.nat({ max: RANKS - 1 }), (audience, rank) => {
        const level = levelOf(audience, rank as Rank);
        expect([audienceIn(level), rankIn(level)]).toEqual([audience, rank]);
      }),
    );
    expect(levelOf(EVERYONE, 3)).toBe(3);
  });

  test('a clearance is not widened by being named, and a write-only grant sees nothing', () => {
    const book = new ClassBook();
    const id = book.define(ruleBy(ONE.id, { only: { organisations: [identity(2)] } })!);
    const reader = readerAmong(1, TWO, book.defined);
    expect(sees(reader, { audience: id, rank: 1 })).toBe(true);
    expect(sees(reader, { audience: id, rank: 2 })).toBe(false);
    expect(readerAmong(-1, TWO, book.defined).levels).toEqual([]);
    expect(readerAmong(4, THREE, book.defined).levels).toEqual(readerOf(4).levels);
  });
});

const parties = fc.record(
  {
    organisations: fc.subarray([1, 2, 3, 4].map(identity)),
    kinds: fc.subarray([...KINDS]),
    countries: fc.subarray(['FR', 'DE', 'MA']),
    regions: fc.subarray([...REGIONS].slice(0, 3)),
  },
  { requiredKeys: [] },
);
const saids: fc.Arbitrary<AudienceSaid> = fc.record({ only: parties, not: parties }, { requiredKeys: [] });
const someone = fc.record({
  n: fc.integer({ min: 1, max: 5 }),
  kind: fc.constantFrom(...KINDS),
  country: fc.constantFrom('FR', 'DE', 'MA', 'ZZ'),
  region: fc.constantFrom(...REGIONS),
});

test('100,000 random rules and organisations: the class of a rule holds whom its words name', () => {
  fc.assert(
    fc.property(saids, someone, (said, { n, ...more }) => {
      const who = organisation(n, more);
      const named = ({
        organisations = [],
        kinds = [],
        countries = [],
        regions = [],
      }: NonNullable<AudienceSaid['only']>): boolean =>
        [...organisations, ...kinds, ...countries, ...regions].some((word) =>
          [who.identity, who.kind, who.country, who.region].includes(word),
        );
      const inWords =
        who.id === ONE.id ||
        ((said.only === undefined || named(said.only)) && !(said.not && named(said.not)));
      const book = new ClassBook();
      const rule = ruleBy(ONE.id, said);
      const audience = rule ? book.define(rule) : EVERYONE;
      expect(sees(readerAmong(2, who, book.defined), { audience, rank: 2 })).toBe(inWords);
    }),
    { numRuns: 100_000 },
  );
});

/** Rules of which each combination has a reader: organisation n is in rule i if bit i of n is set. */
const RULES = 3;
const READERS = Array.from({ length: 2 ** RULES }, (_, n) => organisation(n));
const ruleOf = (i: number) =>
  ruleBy(`lineage ${i}`, {
    only: { organisations: READERS.filter((_, n) => n & (1 << i)).map((o) => o.identity!) },
  })!;

/** What is for some only answers apart from what others publish under its id. */
const groupOf = ({ audience, owner }: RankedVersion): string => (audience === EVERYONE ? '' : owner);

type Step =
  | {
      readonly do: 'add';
      readonly owner: number;
      readonly spec: string;
      readonly key: string;
      readonly rank: Rank;
    }
  | { readonly do: 'address'; readonly owner: number; readonly rule: number }
  | { readonly do: 'rank'; readonly which: number; readonly rank: Rank }
  | { readonly do: 'remove'; readonly which: number };
const RANK = fc.integer({ min: 0, max: RANKS - 1 }) as fc.Arbitrary<Rank>;
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('add' as const),
        owner: fc.nat({ max: 2 }),
        spec: fc.constantFrom('2.1', '2.1', '2.0'),
        key: fc.constantFrom('a', 'b', 'c'),
        rank: RANK,
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('address' as const),
        owner: fc.nat({ max: 2 }),
        rule: fc.integer({ min: -1, max: RULES - 1 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('rank' as const), which: fc.nat(), rank: RANK }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), which: fc.nat() }) },
  ),
  { maxLength: 12 },
);

test('random histories of additions, removals, other ranks and other audiences: everyone is answered as plain words say, nobody twice', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const book = new ClassBook();
      const rules = Array.from({ length: RULES }, (_, i) => book.define(ruleOf(i)));
      const audiences: ClassId[] = [EVERYONE, EVERYONE, EVERYONE];
      let versions: RankedVersion[] = [];
      let entries: Entry[] = [];
      let [refs, date] = [0, 0];
      const readers = (): Reader[] =>
        READERS.flatMap((who) => [0, 2, 4].map((rank) => readerAmong(rank as Rank, who, book.defined)));
      for (const step of history) {
        const before = entries;
        if (step.do === 'add')
          versions.push({ ...step, owner: `${step.owner}`, ref: ++refs, audience: audiences[step.owner]! });
        else if (step.do === 'address') {
          // What was for some once stays apart, also when it is for everyone again.
          const open = audiences[step.owner] === EVERYONE ? EVERYONE : book.define({ by: `${step.owner}` });
          audiences[step.owner] = step.rule < 0 ? open : rules[step.rule]!;
          versions = versions.map((v) => ({ ...v, audience: audiences[Number(v.owner)]! }));
        } else if (versions.length > 0) {
          const chosen = step.which % versions.length;
          versions =
            step.do === 'rank'
              ? versions.map((v, i) => (i === chosen ? { ...v, rank: step.rank } : v))
              : versions.filter((_, i) => i !== chosen);
        }
        const { kept, gained } = settle(versions, entries, book);
        const fresh = gained.map((gain) => ({ ...gain, date: ++date }));
        entries = [...kept, ...fresh];
        expect(isSettled(versions, entries, book)).toBe(true);
        for (const reader of readers()) {
          const seen = versions.filter((v) => sees(reader, v));
          const ranges = new Set(rangesHolding(reader));
          for (const question of QUESTIONS) {
            const of = (some: readonly Entry[]): number[] =>
              some.filter((e) => holds(e.ranges[question], reader)).map((e) => e.ref);
            const groups = new Set(seen.map(groupOf));
            const wanted = [...groups].flatMap((group) =>
              naive(
                seen.filter((v) => groupOf(v) === group),
                reader.rank as Rank,
                question,
              ),
            );
            expect(of(entries).sort((a, b) => a - b)).toEqual(wanted.sort((a, b) => a - b));
            for (const { ranges: r } of entries)
              expect(ranges.has(r[question])).toBe(holds(r[question], reader));
            const had = of(before);
            for (const ref of of(fresh)) expect(had).not.toContain(ref);
          }
        }
      }
    }),
    { numRuns: 100 },
  );
});
