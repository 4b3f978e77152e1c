/** Which parts of publications are appended in one batch: those that have nothing to do with each other. */
import type { Scope } from '../../domain/access';
import type { Part } from '../records';
import { candidatesOf } from './judging';
import { uuidOf } from './unit';

/** A part that waits to be appended. */
export interface Given {
  readonly scope: Scope<'write'>;
  readonly part: Part;
}

/** What is written down of a batch that grows. */
interface Batch {
  readonly places: number[];
  /** What its parts add, and what they name. */
  readonly adds: Set<string>;
  readonly names: Set<string>;
}

const meet = (some: ReadonlySet<string>, others: readonly string[]): boolean =>
  others.some((one) => some.has(one));

/**
 * Each part of a batch is judged by what stood before the batch, so no part may add what another one adds or names: its
 * objects, their creators, the markings that they cite, its publication.
 *
 * @returns for each collection its batches, which follow each other: the places of their parts among those given.
 */
export function together(given: readonly Given[]): number[][][] {
  const collections = new Map<string, Batch[]>();
  for (const [i, { scope, part }] of given.entries()) {
    const candidates = candidatesOf(part);
    const adds = [part.status.id, ...candidates.map(({ id }) => uuidOf(id))];
    const names = candidates.flatMap((c) => [c.createdBy ?? [], c.marks.cited].flat().map(uuidOf));
    const batches = collections.get(scope.collection.id) ?? [];
    collections.set(scope.collection.id, batches);
    let batch = batches.at(-1);
    if (!batch || meet(batch.adds, [...adds, ...names]) || meet(batch.names, adds))
      batches.push((batch = { places: [], adds: new Set(), names: new Set() }));
    batch.places.push(i);
    for (const one of adds) batch.adds.add(one);
    for (const one of names) batch.names.add(one);
  }
  return [...collections.values()].map((batches) => batches.map(({ places }) => places));
}
