import type { Scope } from '../../domain/access';
import { typeOf } from '../../domain/stix';
import { notFound } from '../../domain/access';
import type { ObjectQuery } from '../../domain/query';
import type { Rank } from '../../domain/tlp';
import { MOST_HELD, type Held, type Inspected, type Listed, type ObjectStore, type Page } from '../store';
import { append, foresee, remove } from './append';
import type { Connection } from './connection';
import { pageOf } from '../page';
import { pick, type Candidate } from './query';
import { retire } from './retire';
import { keyOf } from './settling';

const BODIES = `SELECT CAST(group_concat(body, ',') AS BLOB) AS items, count(*) AS count FROM
  (SELECT v.body FROM json_each(?) k CROSS JOIN versions v ON v.row = k.value)`;

const listed = (row: Candidate): Listed => ({
  id: row.object_id,
  date: row.date,
  version: row.version_text,
  spec: row.spec,
});

export function sqliteObjects(connection: Connection): ObjectStore {
  const { sql, read } = connection;
  const rowOf = (scope: Scope): number => {
    const row = sql('SELECT row FROM collections WHERE id = ?').pluck().get(scope.collection.id) as
      number | undefined;
    if (row === undefined) throw notFound();
    return row;
  };
  /** Picks the keys of a page, then lets SQLite build the bytes: 5 to 6 times as fast as rows. */
  const find = async (scope: Scope<'read'>, query: ObjectQuery): Promise<Page<Buffer>> => {
    for (;;) {
      const picked = await pick(connection, scope, rowOf(scope), query);
      const { rows, page } = pageOf(picked, query.limit);
      if (picked.bodies)
        return { ...page, items: Buffer.from(picked.bodies.slice(0, rows.length).join(',')) };
      if (rows.length === 0) return { ...page, items: Buffer.alloc(0) };
      const built = read(() => sql(BODIES).get(JSON.stringify(rows.map((row) => row.version)))) as {
        items: Buffer;
        count: number;
      };
      // A removal may have come between the two looks; then the page is picked anew.
      if (built.count === rows.length) return { ...page, items: built.items };
    }
  };
  /** What a publisher sees of an id: its own, and what its clearance allows. */
  const SEEN = `FROM versions v LEFT JOIN organisations o ON o.id = v.publisher
    WHERE v.collection = ? AND v.key = ? AND v.type = ? AND (v.publisher = ? OR v.rank <= ?)`;
  const seenBy = (scope: Scope<'write'>, id: string): unknown[] => [
    ...[rowOf(scope), keyOf(id), typeOf(id)],
    ...[scope.principal.organisation.id, scope.clearance ?? -1],
  ];
  return {
    lookup: async (scope, ids) =>
      read(() => {
        const found = ids.map((id): [string, Held[]] => {
          const rows = sql(
            `SELECT v.body AS text, v.publisher = ? OR json_extract(o.definition, '$.kind') IN ('desk', 'operator') AS trusted
             ${SEEN} ORDER BY v.version_key DESC LIMIT ${MOST_HELD}`,
          ).all(scope.principal.organisation.id, ...seenBy(scope, id)) as { text: string; trusted: number }[];
          return [id, rows.map(({ text, trusted }) => ({ text, trusted: trusted === 1 }))];
        });
        return new Map(found.filter(([, held]) => held.length > 0));
      }),
    known: async (scope, ids) =>
      read(() => {
        const held = sql(`SELECT 1 ${SEEN} LIMIT 1`);
        const identity = sql('SELECT 1 FROM organisations WHERE identity = ?');
        return new Set(
          ids.filter((id) => held.get(...seenBy(scope, id)) !== undefined || identity.get(id) !== undefined),
        );
      }),
    append: async (scope, part) => append(connection, scope, part),
    foresee: async (scope, parts) => foresee(connection, scope, parts),
    remove: async (scope, id, selection) => remove(connection, scope, id, selection),
    find,
    list: async (scope, query) => {
      const { rows, page } = pageOf(await pick(connection, scope, rowOf(scope), query), query.limit);
      return { ...page, items: rows.map(listed) };
    },
    inspect: async (scope, query) => {
      const { rows, page } = pageOf(await pick(connection, scope, rowOf(scope), query), query.limit);
      const more = sql('SELECT type, rank, publisher, body AS text FROM versions WHERE row = ?');
      const items = read(() =>
        rows.flatMap((row): Inspected[] => {
          const found = more.get(row.version) as
            Pick<Inspected, 'type' | 'rank' | 'publisher' | 'text'> | undefined;
          // A removal may have come between the two looks.
          return found ? [{ ...listed(row), ...found }] : [];
        }),
      );
      return { ...page, items };
    },
    retire: async (collectionId, retirement, by, apply) =>
      retire(connection, collectionId, retirement, by, apply),
    presence: async (scope, id, instants) =>
      read(() => {
        const of = [rowOf(scope), keyOf(id), typeOf(id)] as const;
        const rank = scope.clearance ?? (-1 as Rank);
        for (const instant of instants) {
          const seen = sql(
            'SELECT 1 FROM removed WHERE collection = ? AND key = ? AND type = ? AND version_key = ? AND rank <= ?',
          );
          if (seen.get(...of, instant, rank)) return 'removed';
        }
        const held = sql(
          'SELECT 1 FROM versions WHERE collection = ? AND key = ? AND type = ? AND object_id = ? AND rank <= ?',
        );
        return held.get(...of, id, rank) ? 'present' : 'absent';
      }),
  };
}
