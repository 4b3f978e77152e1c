/** Whether an object's entries are what its versions ask for. */
import { isSettled, QUESTIONS, type Entry, type Ranges, type RankedVersion } from '../../domain/entries';
import type { Micros } from '../../domain/timestamp';
import type { Connection } from './connection';
import type { ObjectKey } from './standing';

type VersionRow = RankedVersion & { object_id: string };
type EntryRow = { date: Micros; version: number } & Ranges;

const ENTRIES = `SELECT e.date, e.version, ${QUESTIONS.map((q) => `e.${q}`).join(', ')}
  FROM versions v JOIN entries e ON e.version = v.row WHERE v.collection = ? AND v.key = ? AND v.type = ?`;

/** One look, at a moment, without bodies. @returns also how many versions there are, and the id of the object. */
export function lookAt(
  { sql, read }: Connection,
  { collection, key, type }: ObjectKey,
): { settled: boolean; versions: number; id: string } {
  return read(() => {
    const versions = sql(
      'SELECT row AS ref, object_id, spec, version_key AS key, rank FROM versions WHERE collection = ? AND key = ? AND type = ?',
    ).all(collection, key, type) as VersionRow[];
    const entries = (sql(ENTRIES).all(collection, key, type) as EntryRow[]).map(
      ({ date, version, ...ranges }): Entry => ({ ref: version, date, ranges }),
    );
    return {
      settled: isSettled(versions, entries),
      versions: versions.length,
      id: versions[0]?.object_id ?? '',
    };
  });
}
