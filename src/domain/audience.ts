/**
 * Who may see an object beside TLP: what its originator says (D14). An audience is a class of organisations, known in its
 * collection by a number; class 0 is everyone. What an entry answers is a class with a range of ranks (entries.ts), so that
 * the store's own query leaves out who is not meant.
 */
import type { Organisation } from './access';
import type { OrganisationKind, Region } from './channel';
import { identityOf } from './identity';
import type { Rank } from './tlp';

/** Organisations: those that any of the lists names. */
export interface Parties {
  /** Ids of the STIX identities that stand for them. */
  readonly organisations?: readonly string[];
  readonly kinds?: readonly OrganisationKind[];
  /** ISO 3166-1 alpha-2. */
  readonly countries?: readonly string[];
  readonly regions?: readonly Region[];
}

/** What an originator says of who may see an object. */
export interface AudienceSaid {
  /** These alone; absent: everyone. If it is empty, nobody. */
  readonly only?: Parties;
  /** These not, also if they are among the others. */
  readonly not?: Parties;
}

export interface AudienceRule extends AudienceSaid {
  /** The id of the organisation that says so. It belongs to its own audience: it could not take its word back otherwise. */
  readonly by: string;
}

/** A class, by its number in its collection. */
export type ClassId = number;
export const EVERYONE: ClassId = 0;

/** Ranks [low, high) for who is in all of some classes and in none of others. */
export interface Cell {
  readonly in: readonly ClassId[];
  readonly out: readonly ClassId[];
  readonly low: number;
  readonly high: number;
}

/** A rule; or, where an object had several audiences, what is left of them for whom (regions.ts). */
export type ClassDefinition = AudienceRule | { readonly cells: readonly Cell[] };

/** The classes of one collection. */
export interface Classes {
  readonly defined: ReadonlyMap<ClassId, ClassDefinition>;
  /** @returns undefined: it is not defined yet. */
  find(definition: ClassDefinition): ClassId | undefined;
  /** @returns the number of the class: a new one if it is not defined yet. */
  define(definition: ClassDefinition): ClassId;
}

export function definitionOf({ defined }: Classes, id: ClassId): ClassDefinition {
  const found = defined.get(id);
  if (!found) throw new Error(`There is no audience ${id} in this collection.`);
  return found;
}

/** Rules that one collection may hold, of all and of one organisation: a page looks for each that its reader is in. */
export const MOST_RULES = 1000;
export const MOST_RULES_EACH = 20;
/** What may be left of one organisation's rules in one collection, where it changed who sees an object. */
export const MOST_LEFT_EACH = 200;
/** Versions of one object whose audience may be changed at once: each of them is written anew. */
export const MOST_READDRESSED = 1000;
/** Audiences that one object may have had: what is left for whom is told by each of them. */
export const MOST_MEETING = 6;

const LISTS = ['organisations', 'kinds', 'countries', 'regions'] as const;

/** Digits of a UUID may be in either case (STIX 2.1 §2.9 asks for one, and none is refused). */
const inOneCase = ({ organisations, ...parties }: Parties): Parties =>
  organisations
    ? { ...parties, organisations: organisations.map((identity) => identity.toLowerCase()) }
    : parties;

function sortedParties(said: Parties): Parties {
  const parties = inOneCase(said);
  return Object.fromEntries(
    LISTS.flatMap((list) => (parties[list]?.length ? [[list, [...new Set(parties[list])].sort()]] : [])),
  );
}

/** The same rule in the same words, whoever wrote it. @returns undefined for a rule that leaves nobody out. */
export function ruleBy(by: string, { only, not }: AudienceSaid): AudienceRule | undefined {
  const excluded = not && sortedParties(not);
  const excludes = excluded !== undefined && Object.keys(excluded).length > 0;
  if (!only && !excludes) return undefined;
  return { by, ...(only ? { only: sortedParties(only) } : {}), ...(excludes ? { not: excluded } : {}) };
}

function areAmong({ organisations, kinds, countries, regions }: Parties, party: Organisation): boolean {
  const { kind, country, region } = party;
  const identity = identityOf(party).toLowerCase();
  return (
    organisations?.includes(identity) === true ||
    kinds?.includes(kind) === true ||
    (country !== undefined && countries?.includes(country) === true) ||
    regions?.includes(region) === true
  );
}

/**
 * All of an organisation that {@link admits} looks at: what is kept for one reader is right for whoever has the same. What
 * audiences are to know beside it belongs here too, or somebody is answered with what was kept for others.
 */
export const traitsOf = ({ id, identity, kind, country, region }: Organisation): unknown[] => [
  id,
  identity,
  kind,
  country,
  region,
];

/** Whether an organisation belongs to an audience. */
export function admits({ by, only, not }: AudienceRule, organisation: Organisation): boolean {
  if (organisation.id === by) return true;
  return (!only || areAmong(only, organisation)) && !(not && areAmong(not, organisation));
}

/** Who reads, as the store's query knows them. */
export interface Reader {
  /** -1: nothing at all, on a write-only grant. */
  readonly rank: Rank | -1;
  /** Every class that holds for this reader, at this rank. */
  readonly classes: ReadonlySet<ClassId>;
  /** {@link levelOf} of all versions that the reader may see: rising. */
  readonly levels: readonly number[];
}

/** A version's audience and rank as one number: those of everyone are the ranks. */
export const levelOf = (audience: ClassId, rank: Rank): number => audience * LEVELS + rank;
export const rankIn = (level: number): Rank => (level % LEVELS) as Rank;
export const audienceIn = (level: number): ClassId => Math.floor(level / LEVELS);
const LEVELS = 8;

const ranksUpTo = (rank: number): Rank[] => Array.from({ length: rank + 1 }, (_, r) => r as Rank);

/** Who belongs to no class but everyone's. */
export const readerOf = (rank: Rank | -1): Reader => ({ rank, classes: new Set(), levels: ranksUpTo(rank) });

/** @param defined all classes of the collection. */
export function readerAmong(
  rank: Rank | -1,
  organisation: Organisation,
  defined: ReadonlyMap<ClassId, ClassDefinition>,
): Reader {
  if (defined.size === 0) return readerOf(rank);
  const rules = new Set<ClassId>();
  for (const [id, definition] of defined)
    if (!('cells' in definition) && admits(definition, organisation)) rules.add(id);
  const holds = ({ in: all, out, low, high }: Cell): boolean =>
    low <= rank && rank < high && all.every((c) => rules.has(c)) && !out.some((c) => rules.has(c));
  const left = [...defined].filter(([, d]) => 'cells' in d && d.cells.some(holds)).map(([id]) => id);
  const levels = [EVERYONE, ...rules].flatMap((audience) => ranksUpTo(rank).map((r) => levelOf(audience, r)));
  return { rank, classes: new Set([...rules, ...left]), levels: levels.sort((a, b) => a - b) };
}

/** The same while classes are defined: whoever says a new one belongs to it. */
export function readerAsDefined(
  rank: Rank | -1,
  organisation: Organisation,
  defined: ReadonlyMap<ClassId, ClassDefinition>,
): () => Reader {
  let [kept, size] = [readerOf(rank), 0];
  return () => {
    if (defined.size !== size) [kept, size] = [readerAmong(rank, organisation, defined), defined.size];
    return kept;
  };
}

/** Whether a version is meant for the reader's organisation, whatever its rank. */
export const isMeant = ({ classes }: Reader, { audience }: { readonly audience: ClassId }): boolean =>
  audience === EVERYONE || classes.has(audience);

/** What somebody sees: up to their clearance, whoever published it (D8b), and if they are meant. */
export const sees = (reader: Reader, version: { readonly audience: ClassId; readonly rank: Rank }): boolean =>
  version.rank <= reader.rank && isMeant(reader, version);
