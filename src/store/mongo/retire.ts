/** Retention: objects of which nothing was added since, a batch each. */
import { groupOf } from '../../domain/stix';
import { objectOf } from '../../domain/unit';
import type { Permit } from '../house';
import type { Retirement } from '../objects';
import type { CatalogReader } from './catalog';
import { holdTo } from './lease';
import { uuidOf } from './unit';
import type { Worker } from './work';

export function retirer(worker: Worker, catalog: CatalogReader) {
  const { tables } = worker.connection;
  return async (
    collectionId: string,
    { types, before, held }: Retirement,
    by: string,
    apply: boolean,
    { signal, lease }: Permit = {},
  ): Promise<{ objects: number; versions: number }> => {
    const collection = await catalog.collection(collectionId);
    if (!collection) return { objects: 0, versions: 0 };
    const name = `${collection.apiRoot}/${collection.alias}`;
    const kept = new Set(held.map(objectOf));
    const wanted = (doc: { o: string; type: string }): boolean =>
      !kept.has(objectOf(doc.o)) && (types.includes(doc.type) || types.includes(groupOf(doc.type)));
    const projection = { o: 1, type: 1, date: 1 } as const;
    const seen = new Set<string>();
    let [objects, versions] = [0, 0];
    const { last } = await worker.log.caughtUp(collectionId);
    const old = { c: collectionId, state: 'live', date: { $lt: Math.min(before, last + 1) } } as const;
    for await (const { o, type } of tables.entries.find(old, { projection }).sort({ date: 1 })) {
      signal?.throwIfAborted();
      const object = objectOf(o);
      if (seen.has(object) || !wanted({ o, type })) continue;
      seen.add(object);
      const gone = await worker.run<number>(
        collectionId,
        async () => ({ u: uuidOf(o), type, state: 'live' }),
        async (unit) => {
          const docs = unit.loaded();
          if (docs.length === 0 || docs.some((d) => d.date >= before)) return { answer: 0 };
          const refs = [...new Set(docs.map((d) => d.ref))];
          if (!apply) return { answer: refs.length };
          await holdTo(tables, lease);
          unit.drop(o, refs);
          unit.tell({ by }, 'retire', name, o, JSON.stringify({ versions: refs.length }));
          return { answer: refs.length, effects: () => ({}) };
        },
      );
      if (gone > 0) objects++;
      versions += gone;
    }
    return { objects, versions };
  };
}
