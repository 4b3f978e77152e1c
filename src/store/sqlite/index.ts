import type { Store, StoreOptions } from '../store';
import { sqliteArchive } from './archive';
import { sqliteCatalog } from './catalog';
import { sqliteChanges } from './changes';
import { connect } from './connection';
import { sqliteHouse } from './house';
import { sqliteObjects } from './objects';
import { sqlitePeople } from './people';
import { sqliteRecords } from './records';

/** @param file a path, or `:memory:`. @throws {StoreUnavailable} it cannot be opened. */
export function openSqlite(file: string, options: StoreOptions = {}): Store {
  const connection = connect(file, options);
  const changes = sqliteChanges(connection, options.inTurns);
  return {
    objects: sqliteObjects(connection, options.reads),
    catalog: sqliteCatalog(connection, changes),
    people: sqlitePeople(connection, changes),
    changes,
    records: sqliteRecords(connection),
    house: sqliteHouse(connection),
    archive: sqliteArchive(connection, file),
    ping: async () => {
      connection.read(() => connection.sql('SELECT 1').get());
    },
    close: async () => {
      connection.db.close();
    },
  };
}
