/** Holds a store against the architecture's promises: order, supersession marks against the versions, orphans, clocks. */
import { isSettled, type RankedVersion } from '../../domain/entries';
import { formatTimestamp, type Micros } from '../../domain/timestamp';
import type { Defect } from '../store';
import type { Connection } from './connection';
import { entriesOf } from './standing';

const MOST = 100;
/** Objects that are looked at before others get their turn. */
const SLICE = 200;
/** A clock that is ahead by more than this is wrong, and not merely busy. */
const AHEAD: Micros = 60e6;

const RESTORE = 'Restore the store from the last backup, and look at the disk.';
const SETTLE = 'Run: jisr check --mend --apply';

/** Queries of which every row is a defect. */
const QUERIES: readonly { promise: string; mend: string; sql: string }[] = [
  {
    promise: 'every entry lists a version that is held',
    mend: SETTLE,
    sql: `SELECT 'collection ' || e.collection || ', date ' || e.date AS place, 'an entry without its version' AS found
          FROM entries e LEFT JOIN versions v ON v.row = e.version WHERE v.row IS NULL`,
  },
  {
    promise: 'every entry stands where its version stands',
    mend: SETTLE,
    sql: `SELECT v.object_id AS place, 'an entry of another collection or type' AS found
          FROM entries e JOIN versions v ON v.row = e.version WHERE v.collection <> e.collection OR v.type <> e.type`,
  },
  {
    promise: 'every version is of a collection that exists',
    mend: RESTORE,
    sql: `SELECT v.object_id AS place, 'a version of no collection' AS found
          FROM versions v LEFT JOIN collections c ON c.row = v.collection WHERE c.row IS NULL`,
  },
  {
    promise: 'no date_added lies after the newest that was given',
    mend: 'Set the clock of the machine right, and run this again.',
    sql: `SELECT c.id AS place, 'last_date ' || c.last_date || ' is before date ' || max(e.date) AS found
          FROM entries e JOIN collections c ON c.row = e.collection GROUP BY e.collection HAVING max(e.date) > c.last_date`,
  },
  {
    promise: 'a version is the JSON of its object',
    mend: RESTORE,
    sql: `SELECT object_id AS place, 'a body that is not its object' AS found FROM versions
          WHERE NOT json_valid(body) OR json_extract(body, '$.id') <> object_id OR size <> length(CAST(body AS BLOB))`,
  },
  {
    promise: 'who waits for a marking is held',
    mend: SETTLE,
    sql: `SELECT w.marking AS place, 'a citation of a version that is not held' AS found
          FROM citations w LEFT JOIN versions v ON v.row = w.version WHERE v.row IS NULL`,
  },
  {
    promise: 'what is not complete can go on',
    mend: 'Publish it again: its bytes are gone.',
    sql: `SELECT s.id AS place, 'a pending status without its publication' AS found
          FROM statuses s LEFT JOIN publications p ON p.status_id = s.id WHERE s.complete = 0 AND p.row IS NULL`,
  },
];

interface VersionRow extends RankedVersion {
  readonly object_id: string;
}

/** Whether an object's entries are what its versions ask for, no more and no less. */
function settled(connection: Connection, collection: number, key: Buffer, type: string): string | undefined {
  const versions = connection
    .sql(
      `SELECT row AS ref, object_id, spec, version_key AS key, rank FROM versions WHERE collection = ? AND key = ? AND type = ?`,
    )
    .all(collection, key, type) as VersionRow[];
  const entries = versions.flatMap((v) => entriesOf(connection, v.ref));
  return isSettled(versions, entries) ? undefined : versions[0]?.object_id;
}

export async function check(
  connection: Connection,
  progress: (done: number, total: number) => void,
): Promise<Defect[]> {
  const { db, sql, read, clock } = connection;
  const defects: Defect[] = [];
  const add = (defect: Defect): void => {
    if (defects.length < MOST) defects.push(defect);
  };
  for (const line of db.pragma('integrity_check(20)') as { integrity_check: string }[])
    if (line.integrity_check !== 'ok')
      add({ promise: 'the file is whole', place: 'the store', found: line.integrity_check, mend: RESTORE });
  for (const { promise, mend, sql: query } of QUERIES) {
    const rows = sql(`${query} LIMIT ${MOST}`).all() as { place: string; found: string }[];
    for (const { place, found } of rows) add({ promise, place, found, mend });
  }
  for (const row of sql('SELECT id, last_date FROM collections').all() as { id: string; last_date: Micros }[])
    if (row.last_date > clock() + AHEAD)
      add({
        promise: 'the clock is right',
        place: row.id,
        found: `a date_added in the future, ${formatTimestamp(row.last_date)}`,
        mend: 'Set the clock of the machine right; until it has caught up, new dates follow that one.',
      });

  const total = sql('SELECT count(*) FROM versions').pluck().get() as number;
  const next = sql(
    `SELECT row, collection, key, type FROM versions WHERE row > ? ORDER BY row LIMIT ${SLICE}`,
  );
  let [after, done] = [0, 0];
  for (;;) {
    const rows = next.all(after) as { row: number; collection: number; key: Buffer; type: string }[];
    const last = rows.at(-1);
    if (!last || defects.length >= MOST) return defects;
    read(() => {
      for (const { collection, key, type } of rows) {
        const wrong = settled(connection, collection, key, type);
        if (wrong !== undefined && !defects.some((d) => d.place === wrong))
          add({
            promise: 'the entries of an object are what its versions ask for',
            place: wrong,
            found: 'entries that do not fit the versions',
            mend: SETTLE,
          });
      }
    });
    after = last.row;
    progress((done += rows.length), total);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
