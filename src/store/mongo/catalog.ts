/** The catalog is one document, so that it changes all at once; a token tells every process that it did. */
import { randomUUID } from 'node:crypto';
import { channelChange } from '../../domain/account-changes';
import { SERVER } from '../../domain/actor';
import type { Channel, Collection } from '../../domain/channel';
import { changesBetween, storedAlike } from '../../domain/changes';
import { withHandGrants } from '../hand-grants';
import { stillHolds } from '../refusals';
import type { CatalogStore, HandGrant } from '../store';
import { settleTold, telling } from './audit';
import type { Writer } from './writer';
import { guarded, type Connection } from './connection';

export interface CatalogReader {
  /** A collection that is in force. */
  collection(id: string): Promise<Collection | undefined>;
  /** The channels as the files gave them. */
  stored(): Promise<readonly Channel[]>;
}

export const CATALOG = 'catalog';
const POLICY = 'policy';

/** Call it after any change of channels, grants or people: whoever keeps policy looks at it at each use. */
export async function policyChanged({ tables }: Connection): Promise<void> {
  await tables.meta.updateOne({ _id: POLICY }, { $set: { value: randomUUID() } }, { upsert: true });
}

export async function handGrants({ tables }: Connection): Promise<HandGrant[]> {
  const docs = await tables.grants
    .find({ gone: { $exists: false } })
    .sort({ _id: 1 })
    .toArray();
  return docs.map((doc) => JSON.parse(doc.definition) as HandGrant);
}

export function catalogReader(
  connection: Connection,
): CatalogReader & { channels(): Promise<readonly Channel[]> } {
  const { tables } = connection;
  let kept: { token: string; stored: Channel[]; channels: Channel[] } | undefined;
  const current = async (): Promise<{ stored: Channel[]; channels: Channel[] }> => {
    // The token first: what changes while the rest is read is read again next time.
    const token = (await tables.meta.findOne({ _id: POLICY }))?.value ?? '';
    if (kept?.token !== token) {
      const doc = await tables.meta.findOne({ _id: CATALOG });
      const stored = doc ? (JSON.parse(doc.value) as Channel[]) : [];
      const grants = await handGrants(connection);
      const channels = withHandGrants(stored, grants);
      kept = { token, stored, channels };
    }
    return kept;
  };
  return {
    channels: async () => (await current()).channels,
    stored: async () => (await current()).stored,
    collection: async (id) =>
      (await current()).stored.flatMap((channel) => channel.collections).find((c) => c.id === id),
  };
}

/** Sorted as the port says: roots by name, collections by id. */
function sorted(channels: readonly Channel[]): Channel[] {
  const by = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return channels
    .map((channel) => ({ ...channel, collections: [...channel.collections].sort((a, b) => by(a.id, b.id)) }))
    .sort((a, b) => by(a.apiRoot, b.apiRoot));
}

export function mongoCatalog(
  connection: Connection,
  reader: ReturnType<typeof catalogReader>,
  { rerank, drop }: Writer,
): CatalogStore {
  const { tables } = connection;
  return {
    channels: () => guarded(() => reader.channels()),
    apply: (wanted, options) =>
      guarded(async () => {
        const before = await reader.stored();
        const changes = changesBetween(before, wanted);
        const gone = changes.filter((c) => c.kind === 'remove' && c.collectionId !== undefined);
        for (const { collectionId = '', subject } of gone) {
          const held = await tables.entries.countDocuments({ c: collectionId, state: 'live' });
          if (held > 0 && !options.dropObjects) throw stillHolds(subject, held);
        }
        if (!options.apply || storedAlike(before, wanted)) return changes;
        const value = JSON.stringify(sorted(wanted));
        const told = telling(connection, options.by ?? SERVER, changes.map(channelChange));
        await tables.meta.updateOne({ _id: CATALOG }, { $set: { value }, ...told }, { upsert: true });
        await policyChanged(connection);
        for (const { collectionId = '' } of gone) {
          await drop(collectionId);
          await tables.grants.deleteMany({ c: collectionId });
        }
        const old = new Map(before.flatMap((c) => c.collections).map((c) => [c.id, c.defaultTlp]));
        for (const { id, defaultTlp } of wanted.flatMap((c) => c.collections))
          if (old.has(id) && old.get(id) !== defaultTlp) await rerank(id, defaultTlp);
        await settleTold(connection);
        return changes;
      }),
  };
}
