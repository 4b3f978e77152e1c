/**
 * Entries: which version of an object answers which question, for which readers, since when.
 *
 * "The last version" depends on who asks: a reader gets the newest version that *they* may see (D1). So an
 * entry, one appearance of a version in a collection under its own `date_added`, carries for each question
 * the half-open range of ranks that it answers, for a class of readers (audience.ts). What a version loses is cut out of its
 * ranges; what it gains is a new entry with a new date, because pollers are already past the old one. No date ever changes,
 * no entry is answered twice, and a reader who only moves forward ends with all that a fresh reader gets.
 */
import { EVERYONE, levelOf, type ClassId, type Reader } from './audience';
import { classIn, high, inClass, low, range, type Range } from './regions';
import { RANKS, type Rank } from './tlp';
import type { Micros } from './timestamp';

/**
 * The questions: which specification versions count (`latest`: per object only the latest it has, T-226;
 * `2.0`: those only; `any`: 2.0 and 2.1 alike), and which of the versions is asked for (T-210, T-211).
 * `match[spec_version]=2.1` needs no questions of its own: it is `latest`, restricted to 2.1.
 */
export const QUESTIONS = [
  'latest_all',
  'latest_last',
  'latest_first',
  'old_all',
  'old_last',
  'old_first',
  'any_all',
  'any_last',
  'any_first',
] as const;
export type Question = (typeof QUESTIONS)[number];

/** Every range that holds a reader: what they ask the store for. */
export function rangesHolding({ rank, classes }: Reader): Range[] {
  const found: Range[] = [];
  for (let l = 0; l <= rank; l++) for (let h = rank + 1; h <= RANKS; h++) found.push(range(l, h));
  return [EVERYONE, ...classes].flatMap((id) => found.map((r) => inClass(id, r)));
}

export function holds(r: Range, { rank, classes }: Reader): boolean {
  const id = classIn(r);
  return (id === EVERYONE || classes.has(id)) && holdsRank(r, rank);
}

export const holdsRank = (r: Range, rank: number): boolean => low(r) <= rank && rank < high(r);

/** A store's own name for a version, growing with each arrival; negative, and falling, in a unit of work not written yet. */
export type Ref = number;

/** A version of one object, as far as ranges need it. */
export interface RankedVersion {
  readonly ref: Ref;
  readonly spec: string;
  /** Sorts like the instant of the version ({@link instantKey}). */
  readonly key: string;
  readonly rank: Rank;
  readonly audience: ClassId;
  /** The id of the organisation to which the object belonged, as far as this version's readers could know, when it came. */
  readonly owner: string;
}

export type Ranges = Readonly<Record<Question, Range>>;

export interface Entry {
  readonly ref: Ref;
  readonly date: Micros;
  readonly ranges: Ranges;
}

/** In the order of arrival: what is not written yet came last. */
export function byArrival(a: { readonly ref: Ref }, b: { readonly ref: Ref }): number {
  return a.ref < 0 === b.ref < 0 ? Math.abs(a.ref) - Math.abs(b.ref) : b.ref - a.ref;
}

/** The lowest level to which an entry answers anything; RANKS for one that answers nothing. */
export function lowestLevel(ranges: Ranges): number {
  const levels = QUESTIONS.filter((q) => ranges[q] !== 0).map((q) =>
    levelOf(classIn(ranges[q]), low(ranges[q]) as Rank),
  );
  return levels.length === 0 ? RANKS : Math.min(...levels);
}

/** Whether a version is a "last" or "first" one for anybody: all that a new version must be held against. */
export function isEdge(ranges: Ranges): boolean {
  return QUESTIONS.some((q) => ranges[q] !== 0 && !q.endsWith('_all'));
}

/** Whether another version of the same instant may hide a version from some of its readers (D7a): then both are looked at. */
export function mayHaveTwin(
  { rank, audience }: { readonly rank: Rank; readonly audience: ClassId },
  own: readonly { readonly ranges: Ranges }[],
): boolean {
  return !own.some((entry) => entry.ranges.any_all === inClass(audience, range(rank, RANKS)));
}
