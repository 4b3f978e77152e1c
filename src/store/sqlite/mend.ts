/** Mends what `check` finds and can be mended from the versions: entries are derived, and orphans say nothing. */
import type { Connection } from './connection';
import { allOf } from './standing';
import { Works } from './work';

/** @returns how many orphans went and how many objects were settled. */
export function mend(connection: Connection): { orphans: number; objects: number } {
  const { sql, write } = connection;
  return write(() => {
    const orphans =
      sql('DELETE FROM entries WHERE version NOT IN (SELECT row FROM versions)').run().changes +
      sql(
        `DELETE FROM entries WHERE EXISTS (SELECT 1 FROM versions v WHERE v.row = entries.version
         AND (v.collection <> entries.collection OR v.type <> entries.type))`,
      ).run().changes +
      sql('DELETE FROM citations WHERE version NOT IN (SELECT row FROM versions)').run().changes;
    sql(
      `UPDATE collections SET last_date = max(last_date, coalesce((SELECT max(date) FROM entries WHERE collection = collections.row), 0))`,
    ).run();
    const works = new Works(connection);
    const objects = sql('SELECT DISTINCT collection, object_id AS id FROM versions').all() as {
      collection: number;
      id: string;
    }[];
    for (const { collection, id } of objects) {
      const work = works.on(collection);
      work.take(id, allOf(connection, work.keyOf(id)));
    }
    works.save();
    return { orphans, objects: objects.length };
  });
}
