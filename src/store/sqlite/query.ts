/**
 * Compiles an ObjectQuery. A listing is a merge of ordered runs of an index, one run for each range of ranks that
 * holds the reader's (src/domain/entries.ts): hidden entries are never touched, so neither the cost nor the time
 * of a page tells of them, and a page costs the same at any depth. What no index answers is tested row by row, in
 * slices.
 */
import type { Scope } from '../../domain/access';
import { holds, rangesHolding, type Question, type Range } from '../../domain/entries';
import { propertyTest } from '../../domain/filters';
import { asked, type Asked } from '../../domain/asked';
import type { ObjectQuery } from '../../domain/query';
import { type StixObject, typeOf } from '../../domain/stix';
import type { Micros } from '../../domain/timestamp';
import type { Rank } from '../../domain/tlp';
import type { Connection } from './connection';
import { keyOf } from './standing';

/** One entry that may be on the page. */
export interface Candidate {
  readonly date: Micros;
  readonly version: number;
  readonly object_id: string;
  readonly version_text: string;
  readonly spec: string;
  readonly size: number;
}
/** …with what the row-by-row tests look at. */
interface Tested extends Candidate {
  readonly type: string;
  readonly version_key: string;
  readonly body: string;
}

const PLAIN = 'v.object_id, v.version AS version_text, v.spec, v.size';
const WITH_BODY = `${PLAIN}, v.type, v.version_key, v.body`;

/** Runs of one merge: more than this many are slower than testing the type row by row. */
const MOST_RUNS = 60;
/** Rows that are examined before others get their turn (T-385): some 5 ms. */
const SLICE = 500;

const INDEXED: ReadonlySet<Question> = new Set(['latest_all', 'latest_last', 'latest_first']);
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

interface Source {
  /** A compound SELECT of (date, version), to be ordered by date. */
  readonly sql: string;
  /** Named arguments, without `after` and `most`. */
  readonly args: Readonly<Record<string, string | number>>;
  /** Whether the types are already right. */
  readonly typed: boolean;
}

function sourceOf(
  connection: Connection,
  collection: number,
  rank: Rank,
  types: readonly string[] | undefined,
  asks: Asked,
): Source {
  const { questions } = asks;
  const runs = questions.map((q) => ({
    question: q,
    ranges: INDEXED.has(q) ? runsOf(connection, collection, q, rank) : rangesHolding(rank),
  }));
  const count = runs.reduce((sum, { ranges }) => sum + ranges.length, 0) * (types?.length ?? 1);
  const typed = types !== undefined && count <= MOST_RUNS && questions.every((q) => INDEXED_BY_TYPE.has(q));
  const run = (index: string, condition: string): string =>
    `SELECT date, version FROM entries ${index} WHERE collection = @collection AND ${condition} AND date > @after`;
  const parts = runs.flatMap(({ question, ranges }) => {
    // STIX 2.0 beside 2.1, asked for by name: rare, and allowed to be slower (architecture, entries).
    if (!INDEXED.has(question)) return [run('', `${question} IN (${ranges.join(', ')})`)];
    if (!typed) return ranges.map((range) => run(`INDEXED BY entries_${question}`, `${question} = ${range}`));
    return types.flatMap((_, i) =>
      ranges.map((range) =>
        run(`INDEXED BY entries_type_${question}`, `type = @type${i} AND ${question} = ${range}`),
      ),
    );
  });
  return {
    sql: parts.length === 0 ? run('', '0') : parts.join(questions.length > 1 ? ' UNION ' : ' UNION ALL '),
    args: { collection, ...(typed ? Object.fromEntries(types.map((type, i) => [`type${i}`, type])) : {}) },
    typed,
  };
}

/** The entries of the named objects, whatever they answer: few, so that they are tested in memory. */
function byIds(connection: Connection, collection: number, query: ObjectQuery, columns: string): Tested[] {
  const rows = connection.sql(
    `SELECT e.date, e.version, ${columns} FROM versions v JOIN entries e ON e.version = v.row
     WHERE v.collection = ? AND v.key = ? AND v.type = ? AND v.object_id = ? AND e.date > ?`,
  );
  return (query.ids ?? [])
    .flatMap((id) => rows.all(collection, keyOf(id), typeOf(id), id, query.after ?? -1) as Tested[])
    .sort((a, b) => a.date - b.date);
}

/**
 * T-215: a version that answers by several entries (it was first at d10 and is last again since d25) is listed once,
 * by the earliest of them.
 */
function answers({ sql }: Connection, row: Tested, rank: Rank, { questions, instants }: Asked): boolean {
  const entries = sql('SELECT * FROM entries WHERE version = ? ORDER BY date').all(row.version) as (Record<
    Question,
    Range
  > & {
    date: Micros;
  })[];
  const first = entries.find((entry) =>
    questions.some(
      (q, i) => holds(entry[q], rank) && (i > 0 || instants === undefined || instants.has(row.version_key)),
    ),
  );
  return first?.date === row.date;
}

/** How a page is picked. `bodies` are there where the rows had to be read for the tests anyway. */
export interface Picked {
  /** Up to limit + 1 rows: the extra one is the proof that there is more. */
  readonly rows: readonly Candidate[];
  readonly bodies: readonly string[] | undefined;
}

/** Lets others have their turn between two slices. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function pick(
  connection: Connection,
  scope: Scope<'read'>,
  collection: number,
  query: ObjectQuery,
): Promise<Picked> {
  const rank = scope.clearance;
  const ask = asked(query);
  if (rank === undefined || !ask) return { rows: [], bodies: undefined };
  const source = query.ids ? undefined : sourceOf(connection, collection, rank, query.types, ask);
  const types = source?.typed ? undefined : query.types;
  const { specVersions } = query;
  const mixed = ask.questions.length > 1 || ask.instants !== undefined || source === undefined;
  const needed = query.limit + 1;
  const simple = source && !types && !specVersions && !mixed && query.properties.size === 0;
  const from = (columns: string): string =>
    `SELECT k.date, k.version, ${columns} FROM (${source?.sql ?? ''} ORDER BY date LIMIT @most) k
     CROSS JOIN versions v ON v.row = k.version ORDER BY k.date`;
  if (simple) {
    return {
      rows: connection
        .sql(from(PLAIN))
        .all({ ...source.args, after: query.after ?? -1, most: needed }) as Candidate[],
      bodies: undefined,
    };
  }

  const matches = propertyTest(query.properties);
  const test = (row: Tested): boolean =>
    (!types || types.includes(row.type)) &&
    (!specVersions || specVersions.includes(row.spec)) &&
    (!mixed || answers(connection, row, rank, ask)) &&
    (query.properties.size === 0 || matches(JSON.parse(row.body) as StixObject));
  const found: Tested[] = [];
  if (!source) {
    const rows = byIds(connection, collection, query, WITH_BODY);
    for (const row of rows) if (found.length < needed && test(row)) found.push(row);
  } else {
    let after = query.after ?? -1;
    for (;;) {
      const slice = connection.sql(from(WITH_BODY)).all({ ...source.args, after, most: SLICE }) as Tested[];
      for (const row of slice) if (found.length < needed && test(row)) found.push(row);
      const last = slice.at(-1);
      if (found.length >= needed || slice.length < SLICE || !last) break;
      after = last.date;
      await turn();
    }
  }
  return { rows: found, bodies: found.map((row) => row.body) };
}
