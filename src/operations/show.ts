/** One object with all that is known of it: versions, relationships and their ends, who brought it, who may read it. */
import { reads } from '../domain/reading';
import { accessOf, scopeFor, type Principal } from '../domain/access';
import type { Collection } from '../domain/channel';
import type { StixObject } from '../domain/stix';
import { instantKey, type Micros } from '../domain/timestamp';
import type { Rank } from '../domain/tlp';
import type { Inspected } from '../store/objects';
import type { Store } from '../store/store';
import { readCollection, type Item } from './read-collection';
import { titleOf } from './title';

export interface ShownVersion {
  readonly version: string;
  /** When it was added to the collection. */
  readonly date: Micros;
  readonly rank: Rank;
  /** The name of the organisation that published it, or its id if it is gone. */
  readonly publisher: string;
  readonly revoked: boolean;
}

/** A relationship or sighting that the object is an end of. */
export interface Related {
  readonly id: string;
  /** Its type, or `sighting-of`. */
  readonly relationship: string;
  /** `to`: the object is its source. */
  readonly direction: 'to' | 'from';
  /** The id of the other end; of a sighting its own. */
  readonly other: string;
  /** Of the other end; undefined: the collection holds none that the principal may see. */
  readonly title: string | undefined;
}

/** The object as one collection has it. */
export interface Shown {
  readonly collection: Pick<Collection, 'id' | 'apiRoot' | 'alias'>;
  /** The newest version. */
  readonly object: StixObject;
  /** The oldest arrival first. */
  readonly versions: readonly ShownVersion[];
  /** Versions that several organisations published, unable to see each other's: the first of each is among `versions`. */
  readonly rivals: readonly ShownVersion[];
  readonly relationships: readonly Related[];
  /** The names of the accounts that may read the newest version. */
  readonly readers: readonly string[];
}

/** A collection as the principal sees it; all relationships and sightings, or objects by id. */
type Read = (ids?: readonly string[]) => AsyncIterable<Item>;

async function related(read: Read, id: string): Promise<Related[]> {
  const found: Omit<Related, 'title'>[] = [];
  for await (const { id: own, object } of read()) {
    const { source_ref: source, target_ref: target, sighting_of_ref: seen } = object;
    const type = object['relationship_type'];
    const relationship = typeof type === 'string' ? type : 'sighting-of';
    if (source === id) found.push({ id: own, relationship, direction: 'to', other: String(target) });
    if (target === id || seen === id) {
      const other = typeof source === 'string' ? source : own;
      found.push({ id: own, relationship, direction: 'from', other });
    }
  }
  const titles = new Map<string, string>();
  if (found.length > 0)
    for await (const item of read(found.map((f) => f.other))) titles.set(item.id, titleOf(item));
  return found.map((f) => ({ ...f, title: titles.get(f.other) }));
}

/** By instant, not by text (T-217). */
function newestOf(versions: readonly Item[]): Item | undefined {
  const key = ({ version }: Item): string => instantKey(version) ?? version;
  return [...versions].sort((x, y) => (key(x) < key(y) ? 1 : -1))[0];
}

/**
 * The object in each collection that the principal may read and that holds a version it may see. What is above its
 * clearance is as if it were not held: versions, rivals, relationships, the titles of their ends.
 *
 * @returns in the order of the catalog; empty if there is none, whether it is not held or not for the principal.
 * @throws {StoreUnavailable}
 */
export async function showObject(store: Store, principal: Principal, id: string): Promise<Shown[]> {
  const principals = await store.people.principals();
  const names = new Map((await store.people.organisations()).map((o) => [o.id, o.name]));
  const shownOf = (v: Inspected): ShownVersion => ({
    version: v.version,
    date: v.date,
    rank: v.rank,
    publisher: names.get(v.publisher) ?? v.publisher,
    revoked: (JSON.parse(v.text) as StixObject)['revoked'] === true,
  });
  const found: Shown[] = [];
  for (const collection of (await store.catalog.channels()).flatMap((c) => c.collections)) {
    if (!accessOf(principal, collection).read) continue;
    const versions: Item[] = [];
    for await (const item of readCollection(store, principal, collection, { ids: [id], versions: true }))
      versions.push(item);
    const newest = newestOf(versions);
    if (!newest) continue;
    const read: Read = (ids) =>
      readCollection(store, principal, collection, ids ? { ids } : { types: ['relationship', 'sighting'] });
    const { id: collectionId, apiRoot, alias } = collection;
    found.push({
      collection: { id: collectionId, apiRoot, alias },
      object: newest.object,
      versions: versions.map(shownOf),
      rivals: (await store.objects.rivals(scopeFor(principal, collection, 'read'), id)).map(shownOf),
      relationships: await related(read, id),
      readers: principals.filter((p) => reads(p, collection, newest)).map((p) => p.name),
    });
  }
  return found;
}
