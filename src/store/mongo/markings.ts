/** What marking definitions say of TLP, and who is ranked by it (D5, D5a). */
import { marksAfter, type Definition } from '../../domain/markings';
import { rankFrom, type Rank } from '../../domain/tlp';
import type { CatalogReader } from './catalog';
import type { Connection } from './connection';
import type { MarkingDoc } from './tables';
import type { LoadedDoc, Unit } from './unit';
import { walkObjects } from './walk';
import type { Worker } from './work';

/** What an author may open of whom that was not kept: everything, as it counted then. */
const MISSING: Rank = 4;

const definitionOf = ({
  marking,
  organisation,
  collection = '',
  rank,
  trusted,
  authority = MISSING,
}: MarkingDoc): Definition => ({
  marking,
  organisation,
  collection,
  rank,
  curated: trusted,
  authority,
});

export const markingOf = ({
  marking,
  organisation,
  collection,
  authority,
  rank,
  curated,
}: Definition): MarkingDoc => ({
  _id: `${marking} ${organisation} ${collection} ${rank} ${curated} ${authority}`,
  marking,
  organisation,
  collection,
  rank,
  trusted: curated,
  authority,
});

/** All that is known of some definitions, whoever published it. */
export async function definitionsOf(
  { tables }: Connection,
  ids: readonly string[],
): Promise<readonly Definition[]> {
  const $in = [...new Set(ids)];
  return $in.length === 0
    ? []
    : (await tables.markings.find({ marking: { $in } }).toArray()).map(definitionOf);
}

/** What cites one of some definitions; `cited` was not kept at first. */
const citers = (ids: readonly string[]): object => ({
  state: 'live',
  $or: [{ cited: { $in: [...ids] } }, { unresolved: { $in: [...ids] } }],
});

/** The UUIDs of objects of a collection that cite one of some definitions. @param most of them. */
export async function citing(
  { tables }: Connection,
  collection: string,
  ids: readonly string[],
  most: number,
): Promise<string[]> {
  const found = new Set<string>();
  if (ids.length === 0) return [];
  const cursor = tables.entries.find({ c: collection, ...citers(ids) }, { projection: { u: 1 } });
  for await (const { u } of cursor) if (found.add(u).size >= most) break;
  return [...found];
}

const versionsOf = (unit: Unit): Map<number, LoadedDoc> =>
  new Map(unit.loaded().map((doc) => [doc.ref, doc]));

/** Gives whoever cites a definition in a unit what it says. @returns whether anything changed. */
export function applyDefinition(
  unit: Unit,
  definition: Definition,
  collection: string,
  byDefault: Rank,
): boolean {
  let changed = false;
  for (const [ref, doc] of versionsOf(unit)) {
    if (!(doc.cited ?? doc.unresolved).includes(definition.marking)) continue;
    const before = unit.marksOf(doc);
    const after = marksAfter(before, definition, {
      publisher: doc.publisher,
      collection,
      waitsAt: byDefault,
    });
    if (after === before) continue;
    changed = true;
    const rank = rankFrom(after.declared, after.unresolved.length, byDefault);
    unit.remark(doc.o, ref, after.declared, after.unresolved, rank);
  }
  return changed;
}

/** Ranks anew whoever cites some definitions that are known by now, wherever it stands. */
export type Spread = (ids: readonly string[]) => Promise<void>;

export function spreader(worker: Worker, catalog: CatalogReader): Spread {
  const { connection } = worker;
  const { tables } = connection;
  return async (ids) => {
    const definitions = await definitionsOf(connection, ids);
    if (definitions.length === 0) return;
    const known = [...new Set(definitions.map((d) => d.marking))];
    for (const { id: collection } of (await catalog.stored()).flatMap((c) => c.collections))
      for await (const uuids of walkObjects(tables, collection, citers(known)))
        await worker.run(
          collection,
          async () => ({ u: { $in: uuids }, state: 'live' }),
          async (unit) => {
            // Inside the unit: a policy that changes meanwhile takes the place of this batch (rerank.ts).
            const held = await catalog.collection(collection);
            if (!held) return { answer: undefined };
            const changes = definitions.map((d) => applyDefinition(unit, d, collection, held.defaultTlp));
            return changes.includes(true)
              ? { answer: undefined, effects: () => ({}) }
              : { answer: undefined };
          },
        );
  };
}
