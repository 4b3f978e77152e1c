/** Counting objects in several dimensions at once. */
import { accessOf, type Organisation, type Principal } from '../domain/access';
import type { Collection } from '../domain/channel';
import { DAY, type Micros } from '../domain/timestamp';
import { tlpName } from '../domain/tlp';
import type { Reading } from '../store/house';
import type { Store } from '../store/store';
import { isExpired, type Item } from './read-collection';
import { select, type Selection } from './select';

/** By the most days since it was added. */
const AGES = [
  [7, 'up to 7 days'],
  [30, 'up to 30 days'],
  [90, 'up to 90 days'],
  [365, 'up to a year'],
  [Infinity, 'older'],
] as const;

/**
 * What objects are counted by: type name; TLP level; the name of the organisation that published it, or its id if it is
 * gone; ISO 3166-1 code of that organisation's country, else its region, else "unknown"; time since it was added; ISO week
 * in which it was added; state. Each object counts once in each, but in `state`: there it is one of active, revoked and
 * expired, and "never read" beside that if it was added after all that any organisation but its publisher has polled.
 */
export const DIMENSIONS = ['type', 'marking', 'producer', 'country', 'age', 'week', 'state'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

export interface Stats {
  readonly total: number;
  /** Names with how many objects, above 0: ages and weeks in the order of time, else the largest number first. */
  readonly by: Readonly<Record<Dimension, readonly (readonly [name: string, objects: number])[]>>;
}

/** ISO 8601 week, such as 2024-W05. */
export function weekOf(date: Micros): string {
  const day = new Date(Math.floor(date / 1000));
  const thursday = new Date(day);
  thursday.setUTCDate(day.getUTCDate() + 4 - (day.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  // Date.UTC takes the years 1 to 99 for 1901 to 1999.
  const newYear = new Date(0).setUTCFullYear(year, 0, 1);
  const week = Math.ceil(((thursday.getTime() - newYear) / 86_400_000 + 1) / 7);
  return `${year}-W${String(week).padStart(2, '0')}`;
}

function ageOf(date: Micros, now: Micros): string {
  const days = (now - date) / DAY;
  return (AGES.find(([most]) => days <= most) ?? AGES[4])[1];
}

type Counts = ReadonlyMap<string, number>;

function sorted(dimension: Dimension, counts: Counts): (readonly [string, number])[] {
  if (dimension === 'age')
    return AGES.flatMap(([, name]) => {
      const count = counts.get(name);
      return count === undefined ? [] : [[name, count] as const];
    });
  if (dimension === 'week') return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return [...counts].sort(([, a], [, b]) => b - a);
}

const ofEach = <T>(make: (dimension: Dimension) => T): Readonly<Record<Dimension, T>> =>
  Object.fromEntries(DIMENSIONS.map((d) => [d, make(d)] as const)) as Record<Dimension, T>;

/** What the names of an object follow from, beside the object. */
interface Known {
  readonly organisations: ReadonlyMap<string, Organisation>;
  /** Of the object's collection. */
  readonly readings: readonly Reading[];
  readonly now: Micros;
}

function statesOf(item: Item, { readings, now }: Known): string[] {
  const state =
    item.object['revoked'] === true ? 'revoked' : isExpired(item.object, now) ? 'expired' : 'active';
  const read = readings.some((r) => r.organisationId !== item.publisher && r.lastDate >= item.date);
  return read ? [state] : [state, 'never read'];
}

/** What an object counts as in each dimension. */
function namesOf(item: Item, known: Known): Record<Dimension, readonly string[]> {
  const organisation = known.organisations.get(item.publisher);
  return {
    type: [item.type],
    marking: [tlpName(item.rank)],
    producer: [organisation?.name ?? item.publisher],
    country: [organisation?.country ?? organisation?.region ?? 'unknown'],
    age: [ageOf(item.date, known.now)],
    week: [weekOf(item.date)],
    state: statesOf(item, known),
  };
}

/**
 * Counts only what the principal may see: the newest version below its clearance, or all such versions.
 *
 * @param collections undefined: all that the principal may read. @param now for ages and what has expired.
 * @throws {TaxiiError} the principal may not read one of the collections that were given. @throws {StoreUnavailable}
 */
export async function countObjects(
  store: Store,
  principal: Principal,
  collections: readonly Collection[] | undefined,
  selection: Selection,
  now: Micros,
): Promise<Stats> {
  const organisations = new Map((await store.people.organisations()).map((o) => [o.id, o]));
  const readings = await store.house.readings();
  const counts = ofEach((): Map<string, number> => new Map());
  let total = 0;
  for (const collection of collections ?? (await readable(store, principal))) {
    const known = {
      organisations,
      readings: readings.filter((r) => r.collectionId === collection.id),
      now,
    };
    for await (const item of select(store, principal, collection, selection)) {
      total++;
      const names = namesOf(item, known);
      for (const dimension of DIMENSIONS)
        for (const name of names[dimension])
          counts[dimension].set(name, (counts[dimension].get(name) ?? 0) + 1);
    }
  }
  return { total, by: ofEach((dimension) => sorted(dimension, counts[dimension])) };
}

async function readable(store: Store, principal: Principal): Promise<Collection[]> {
  const all = (await store.catalog.channels()).flatMap((channel) => channel.collections);
  return all.filter((collection) => accessOf(principal, collection).read);
}
