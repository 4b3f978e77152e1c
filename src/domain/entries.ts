/**
 * Entries: which version of an object answers which question, for which readers, since when.
 *
 * "The last version" depends on who asks: a reader gets the newest version that *they* may see (D1). So an
 * entry, one appearance of a version in a collection under its own `date_added`, carries for each question
 * the half-open range of ranks that it answers. What a version loses is cut out of its ranges; what it gains
 * is a new entry with a new date, because pollers are already past the old one. No date ever changes, no
 * entry is answered twice, and a reader who only moves forward ends with all that a fresh reader gets.
 */
import { RANKS, type Rank } from './tlp';
import type { Micros } from './timestamp';

/**
 * The questions: which specification versions count (`latest`: per object only the latest it has, T-226;
 * `2.0`: those only; `any`: 2.0 and 2.1 alike), and which of the versions is asked for (T-210, T-211).
 * `match[spec_version]=2.1` needs no questions of its own: it is `latest`, restricted to 2.1.
 */
export const QUESTIONS = [
  ...(['latest_all', 'latest_last', 'latest_first'] as const),
  ...(['old_all', 'old_last', 'old_first'] as const),
  ...(['any_all', 'any_last', 'any_first'] as const),
] as const;
export type Question = (typeof QUESTIONS)[number];

/** Half-open range [low, high) of ranks as one small integer; 0 is the empty range. */
export type Range = number;
const BASE = 8;

export function range(low: number, high: number): Range {
  return low < high ? low * BASE + high : 0;
}
const low = (r: Range): number => Math.floor(r / BASE);
const high = (r: Range): number => r % BASE;

/** Every range that holds a rank: what a reader of that rank asks the store for. */
export function rangesHolding(rank: Rank): Range[] {
  const found: Range[] = [];
  for (let l = 0; l <= rank; l++) for (let h = rank + 1; h <= RANKS; h++) found.push(range(l, h));
  return found;
}

export function holds(r: Range, rank: Rank): boolean {
  return low(r) <= rank && rank < high(r);
}

/** A version of one object, as far as ranges need it. `ref` is the store's own name for it. */
export interface RankedVersion<Ref> {
  readonly ref: Ref;
  readonly spec: string;
  /** Sorts like the instant of the version ({@link instantKey}). */
  readonly key: string;
  readonly rank: Rank;
}

export interface Entry<Ref> {
  readonly ref: Ref;
  readonly date: Micros;
  readonly ranges: Readonly<Record<Question, Range>>;
}

export interface Settled<Ref> {
  /** The standing entries with what they lost cut out; an entry that answers nothing more is left out. */
  readonly kept: Entry<Ref>[];
  /** What was gained: each needs a date of its own, in this order. */
  readonly gained: Omit<Entry<Ref>, 'date'>[];
}

/** The range of one version for one question, given all versions of its object. */
function wanted<Ref>(
  version: RankedVersion<Ref>,
  all: readonly RankedVersion<Ref>[],
  question: Question,
): Range {
  const [family, which] = question.split('_') as ['latest' | 'old' | 'any', 'all' | 'last' | 'first'];
  if (family === 'old' && version.spec !== '2.0') return 0;
  let ceiling = RANKS as number;
  for (const other of all) {
    if (other.ref === version.ref || other.rank >= ceiling) continue;
    if (family === 'old' && other.spec !== '2.0') continue;
    const hides =
      (family === 'latest' && other.spec > version.spec) ||
      ((family !== 'latest' || other.spec === version.spec) &&
        ((which === 'last' && other.key > version.key) || (which === 'first' && other.key < version.key)));
    if (hides) ceiling = other.rank;
  }
  return range(version.rank, ceiling);
}

const intersect = (a: Range, b: Range): Range => range(Math.max(low(a), low(b)), Math.min(high(a), high(b)));

/** What is in `whole` and in none of `parts` (disjoint), as ranges. */
function missing(whole: Range, parts: readonly Range[]): Range[] {
  const found: Range[] = [];
  let start = -1;
  for (let rank = 0; rank <= RANKS; rank++) {
    const inside =
      rank < RANKS && holds(whole, rank as Rank) && !parts.some((part) => holds(part, rank as Rank));
    if (inside && start < 0) start = rank;
    if (!inside && start >= 0) {
      found.push(range(start, rank));
      start = -1;
    }
  }
  return found;
}

const EMPTY = Object.fromEntries(QUESTIONS.map((q) => [q, 0])) as Record<Question, Range>;
const answersNothing = (ranges: Readonly<Record<Question, Range>>): boolean =>
  QUESTIONS.every((q) => ranges[q] === 0);

/**
 * Gives one object's entries anew after any change to its versions, their ranks or the policy.
 *
 * @param versions all versions of one object that the collection now holds; distinct keys per `ref`.
 * @param entries the entries that stand, of versions held or no longer held.
 * @returns what stands now, and what was gained, ordered as the versions were given.
 */
export function settle<Ref>(
  versions: readonly RankedVersion<Ref>[],
  entries: readonly Entry<Ref>[],
): Settled<Ref> {
  const kept: Entry<Ref>[] = [];
  const gained: Omit<Entry<Ref>, 'date'>[] = [];
  for (const version of versions) {
    const own = entries.filter((entry) => entry.ref === version.ref);
    const keptRanges = own.map(() => ({ ...EMPTY }));
    const gains: Record<Question, Range>[] = [];
    for (const question of QUESTIONS) {
      const whole = wanted(version, versions, question);
      const parts = own.map((entry) => intersect(entry.ranges[question], whole));
      parts.forEach((part, i) => ((keptRanges[i] as Record<Question, Range>)[question] = part));
      missing(whole, parts).forEach((part, i) => ((gains[i] ??= { ...EMPTY })[question] = part));
    }
    own.forEach((entry, i) => {
      const ranges = keptRanges[i] as Record<Question, Range>;
      if (!answersNothing(ranges)) kept.push({ ref: version.ref, date: entry.date, ranges });
    });
    for (const ranges of gains) gained.push({ ref: version.ref, ranges });
  }
  return { kept, gained };
}

/** Whether an object's entries are what its versions ask for, no more and no less. */
export function isSettled<Ref>(
  versions: readonly RankedVersion<Ref>[],
  entries: readonly Entry<Ref>[],
): boolean {
  const { kept, gained } = settle(versions, entries);
  const byDate = new Map(kept.map((entry) => [entry.date, entry.ranges]));
  return (
    gained.length === 0 &&
    kept.length === entries.length &&
    entries.every((e) => QUESTIONS.every((q) => byDate.get(e.date)?.[q] === e.ranges[q]))
  );
}
