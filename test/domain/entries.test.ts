/** Laws of entries: settling the edges settles the object, and the work of it does not grow with the versions. */
import fc from 'fast-check';
import {
  holds,
  isEdge,
  mayHaveTwin,
  QUESTIONS,
  type Entry,
  type RankedVersion,
} from '../../src/domain/entries';
import { isSettled, settle } from '../../src/domain/settle';
import { EVERYONE, readerOf } from '../../src/domain/audience';
import { ClassBook } from '../../src/domain/class-book';
import { naive } from '../support/naive-answers';
import { RANKS, type Rank } from '../../src/domain/tlp';

const NONE = new ClassBook();
const RANK = fc.integer({ min: 0, max: RANKS - 1 }) as fc.Arbitrary<Rank>;
const arrivals = fc.array(
  fc.record({
    spec: fc.constantFrom('2.0', '2.1'),
    key: fc.constantFrom('a', 'b', 'c', 'd'),
    rank: RANK,
    audience: fc.constant(EVERYONE),
    owner: fc.constant(''),
  }),
  { minLength: 1, maxLength: 12 },
);
const withRefs = (list: readonly Omit<RankedVersion, 'ref'>[]): RankedVersion[] =>
  list.map((version, i) => ({ ref: i + 1, ...version }));

/** Settles from nothing, with a date for each entry. */
function settled(versions: readonly RankedVersion[], entries: readonly Entry[] = []): Entry[] {
  const { kept, gained } = settle(versions, entries, NONE);
  const last = Math.max(0, ...entries.map((e) => e.date));
  return [...kept, ...gained.map((gain, i) => ({ ...gain, date: last + i + 1 }))];
}

test('entries answer every question for every rank as the plain words of D1, T-226 and D7a do', () => {
  fc.assert(
    fc.property(arrivals, (list) => {
      const versions = withRefs(list);
      const entries = settled(versions);
      for (const question of QUESTIONS)
        for (let rank = 0; rank < RANKS; rank++) {
          const answered = entries
            .filter((e) => holds(e.ranges[question], readerOf(rank as Rank)))
            .map((e) => e.ref);
          expect(answered.sort((a, b) => a - b)).toEqual(naive(versions, rank as Rank, question));
        }
      expect(isSettled(versions, entries, NONE)).toBe(true);
    }),
  );
});

test('a new version settled with the edges, and what has its instant, is settled with all', () => {
  fc.assert(
    fc.property(arrivals, arrivals, (list, more) => {
      let versions = withRefs(list);
      let entries = settled(versions);
      for (const added of more) {
        const fresh = { ref: versions.length + 1, ...added };
        // A version of a newer specification may take the place of all older ones; then all are looked at.
        const mixed = [...versions, fresh].some((v) => v.spec !== fresh.spec);
        const own = (v: RankedVersion): Entry[] => entries.filter((e) => e.ref === v.ref);
        const edges = versions.filter((v) => own(v).some((e) => isEdge(e.ranges)));
        const instants = edges.filter((v) => mayHaveTwin(v, own(v))).map((v) => v.key);
        const near = versions.filter(
          (v) => mixed || edges.includes(v) || [fresh.key, ...instants].includes(v.key),
        );
        const looked = entries.filter((e) => near.some((v) => v.ref === e.ref));
        const others = entries.filter((e) => !looked.includes(e));
        const { kept, gained } = settle([...near, fresh], looked, NONE);
        const last = Math.max(...entries.map((e) => e.date));
        entries = [...others, ...kept, ...gained.map((gain, i) => ({ ...gain, date: last + i + 1 }))];
        versions = [...versions, fresh];
        expect(isSettled(versions, entries, NONE)).toBe(true);
      }
    }),
    { numRuns: 1000 },
  );
});

test('however many versions an object has, few are edges', () => {
  fc.assert(
    fc.property(fc.array(RANK, { minLength: 1, maxLength: 300 }), (ranks) => {
      const versions = ranks.map((rank, i) => ({
        ref: i + 1,
        spec: '2.1',
        key: String(i).padStart(4, '0'),
        rank,
        audience: EVERYONE,
        owner: '',
      }));
      expect(settled(versions).filter((e) => isEdge(e.ranges)).length).toBeLessThanOrEqual(2 * RANKS);
    }),
    { numRuns: 30 },
  );
});

test('every version has an entry at all times, also one that answers nobody', () => {
  fc.assert(
    fc.property(arrivals, (list) => {
      const versions = withRefs(list);
      expect(new Set(settled(versions).map((e) => e.ref))).toEqual(new Set(versions.map((v) => v.ref)));
    }),
  );
});
