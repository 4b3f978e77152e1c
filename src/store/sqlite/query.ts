/**
 * Compiles an ObjectQuery. A listing is a merge of ordered runs of an index, one run for each range of ranks that
 * holds the reader's (src/domain/entries.ts): hidden entries are never touched, so neither the cost nor the time
 * of a page tells of them, and a page costs the same at any depth. What no index answers is examined row by row
 * (examine.ts), and so is what was asked for by id (by-id.ts). Bodies are no part of it: a page is picked by sizes.
 */
import type { Scope } from '../../domain/access';
import { asked, earliest, type Asked } from '../../domain/asked';
import { holds, rangesHolding, type Question, type Range } from '../../domain/entries';
import { propertyTest } from '../../domain/filters';
import type { ObjectQuery } from '../../domain/query';
import type { StixObject } from '../../domain/stix';
import type { Micros } from '../../domain/timestamp';
import type { Rank } from '../../domain/tlp';
import type { ReadLimits } from '../objects';
import { rowsById } from './by-id';
import type { Connection } from './connection';
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

/** The ranges that occur in a collection and hold the rank: a loose scan of an index, a seek for each. */
function runsOf({ sql }: Connection, collection: number, question: Question, rank: Rank): Range[] {
  const next = sql(
    `SELECT min(${question}) FROM entries INDEXED BY entries_${question} WHERE collection = ? AND ${question} > ?`,
  ).pluck();
  const found: Range[] = [];
  for (
    let range = next.get(collection, 0) as Range | null;
    range !== null;
    range = next.get(collection, range) as Range | null
  ) {
    if (holds(range, rank)) found.push(range);
  }
  return found;
}

/** The conditions whose union is "answers the question by this range", each with its index. */
function conditionsOf(question: Question, range: Range): { index: string; condition: string }[] {
  const [family, which] = question.split('_') as [string, string];
  const indexed = (condition: string, q: string = question): { index: string; condition: string } => ({
    index: `entries_${q}`,
    condition: `${q} = ${range}${condition}`,
  });
  if (family === 'latest') return [indexed('')];
  if (family === 'old') return [indexed(` AND ${question} <> 0`)];
  const latest = `latest_${which}`;
  return [indexed(` AND ${question} = ${latest}`, latest), indexed(` AND ${question} <> ${latest}`)];
}

export interface Source {
  /** A compound SELECT of (date, version), to be ordered by date. */
  readonly sql: string;
  /** Named arguments, without `after` and `most`. */
  readonly args: Readonly<Record<string, string | number>>;
  /** Whether the types are already right. */
  readonly typed: boolean;
}

const NOTHING: Source = { sql: 'SELECT date, version FROM entries WHERE 0', args: {}, typed: true };

/** As things stand now: a change may bring a range that did not occur, so each look at the entries makes its own. */
function sourceOf(
  connection: Connection,
  collection: number,
  rank: Rank,
  types: readonly string[] | undefined,
  { questions }: Asked,
): Source {
  const runs = questions.flatMap((question) =>
    (question.startsWith('latest')
      ? runsOf(connection, collection, question, rank)
      : rangesHolding(rank)
    ).map((range) => ({ question, range })),
  );
  const typed =
    types !== undefined &&
    runs.length * types.length <= MOST_RUNS &&
    questions.every((q) => INDEXED_BY_TYPE.has(q));
  const run = (index: string, condition: string): string =>
    `SELECT date, version FROM entries INDEXED BY ${index} WHERE collection = @collection AND ${condition} AND date > @after`;
  const parts = runs.flatMap(({ question, range }) =>
    typed
      ? types.map((_, i) => run(`entries_type_${question}`, `type = @type${i} AND ${question} = ${range}`))
      : conditionsOf(question, range).map(({ index, condition }) => run(index, condition)),
  );
  return {
    sql: parts.length === 0 ? NOTHING.sql : parts.join(questions.length > 1 ? ' UNION ' : ' UNION ALL '),
    args: { collection, ...(typed ? Object.fromEntries(types.map((type, i) => [`type${i}`, type])) : {}) },
    typed,
  };
}

/** The rows of a page by date; `columns` of the versions beside. */
const pageOfSource = (source: Source, columns: string): string =>
  `SELECT k.date, k.version, ${columns} FROM (${source.sql} ORDER BY date LIMIT @most) k
   CROSS JOIN versions v ON v.row = k.version ORDER BY k.date`;

/** @param sourceNow called within the view in which the rows are looked at. */
function rowsOf({ sql }: Connection, sourceNow: () => Source, begin: Micros, needed: number): Rows {
  let [after, most, ended] = [begin, Math.min(needed, STEP), false];
  return () => {
    if (ended) return undefined;
    const source = sourceNow();
    const rows = sql(pageOfSource(source, TESTED)).all({ ...source.args, after, most }) as Tested[];
    after = rows.at(-1)?.date ?? after;
    ended = rows.length < most;
    most = Math.min(most * 2, STEP);
    return rows;
  };
}

/** Whether the row is the one by which its version is listed. */
function answers({ sql }: Connection, row: Tested, rank: Rank, asks: Asked): boolean {
  const entries = sql('SELECT * FROM entries WHERE version = ? ORDER BY date').all(row.version) as (Record<
    Question,
    Range
  > & { date: number })[];
  return earliest(entries, rank, asks, row.version_key)?.date === row.date;
}

/** What an index answers, or how a page is examined, from a date on. */
export type Found = { readonly source: Source } | { readonly examine: (begin: Micros) => Promise<Picked> };

/** Up to `most` rows of a page. */
export const rowsOfSource = ({ sql }: Connection, source: Source, after: Micros, most: number): Picked => ({
  rows: sql(pageOfSource(source, PLAIN)).all({ ...source.args, after, most }) as PossibleEntry[],
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
  const rank = scope.clearance;
  const asks = asked(query);
  if (rank === undefined || !asks) return { source: NOTHING };
  const { ids, types, properties } = query;
  const needed = query.limit + 1;
  const mixed = ids === undefined && (asks.questions.length > 1 || asks.instants !== undefined);
  // `old` and `any` answer for their specification versions by themselves.
  const specs = asks.questions[0]?.startsWith('latest') === true ? query.specVersions : undefined;
  const sourceNow = (): Source => sourceOf(connection, collection, rank, types, asks);
  if (!ids && !mixed && !specs && properties.size === 0) {
    const source = sourceNow();
    if (!types || source.typed) return { source };
  }
  const test = propertyTest(properties);
  return {
    examine: (begin) =>
      examine(connection, {
        collection,
        rank,
        rows: ids
          ? rowsById(connection, collection, ids, rank, asks, begin, needed)
          : rowsOf(connection, sourceNow, begin, needed),
        passes: (row) =>
          (!types || types.includes(row.type)) &&
          (!specs || specs.includes(row.spec)) &&
          (!mixed || answers(connection, row, rank, asks)),
        matches: properties.size === 0 ? undefined : (body) => test(JSON.parse(body) as StixObject),
        needed,
        limits,
        signal,
      }),
  };
}
