/** Which ranges (src/domain/entries.ts) occur in a collection: a reader's runs are those that hold them. */
import { EVERYONE, type Reader } from '../../domain/audience';
import { holds } from '../../domain/entries';
import { spanOf, type Range } from '../../domain/regions';
import type { Micros } from '../../domain/timestamp';
import type { Connection } from './connection';
import type { Runs } from './windows';

type Place = Omit<Runs, 'ranges'>;

/** What was found for a reader of several audiences: right while nothing was added to the collection, and nothing cut. */
interface Found {
  readonly last: Micros;
  readonly cut: number;
  readonly ranges: readonly Range[];
}
const found = new WeakMap<Connection, WeakMap<Reader, Map<string, Found>>>();

/** A loose scan: a seek for each class, and one for each range. */
const looseScan = ({ index, column, condition }: Place): string => {
  const next = (of: string, from: string): string =>
    `(SELECT min(${column}) FROM entries INDEXED BY ${index}
      WHERE collection = @collection AND ${column} > ${from} AND ${column} < ${of} + 64${condition})`;
  return `WITH RECURSIVE found (begin, range) AS (
      SELECT value, ${next('value', 'value')} FROM json_each(@begins)
      UNION ALL SELECT begin, ${next('begin', 'range')} FROM found WHERE range IS NOT NULL
    ) SELECT range FROM found WHERE range IS NOT NULL`;
};

function scanned({ sql }: Connection, collection: number, place: Place, reader: Reader): Range[] {
  const begins = JSON.stringify([EVERYONE, ...reader.classes].map((id) => spanOf(id).from));
  const ranges = sql(looseScan(place)).pluck().all({ collection, begins }) as Range[];
  return ranges.filter((range) => holds(range, reader));
}

/**
 * The ranges that occur in an index and hold the reader. To be called within the view in which they are used.
 *
 * Entries are only ever added, behind the newest date, and cut, which is written down: while neither happened, a reader of
 * audiences, who has more than a few runs, is not looked up again.
 */
export function occurring(
  connection: Connection,
  collection: number,
  place: Place,
  reader: Reader,
): readonly Range[] {
  if (reader.classes.size === 0) return scanned(connection, collection, place, reader);
  const readers = found.get(connection) ?? new WeakMap<Reader, Map<string, Found>>();
  found.set(connection, readers);
  const known = readers.get(reader) ?? new Map<string, Found>();
  readers.set(reader, known);
  const { last, cut } = connection
    .sql(
      `SELECT (SELECT last_date FROM collections WHERE row = ?) AS last, (SELECT max(seq) FROM cuts) AS cut`,
    )
    .get(collection) as { last: Micros; cut: number | null };
  const key = `${collection} ${place.column} ${place.condition}`;
  const before = known.get(key);
  if (before && before.last === last && before.cut === (cut ?? 0)) return before.ranges;
  const ranges = scanned(connection, collection, place, reader);
  known.set(key, { last, cut: cut ?? 0, ranges });
  return ranges;
}
