/** Brings an object's entries up to date after any change to its versions or their ranks. */
import {
  QUESTIONS,
  settle,
  type Entry,
  type Question,
  type Range,
  type RankedVersion,
} from '../../domain/entries';
import type { Micros } from '../../domain/timestamp';
import type { Rank } from '../../domain/tlp';
import type { Connection } from './connection';
import type { Dates } from './dates';

/** An object in a collection, as the store names it. */
export interface ObjectKey {
  readonly collection: number;
  readonly type: string;
  /** The 16 bytes of the id's UUID. */
  readonly key: Buffer;
}

/** The UUID of a STIX id as 16 bytes; text that is no UUID gives fewer and matches nothing. */
export function keyOf(id: string): Buffer {
  return Buffer.from(id.slice(-36).replaceAll('-', ''), 'hex');
}

type EntryRow = { date: Micros; version: number } & Record<Question, Range>;

const COLUMNS = QUESTIONS.join(', ');
const INSERT = `INSERT INTO entries (collection, date, version, type, key, ${COLUMNS})
  VALUES (?, ?, ?, ?, ?, ${QUESTIONS.map(() => '?').join(', ')})`;
const UPDATE = `UPDATE entries SET ${QUESTIONS.map((q) => `${q} = ?`).join(', ')} WHERE collection = ? AND date = ?`;
const values = (ranges: Readonly<Record<Question, Range>>): Range[] => QUESTIONS.map((q) => ranges[q]);

/**
 * @param fresh a version that was just inserted and the date drawn for it: its first entry gets this date.
 * @param alone true if the caller knows that `fresh` is the object's only version, and saves the look.
 */
export function settleObject(
  { sql }: Connection,
  object: ObjectKey,
  dates: Dates,
  fresh?: { readonly version: RankedVersion<number>; readonly date: Micros; readonly alone: boolean },
): void {
  const held = fresh?.alone
    ? []
    : (sql(
        'SELECT row AS ref, spec, version_key AS key, rank FROM versions WHERE collection = ? AND key = ? AND type = ?',
      ).all(object.collection, object.key, object.type) as RankedVersion<number>[]);
  const versions = fresh ? [fresh.version, ...held.filter((v) => v.ref !== fresh.version.ref)] : held;
  const entries = held.flatMap((v) =>
    (sql(`SELECT date, version, ${COLUMNS} FROM entries WHERE version = ?`).all(v.ref) as EntryRow[]).map(
      ({ date, version, ...ranges }): Entry<number> => ({ ref: version, date, ranges }),
    ),
  );
  const { kept, gained } = settle(versions, entries);
  const standing = new Map(entries.map((entry) => [entry.date, entry]));
  for (const entry of kept) {
    const before = standing.get(entry.date);
    standing.delete(entry.date);
    if (before && QUESTIONS.some((q) => before.ranges[q] !== entry.ranges[q])) {
      sql(UPDATE).run(...values(entry.ranges), object.collection, entry.date);
    }
  }
  for (const date of standing.keys())
    sql('DELETE FROM entries WHERE collection = ? AND date = ?').run(object.collection, date);
  let first = fresh?.date;
  for (const { ref, ranges } of gained) {
    const date = first !== undefined && ref === fresh?.version.ref ? first : dates.next(object.collection);
    if (ref === fresh?.version.ref) first = undefined;
    sql(INSERT).run(object.collection, date, ref, object.type, object.key, ...values(ranges));
  }
}

/** Gives a version another rank; the caller settles its object afterwards. */
export function rerank({ sql }: Connection, version: number, rank: Rank): void {
  sql('UPDATE versions SET rank = ? WHERE row = ?').run(rank, version);
}
