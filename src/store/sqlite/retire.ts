/** Retention: objects of which nothing was added since, taken out in small units of work. */
import { groupOf } from '../../domain/stix';
import type { Micros } from '../../domain/timestamp';
import type { Retirement } from '../store';
import { dropVersions } from './append';
import type { Connection } from './connection';
import { auditBy } from './records';
import type { ObjectKey } from './settling';

/** Entries that are looked at in one unit of work: others write between two. */
const SLICE = 500;

interface Old extends ObjectKey {
  readonly date: Micros;
  readonly id: string;
}

export async function retire(
  connection: Connection,
  collectionId: string,
  { types, before, held }: Retirement,
  by: string,
  apply: boolean,
): Promise<{ objects: number; versions: number }> {
  const { sql, read, write } = connection;
  const found = sql('SELECT row, api_root, definition FROM collections WHERE id = ?').get(collectionId) as
    { row: number; api_root: string; definition: string } | undefined;
  if (!found) return { objects: 0, versions: 0 };
  const { alias } = JSON.parse(found.definition) as { alias: string };
  const kept = new Set(held);
  const slice = sql(
    `SELECT e.date, v.collection, v.type, v.key, v.object_id AS id FROM entries e JOIN versions v ON v.row = e.version
     WHERE e.collection = ? AND e.date > ? AND e.date < ? ORDER BY e.date LIMIT ${SLICE}`,
  );
  const newest = sql(
    `SELECT max(e.date) FROM versions v JOIN entries e ON e.version = v.row WHERE v.collection = ? AND v.key = ? AND v.type = ?`,
  ).pluck();
  const rows = sql('SELECT row FROM versions WHERE collection = ? AND key = ? AND type = ?').pluck();
  const wanted = (old: Old): boolean =>
    !kept.has(old.id) && (types.includes(old.type) || types.includes(groupOf(old.type)));

  let [objects, versions, after] = [0, 0, -1];
  const seen = new Set<string>();
  const take = (olds: readonly Old[]): void => {
    for (const old of olds) {
      if (!wanted(old) || seen.has(old.id)) continue;
      seen.add(old.id);
      const last = newest.get(old.collection, old.key, old.type) as Micros | null;
      if (last === null || last >= before) continue;
      const refs = rows.all(old.collection, old.key, old.type) as number[];
      objects++;
      versions += refs.length;
      if (!apply) continue;
      dropVersions(connection, old, refs);
      auditBy(
        connection,
        { by },
        'retire',
        `${found.api_root}/${alias}`,
        old.id,
        JSON.stringify({ versions: refs.length }),
      );
    }
  };
  for (;;) {
    const olds = slice.all(found.row, after, before) as Old[];
    if (olds.length === 0) return { objects, versions };
    (apply ? write : read)(() => take(olds));
    after = (olds.at(-1) as Old).date;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
