/** Why somebody sees an object, or does not: version by version, by what the store's query asks, too. */
import type { Principal } from '../domain/access';
import type { AudienceRule } from '../domain/audience';
import type { Collection } from '../domain/channel';
import { disclosedTo, obstacles } from '../domain/reading';
import type { Micros } from '../domain/timestamp';
import type { Rank } from '../domain/tlp';
import type { Store } from '../store/store';
import { readCollection } from './read-collection';

export interface ExplainedVersion {
  readonly version: string;
  readonly date: Micros;
  readonly rank: Rank;
  /** Not there: everyone. */
  readonly audience?: AudienceRule;
  /** Why the reader does not see it; empty: the reader does. */
  readonly obstacles: readonly string[];
}

/** The name of the organisation that an identity stands for; the identity itself if there is none. */
export async function organisationNames({
  people,
}: Pick<Store, 'people'>): Promise<(identity: string) => string> {
  const names = new Map((await people.organisations()).map((o) => [o.identity, o.name]));
  return (identity) => names.get(identity) ?? identity;
}

/**
 * @param asker who wants to know: it is told of what it may see itself, and of nothing else.
 * @param nameOf {@link organisationNames}.
 * @returns the oldest first; empty: it is not held, or not for the asker. @throws {StoreUnavailable}
 */
export async function explainObject(
  store: Store,
  asker: Principal,
  collection: Collection,
  id: string,
  reader: Principal,
  nameOf: (identity: string) => string,
): Promise<ExplainedVersion[]> {
  const found: ExplainedVersion[] = [];
  for await (const item of readCollection(store, asker, collection, { ids: [id], versions: true })) {
    const { version, date, rank, audience } = item;
    const disclosed = disclosedTo(rank, audience);
    found.push({ version, date, ...disclosed, obstacles: obstacles(reader, collection, disclosed, nameOf) });
  }
  return found;
}
