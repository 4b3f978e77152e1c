import { channelChange } from '../../domain/account-changes';
import { SERVER } from '../../domain/actor';
import type { Channel, Collection } from '../../domain/channel';
import { changesBetween, storedAlike, type Change } from '../../domain/changes';
import { withHandGrants } from '../hand-grants';
import { stillHolds } from '../refusals';
import type { ApplyOptions, CatalogStore } from '../catalog';
import type { ChangeStore } from '../changes';
import type { HandGrant } from '../people';
import { policyChanged, sqliteChanges } from './changes';
import type { Connection } from './connection';
import { auditTold } from './audit';
import { rerankCollection } from './rerank';

export function handGrants({ sql }: Pick<Connection, 'sql'>): HandGrant[] {
  return (sql('SELECT definition FROM grants ORDER BY id').pluck().all() as string[]).map(
    (text) => JSON.parse(text) as HandGrant,
  );
}

/** The channels as the files gave them, without grants made by hand. */
export function stored({ sql }: Pick<Connection, 'sql'>): Channel[] {
  const collections = (sql('SELECT definition FROM collections ORDER BY id').pluck().all() as string[]).map(
    (text) => JSON.parse(text) as Collection,
  );
  return (sql('SELECT definition FROM channels ORDER BY api_root').pluck().all() as string[])
    .map((text) => JSON.parse(text) as Channel)
    .map((channel) => ({
      ...channel,
      collections: collections.filter((c) => c.apiRoot === channel.apiRoot),
    }));
}

/** @throws {OperatorError} a collection that would go still holds objects, and nobody said that they may go too. */
function refuseLoss({ sql }: Connection, changes: readonly Change[], options: ApplyOptions): void {
  if (options.dropObjects) return;
  for (const { kind, collectionId, subject } of changes) {
    if (kind !== 'remove' || collectionId === undefined) continue;
    const held = sql(
      'SELECT count(*) FROM versions WHERE collection = (SELECT row FROM collections WHERE id = ?)',
    )
      .pluck()
      .get(collectionId) as number;
    if (held > 0) throw stillHolds(subject, held);
  }
}

function applyChanges(connection: Connection, wanted: readonly Channel[], changes: readonly Change[]): void {
  const { sql } = connection;
  for (const { kind, collectionId } of changes) {
    if (kind !== 'remove' || collectionId === undefined) continue;
    const row = sql('SELECT row FROM collections WHERE id = ?').pluck().get(collectionId) as number;
    sql('DELETE FROM entries WHERE collection = ?').run(row);
    for (const table of ['citations', 'owners'])
      sql(`DELETE FROM ${table} WHERE version IN (SELECT row FROM versions WHERE collection = ?)`).run(row);
    sql('DELETE FROM nameless WHERE collection = ?').run(row);
    sql('DELETE FROM versions WHERE collection = ?').run(row);
    for (const table of ['removed', 'words', 'audiences'])
      sql(`DELETE FROM ${table} WHERE collection = ?`).run(row);
    sql('DELETE FROM grants WHERE collection_id = ?').run(collectionId);
    sql('DELETE FROM collections WHERE row = ?').run(row);
  }
  sql('DELETE FROM channels').run();
  for (const channel of wanted) {
    sql('INSERT INTO channels VALUES (?, ?)').run(
      channel.apiRoot,
      JSON.stringify({ ...channel, collections: [] }),
    );
    for (const collection of channel.collections) {
      const before = sql('SELECT row, definition FROM collections WHERE id = ?').get(collection.id) as
        { row: number; definition: string } | undefined;
      sql(
        `INSERT INTO collections (id, api_root, definition) VALUES (?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET api_root = excluded.api_root, definition = excluded.definition`,
      ).run(collection.id, channel.apiRoot, JSON.stringify(collection));
      if (before && (JSON.parse(before.definition) as Collection).defaultTlp !== collection.defaultTlp) {
        rerankCollection(connection, before.row, collection.defaultTlp);
      }
    }
  }
}

export function sqliteCatalog(
  connection: Connection,
  changes: ChangeStore = sqliteChanges(connection),
): CatalogStore {
  const { read, write } = connection;
  let kept: { revision: number; channels: Channel[] } | undefined;
  return {
    channels: async () => {
      const revision = changes.pulse().policy;
      if (kept?.revision !== revision)
        kept = {
          revision,
          channels: read(() => withHandGrants(stored(connection), handGrants(connection))),
        };
      return kept.channels;
    },
    apply: async (wanted, options) => {
      const asked = read(() => {
        const current = stored(connection);
        const changes = changesBetween(current, wanted);
        refuseLoss(connection, changes, options);
        return { changes, alike: storedAlike(current, wanted) };
      });
      if (!options.apply || asked.alike) return asked.changes;
      return write(() => {
        const now = changesBetween(stored(connection), wanted);
        refuseLoss(connection, now, options);
        applyChanges(connection, wanted, now);
        for (const change of now) auditTold(connection, options.by ?? SERVER, channelChange(change));
        policyChanged(connection);
        return now;
      });
    },
  };
}
