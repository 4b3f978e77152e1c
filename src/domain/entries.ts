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

/** A store's own name for a version, growing with each arrival; negative, and falling, in a unit of work not written yet. */
export type Ref = number;

/** A version of one object, as far as ranges need it. */
export interface RankedVersion {
  readonly ref: Ref;
  readonly spec: string;
  /** Sorts like the instant of the version ({@link instantKey}). */
  readonly key: string;
  readonly rank: Rank;
}

export type Ranges = Readonly<Record<Question, Range>>;

export interface Entry {
  readonly ref: Ref;
  readonly date: Micros;
  readonly ranges: Ranges;
}

export interface Settled {
  /** The standing entries with what they lost cut out; one that answers nothing more is left out, unless it is its version's only one. */
  readonly kept: Entry[];
  /** What was gained: each needs a date of its own. */
  readonly gained: Omit<Entry, 'date'>[];
}

/** In the order of arrival: what is not written yet came last. */
export function byArrival(a: { readonly ref: Ref }, b: { readonly ref: Ref }): number {
  return a.ref < 0 === b.ref < 0 ? Math.abs(a.ref) - Math.abs(b.ref) : b.ref - a.ref;
}

const before = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

type Which = 'all' | 'last' | 'first';
/** Who comes earlier in this order hides who comes later, from its own rank up; "all" looks at one instant only. */
const ORDER: Record<Which, (a: RankedVersion, b: RankedVersion) => number> = {
  all: (a, b) => before(a.key, b.key) || byArrival(a, b),
  first: (a, b) => before(a.key, b.key) || byArrival(a, b),
  last: (a, b) => before(b.key, a.key) || byArrival(a, b),
};

/** The ranges of every version of a group for one question. @param ceilingOf below which rank a version answers at most. */
function answer(
  group: readonly RankedVersion[],
  which: Which,
  ceilingOf: (version: RankedVersion) => number,
  note: (ref: Ref, found: Range) => void,
): void {
  let lowest: number = RANKS;
  let instant: string | undefined;
  for (const version of [...group].sort(ORDER[which])) {
    if (which === 'all' && version.key !== instant) lowest = RANKS;
    instant = version.key;
    note(version.ref, range(version.rank, Math.min(lowest, ceilingOf(version))));
    lowest = Math.min(lowest, version.rank);
  }
}

const EMPTY = Object.fromEntries(QUESTIONS.map((q) => [q, 0])) as Record<Question, Range>;
export const answersNothing = (ranges: Ranges): boolean => QUESTIONS.every((q) => ranges[q] === 0);

/**
 * What each version answers, given the versions of its object: n log n.
 *
 * Two versions of one instant are possible where their publishers could not see each other's (D7a): at the ranks that
 * see both the earlier arrival answers, so that nobody's answer changes by what somebody else adds under their id.
 */
function wanted(versions: readonly RankedVersion[]): Map<Ref, Record<Question, Range>> {
  const found = new Map(versions.map((v) => [v.ref, { ...EMPTY }]));
  const note =
    (question: Question) =>
    (ref: Ref, said: Range): void => {
      (found.get(ref) as Record<Question, Range>)[question] = said;
    };
  const bySpec = new Map<string, RankedVersion[]>();
  for (const version of versions) {
    const group = bySpec.get(version.spec);
    if (group) group.push(version);
    else bySpec.set(version.spec, [version]);
  }
  const specs = [...bySpec.keys()];
  const lowest = new Map(specs.map((s) => [s, Math.min(...bySpec.get(s)!.map((v) => v.rank))]));
  const superseded = (spec: string): number =>
    Math.min(RANKS, ...specs.filter((s) => s > spec).map((s) => lowest.get(s)!));
  const unbounded = (): number => RANKS;
  for (const which of ['all', 'last', 'first'] as const) {
    for (const [spec, group] of bySpec) answer(group, which, () => superseded(spec), note(`latest_${which}`));
    answer(bySpec.get('2.0') ?? [], which, unbounded, note(`old_${which}`));
    answer(versions, which, unbounded, note(`any_${which}`));
  }
  return found;
}

/** What an object's only version answers, by specification and rank: nearly all objects have one version when they come. */
const ALONE = new Map<string, Ranges>();
function alone(version: RankedVersion): Ranges {
  const kind = `${version.rank} ${version.spec}`;
  const known = ALONE.get(kind) ?? wanted([version]).get(version.ref)!;
  ALONE.set(kind, known);
  return known;
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

/** The lowest rank to which an entry answers anything; RANKS for one that answers nothing. */
export function lowestRank(ranges: Ranges): number {
  return Math.min(RANKS, ...QUESTIONS.filter((q) => ranges[q] !== 0).map((q) => low(ranges[q])));
}

/** Whether a version is a "last" or "first" one for anybody: all that a new version must be held against. */
export function isEdge(ranges: Ranges): boolean {
  return QUESTIONS.some((q) => ranges[q] !== 0 && !q.endsWith('_all'));
}

/** Whether another version of the same instant may hide a version from some of its readers (D7a): then both are looked at. */
export function mayHaveTwin(
  { rank }: { readonly rank: Rank },
  own: readonly { readonly ranges: Ranges }[],
): boolean {
  return !own.some((entry) => entry.ranges.any_all === range(rank, RANKS));
}

/**
 * Gives one object's entries anew after any change to its versions, their ranks or the policy. Every version has an
 * entry at all times, if need be one that answers nobody.
 *
 * @param versions of one object: all that the collection now holds, or at least those that the change concerns, what has
 *   their instants, every edge that there was and is ({@link isEdge}), and twins ({@link mayHaveTwin}).
 * @param entries the entries that stand, of versions held or no longer held.
 */
export function settle(versions: readonly RankedVersion[], entries: readonly Entry[]): Settled {
  const [only] = versions;
  if (only && versions.length === 1 && entries.length === 0)
    return { kept: [], gained: [{ ref: only.ref, ranges: alone(only) }] };
  const kept: Entry[] = [];
  const gained: Omit<Entry, 'date'>[] = [];
  const answers = wanted(versions);
  const standing = new Map<Ref, Entry[]>(versions.map((v) => [v.ref, []]));
  for (const entry of entries) standing.get(entry.ref)?.push(entry);
  for (const { ref } of versions) {
    const own = (standing.get(ref) as Entry[]).sort((a, b) => a.date - b.date);
    const keptRanges = own.map(() => ({ ...EMPTY }));
    const gains: Record<Question, Range>[] = [];
    for (const question of QUESTIONS) {
      const whole = (answers.get(ref) as Ranges)[question];
      const parts = own.map((entry) => intersect(entry.ranges[question], whole));
      parts.forEach((part, i) => ((keptRanges[i] as Record<Question, Range>)[question] = part));
      missing(whole, parts).forEach((part, i) => ((gains[i] ??= { ...EMPTY })[question] = part));
    }
    const left = own.map((entry, i) => ({ ref, date: entry.date, ranges: keptRanges[i] as Ranges }));
    const alive = left.filter((entry) => !answersNothing(entry.ranges));
    if (alive.length === 0 && gains.length === 0) {
      const [first] = left;
      if (first) alive.push(first);
      else gains.push({ ...EMPTY });
    }
    kept.push(...alive);
    for (const ranges of gains) gained.push({ ref, ranges });
  }
  return { kept, gained };
}

/** Whether an object's entries are what its versions ask for, no more and no less. @param versions all of them. */
export function isSettled(versions: readonly RankedVersion[], entries: readonly Entry[]): boolean {
  const { kept, gained } = settle(versions, entries);
  const byDate = new Map(kept.map((entry) => [entry.date, entry.ranges]));
  return (
    gained.length === 0 &&
    kept.length === entries.length &&
    entries.every((e) => QUESTIONS.every((q) => byDate.get(e.date)?.[q] === e.ranges[q]))
  );
}
