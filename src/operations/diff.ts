/** What two sets of objects do not have in common: of a collection, as somebody sees it, or from anywhere else. */
import { isDeepStrictEqual } from 'node:util';
import type { Principal } from '../domain/access';
import type { Collection } from '../domain/channel';
import { statedVersion, type StixObject } from '../domain/stix';
import type { Store } from '../store/store';
import { readCollection } from './read-collection';

/** The newest version of each object, by id. */
export type Newest = ReadonlyMap<string, StixObject>;

/** null: the object does not have it. */
export interface ChangedProperty {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Changed {
  readonly id: string;
  /** As the first set has it. */
  readonly object: StixObject;
  /** At least one: those of the first in its order, then those that only the second has. */
  readonly properties: readonly ChangedProperty[];
}

export interface Diff {
  /** In the second only. */
  readonly added: Newest;
  /** In the first only. */
  readonly missing: Newest;
  readonly changed: readonly Changed[];
}

/**
 * Of the versions that the principal may see: where a newer one is above its clearance, the one below counts.
 *
 * @throws {TaxiiError} the principal may not read the collection. @throws {StoreUnavailable}
 */
export async function newestIn(store: Store, principal: Principal, collection: Collection): Promise<Newest> {
  const found = new Map<string, StixObject>();
  for await (const { id, object } of readCollection(store, principal, collection)) found.set(id, object);
  return found;
}

/** Of objects from anywhere; of two with the same version the later in the list counts. */
export function newestAmong(members: Iterable<{ readonly id: string; readonly object: StixObject }>): Newest {
  const found = new Map<string, StixObject>();
  const version = (object: StixObject): string => statedVersion(object)?.key ?? '';
  for (const { id, object } of members) {
    const before = found.get(id);
    if (!before || version(before) <= version(object)) found.set(id, object);
  }
  return found;
}

function changes(before: StixObject, after: StixObject): ChangedProperty[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => !isDeepStrictEqual(before[name], after[name]))
    .map((name) => ({ name, before: before[name] ?? null, after: after[name] ?? null }));
}

export function compare(first: Newest, second: Newest): Diff {
  return {
    added: new Map([...second].filter(([id]) => !first.has(id))),
    missing: new Map([...first].filter(([id]) => !second.has(id))),
    changed: [...first].flatMap(([id, object]): Changed[] => {
      const other = second.get(id);
      const properties = other ? changes(object, other) : [];
      return properties.length === 0 ? [] : [{ id, object, properties }];
    }),
  };
}
