/** What somebody may know of named objects: looked up by rank, so that what is hidden costs what is absent costs. */
import type { Scope } from '../../domain/access';
import { typeOf } from '../../domain/stix';
import type { Rank } from '../../domain/tlp';
import {
  MOST_HELD,
  MOST_HELD_BYTES,
  MOST_LOOKED_UP_BYTES,
  type Held,
  type Inspected,
  type ObjectStore,
} from '../objects';
import { eachRank, OBJECT, visible } from './by-id';
import type { Connection } from './connection';
import { keyOf } from './standing';

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

/** The newest versions up to the rank, MOST_HELD of each rank and specification version, without their bodies. */
function newest(rank: number): string {
  const of = (spec: string, r: number): string =>
    `SELECT * FROM (SELECT row, size, object_id, version_key FROM versions INDEXED BY versions_rank
     WHERE ${OBJECT} AND spec = '${spec}' AND rank = ${r} ORDER BY version_key DESC LIMIT ${MOST_HELD})`;
  return `${eachRank(rank, of).join(' UNION ALL ')} ORDER BY version_key DESC LIMIT ${MOST_HELD}`;
}

const BODY = `SELECT v.body AS text,
  v.publisher = ? OR coalesce(json_extract(o.definition, '$.kind') IN ('desk', 'operator'), 0) AS trusted
  FROM versions v LEFT JOIN organisations o ON o.id = v.publisher WHERE v.row = ?`;

/** Versions of one instant, of which a listing shows the first; each with its earliest date. */
const rivalsUpTo = (rank: Rank): string =>
  `WITH mine AS MATERIALIZED (SELECT v.row, v.version_key FROM (${visible(rank)}) k CROSS JOIN versions v ON v.row = k.row)
   SELECT v.object_id AS id, (SELECT min(date) FROM entries e WHERE e.version = v.row) AS date, v.version, v.spec, v.type,
     v.rank, v.publisher, v.body AS text
   FROM (SELECT version_key FROM mine GROUP BY version_key HAVING count(*) > 1) s
   JOIN mine m ON m.version_key = s.version_key CROSS JOIN versions v ON v.row = m.row
   ORDER BY v.version_key, v.row LIMIT ${MOST_HELD}`;

/** @param rowOf the row of the collection. */
export function heldObjects(
  { sql, read }: Connection,
  rowOf: (scope: Scope) => number,
): Pick<ObjectStore, 'lookup' | 'known' | 'presence' | 'rivals'> {
  const named = (scope: Scope, id: string): { collection: number; key: Buffer; type: string } => ({
    collection: rowOf(scope),
    key: keyOf(id),
    type: typeOf(id),
  });
  /** Whether a version of exactly this id may be seen. */
  const sees = (scope: Scope, id: string): boolean =>
    scope.clearance !== undefined &&
    sql(
      `SELECT 1 FROM (${visible(scope.clearance)}) k JOIN versions v ON v.row = k.row WHERE v.object_id = @id LIMIT 1`,
    ).get({ ...named(scope, id), id }) !== undefined;

  return {
    lookup: async (scope, ids) =>
      read(() => {
        const found = new Map<string, Held[]>();
        const { clearance } = scope;
        if (clearance === undefined) return found;
        let left = MOST_LOOKED_UP_BYTES;
        for (const id of ids) {
          const held: Held[] = [];
          let most = Math.min(MOST_HELD_BYTES, left);
          for (const { row, size, object_id } of sql(newest(clearance)).all(named(scope, id)) as Version[]) {
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
        const { clearance } = scope;
        if (clearance === undefined) return [];
        return sql(rivalsUpTo(clearance)).all(named(scope, id)) as Inspected[];
      }),
    presence: async (scope, id, instants) =>
      read(() => {
        const { collection, key, type } = named(scope, id);
        const { clearance } = scope;
        if (clearance === undefined) return 'absent';
        const gone = sql(
          `SELECT 1 FROM removed WHERE ${OBJECT} AND version_key = @instant AND rank <= @clearance
           AND NOT EXISTS (${visible(clearance, 'AND version_key = @instant')})`,
        );
        for (const instant of instants)
          if (gone.get({ collection, key, type, instant, clearance })) return 'removed';
        return sees(scope, id) ? 'present' : 'absent';
      }),
  };
}
