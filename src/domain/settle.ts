/** Gives an object's entries anew: which version answers which question, for whom, after any change. */
import { EVERYONE, type Classes, type ClassId } from './audience';
import {
  byArrival,
  holdsRank,
  QUESTIONS,
  type Entry,
  type Question,
  type RankedVersion,
  type Ranges,
  type Ref,
} from './entries';
import { classIn, high, inClass, low, range, rulesOf, Space, type Range } from './regions';
import { RANKS } from './tlp';

export interface Settled {
  /** The standing entries with what they lost cut out; one that answers nothing more is left out, unless it is its version's only one. */
  readonly kept: Entry[];
  /** What was gained: each needs a date of its own. */
  readonly gained: Omit<Entry, 'date'>[];
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

const mapped = (of: (question: Question) => Range): Record<Question, Range> =>
  Object.fromEntries(QUESTIONS.map((q) => [q, of(q)])) as Record<Question, Range>;
const EMPTY = mapped(() => 0);
const answersNothing = (ranges: Ranges): boolean => QUESTIONS.every((q) => ranges[q] === 0);

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
  return version.audience === EVERYONE ? known : mapped((q) => inClass(version.audience, known[q]));
}

const intersect = (a: Range, b: Range): Range => range(Math.max(low(a), low(b)), Math.min(high(a), high(b)));

/** What is in `whole` and in none of `parts` (disjoint), as ranges. */
function missing(whole: Range, parts: readonly Range[]): Range[] {
  const found: Range[] = [];
  let start = -1;
  for (let rank = 0; rank <= RANKS; rank++) {
    const inside = rank < RANKS && holdsRank(whole, rank) && !parts.some((part) => holdsRank(part, rank));
    if (inside && start < 0) start = rank;
    if (!inside && start >= 0) {
      found.push(range(start, rank));
      start = -1;
    }
  }
  return found;
}

/**
 * Gives one object's entries anew after any change to its versions, their ranks or the policy. Every version has an
 * entry at all times, if need be one that answers nobody.
 *
 * @param versions of one object: all that the collection now holds, or at least those that the change concerns, what has
 *   their instants, every edge that there was and is ({@link isEdge}), and twins ({@link mayHaveTwin}).
 * @param entries the entries that stand, of versions held or no longer held.
 */
export function settle(
  versions: readonly RankedVersion[],
  entries: readonly Entry[],
  classes: Classes,
): Settled {
  const [only] = versions;
  if (only && versions.length === 1 && entries.length === 0)
    return { kept: [], gained: [{ ref: only.ref, ranges: alone(only) }] };
  const groups = groupsOf(versions);
  if (groups.length <= 1) return settleGroup(versions, entries, classes);
  const settled = groups.map((group) => {
    const own = new Set(group.map(({ ref }) => ref));
    return settleGroup(
      group,
      entries.filter(({ ref }) => own.has(ref)),
      classes,
    );
  });
  return { kept: settled.flatMap((s) => s.kept), gained: settled.flatMap((s) => s.gained) };
}

/**
 * What is not for everyone answers apart from what others publish under its id: nobody hides it by a newer version, and
 * nobody learns of it by what becomes of theirs. Who sees several of them gets each.
 */
function groupsOf(versions: readonly RankedVersion[]): RankedVersion[][] {
  const groups = new Map<string, RankedVersion[]>();
  for (const version of versions) {
    const name = version.audience === EVERYONE ? '' : version.owner;
    const group = groups.get(name);
    if (group) group.push(version);
    else groups.set(name, [version]);
  }
  return [...groups.values()];
}

function settleGroup(
  versions: readonly RankedVersion[],
  entries: readonly Entry[],
  classes: Classes,
): Settled {
  const kept: Entry[] = [];
  const gained: Omit<Entry, 'date'>[] = [];
  const space = new Space(rulesAmong(versions, entries, classes), classes);
  // By atom: who belongs to other classes sees other versions.
  const answers = space.atoms.map((atom) => wanted(versions.filter((v) => space.shows(v.audience, atom))));
  const standing = new Map<Ref, Entry[]>(versions.map((v) => [v.ref, []]));
  for (const entry of entries) standing.get(entry.ref)?.push(entry);
  for (const { ref } of versions) {
    const own = (standing.get(ref) as Entry[]).sort((a, b) => a.date - b.date);
    const keptRanges = own.map(() => ({ ...EMPTY }));
    const gains: Record<Question, Range>[] = [];
    for (const question of QUESTIONS) {
      const wholes = answers.map((answer) => answer.get(ref)?.[question] ?? 0);
      const parts = own.map((entry) =>
        space.read(entry.ranges[question]).map((r, atom) => intersect(r, wholes[atom] as Range)),
      );
      parts.forEach((part, i) => ((keptRanges[i] as Record<Question, Range>)[question] = space.write(part)));
      const lacks = wholes.map((whole, atom) =>
        missing(
          whole,
          parts.map((part) => part[atom] as Range),
        ),
      );
      for (let i = 0; lacks.some((of) => i < of.length); i++)
        (gains[i] ??= { ...EMPTY })[question] = space.write(lacks.map((of) => of[i] ?? 0));
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

/** The rules by which an object's versions and entries tell who is meant. */
export const rulesAmong = (
  versions: readonly RankedVersion[],
  entries: readonly Entry[],
  classes: Classes,
): ClassId[] =>
  rulesOf(
    [
      ...versions.map((v) => v.audience),
      ...entries.flatMap((e) => QUESTIONS.map((q) => classIn(e.ranges[q]))),
    ],
    classes,
  );

/** Whether an object's entries are what its versions ask for, no more and no less. @param versions all of them. */
export function isSettled(
  versions: readonly RankedVersion[],
  entries: readonly Entry[],
  classes: Classes,
): boolean {
  const { kept, gained } = settle(versions, entries, classes);
  const byDate = new Map(kept.map((entry) => [entry.date, entry.ranges]));
  return (
    gained.length === 0 &&
    kept.length === entries.length &&
    entries.every((e) => QUESTIONS.every((q) => byDate.get(e.date)?.[q] === e.ranges[q]))
  );
}
