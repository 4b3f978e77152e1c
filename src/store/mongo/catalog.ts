/** The catalog is one document, so that it changes all at once; a token tells every process that it did. */
import { randomUUID } from 'node:crypto';
import { channelChange } from '../../domain/account-changes';
import { SERVER } from '../../domain/actor';
import type { Channel, Collection } from '../../domain/channel';
import { changesBetween, storedAlike } from '../../domain/changes';
import { highest, type Rank } from '../../domain/tlp';
import { withHandGrants } from '../hand-grants';
import { stillHolds } from '../refusals';
import type { CatalogStore } from '../catalog';
import type { HandGrant } from '../people';
import { settleTold, telling } from './audit';
import type { Writer } from './writer';
import { guarded, type Connection } from './connection';

export interface CatalogReader {
  /** A collection that is in force; its `default_tlp` is the one that what is added now must be judged by. */
  collection(id: string): Promise<Collection | undefined>;
  /** The channels as the files gave them. */
  stored(): Promise<readonly Channel[]>;
  /** By collection: the `default_tlp` that it is being ranked anew by; see {@link mongoCatalog}. */
  ranking(): Promise<Ranking>;
}

export type Ranking = Readonly<Record<string, Rank>>;

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
  let kept: { token: string; stored: Channel[]; channels: Channel[]; ranking: Ranking } | undefined;
  const current = async (): Promise<NonNullable<typeof kept>> => {
    // The token first: what changes while the rest is read is read again next time.
    const token = (await tables.meta.findOne({ _id: POLICY }))?.value ?? '';
    if (kept?.token !== token) {
      const doc = await tables.meta.findOne({ _id: CATALOG });
      const stored = doc ? (JSON.parse(doc.value) as Channel[]) : [];
      const grants = await handGrants(connection);
      const channels = withHandGrants(stored, grants);
      kept = { token, stored, channels, ranking: doc?.ranking ?? {} };
    }
    return kept;
  };
  return {
    channels: async () => (await current()).channels,
    stored: async () => (await current()).stored,
    ranking: async () => (await current()).ranking,
    collection: async (id) => {
      const { stored, ranking } = await current();
      const found = stored.flatMap((channel) => channel.collections).find((c) => c.id === id);
      return (
        found && { ...found, defaultTlp: highest(found.defaultTlp, ranking[id] ?? null) ?? found.defaultTlp }
      );
    },
  };
}

/** Sorted as the port says: roots by name, collections by id. */
function sorted(channels: readonly Channel[]): Channel[] {
  const by = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return channels
    .map((channel) => ({ ...channel, collections: [...channel.collections].sort((a, b) => by(a.id, b.id)) }))
    .sort((a, b) => by(a.apiRoot, b.apiRoot));
}

/**
 * A `default_tlp` that rises is raised before the catalog says so, one that falls falls after it: whatever the catalog
 * says, nothing that ranks by it is readable below. `ranking` in the catalog's document names the collections that are
 * being ranked anew, from before their first object to after their last, so that whoever comes after a crash goes on;
 * what is added meanwhile is judged by the higher of both.
 */
export function mongoCatalog(
  connection: Connection,
  reader: ReturnType<typeof catalogReader>,
  { rerank, drop }: Pick<Writer, 'rerank' | 'drop'>,
): CatalogStore {
  const { tables } = connection;
  const write = async (change: { value?: string; ranking: Ranking }, told: object = {}): Promise<void> => {
    const inserted = change.value === undefined ? { value: '[]' } : {};
    await tables.meta.updateOne(
      { _id: CATALOG },
      { $set: change, $setOnInsert: inserted, ...told },
      { upsert: true },
    );
    await policyChanged(connection);
  };
  return {
    channels: () => guarded(() => reader.channels()),
    apply: (wanted, options) =>
      guarded(async () => {
        const before = await reader.stored();
        const changes = changesBetween(before, wanted);
        const begun = await reader.ranking();
        const gone = changes.filter((c) => c.kind === 'remove' && c.collectionId !== undefined);
        for (const { collectionId = '', subject } of gone) {
          const held = await tables.entries.countDocuments({ c: collectionId, state: 'live' });
          if (held > 0 && !options.dropObjects) throw stillHolds(subject, held);
        }
        const goesOn = Object.keys(begun).length > 0;
        if (!options.apply || (storedAlike(before, wanted) && !goesOn)) return changes;
        const old = new Map(before.flatMap((c) => c.collections).map((c) => [c.id, c.defaultTlp]));
        const rises: Record<string, Rank> = {};
        const falls: Record<string, Rank> = {};
        for (const { id, defaultTlp } of wanted.flatMap((c) => c.collections)) {
          const was = old.get(id);
          if (was === undefined || (was === defaultTlp && begun[id] === undefined)) continue;
          (defaultTlp > was ? rises : falls)[id] = defaultTlp;
        }
        if (Object.keys(rises).length > 0) {
          await write({ ranking: { ...begun, ...rises } });
          for (const id of Object.keys(rises)) await rerank(id);
        }
        const told = telling(connection, options.by ?? SERVER, changes.map(channelChange));
        await write({ value: JSON.stringify(sorted(wanted)), ranking: falls }, told);
        for (const { collectionId = '' } of gone) {
          await drop(collectionId);
          await tables.grants.deleteMany({ c: collectionId });
        }
        for (const id of Object.keys(falls)) await rerank(id);
        if (Object.keys(falls).length > 0) await write({ ranking: {} });
        await settleTold(connection);
        return changes;
      }),
  };
}
