/** Mends what `check` finds and can be mended from the versions: entries are derived, and orphans say nothing. */
import type { Permit } from '../house';
import type { Connection } from './connection';
import { lookAt } from './settled';
import { allOf } from './standing';
import { eachObject, eachStep, STEP } from './walk';
import { Work } from './work';

interface Place {
  readonly a: number | string;
  readonly b: number;
  readonly lost: 0 | 1;
}

/** Rows by their primary key, and whether they say nothing; how one of them is taken out. */
const ORPHANS: readonly { start: Pick<Place, 'a' | 'b'>; rows: string; remove: string }[] = [
  {
    start: { a: 0, b: 0 },
    rows: `SELECT e.collection AS a, e.date AS b, v.row IS NULL OR v.collection <> e.collection OR v.type <> e.type OR v.key IS NOT e.key AS lost
      FROM entries e LEFT JOIN versions v ON v.row = e.version
      WHERE (e.collection, e.date) > (@a, @b) ORDER BY e.collection, e.date LIMIT ${STEP}`,
    remove: 'DELETE FROM entries WHERE collection = @a AND date = @b',
  },
  {
    start: { a: '', b: 0 },
    rows: `SELECT w.marking AS a, w.version AS b, v.row IS NULL AS lost FROM citations w LEFT JOIN versions v ON v.row = w.version
      WHERE (w.marking, w.version) > (@a, @b) ORDER BY w.marking, w.version LIMIT ${STEP}`,
    remove: 'DELETE FROM citations WHERE marking = @a AND version = @b',
  },
];

/**
 * {@link HouseStore.mend}. A sound object is looked at without a lock; only what is wrong is written.
 *
 * @returns how many orphans went and how many objects were settled anew.
 */
export async function mend(
  connection: Connection,
  { signal }: Permit = {},
): Promise<{ orphans: number; objects: number }> {
  const { sql, read, write } = connection;
  write(() =>
    sql(
      `UPDATE collections SET last_date = max(last_date, coalesce((SELECT max(date) FROM entries WHERE collection = collections.row), 0))`,
    ).run(),
  );
  let [orphans, objects] = [0, 0];
  for (const { start, rows, remove } of ORPHANS) {
    const next = (after: Place | undefined): Place[] => {
      const { a, b } = after ?? start;
      return read(() => sql(rows).all({ a, b })) as Place[];
    };
    await eachStep(signal, next, (places) => {
      const lost = places.filter((place) => place.lost);
      if (lost.length === 0) return;
      orphans += lost.length;
      write(() => {
        for (const { a, b } of lost) sql(remove).run({ a, b });
      });
    });
  }
  await eachObject(connection, signal, (object) => {
    const { settled, versions, id } = lookAt(connection, object);
    if (settled) return versions;
    write(() => {
      const work = new Work(connection, object.collection);
      work.take(id, allOf(connection, object));
      work.save();
    });
    objects++;
    return versions;
  });
  return { orphans, objects };
}
