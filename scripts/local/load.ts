/** Loading records into a store, so many at a time. */
import { Summary, type ArchiveRecord } from '../../src/store/archive';
import type { Store } from '../../src/store/store';

const BATCH = 200;
const BYTES = 8e6;

/** @param loaded told how many records are safe by now. */
export async function loadAll(
  store: Store,
  records: AsyncIterable<ArchiveRecord>,
  loaded: (count: number, batch: readonly ArchiveRecord[]) => Promise<void>,
): Promise<void> {
  let batch: ArchiveRecord[] = [];
  let [bytes, count] = [0, 0];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    await store.archive.load(batch);
    count += batch.length;
    await loaded(count, batch);
    [batch, bytes] = [[], 0];
  };
  for await (const record of records) {
    batch.push(record);
    if (record.kind === 'object') bytes += record.versions.reduce((sum, v) => sum + v.body.length, 0);
    if (batch.length >= BATCH || bytes > BYTES) await flush();
  }
  await flush();
}

/** @returns the kinds of records in which a store differs from a summary. */
export async function differing(store: Store, wanted: Summary): Promise<string[]> {
  const there = new Summary();
  for await (const record of store.archive.dump()) there.add(record);
  const [a, b] = [wanted.toJSON(), there.toJSON()];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((kind) => a[kind] !== b[kind]);
}
