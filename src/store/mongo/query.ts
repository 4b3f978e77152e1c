/** Picks the entries of a page: one filter on one index; what no index answers is tested row by row, in slices. */
import type { ClientSession, Filter } from 'mongodb';
import type { Scope } from '../../domain/access';
import { asked, type Asked } from '../../domain/asked';
import { holds, rangesHolding } from '../../domain/entries';
import { propertyTest } from '../../domain/filters';
import type { ObjectQuery } from '../../domain/query';
import type { StixObject } from '../../domain/stix';
import type { Micros } from '../../domain/timestamp';
import type { Rank } from '../../domain/tlp';
import type { EntryDoc, Tables } from './connection';
import { uuidOf } from './unit';

const SLICE = 1000;

function filterOf(
  collection: string,
  rank: Rank,
  query: ObjectQuery,
  { questions, instants }: Asked,
  between: { after: Micros; horizon: Micros },
): Filter<EntryDoc> {
  const ranges = rangesHolding(rank);
  const answers = questions.map((q, i): Filter<EntryDoc> => ({
    [q]: { $in: ranges },
    ...(i === 0 && instants ? { key: { $in: [...instants] } } : {}),
  }));
  return {
    ...{ c: collection, state: 'live', date: { $gt: between.after, $lte: between.horizon } },
    ...(query.ids ? { o: { $in: [...query.ids] }, u: { $in: query.ids.map(uuidOf) } } : {}),
    ...(query.types ? { type: { $in: [...query.types] } } : {}),
    ...(query.specVersions ? { spec: { $in: [...query.specVersions] } } : {}),
    ...(answers.length === 1 ? answers[0] : { $or: answers }),
  };
}

/** @returns up to limit + 1 entries, oldest first: the extra one is the proof that there is more. */
export async function pick(
  tables: Tables,
  session: ClientSession,
  scope: Scope<'read'>,
  query: ObjectQuery,
  horizon: Micros,
): Promise<EntryDoc[]> {
  const rank = scope.clearance;
  const ask = asked(query);
  if (rank === undefined || !ask || query.ids?.length === 0) return [];
  const { id: collection } = scope.collection;
  const needed = query.limit + 1;
  const slice = (after: Micros, most: number): Promise<EntryDoc[]> =>
    tables.entries
      .find(filterOf(collection, rank, query, ask, { after, horizon }), { session })
      .sort({ date: 1 })
      .limit(most)
      .toArray();
  const mixed = ask.questions.length > 1 || ask.instants !== undefined;
  if (!mixed && query.properties.size === 0) return slice(query.after ?? -1, needed);

  const matches = propertyTest(query.properties);
  const found: EntryDoc[] = [];
  let after = query.after ?? -1;
  for (;;) {
    const docs = await slice(after, SLICE);
    const first = mixed
      ? await firstAnswers(tables, session, collection, rank, ask, docs, horizon)
      : undefined;
    for (const doc of docs) {
      // T-215: a version that answers by several entries is listed once, by the earliest of them.
      if (first && first.get(doc.ref) !== doc.date) continue;
      if (query.properties.size > 0 && !matches(JSON.parse(doc.body) as StixObject)) continue;
      found.push(doc);
      if (found.length >= needed) return found;
    }
    const last = docs.at(-1);
    if (docs.length < SLICE || !last) return found;
    after = last.date;
  }
}

/** The earliest entry by which each version answers. */
async function firstAnswers(
  tables: Tables,
  session: ClientSession,
  collection: string,
  rank: Rank,
  { questions, instants }: Asked,
  docs: readonly EntryDoc[],
  horizon: Micros,
): Promise<Map<Micros, Micros>> {
  const first = new Map<Micros, Micros>();
  if (docs.length === 0) return first;
  const all = await tables.entries
    .find(
      {
        ...{ c: collection, state: 'live', date: { $lte: horizon } },
        ...{ u: { $in: [...new Set(docs.map((d) => d.u))] }, ref: { $in: docs.map((d) => d.ref) } },
      },
      { session, projection: { body: 0 } },
    )
    .sort({ date: 1 })
    .toArray();
  for (const doc of all) {
    const answers = questions.some(
      (q, i) => holds(doc[q], rank) && (i > 0 || instants === undefined || instants.has(doc.key)),
    );
    if (answers && !first.has(doc.ref)) first.set(doc.ref, doc.date);
  }
  return first;
}
