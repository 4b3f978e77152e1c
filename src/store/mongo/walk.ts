/** Walking a collection: all objects of which an entry fits, in groups that are bounded, at a cost for each group alone. */
import type { Filter } from 'mongodb';
import type { EntryDoc, Tables } from './tables';

/** What is worked on at once. */
export interface Group {
  readonly objects: number;
  /** Of the bodies of the entries that fit; one object alone may have more. */
  readonly bytes: number;
}
const GROUP: Group = { objects: 500, bytes: 8 * 1024 * 1024 };
/** Keys that are looked at in one query. */
const STEP = 2000;

/**
 * By the index of collection and UUID, each query beginning where the one before ended: no cursor lives longer than a
 * query, and nothing grows with the collection. What is added behind the place where the walk is may be missed.
 *
 * @returns UUIDs, each in one group.
 */
export async function* walkObjects(
  { entries }: Pick<Tables, 'entries'>,
  collection: string,
  filter: Filter<EntryDoc>,
  most: Group = GROUP,
): AsyncGenerator<string[]> {
  let group = new Set<string>();
  let bytes = 0;
  for (let after = ''; ;) {
    const keys = await entries
      .find({ ...filter, c: collection, u: { $gt: after } }, { projection: { _id: 0, u: 1, size: 1 } })
      .sort({ u: 1 })
      .limit(STEP)
      .toArray();
    for (const { u, size } of keys) {
      if (!group.has(u) && group.size > 0 && (group.size >= most.objects || bytes + size > most.bytes)) {
        yield [...group];
        [group, bytes] = [new Set(), 0];
      }
      group.add(u);
      bytes += size;
    }
    const last = keys.at(-1);
    if (!last || keys.length < STEP) break;
    after = last.u;
  }
  if (group.size > 0) yield [...group];
}
