/** Whether an object's entries are what its versions ask for. */
import { isSettled } from '../../domain/settle';
import { QUESTIONS, type Entry, type Ranges, type RankedVersion } from '../../domain/entries';
import type { Micros } from '../../domain/timestamp';
import { audienceIn, rankIn } from '../../domain/audience';
import { bookOf } from './audiences';
import type { Connection } from './connection';
import type { ObjectKey } from './standing';

type VersionRow = Omit<RankedVersion, 'rank' | 'audience'> & { rank: number; object_id: string };
type EntryRow = { date: Micros; version: number } & Ranges;

const ENTRIES = `SELECT e.date, e.version, ${QUESTIONS.map((q) => `e.${q}`).join(', ')}
  FROM versions v JOIN entries e ON e.version = v.row WHERE v.collection = ? AND v.key = ? AND v.type = ?`;

/** One look, at a moment, without bodies. @returns also how many versions there are, and the id of the object. */
export function lookAt(
  connection: Connection,
  { collection, key, type }: ObjectKey,
): { settled: boolean; versions: number; id: string } {
  const { sql, read } = connection;
  return read(() => {
    const rows = sql(
      `SELECT v.row AS ref, v.object_id, v.spec, v.version_key AS key, v.rank, coalesce(o.owner, v.publisher) AS owner
       FROM versions v LEFT JOIN owners o ON o.version = v.row WHERE v.collection = ? AND v.key = ? AND v.type = ?`,
    ).all(collection, key, type) as VersionRow[];
    const versions = rows.map((v): RankedVersion => ({
      ...v,
      rank: rankIn(v.rank),
      audience: audienceIn(v.rank),
    }));
    const entries = (sql(ENTRIES).all(collection, key, type) as EntryRow[]).map(
      ({ date, version, ...ranges }): Entry => ({ ref: version, date, ranges }),
    );
    return {
      settled: isSettled(versions, entries, bookOf(connection, collection)),
      versions: versions.length,
      id: rows[0]?.object_id ?? '',
    };
  });
}
