/** All of a store out, as of one moment, and in. */
import Database from 'better-sqlite3';
import type { ArchiveStore } from '../archive';
import { dump } from './archive-dump';
import { loadOne } from './archive-load';
import { policyChanged } from './changes';
import type { Connection } from './connection';

export function sqliteArchive(connection: Connection, file: string): ArchiveStore {
  const { sql, read, write } = connection;
  return {
    empty: async () =>
      read(() =>
        ['versions', 'organisations', 'channels', 'statuses'].every(
          (t) => sql(`SELECT 1 FROM ${t} LIMIT 1`).get() === undefined,
        ),
      ),
    objects: async () =>
      read(
        () =>
          sql('SELECT count(*) FROM (SELECT DISTINCT collection, key, type FROM versions)')
            .pluck()
            .get() as number,
      ),
    dump: async function* () {
      // A store in memory has one connection, and nobody else writes to it.
      if (file === ':memory:') {
        yield* dump(connection);
        return;
      }
      const db = new Database(file, { readonly: true });
      const statements = new Map<string, Database.Statement>();
      const prepared = (text: string): Database.Statement => {
        const statement = statements.get(text) ?? db.prepare(text);
        statements.set(text, statement);
        return statement;
      };
      // One transaction for all of it: one moment, whoever writes meanwhile.
      db.exec('BEGIN');
      try {
        yield* dump({ sql: prepared });
      } finally {
        db.close();
      }
    },
    load: async (records) =>
      write(() => {
        for (const record of records) loadOne(connection, record);
        policyChanged(connection);
      }),
  };
}
