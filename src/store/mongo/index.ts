import type { Store, StoreOptions } from '../store';
import { mongoArchive } from './archive';
import { writer } from './writer';
import { catalogReader, mongoCatalog } from './catalog';
import { connect, guarded } from './connection';
import { mongoHouse } from './house';
import { mongoObjects } from './objects';
import { mongoPeople } from './people';
import { mongoRecords } from './records';
import { worker } from './work';

/** @param url `mongodb://…`, with the database's name in its path. @throws {StoreUnavailable} it cannot be reached. */
export async function openMongo(url: string, options: StoreOptions = {}): Promise<Store> {
  const connection = await connect(url, options);
  const reader = catalogReader(connection);
  const work = worker(connection);
  const writing = writer(work, reader);
  return {
    objects: mongoObjects(work, reader, writing, options),
    catalog: mongoCatalog(connection, reader, writing),
    people: mongoPeople(connection, reader),
    records: mongoRecords(work, reader),
    house: mongoHouse(work, reader, writing),
    archive: mongoArchive(work, reader),
    ping: () =>
      guarded(async () => {
        await connection.db.command({ ping: 1 });
      }),
    close: () => connection.close(),
  };
}
