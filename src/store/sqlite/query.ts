/**
 * Compiles an ObjectQuery. A listing is a merge of ordered runs of an index, one run for each range of ranks that
 * holds the reader's (src/domain/entries.ts): hidden entries are never touched, so neither the cost nor the time
 * of a page tells of them, and a page costs the same at any depth. What no index answers is examined row by row
 * (examine.ts), and so is what was asked for by id (by-id.ts). Bodies are no part of it: a page is picked by sizes.
 */
import type { Scope } from '../../domain/access';
import { asked, earliest, type Asked } from '../../domain/asked';
import type { Reader } from '../../domain/audience';
import { rangesHolding, type Question } from '../../domain/entries';
import { propertyTest } from '../../domain/filters';
import type { ObjectQuery } from '../../domain/query';
import type { StixObject } from '../../domain/stix';
import type { Micros } from '../../domain/timestamp';
import type { ReadLimits } from '../objects';
import { readerIn } from './audiences';
import { rowsById } from './by-id';
import type { Range } from '../../domain/regions';
import type { Connection } from './connection';
import { occurring } from './occurring';
import { runsArgs, untilWhen, windowOf, type Runs, type Window } from './windows';
import {
  examine,
  PLAIN,
  STEP,
  TESTED,
  type PossibleEntry,
  type Picked,
  type Rows,
  type Tested,
} from './examine';

/** Runs of one merge: more than this many are slower than testing the type row by row. */
const MOST_RUNS = 60;

const INDEXED_BY_TYPE: ReadonlySet<Question> = new Set(['latest_all', 'latest_last']);

/** The conditions beside a range whose union is "answers the question by it", each with its index. */
function placesOf(question: Question): Omit<Runs, 'ranges'>[] {
  const [family, which] = question.split('_') as [string, string];
  const place = (condition: string, q: string = question): Omit<Runs, 'ranges'> => ({
    index: `entries_${q}`,
    column: q,
    condition,
  });
  if (family === 'latest') return [place('')];
  if (family === 'old') return [place(` AND ${question} <> 0`)];
  const latest = `latest_${which}`;
  return [place(` AND ${question} = ${latest}`, latest), place(` AND ${question} <> ${latest}`)];
}

/** As things stand now. Of what is rare in every index all ranges are tried, without a look at which there are. */
const runsOf = (connection: Connection, collection: number, question: Question, reader: Reader): Runs[] =>
  placesOf(question).map((place) => ({
    ...place,
    ranges:
      question.startsWith('latest') || reader.classes.size > 0
        ? occurring(connection, collection, place, reader)
        : rangesHolding(reader),
  }));

export interface Source {
  /** A compound SELECT of (date, version), to be ordered by date. */
  readonly sql: string;
  /** Named arguments, without `after` and `most`. */
  readonly args: Readonly<Record<string, string | number>>;
  /** Whether the types are already right. */
  readonly typed: boolean;
  /** Where it is read in windows: its statement has the argument `until`. */
  readonly window?: Window;
}

/** The arguments of a source for so many entries after a date. */
const argsOf = (connection: Connection, { args, window }: Source, after: Micros, most: number): object => ({
  ...args,
  after,
  ...(window ? { until: untilWhen(connection, window, after, most) } : {}),
});

const NOTHING: Source = { sql: 'SELECT date, version FROM entries WHERE 0', args: {}, typed: true };

/** As things stand now: a change may bring a range that did not occur, so each look at the entries makes its own. */
function sourceOf(
  connection: Connection,
  collection: number,
  reader: Reader,
  types: readonly string[] | undefined,
  { questions }: Asked,
): Source {
  const runs = questions.flatMap((question) => runsOf(connection, collection, question, reader));
  const count = runs.reduce((sum, { ranges }) => sum + ranges.length, 0);
  const typed =
    types !== undefined &&
    count * types.length <= MOST_RUNS &&
    questions.every((q) => INDEXED_BY_TYPE.has(q));
  const united = questions.length > 1 ? ' UNION ' : ' UNION ALL ';
  if (count > MOST_RUNS) {
    const args = { collection, ...runsArgs(runs) };
    const window = { runs, args, overlap: questions.length };
    return { sql: runs.map(windowOf).join(united), args, typed: false, window };
  }
  const run = (index: string, condition: string): string =>
    `SELECT date, version FROM entries INDEXED BY ${index} WHERE collection = @collection AND ${condition} AND date > @after`;
  const parts = runs.flatMap(({ index, column, condition, ranges }) =>
    ranges.flatMap((range) =>
      typed
        ? types.map((_, i) => run(`entries_type_${column}`, `type = @type${i} AND ${column} = ${range}`))
        : run(index, `${column} = ${range}${condition}`),
    ),
  );
  return {
    sql: parts.length === 0 ? NOTHING.sql : parts.join(united),
    args: { collection, ...(typed ? Object.fromEntries(types.map((type, i) => [`type${i}`, type])) : {}) },
    typed,
  };
}

/** The rows of a page by date; `columns` of the versions beside. */
const pageOfSource = (source: Source, columns: string): string =>
  `SELECT k.date, k.version, ${columns} FROM (${source.sql} ORDER BY date LIMIT @most) k
   CROSS JOIN versions v ON v.row = k.version ORDER BY k.date`;

/** @param sourceNow called within the view in which the rows are looked at. */
function rowsOf(connection: Connection, sourceNow: () => Source, begin: Micros, needed: number): Rows {
  let [after, most, ended] = [begin, Math.min(needed, STEP), false];
  return () => {
    if (ended) return undefined;
    const source = sourceNow();
    const args = { ...argsOf(connection, source, after, most), most };
    const rows = connection.sql(pageOfSource(source, TESTED)).all(args) as Tested[];
    after = rows.at(-1)?.date ?? after;
    ended = rows.length < most;
    most = Math.min(most * 2, STEP);
    return rows;
  };
}

/** Whether the row is the one by which its version is listed. */
function answers({ sql }: Connection, row: Tested, reader: Reader, asks: Asked): boolean {
  const entries = sql('SELECT * FROM entries WHERE version = ? ORDER BY date').all(row.version) as (Record<
    Question,
    Range
  > & { date: number })[];
  return earliest(entries, reader, asks, row.version_key)?.date === row.date;
}

/** What an index answers, or how a page is examined, from a date on. */
export type Found = { readonly source: Source } | { readonly examine: (begin: Micros) => Promise<Picked> };

/** Up to `most` rows of a page. */
export const rowsOfSource = (
  connection: Connection,
  source: Source,
  after: Micros,
  most: number,
): Picked => ({
  rows: connection
    .sql(pageOfSource(source, PLAIN))
    .all({ ...argsOf(connection, source, after, most), most }) as PossibleEntry[],
});

/** To be called within the view in which the rows are used. */
export function pick(
  connection: Connection,
  scope: Scope<'read'>,
  collection: number,
  query: ObjectQuery,
  limits: ReadLimits,
  signal: AbortSignal | undefined,
): Found {
  // At each look anew: an audience may be named between two steps.
  const readerNow = (): Reader => readerIn(connection, collection, scope);
  const asks = asked(query);
  if (scope.clearance === undefined || !asks) return { source: NOTHING };
  const { ids, types, properties } = query;
  const needed = query.limit + 1;
  const mixed = ids === undefined && (asks.questions.length > 1 || asks.instants !== undefined);
  // `old` and `any` answer for their specification versions by themselves.
  const specs = asks.questions[0]?.startsWith('latest') === true ? query.specVersions : undefined;
  const sourceNow = (): Source => sourceOf(connection, collection, readerNow(), types, asks);
  if (!ids && !mixed && !specs && properties.size === 0) {
    const source = sourceNow();
    if (!types || source.typed) return { source };
  }
  const test = propertyTest(properties);
  return {
    examine: (begin) =>
      examine(connection, {
        collection,
        readerNow,
        rows: ids
          ? rowsById(connection, collection, ids, readerNow, asks, begin, needed)
          : rowsOf(connection, sourceNow, begin, needed),
        passes: (row) =>
          (!types || types.includes(row.type)) &&
          (!specs || specs.includes(row.spec)) &&
          (!mixed || answers(connection, row, readerNow(), asks)),
        matches: properties.size === 0 ? undefined : (body) => test(JSON.parse(body) as StixObject),
        needed,
        limits,
        signal,
      }),
  };
}
