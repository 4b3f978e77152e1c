/** What marking definitions say of TLP, and who is ranked by it (D5, D5a). */
import { marksAfter, type Definition } from '../../domain/markings';
import { rankFrom, type Rank } from '../../domain/tlp';
import type { CatalogReader } from './catalog';
import type { Connection, MarkingDoc } from './connection';
import type { LoadedDoc, Unit } from './unit';
import type { Worker } from './work';

/** Objects that are ranked anew in one batch. */
const BATCH = 500;

export const definitionOf = ({
  marking,
  organisation,
  collection = '',
  rank,
  trusted,
}: MarkingDoc): Definition => ({
  marking,
  organisation,
  collection,
  rank,
  curated: trusted,
});

export const markingOf = ({ marking, organisation, collection, rank, curated }: Definition): MarkingDoc => ({
  _id: `${marking} ${organisation} ${collection} ${rank}`,
  marking,
  organisation,
  collection,
  rank,
  trusted: curated,
});

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
    const after = marksAfter(before, definition, { publisher: doc.publisher, collection });
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
    if (ids.length === 0) return;
    const definitions = (await tables.markings.find({ marking: { $in: [...ids] } }).toArray()).map(
      definitionOf,
    );
    if (definitions.length === 0) return;
    const known = [...new Set(definitions.map((d) => d.marking))];
    for (const { id: collection } of (await catalog.stored()).flatMap((c) => c.collections)) {
      const rank = async (uuids: readonly string[]): Promise<void> => {
        const held = await catalog.collection(collection);
        if (!held || uuids.length === 0) return;
        await worker.run(
          collection,
          async () => ({ u: { $in: [...uuids] }, state: 'live' }),
          async (unit) => {
            const changes = definitions.map((d) => applyDefinition(unit, d, collection, held.defaultTlp));
            return changes.includes(true)
              ? { answer: undefined, effects: () => ({}) }
              : { answer: undefined };
          },
        );
      };
      const projection = { u: 1, publisher: 1, declared: 1, unresolved: 1 } as const;
      let uuids = new Set<string>();
      for await (const doc of tables.entries.find({ c: collection, ...citers(known) }, { projection })) {
        const { declared, unresolved, publisher } = doc;
        const marks = { declared, unresolved };
        if (definitions.every((d) => marksAfter(marks, d, { publisher, collection }) === marks)) continue;
        if (uuids.add(doc.u).size < BATCH) continue;
        await rank([...uuids]);
        uuids = new Set();
      }
      await rank([...uuids]);
    }
  };
}
