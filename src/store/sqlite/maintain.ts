/** Maintenance: statistics for the planner, space given back, the log of writes (WAL) emptied; never for long at a time. */
import type { Database } from 'better-sqlite3';
import type { Permit } from '../house';
import { LOCK_WAIT_MS, type Connection } from './connection';
import { holdTo } from './lease';
import { turn } from './walk';

/** Rows of each index that are looked at for the planner's statistics. */
const ANALYSED = 1000;
/** Pages that are given back in one unit of work: 4 MB. */
const PAGES = 512;
/** How long writers may be held up while the log is cut. */
const CUT_MS = 50;

const INCREMENTAL = 2;
const KEPT =
  'free pages are used again, but stay in the file, which is of an older version. To shrink it: jisr backup FILE, then jisr restore FILE --store sqlite:NEW, with the server stopped.';

/**
 * Most of the log is carried into the file while others write (PASSIVE). Cutting it (TRUNCATE) locks writers out, and
 * would wait for readers as long as any other lock: here it takes what is free at once or leaves it for another time.
 */
function checkpoint(db: Database): boolean {
  db.pragma('wal_checkpoint(PASSIVE)');
  db.pragma(`busy_timeout = ${CUT_MS}`);
  try {
    const [cut] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
    return cut?.busy === 0;
  } finally {
    db.pragma(`busy_timeout = ${LOCK_WAIT_MS}`);
  }
}

/** {@link HouseStore.maintain}. */
export async function maintain(
  connection: Connection,
  { signal, lease }: Permit = {},
): Promise<Record<string, number | string>> {
  const { db, read, write } = connection;
  const holds = (): void => holdTo(connection, lease);
  const number = (name: string): number => db.pragma(name, { simple: true }) as number;
  const size = number('page_size');
  const before = number('freelist_count');
  read(holds);
  db.pragma(`analysis_limit = ${ANALYSED}`);
  db.pragma('optimize');
  const shrinks = number('auto_vacuum') === INCREMENTAL;
  for (let [last, left] = [Infinity, before]; shrinks && left > 0 && left < last;) {
    await turn(signal);
    write(() => {
      holds();
      db.pragma(`incremental_vacuum(${PAGES})`);
    });
    [last, left] = [left, number('freelist_count')];
  }
  await turn(signal);
  read(holds);
  const cut = checkpoint(db);
  const free = number('freelist_count') * size;
  return {
    checkpointed: cut ? 1 : 0,
    free_bytes_before: before * size,
    free_bytes: free,
    bytes: number('page_count') * size,
    ...(shrinks || free === 0 ? {} : { note: KEPT }),
  };
}
