/** Mends what `check` finds and can be mended from the versions: entries are derived, and orphans say nothing. */
import type { Connection } from './connection';
import { drawDates } from './dates';
import { settleObject, type ObjectKey } from './settling';

/** @returns how many orphans went and how many objects were settled. */
export function mend(connection: Connection): { orphans: number; objects: number } {
  const { sql, write } = connection;
  return write(() => {
    const orphans =
      sql('DELETE FROM entries WHERE version NOT IN (SELECT row FROM versions)').run().changes +
      sql(
        `DELETE FROM entries WHERE EXISTS (SELECT 1 FROM versions v WHERE v.row = entries.version
         AND (v.collection <> entries.collection OR v.type <> entries.type OR v.key IS NOT entries.key))`,
      ).run().changes +
      sql('DELETE FROM citations WHERE version NOT IN (SELECT row FROM versions)').run().changes;
    sql(
      `UPDATE collections SET last_date = max(last_date, coalesce((SELECT max(date) FROM entries WHERE collection = collections.row), 0))`,
    ).run();
    const dates = drawDates(connection);
    const objects = sql('SELECT DISTINCT collection, key, type FROM versions').all() as ObjectKey[];
    for (const object of objects) settleObject(connection, object, dates);
    dates.save();
    return { orphans, objects: objects.length };
  });
}
