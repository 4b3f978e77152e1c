/** All of a store out, and in. */
import type { ArchiveStore } from '../archive';
import { dumper } from './archive-dump';
import { loader } from './archive-load';
import type { CatalogReader } from './catalog';
import { guarded } from './connection';
import { walkObjects } from './walk';
import type { Worker } from './work';

export function mongoArchive(worker: Worker, catalog: CatalogReader): ArchiveStore {
  const { tables } = worker.connection;
  return {
    empty: () =>
      guarded(async () => {
        for (const name of ['entries', 'organisations', 'statuses', 'batches'] as const)
          if (await tables[name].findOne({})) return false;
        return (await catalog.stored()).length === 0;
      }),
    objects: () =>
      guarded(async () => {
        let count = 0;
        for (const { id } of (await catalog.stored()).flatMap((channel) => channel.collections))
          for await (const uuids of walkObjects(tables, id, { state: 'live' })) count += uuids.length;
        return count;
      }),
    dump: dumper(worker, catalog),
    load: loader(worker.connection),
  };
}
