import { notFound, type Scope } from '../../domain/access';
import { oneByOne } from '../../domain/one-by-one';
import type { ObjectQuery } from '../../domain/query';
import type { Micros } from '../../domain/timestamp';
import { manifestRecords, pageOf, READ_LIMITS } from '../page';
import type { Inspected, Listed, ObjectStore, Page, ReadLimits } from '../objects';
import { append, appendEach, foresee } from './append';
import { build, OBJECT, recordOf, type Piece } from './built';
import type { Connection } from './connection';
import { MAY_SEE, mayOf, type PossibleEntry, type Picked } from './examine';
import { readerIn, shownLevel } from './audiences';
import { heldObjects } from './held';
import { pick, rowsOfSource } from './query';
import { remove } from './remove';
import { retire } from './retire';
import { turn } from './walk';

/** SQLite builds the bytes: 5 to 6 times as fast as rows. */
const BODIES = `SELECT CAST(group_concat(body, ',') AS BLOB) FROM
  (SELECT v.body FROM json_each(?) k CROSS JOIN versions v ON v.row = k.value)`;

const THERE = `SELECT e.date FROM json_each(@dates) k CROSS JOIN entries e ON e.collection = @collection AND e.date = k.value
  CROSS JOIN versions v ON v.row = e.version WHERE ${MAY_SEE}`;

type Provenance = Pick<Inspected, 'type' | 'publisher' | 'text'> & { readonly rank: number };

const listed = (row: PossibleEntry): Listed => ({
  id: row.object_id,
  date: row.date,
  version: row.version_text,
  spec: row.spec,
});

/** Bodies of a page that take some 10 ms to load. */
const LARGE = 4 * 1024 * 1024;
const inTurn = oneByOne();
/** One turn of the event loop, for one large page of all that are asked for. */
const turnAlone = (): Promise<void> => inTurn(turn);

const isLarge = (picked: Picked, query: ObjectQuery, limits: ReadLimits): boolean =>
  pageOf(picked, query.limit, limits.bytes).rows.reduce((sum, { size }) => sum + size, 0) > LARGE;

export function sqliteObjects(connection: Connection, reads: Partial<ReadLimits> = {}): ObjectStore {
  const { sql, read } = connection;
  const limits = { ...READ_LIMITS, ...reads };
  const rowOf = (scope: Scope): number => {
    const row = sql('SELECT row FROM collections WHERE id = ?').pluck().get(scope.collection.id) as
      number | undefined;
    if (row === undefined) throw notFound();
    return row;
  };
  /**
   * Loads within the view of the store in which the rows were picked, or are seen to be there still.
   *
   * @param piece what the page is joined of, where it may be built by one statement.
   */
  async function page<Items>(
    scope: Scope<'read'>,
    query: ObjectQuery,
    signal: AbortSignal | undefined,
    load: (rows: readonly PossibleEntry[]) => Items,
    piece?: Items extends Buffer ? Piece : never,
  ): Promise<Page<Items>> {
    let collection = -1;
    const finish = (picked: Picked): Page<Items> => {
      const { rows, page: about } = pageOf(picked, query.limit, limits.bytes);
      return { ...about, items: load(rows) };
    };
    const look = (alone: boolean) =>
      read(() => {
        collection = rowOf(scope);
        const found = pick(connection, scope, collection, query, limits, signal);
        if ('examine' in found) return found;
        const { source } = found;
        const built =
          piece && (build(connection, source, piece, query, limits.bytes) as Page<Items> | undefined);
        if (built) return built;
        const picked = rowsOfSource(connection, source, query.after ?? -1, query.limit + 1);
        return !alone && isLarge(picked, query, limits) ? undefined : finish(picked);
      });
    let now = look(false);
    while (!now) {
      await turnAlone();
      signal?.throwIfAborted();
      now = look(true);
    }
    if (!('examine' in now)) return now;
    for (let begin = query.after ?? -1; ;) {
      const picked = await now.examine(begin);
      const made = read(() => finish({ ...picked, rows: stillThere(scope, collection, picked.rows) }));
      // All that was found went meanwhile: on from there, so that no page is empty while there is more.
      if (made.count > 0 || made.through === undefined || picked.rows.length === 0) return made;
      begin = made.through;
    }
  }
  const bodies = (rows: readonly PossibleEntry[]): Buffer =>
    rows.length === 0
      ? Buffer.alloc(0)
      : (sql(BODIES)
          .pluck()
          .get(JSON.stringify(rows.map((row) => row.version))) as Buffer);
  /** Without what was removed, or re-ranked above the reader, since it was picked. No date is ever given twice. */
  function stillThere(
    scope: Scope<'read'>,
    collection: number,
    rows: readonly PossibleEntry[],
  ): readonly PossibleEntry[] {
    const there = new Set(
      sql(THERE)
        .pluck()
        .all({
          dates: JSON.stringify(rows.map((row) => row.date)),
          collection,
          ...mayOf(readerIn(connection, collection, scope)),
        }) as Micros[],
    );
    return rows.filter((row) => there.has(row.date));
  }
  return {
    ...heldObjects(connection, rowOf),
    append: async (scope, part) => append(connection, scope, part),
    appendEach: async (parts) => appendEach(connection, parts),
    foresee: async (scope, parts) => foresee(connection, scope, parts),
    remove: async (scope, id, selection) => remove(connection, scope, id, selection),
    find: (scope, query, signal) => page(scope, query, signal, bodies, OBJECT),
    manifest: (scope, query, signal) => {
      const { collection } = scope;
      const records = (rows: readonly PossibleEntry[]): Buffer =>
        manifestRecords(rows.map(listed), collection);
      return page(scope, query, signal, records, recordOf(collection));
    },
    list: (scope, query, signal) => page(scope, query, signal, (rows) => rows.map(listed)),
    inspect: (scope, query, signal) => {
      const provenance = sql('SELECT type, rank, publisher, body AS text FROM versions WHERE row = ?');
      return page(scope, query, signal, (rows) =>
        rows.map((row): Inspected => {
          const { rank: level, ...said } = provenance.get(row.version) as Provenance;
          return { ...listed(row), ...said, ...shownLevel(connection, rowOf(scope), level) };
        }),
      );
    },
    retire: async (collectionId, retirement, by, apply, permit) =>
      retire(connection, collectionId, retirement, by, apply, permit),
  };
}
