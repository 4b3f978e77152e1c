/** Ranking a collection anew by its `default_tlp`, and settling it anew, in units of work that are bounded. */
import { rankFrom, type Rank } from '../../domain/tlp';
import { walkObjects } from './walk';
import type { Worker } from './work';

/**
 * Gives every version that ranks by the collection's `default_tlp` its rank anew. Whoever looks at the policy inside
 * its unit of work either wrote before this began, and is seen by it, or judges by the new policy: the empty batch at
 * the beginning takes the place of whoever looked at the chain earlier. Call it when the policy is written.
 */
export async function rerank(worker: Worker, collection: string, byDefault: Rank): Promise<void> {
  const ranked = { $or: [{ declared: null }, { 'unresolved.0': { $exists: true } }] };
  await worker.run(
    collection,
    async () => undefined,
    async () => ({ answer: undefined, effects: {} }),
  );
  const soft = { state: 'live', ...ranked } as const;
  for await (const uuids of walkObjects(worker.connection.tables, collection, soft))
    await worker.run(
      collection,
      async () => ({ u: { $in: uuids } }),
      async (unit) => {
        let changed = false;
        for (const doc of [...unit.live()])
          if (rankFrom(doc.declared, doc.unresolved.length, byDefault) !== doc.rank)
            changed = unit.remark(doc.o, doc.ref, doc.declared, doc.unresolved, byDefault) || changed;
        return changed ? { answer: undefined, effects: {} } : { answer: undefined };
      },
    );
}
