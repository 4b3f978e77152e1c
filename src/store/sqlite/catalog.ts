import type { Channel, Collection } from '../../domain/channel';
import { changesBetween, type Change } from '../../domain/changes';
import { withHandGrants } from '../hand-grants';
import { stillHolds } from '../refusals';
import type { ApplyOptions, CatalogStore, HandGrant } from '../store';
import type { Connection } from './connection';
import { rerankCollection } from './rerank';

/** Whoever reads policy keeps it until this number changes. */
export function policyRevision({ sql }: Connection): number {
  return sql("SELECT value FROM meta WHERE name = 'policy'").pluck().get() as number;
}

/** Call it in the transaction that changes channels, grants or people. */
export function policyChanged({ sql }: Connection): void {
  sql("UPDATE meta SET value = value + 1 WHERE name = 'policy'").run();
}

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

function applyChanges(
  connection: Connection,
  wanted: readonly Channel[],
  changes: readonly Change[],
  options: ApplyOptions,
): void {
  const { sql } = connection;
  for (const { kind, collectionId, subject } of changes) {
    if (kind !== 'remove' || collectionId === undefined) continue;
    const row = sql('SELECT row FROM collections WHERE id = ?').pluck().get(collectionId) as number;
    const held = sql('SELECT count(*) FROM versions WHERE collection = ?').pluck().get(row) as number;
    if (held > 0 && !options.dropObjects) {
      throw stillHolds(subject, held);
    }
    sql('DELETE FROM entries WHERE collection = ?').run(row);
    for (const table of ['citations', 'owners'])
      sql(`DELETE FROM ${table} WHERE version IN (SELECT row FROM versions WHERE collection = ?)`).run(row);
    sql('DELETE FROM nameless WHERE collection = ?').run(row);
    sql('DELETE FROM versions WHERE collection = ?').run(row);
    sql('DELETE FROM removed WHERE collection = ?').run(row);
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

export function sqliteCatalog(connection: Connection): CatalogStore {
  const { read, write } = connection;
  let kept: { revision: number; channels: Channel[] } | undefined;
  return {
    channels: async () =>
      read(() => {
        const revision = policyRevision(connection);
        if (kept?.revision !== revision) {
          kept = { revision, channels: withHandGrants(stored(connection), handGrants(connection)) };
        }
        return kept.channels;
      }),
    apply: async (wanted, options) => {
      const changes = read(() => changesBetween(stored(connection), wanted));
      if (!options.apply || changes.length === 0) return changes;
      return write(() => {
        const now = changesBetween(stored(connection), wanted);
        applyChanges(connection, wanted, now, options);
        policyChanged(connection);
        return now;
      });
    },
  };
}
