/** Holds a store against the architecture's promises: order, supersession marks against the versions, orphans, clocks. */
import { formatTimestamp, type Micros } from '../../domain/timestamp';
import type { Defect, Permit } from '../house';
import type { Connection } from './connection';
import { exposed } from './private';
import { lookAt } from './settled';
import { eachObject, eachStep, STEP } from './walk';
import { damage, isDamage } from './whole';

const MOST = 100;
/** A clock that is ahead by more than this is wrong, and not merely busy. */
const AHEAD: Micros = 60e6;
/** Bodies that are looked at in one step, in bytes; one that is larger is a step of its own. */
const STEP_BYTES = 8_000_000;

const RESTORE = 'Restore the store from the last backup, and look at the disk.';
const SETTLE = 'Run: jisr check --mend --apply';
const WHOLE = 'the file is whole';

type Tell = (promise: string, place: string, found: string, mend: string) => void;
type Cursor = readonly [number | string, number | string];
/** `a` and `b` are where the row stands in its table. */
interface Looked {
  readonly a: number | string;
  readonly b: number | string;
  readonly place: string;
  /** What is wrong; null if nothing is. */
  readonly found: string | null;
}

/** Walks over a table by its primary key: each row that finds something is a defect. */
const WALKS: readonly { promise: string; mend: string; start: Cursor; sql: string }[] = [
  {
    promise: 'every entry lists a version that is held, where that version stands',
    mend: SETTLE,
    start: [0, 0],
    sql: `SELECT e.collection AS a, e.date AS b, coalesce(v.object_id, 'collection ' || e.collection || ', date ' || e.date) AS place,
            CASE WHEN v.row IS NULL THEN 'an entry without its version'
                 WHEN v.collection <> e.collection OR v.type <> e.type OR v.key IS NOT e.key
                   THEN 'an entry of another collection or object' END AS found
          FROM entries e LEFT JOIN versions v ON v.row = e.version
          WHERE (e.collection, e.date) > (@a, @b) ORDER BY e.collection, e.date LIMIT ${STEP}`,
  },
  {
    promise: 'who waits for a marking is held',
    mend: SETTLE,
    start: ['', 0],
    sql: `SELECT w.marking AS a, w.version AS b, w.marking AS place,
            CASE WHEN v.row IS NULL THEN 'a citation of a version that is not held' END AS found
          FROM citations w LEFT JOIN versions v ON v.row = w.version
          WHERE (w.marking, w.version) > (@a, @b) ORDER BY w.marking, w.version LIMIT ${STEP}`,
  },
  {
    promise: 'what is not complete can go on',
    mend: 'Publish it again: its bytes are gone.',
    start: ['', ''],
    sql: `SELECT s.id AS a, s.id AS b, s.id AS place,
            CASE WHEN s.complete = 0 AND p.row IS NULL THEN 'a pending status without its publication' END AS found
          FROM statuses s LEFT JOIN publications p ON p.status_id = s.id WHERE s.id > @a ORDER BY s.id LIMIT ${STEP}`,
  },
];

function checkDates({ sql, read, clock }: Connection, tell: Tell): void {
  const rows = read(() =>
    sql(
      'SELECT id, last_date AS last, (SELECT max(date) FROM entries WHERE collection = c.row) AS newest FROM collections c',
    ).all(),
  ) as { id: string; last: Micros; newest: Micros | null }[];
  for (const { id, last, newest } of rows) {
    if (newest !== null && newest > last)
      tell(
        'no date_added lies after the newest that was given',
        id,
        `last_date ${last} is before date ${newest}`,
        SETTLE,
      );
    if (last > clock() + AHEAD)
      tell(
        'the clock is right',
        id,
        `a date_added in the future, ${formatTimestamp(last)}`,
        'Set the clock of the machine right; until it has caught up, new dates follow that one.',
      );
  }
}

const SIZES = `SELECT row, size FROM versions WHERE row > ? ORDER BY row LIMIT ${STEP}`;
const BODIES = `SELECT v.object_id AS place,
    CASE WHEN c.row IS NULL THEN 'a version of no collection'
         WHEN NOT json_valid(v.body) OR json_extract(v.body, '$.id') <> v.object_id OR v.size <> octet_length(v.body)
           THEN 'a body that is not its object' END AS found
  FROM versions v LEFT JOIN collections c ON c.row = v.collection WHERE v.row > ? AND v.row <= ?`;

async function checkBodies(
  { sql, read }: Connection,
  signal: AbortSignal | undefined,
  tell: Tell,
  progress: (done: number, total: number) => void,
): Promise<void> {
  // Row numbers are nearly counts, and cost nothing.
  const total = (sql('SELECT max(row) FROM versions').pluck().get() as number | null) ?? 0;
  const next = (after: { row: number } | undefined): { row: number; size: number }[] => {
    const rows = sql(SIZES).all(after?.row ?? 0) as { row: number; size: number }[];
    let bytes = 0;
    const beyond = rows.findIndex(({ size }, i) => (bytes += size) > STEP_BYTES && i > 0);
    return beyond < 0 ? rows : rows.slice(0, beyond);
  };
  await eachStep(signal, next, (rows) => {
    const [first, last] = [rows[0]?.row ?? 0, rows.at(-1)?.row ?? 0];
    const looked = read(() => sql(BODIES).all(first - 1, last)) as Pick<Looked, 'place' | 'found'>[];
    for (const { place, found } of looked)
      if (found !== null) tell('a version is the JSON of its object, in a collection', place, found, RESTORE);
    progress(last, total);
  });
}

async function look(
  connection: Connection,
  { signal }: Permit,
  tell: Tell,
  progress: (done: number, total: number) => void,
): Promise<void> {
  const { db, sql, read } = connection;
  for (const line of await damage(db, signal)) tell(WHOLE, 'the store', line, RESTORE);
  for (const { file, mode } of exposed(db.name))
    tell('only its owner reads the store', file, `mode ${mode}`, `Run: chmod 600 ${file}`);
  checkDates(connection, tell);
  for (const { promise, mend, start, sql: text } of WALKS) {
    const next = (after: Looked | undefined): Looked[] =>
      read(() => sql(text).all({ a: after?.a ?? start[0], b: after?.b ?? start[1] })) as Looked[];
    await eachStep(signal, next, (rows) => {
      for (const { place, found } of rows) if (found !== null) tell(promise, place, found, mend);
    });
  }
  await checkBodies(connection, signal, tell, progress);
  await eachObject(connection, signal, (object) => {
    const { settled, versions, id } = lookAt(connection, object);
    if (!settled)
      tell(
        'the entries of an object are what its versions ask for',
        id,
        'entries that do not fit the versions',
        SETTLE,
      );
    return versions;
  });
}

/** {@link HouseStore.check}. */
export async function check(
  connection: Connection,
  progress: (done: number, total: number) => void,
  permit: Permit = {},
): Promise<Defect[]> {
  const defects: Defect[] = [];
  const enough = new AbortController();
  const signal = AbortSignal.any([enough.signal, ...(permit.signal ? [permit.signal] : [])]);
  const tell: Tell = (promise, place, found, mend) => {
    if (defects.length < MOST) defects.push({ promise, place, found, mend });
    else enough.abort();
  };
  try {
    await look(connection, { signal }, tell, progress);
  } catch (error) {
    if (isDamage(error)) tell(WHOLE, 'the store', error.message, RESTORE);
    else if (!enough.signal.aborted || permit.signal?.aborted) throw error;
  }
  return defects;
}
