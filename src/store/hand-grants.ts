/** Grants that an operator made by hand stand beside those of the channel files. */
import type { Channel, Collection } from '../domain/channel';
import type { HandGrant } from './people';

export function withHandGrants(channels: readonly Channel[], grants: readonly HandGrant[]): Channel[] {
  const of = (collection: Collection): Collection => ({
    ...collection,
    grants: [
      ...collection.grants,
      ...grants.filter((g) => g.collectionId === collection.id).map((g) => g.grant),
    ],
  });
  return channels.map((channel) => ({ ...channel, collections: channel.collections.map(of) }));
}
