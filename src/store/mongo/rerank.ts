/** Objects settled anew: after a change of the collection's `default_tlp`, or whatever stands. */
import { rankFrom, type Rank } from '../../domain/tlp';
import type { Worker } from './work';

/** Objects of one batch. */
const BATCH = 500;

export function reranker(worker: Worker) {
  const { tables } = worker.connection;
  return {
    /** Gives every version that ranks by the collection's `default_tlp` its rank anew, a batch for some objects at a time. */
    rerank: async (collection: string, byDefault: Rank): Promise<void> => {
      const some = async (uuids: readonly string[]): Promise<void> => {
        if (uuids.length === 0) return;
        await worker.run(
          collection,
          async () => ({ u: { $in: [...uuids] }, state: 'live' }),
          async (unit) => {
            let changed = false;
            for (const doc of new Map(unit.loaded().map((d) => [d.ref, d])).values()) {
              const rank = rankFrom(doc.declared, doc.unresolved.length, byDefault);
              if (rank === doc.rank) continue;
              unit.remark(doc.o, doc.ref, doc.declared, doc.unresolved, rank);
              changed = true;
            }
            return changed ? { answer: undefined, effects: () => ({}) } : { answer: undefined };
          },
        );
      };
      const soft = { $or: [{ declared: null }, { 'unresolved.0': { $exists: true } }] };
      const projection = { u: 1, declared: 1, unresolved: 1, rank: 1 } as const;
      let uuids = new Set<string>();
      await worker.log.settled(collection);
      for await (const doc of tables.entries.find(
        { c: collection, state: 'live', ...soft },
        { projection },
      )) {
        if (rankFrom(doc.declared, doc.unresolved.length, byDefault) === doc.rank) continue;
        if (uuids.add(doc.u).size < BATCH) continue;
        await some([...uuids]);
        uuids = new Set();
      }
      await some([...uuids]);
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

    /** Everything in the collection goes. */
    drop: async (collection: string): Promise<void> => {
      await worker.run(
        collection,
        async () => undefined,
        async () => ({ answer: undefined, effects: () => ({ drop: true }) }),
      );
    },
  };
}
