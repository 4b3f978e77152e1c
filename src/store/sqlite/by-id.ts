/**
 * The entries of named objects, oldest first. Only versions up to the reader's rank are looked up: an object with 200
 * hidden versions costs what one costs that is not there, and one with 100,000 what its page costs.
 */
import { earliest, type Asked } from '../../domain/asked';
import { holds, QUESTIONS, rangesHolding, type Question } from '../../domain/entries';
import type { Range } from '../../domain/regions';
import { typeOf } from '../../domain/stix';
import type { Micros } from '../../domain/timestamp';
import type { Reader } from '../../domain/audience';
import type { Connection } from './connection';
import { STEP, TESTED, type Rows, type Tested } from './examine';
import { keyOf, levelsUnder } from './standing';

interface Entry extends Tested, Readonly<Record<Question, Range>> {}
interface Named {
  readonly collection: number;
  readonly key: Buffer;
  readonly type: string;
}

const SPECS = ['2.1', '2.0'];
/** Rows of an object that are read at first; more and more while the page goes on in it. */
const FEW = 32;
/** Runs of one object that are merged by one statement. */
const MOST_MERGED = 60;
/** Objects whose first rows are read in one step. */
const OBJECTS = 20;

export const OBJECT = 'collection = @collection AND key = @key AND type = @type';
const ENTRIES = `SELECT e.date, e.version, ${QUESTIONS.map((q) => `e.${q}`).join(', ')}, ${TESTED}`;

/** Something for each specification version and each level. */
export const eachLevel = <T>(levels: readonly number[], of: (spec: string, level: number) => T): T[] =>
  SPECS.flatMap((spec) => levels.map((level) => of(spec, level)));

/**
 * The newest, or oldest, versions of each level and specification version: among them is whatever is last, or first, for
 * the reader. Several may have one key, where one was re-ranked to the rank of another.
 */
function outermost(levels: readonly number[], end: 'max' | 'min'): string {
  const of = (spec: string, level: number): string => {
    const some = `FROM versions INDEXED BY versions_rank WHERE ${OBJECT} AND spec = '${spec}' AND rank = ${level}`;
    return `SELECT row ${some} AND version_key = (SELECT ${end}(version_key) ${some})`;
  };
  return eachLevel(levels, of).join(' UNION ALL ');
}

/** Versions at some levels that also meet the condition. */
export const visible = (levels: readonly number[], condition = ''): string =>
  `SELECT row FROM versions INDEXED BY versions_rank
   WHERE ${OBJECT} AND spec IN ('2.0', '2.1') AND rank IN (${levels.join(', ')}) ${condition}`;

/** All entries of some versions. */
const entriesOf = (versions: string): string =>
  `${ENTRIES} FROM (${versions}) w CROSS JOIN versions v ON v.row = w.row CROSS JOIN entries e ON e.version = w.row
   ORDER BY e.date`;

/** What answers by keywords and exact versions: a few seeks, however many versions there are. */
function chosen({ sql }: Connection, object: Named, reader: Reader, asks: Asked, after: Micros): Tested[] {
  const { questions, instants } = asks;
  const levels = levelsUnder({ sql }, object, reader);
  if (levels.length === 0) return [];
  const ends = (which: string): boolean => questions.some((q) => q.endsWith(which));
  const sources = [
    ...(ends('_last') ? [outermost(levels, 'max')] : []),
    ...(ends('_first') ? [outermost(levels, 'min')] : []),
    ...(instants ? [visible(levels, 'AND version_key IN (SELECT value FROM json_each(@instants))')] : []),
  ];
  const entries = sql(entriesOf(sources.join(' UNION ALL '))).all({
    ...object,
    ...(instants ? { instants: JSON.stringify([...instants]) } : {}),
  }) as Entry[];
  const found = new Map<number, Entry[]>();
  for (const entry of entries) found.set(entry.version, [...(found.get(entry.version) ?? []), entry]);
  return [...found.values()]
    .flatMap((own) => earliest(own, reader, asks, (own[0] as Entry).version_key) ?? [])
    .filter((entry) => entry.date > after)
    .sort((a, b) => a.date - b.date);
}

/**
 * What answers `latest_all`: the index over entries leaves out those whose version is the newest for whoever it is shown
 * to at all, and these are found as such.
 */
function all({ sql }: Connection, object: Named, reader: Reader, after: Micros, most: number): Tested[] {
  const levels = levelsUnder({ sql }, object, reader);
  if (levels.length === 0) return [];
  // Of few ranges the runs are merged; of many the object's own entries are ordered.
  const ranges = rangesHolding(reader);
  const some = `FROM entries INDEXED BY entries_object WHERE ${OBJECT} AND latest_all <> latest_last AND date > @after`;
  const runs =
    ranges.length > MOST_MERGED
      ? [`SELECT date, version ${some} AND latest_all IN (SELECT value FROM json_each(@ranges))`]
      : ranges.map((range) => `SELECT date, version ${some} AND latest_all = ${range}`);
  const superseded = sql(
    `SELECT k.date, k.version, ${TESTED} FROM (${runs.join(' UNION ALL ')} ORDER BY date LIMIT @most) k
     CROSS JOIN versions v ON v.row = k.version ORDER BY k.date`,
  ).all({
    ...object,
    after,
    most,
    ...(ranges.length > MOST_MERGED ? { ranges: JSON.stringify(ranges) } : {}),
  }) as Tested[];
  const newest = (sql(entriesOf(outermost(levels, 'max'))).all(object) as Entry[]).filter(
    (e) => e.date > after && e.latest_all === e.latest_last && holds(e.latest_all, reader),
  );
  return newest.length === 0
    ? superseded
    : [...superseded, ...newest].sort((a, b) => a.date - b.date).slice(0, most);
}

/** What answers another question about all versions: STIX 2.0 by name, rare, and linear in the versions shown. */
function allOf({ sql }: Connection, object: Named, reader: Reader, asks: Asked, after: Micros): Tested[] {
  const levels = levelsUnder({ sql }, object, reader);
  if (levels.length === 0) return [];
  const [question] = asks.questions as [Question];
  const entries = sql(entriesOf(visible(levels))).all(object) as Entry[];
  return entries.filter((e) => e.date > after && holds(e[question], reader));
}

/** One object's rows, read in growing parts. */
interface Stream {
  readonly id: string;
  rows: readonly Tested[];
  at: number;
  size: number;
  after: Micros;
  ended: boolean;
}

/** @param needed rows that are wanted at most. */
export function rowsById(
  connection: Connection,
  collection: number,
  ids: readonly string[],
  readerNow: () => Reader,
  asks: Asked,
  after: Micros,
  needed: number,
): Rows {
  const isAll = asks.questions[0] === 'latest_all' && asks.instants === undefined;
  const isOtherAll = !isAll && (asks.questions[0]?.endsWith('_all') ?? false) && asks.instants === undefined;
  const fill = (stream: Stream): void => {
    const object = { collection, key: keyOf(stream.id), type: typeOf(stream.id) };
    const most = stream.size;
    const reader = readerNow();
    const rows = isAll
      ? all(connection, object, reader, stream.after, most)
      : isOtherAll
        ? allOf(connection, object, reader, asks, stream.after)
        : chosen(connection, object, reader, asks, stream.after);
    // A UUID written in other letters is another id.
    stream.rows = rows.filter((row) => row.object_id === stream.id);
    stream.at = 0;
    stream.size = Math.min(stream.size * 2, STEP);
    stream.after = rows.at(-1)?.date ?? stream.after;
    stream.ended = !isAll || rows.length < most;
  };
  const streams = ids.map((id): Stream => ({
    id,
    rows: [],
    at: 0,
    size: Math.min(FEW, needed),
    after,
    ended: false,
  }));
  const isEmpty = (stream: Stream): boolean => stream.at >= stream.rows.length;
  let filled = 0;
  let most = Math.min(needed, STEP);
  return () => {
    if (filled < streams.length) {
      for (const stream of streams.slice(filled, (filled += OBJECTS))) fill(stream);
      return [];
    }
    const rows: Tested[] = [];
    while (rows.length < most) {
      let next: Stream | undefined;
      for (const stream of streams) {
        while (isEmpty(stream) && !stream.ended) fill(stream);
        if (isEmpty(stream)) continue;
        if (!next || (stream.rows[stream.at] as Tested).date < (next.rows[next.at] as Tested).date)
          next = stream;
      }
      if (!next) break;
      rows.push(next.rows[next.at++] as Tested);
    }
    most = Math.min(most * 2, STEP);
    return rows.length === 0 ? undefined : rows;
  };
}
