/** Finding objects of a collection. */
import type { Principal } from '../domain/access';
import type { Collection } from '../domain/channel';
import type { StixObject } from '../domain/stix';
import type { Micros } from '../domain/timestamp';
import type { Rank } from '../domain/tlp';
import type { Store } from '../store/store';
import { select, type Selection } from './select';

export interface Found {
  readonly id: string;
  readonly type: string;
  readonly version: string;
  /** When it was added to the collection. */
  readonly date: Micros;
  readonly rank: Rank;
  /** The name of the organisation that published it, or its id if it is gone. */
  readonly publisher: string;
  readonly object: StixObject;
}

/**
 * The oldest arrival first, as it is read: whoever has enough stops, and whether there is more is whether another one comes.
 *
 * @throws {TaxiiError} the principal may not read the collection. @throws {StoreUnavailable}
 */
export async function* searchCollection(
  store: Store,
  principal: Principal,
  collection: Collection,
  selection: Selection,
): AsyncGenerator<Found> {
  const names = new Map((await store.people.organisations()).map((o) => [o.id, o.name]));
  for await (const item of select(store, principal, collection, selection)) {
    const { id, type, version, date, rank, object } = item;
    yield { id, type, version, date, rank, publisher: names.get(item.publisher) ?? item.publisher, object };
  }
}
