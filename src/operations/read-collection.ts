/** Reading a whole collection as somebody, a page at a time: flat memory, whatever its size. For jobs and scripts. */
import { scopeFor, type Principal } from '../domain/access';
import type { Collection } from '../domain/channel';
import { ALL, LAST } from '../domain/query';
import type { StixObject } from '../domain/stix';
import { parseTimestamp, type Micros } from '../domain/timestamp';
import type { Rank } from '../domain/tlp';
import type { Inspected } from '../store/objects';
import type { Store } from '../store/store';

/** An object with where it came from. */
export interface Item extends Inspected {
  readonly object: StixObject;
}

export interface Wanted {
  /** All versions; else the newest of each object. */
  readonly versions?: boolean;
  readonly ids?: readonly string[];
  readonly types?: readonly string[];
  /** Added at or after this. */
  readonly since?: Micros;
}

/** Members of a page: large enough to be fast, small enough to be forgotten. */
const PAGE = 500;

/** Oldest arrival first. @throws {TaxiiError} the principal may not read the collection. */
export async function* readCollection(
  store: Store,
  principal: Principal,
  collection: Collection,
  { versions = false, ids, types, since }: Wanted = {},
): AsyncGenerator<Item> {
  const scope = scopeFor(principal, collection, 'read');
  let after = since === undefined ? undefined : since - 1;
  for (;;) {
    const page = await store.objects.inspect(scope, {
      ids,
      types,
      after,
      limit: PAGE,
      filters: '',
      specVersions: undefined,
      properties: new Map(),
      version: versions ? ALL : LAST,
    });
    for (const item of page.items) yield { ...item, object: JSON.parse(item.text) as StixObject };
    if (!page.more) return;
    after = page.through;
  }
}

/** D16: what is TLP:AMBER+STRICT stays within the organisation that received it, unless it is its own. */
export const staysHere = (
  { rank, publisher }: Pick<Item, 'rank' | 'publisher'>,
  { organisation }: Principal,
): boolean => rank === AMBER_STRICT && publisher !== organisation.id;
const AMBER_STRICT: Rank = 3;

/** Whether an indicator's time has passed. */
export function isExpired(object: StixObject, now: Micros): boolean {
  const until = object['valid_until'];
  const at = typeof until === 'string' ? parseTimestamp(until) : undefined;
  return at !== undefined && at <= now;
}
