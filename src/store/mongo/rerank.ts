/** Ranking a collection anew by its `default_tlp`, and settling it anew, in units of work that are bounded. */
import { rankFrom } from '../../domain/tlp';
import type { CatalogReader } from './catalog';
import { applyDefinition, definitionsOf } from './markings';
import { walkObjects } from './walk';
import type { Worker } from './work';

export function reranker(worker: Worker, catalog: CatalogReader) {
  const { tables } = worker.connection;
  const nothing = (collection: string): Promise<void> =>
    worker.run(
      collection,
      async () => undefined,
      async () => ({ answer: undefined, effects: () => ({}) }),
    );

  /** As `rerank` without taking anybody's place: it is enough where the policy stays as it is. */
  async function rankAnew(collection: string): Promise<void> {
    const ranked = { $or: [{ declared: null }, { 'unresolved.0': { $exists: true } }] };
    for await (const uuids of walkObjects(tables, collection, { state: 'live', ...ranked }))
      await worker.run(
        collection,
        async () => ({ u: { $in: uuids }, state: 'live' }),
        async (unit) => {
          // Inside the unit: a policy that changes meanwhile takes the place of this batch.
          const held = await catalog.collection(collection);
          if (!held) return { answer: undefined };
          const byDefault = held.defaultTlp;
          const docs = [...new Map(unit.loaded().map((d) => [d.ref, d])).values()];
          const waited = docs.flatMap((d) => d.unresolved);
          let changed = false;
          for (const definition of await definitionsOf(worker.connection, waited))
            if (applyDefinition(unit, definition, collection, byDefault)) changed = true;
          for (const doc of docs) {
            const { declared, unresolved } = unit.marksOf(doc);
            const rank = rankFrom(declared, unresolved.length, byDefault);
            if (rank === unit.domain.version(doc.o, doc.ref)?.rank) continue;
            unit.remark(doc.o, doc.ref, declared, unresolved, rank);
            changed = true;
          }
          return changed ? { answer: undefined, effects: () => ({}) } : { answer: undefined };
        },
      );
  }

  return {
    rankAnew,
    /**
     * Gives every version that ranks by the collection's `default_tlp` its rank anew, and by the definitions of whom
     * reaches as high as it is now. Whoever looks at the policy inside
     * its unit of work either wrote before this began, and is seen by it, or judges by the new policy: the empty batch
     * at the beginning takes the place of whoever looked at the chain earlier. Call it when the policy is written.
     */
    rerank: async (collection: string): Promise<void> => {
      await nothing(collection);
      await rankAnew(collection);
    },

    /** Settles objects anew, whatever stands. @returns how many were looked at, if any was not as it should be. */
    resettle: async (collection: string, uuids: readonly string[]): Promise<number> =>
      worker.run(
        collection,
        async () => ({ u: { $in: [...uuids] }, state: 'live' }),
        async (unit) => {
          const { inserts, cuts, spent } = unit.settle().settlement;
          if (inserts.length + cuts.length + spent.length === 0) return { answer: 0 };
          return { answer: new Set(unit.loaded().map((d) => d.o)).size, effects: () => ({}) };
        },
      ),

    /** Everything in the collection goes. Then nothing, so that what is left behind can be pruned though nobody writes. */
    drop: async (collection: string): Promise<void> => {
      await worker.run(
        collection,
        async () => undefined,
        async () => ({ answer: undefined, effects: () => ({ drop: true }) }),
      );
      await nothing(collection);
    },
  };
}
