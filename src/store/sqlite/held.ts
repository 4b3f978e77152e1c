/** What somebody may know of named objects: looked up by rank, so that what is hidden costs what is absent costs. */
import type { Scope } from '../../domain/access';
import { typeOf } from '../../domain/stix';
import {
  MOST_HELD,
  MOST_HELD_BYTES,
  MOST_LOOKED_UP_BYTES,
  type Held,
  type Inspected,
  type ObjectStore,
} from '../objects';
import { readerIn, shownLevel } from './audiences';
import { eachLevel, OBJECT, visible } from './by-id';
import type { Connection } from './connection';
import { MAY_SEE, mayOf } from './examine';
import { keyOf, levelsUnder, type ObjectKey } from './standing';

interface Version {
  readonly row: number;
  readonly size: number;
  readonly object_id: string;
  readonly version_key: string;
}

interface Body {
  readonly text: string;
  readonly trusted: 0 | 1;
}

/** The newest versions, MOST_HELD of each level and specification version, without their bodies. */
function newest(levels: readonly number[]): string {
  const of = (spec: string, level: number): string =>
    `SELECT * FROM (SELECT row, size, object_id, version_key FROM versions INDEXED BY versions_rank
     WHERE ${OBJECT} AND spec = '${spec}' AND rank = ${level} ORDER BY version_key DESC LIMIT ${MOST_HELD})`;
  return `${eachLevel(levels, of).join(' UNION ALL ')} ORDER BY version_key DESC LIMIT ${MOST_HELD}`;
}

const BODY = `SELECT v.body AS text,
  v.publisher = ? OR coalesce(json_extract(o.definition, '$.kind') IN ('desk', 'operator'), 0) AS trusted
  FROM versions v LEFT JOIN organisations o ON o.id = v.publisher WHERE v.row = ?`;

/** Versions of one instant, of which a listing shows the first; each with its earliest date. */
const rivalsAt = (levels: readonly number[]): string =>
  `WITH mine AS MATERIALIZED (SELECT v.row, v.version_key FROM (${visible(levels)}) k CROSS JOIN versions v ON v.row = k.row)
   SELECT v.object_id AS id, (SELECT min(date) FROM entries e WHERE e.version = v.row) AS date, v.version, v.spec, v.type,
     v.rank, v.publisher, v.body AS text
   FROM (SELECT version_key FROM mine GROUP BY version_key HAVING count(*) > 1) s
   JOIN mine m ON m.version_key = s.version_key CROSS JOIN versions v ON v.row = m.row
   ORDER BY v.version_key, v.row LIMIT ${MOST_HELD}`;

/** @param rowOf the row of the collection. */
export function heldObjects(
  connection: Connection,
  rowOf: (scope: Scope) => number,
): Pick<ObjectStore, 'lookup' | 'known' | 'presence' | 'rivals'> {
  const { sql, read } = connection;
  const named = (scope: Scope, id: string): ObjectKey => ({
    collection: rowOf(scope),
    key: keyOf(id),
    type: typeOf(id),
  });
  const levelsOf = (scope: Scope, object: ObjectKey): readonly number[] =>
    levelsUnder({ sql }, object, readerIn(connection, object.collection, scope));
  /** Whether a version of exactly this id may be seen. */
  const sees = (scope: Scope, id: string): boolean => {
    const object = named(scope, id);
    const levels = levelsOf(scope, object);
    return (
      levels.length > 0 &&
      sql(
        `SELECT 1 FROM (${visible(levels)}) k JOIN versions v ON v.row = k.row WHERE v.object_id = @id LIMIT 1`,
      ).get({ ...object, id }) !== undefined
    );
  };

  return {
    lookup: async (scope, ids) =>
      read(() => {
        const found = new Map<string, Held[]>();
        if (scope.clearance === undefined) return found;
        let left = MOST_LOOKED_UP_BYTES;
        for (const id of ids) {
          const held: Held[] = [];
          let most = Math.min(MOST_HELD_BYTES, left);
          const object = named(scope, id);
          const levels = levelsOf(scope, object);
          const rows = levels.length === 0 ? [] : (sql(newest(levels)).all(object) as Version[]);
          for (const { row, size, object_id } of rows) {
            if (object_id !== id) continue;
            // What is older than one left out would pass for the newest.
            if (size > most) break;
            most -= size;
            left -= size;
            const { text, trusted } = sql(BODY).get(scope.principal.organisation.id, row) as Body;
            held.push({ text, trusted: trusted === 1 });
          }
          if (held.length > 0) found.set(id, held);
        }
        return found;
      }),
    known: async (scope, ids) =>
      read(() => {
        const identity = sql('SELECT 1 FROM organisations WHERE identity = ?');
        return new Set(ids.filter((id) => sees(scope, id) || identity.get(id) !== undefined));
      }),
    rivals: async (scope, id) =>
      read(() => {
        const object = named(scope, id);
        const levels = levelsOf(scope, object);
        if (levels.length === 0) return [];
        const rows = sql(rivalsAt(levels)).all(object) as (Omit<Inspected, 'rank'> & { rank: number })[];
        return rows.map((row): Inspected => ({
          ...row,
          ...shownLevel(connection, object.collection, row.rank),
        }));
      }),
    presence: async (scope, id, instants) =>
      read(() => {
        const object = named(scope, id);
        const reader = readerIn(connection, object.collection, scope);
        if (reader.rank < 0) return 'absent';
        const levels = levelsOf(scope, object);
        const stands =
          levels.length === 0 ? '' : `AND NOT EXISTS (${visible(levels, 'AND version_key = @instant')})`;
        const gone = sql(
          `SELECT 1 FROM removed v WHERE ${OBJECT} AND version_key = @instant AND ${MAY_SEE} ${stands}`,
        );
        for (const instant of instants)
          if (gone.get({ ...object, instant, ...mayOf(reader) })) return 'removed';
        return sees(scope, id) ? 'present' : 'absent';
      }),
  };
}
