/** Picks the entries of a page: one filter on one index; what no index answers is tested row by row, in slices. */
import type { ClientSession, Filter } from 'mongodb';
import type { Reader } from '../../domain/audience';
import type { Collection } from '../../domain/channel';
import { asked, type Asked } from '../../domain/asked';
import { holds, rangesHolding } from '../../domain/entries';
import { propertyTest } from '../../domain/filters';
import type { ObjectQuery } from '../../domain/query';
import type { StixObject } from '../../domain/stix';
import type { Micros } from '../../domain/timestamp';
import type { ReadLimits } from '../objects';
import type { Link } from './link';
import { inSession, type Connection } from './connection';
import type { EntryDoc, Tables } from './tables';
import { uuidOf } from './unit';

const SLICE = 1000;
/** Bodies that are in memory at once, beside those of the page itself. */
const GROUP_BYTES = 8 * 1024 * 1024;
const GROUP = 500;

const ROW = {
  o: 1,
  u: 1,
  ref: 1,
  date: 1,
  version: 1,
  spec: 1,
  type: 1,
  rank: 1,
  publisher: 1,
  size: 1,
} as const;
/** What of an entry a page is made of. */
export type Row = Pick<EntryDoc, '_id' | keyof typeof ROW> & {
  /** If it was wanted, and no slice of that many can be too large. */
  readonly body?: string;
};

/**
 * The bodies of some entries in their order, in groups that are bounded in bytes before they are loaded. A body that is
 * not there any more is empty.
 */
export async function* bodiesOf(
  connection: Connection,
  c: string,
  rows: readonly Row[],
): AsyncGenerator<(readonly [row: Row, body: string])[]> {
  for (let from = 0; from < rows.length;) {
    let [to, bytes] = [from, 0];
    for (; to < rows.length && to - from < GROUP; to++) {
      bytes += (rows[to] as Row).size;
      if (bytes > GROUP_BYTES && to > from) break;
    }
    const some = rows.slice(from, to);
    from = to;
    if (some.every((row) => row.body !== undefined)) {
      yield some.map((row) => [row, row.body ?? ''] as const);
      continue;
    }
    const wanted = { _id: { $in: some.map((row) => row._id) }, c };
    const docs = await inSession(connection, (session) =>
      connection.tables.entries
        .find(wanted, { session, projection: { body: 1 }, batchSize: GROUP })
        .toArray(),
    );
    const bodies = new Map(docs.map((doc) => [doc._id, doc.body]));
    yield some.map((row) => [row, bodies.get(row._id) ?? ''] as const);
  }
}

function filterOf(
  collection: string,
  reader: Reader,
  query: ObjectQuery,
  { questions, instants }: Asked,
  between: { after: Micros; horizon: Micros },
): Filter<EntryDoc> {
  const ranges = rangesHolding(reader);
  const answers = questions.map((q, i): Filter<EntryDoc> => ({
    [q]: { $in: ranges },
    ...(i === 0 && instants ? { key: { $in: [...instants] } } : {}),
  }));
  return {
    c: collection,
    state: 'live',
    date: { $gt: between.after, $lte: between.horizon },
    ...(query.ids ? { o: { $in: [...query.ids] }, u: { $in: query.ids.map(uuidOf) } } : {}),
    ...(query.types ? { type: { $in: [...query.types] } } : {}),
    ...(query.specVersions ? { spec: { $in: [...query.specVersions] } } : {}),
    ...(answers.length === 1 ? answers[0] : { $or: answers }),
  };
}

export interface Picked {
  /** Up to limit + 1 entries, oldest first: the extra one is the proof that there is more. */
  readonly rows: readonly Row[];
  /** The newest date before which nothing was looked at. */
  readonly after: Micros;
  /** Set if there may be more although the extra row is missing: what was examined ends here. */
  readonly through?: Micros;
}

export interface Effort {
  readonly limits: ReadLimits;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal | undefined;
  /** Whether bodies are wanted, too. */
  readonly withBodies: boolean;
}

export async function pick(
  connection: Connection,
  session: ClientSession,
  { id: collection }: Pick<Collection, 'id'>,
  reader: Reader,
  query: ObjectQuery,
  { last: horizon, largest = Infinity }: Pick<Link, 'last' | 'largest'>,
  effort: Effort,
): Promise<Picked> {
  const { tables } = connection;
  const ask = asked(query);
  const begin = query.after ?? -1;
  if (reader.rank < 0 || !ask || query.ids?.length === 0) return { rows: [], after: horizon };
  const needed = query.limit + 1;
  const wantsBodies = effort.withBodies || query.properties.size > 0;
  const slice = (after: Micros, most: number): Promise<Row[]> => {
    const areSmall = largest * most <= effort.limits.bytes;
    const projection = wantsBodies && areSmall ? { ...ROW, body: 1 } : ROW;
    return tables.entries
      .find(filterOf(collection, reader, query, ask, { after, horizon }), { session, projection })
      .sort({ date: 1 })
      .limit(most)
      .batchSize(most)
      .toArray();
  };
  const mixed = ask.questions.length > 1 || ask.instants !== undefined;
  if (!mixed && query.properties.size === 0) return { rows: await slice(begin, needed), after: begin };

  const matches = query.properties.size === 0 ? undefined : propertyTest(query.properties);
  // T-215: a version that answers by several entries is listed once, by the earliest of them, which may lie before.
  const answering = async (some: readonly Row[]): Promise<readonly Row[]> => {
    if (!mixed) return some;
    const first = await firstAnswers(tables, session, collection, reader, ask, some, horizon);
    return some.filter((row) => first.get(row.ref) === row.date);
  };
  const examination = { collection, slice, answering, matches, needed, effort };
  return { ...(await examine(connection, begin, examination)), after: mixed ? -1 : begin };
}

interface Examination {
  readonly collection: string;
  /** The next entries after a date, oldest first. */
  readonly slice: (after: Micros, most: number) => Promise<readonly Row[]>;
  readonly answering: (some: readonly Row[]) => Promise<readonly Row[]>;
  readonly matches: ((object: StixObject) => boolean) | undefined;
  readonly needed: number;
  readonly effort: Effort;
}

/** Examines row by row what no index answers, until the page is full, has had its share, or nobody waits for it. */
async function examine(
  connection: Connection,
  begin: Micros,
  { collection, slice, answering, matches, needed, effort: { limits, signal } }: Examination,
): Promise<Omit<Picked, 'after'>> {
  const rows: Row[] = [];
  const spent = { rows: 0, bytes: 0, found: 0 };
  const take = (row: Row): void => {
    rows.push(row);
    spent.found += row.size;
  };
  const isFull = (): boolean => rows.length >= needed || (rows.length > 1 && spent.found > limits.bytes);
  const hadItsShare = (): boolean =>
    Math.max(spent.rows / limits.examinedRows, spent.bytes / limits.examinedBytes) >=
    (rows.length > 0 ? 1 : limits.patience);
  for (let through = begin; ;) {
    const some = await slice(through, SLICE);
    const candidates = await answering(some);
    if (!matches) for (const row of candidates) if (!isFull()) take(row);
    if (matches)
      for await (const group of bodiesOf(connection, collection, candidates)) {
        for (const [row, body] of group) {
          spent.rows++;
          spent.bytes += row.size;
          through = row.date;
          if (body !== '' && matches(JSON.parse(body) as StixObject)) take(row);
          if (isFull()) return { rows };
        }
        signal?.throwIfAborted();
        if (hadItsShare()) return { rows, through };
      }
    const last = some.at(-1);
    if (isFull() || some.length < SLICE || !last) return { rows };
    signal?.throwIfAborted();
    through = last.date;
  }
}

/** The earliest entry by which each version answers. */
async function firstAnswers(
  tables: Tables,
  session: ClientSession,
  collection: string,
  reader: Reader,
  { questions, instants }: Asked,
  docs: readonly Row[],
  horizon: Micros,
): Promise<Map<Micros, Micros>> {
  const first = new Map<Micros, Micros>();
  if (docs.length === 0) return first;
  const all = await tables.entries
    .find(
      {
        c: collection,
        state: 'live',
        date: { $lte: horizon },
        u: { $in: [...new Set(docs.map((d) => d.u))] },
        ref: { $in: docs.map((d) => d.ref) },
      },
      { session, projection: { body: 0 } },
    )
    .sort({ date: 1 })
    .toArray();
  for (const doc of all) {
    const answers = questions.some(
      (q, i) => holds(doc[q], reader) && (i > 0 || instants === undefined || instants.has(doc.key)),
    );
    if (answers && !first.has(doc.ref)) first.set(doc.ref, doc.date);
  }
  return first;
}
