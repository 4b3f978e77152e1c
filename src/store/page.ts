/** Where a page ends: after its limit, or where it would fill the memory. And what both stores make of its rows. */
import type { Scope } from '../domain/access';
import { manifestRecord } from '../domain/manifest';
import type { Micros } from '../domain/timestamp';
import type { Listed, Page, ReadLimits } from './objects';

/**
 * 16 MB: some 13,000 objects of 1.2 KB, and nobody's memory is filled by 1,000 large artifacts. 50,000 rows are examined
 * in about a second, and ten times as many before a client gives up, the most impatient after 30 s.
 */
export const READ_LIMITS: ReadLimits = {
  bytes: 16 * 1024 * 1024,
  examinedRows: 50_000,
  examinedBytes: 64 * 1024 * 1024,
  patience: 10,
};

/** How many of some rows, the first in any case, have bodies that may be loaded together. */
export function fitting(rows: readonly { readonly size: number }[], bytes: number): number {
  let [count, sum] = [0, 0];
  for (const { size } of rows) {
    sum += size;
    if (sum > bytes && count > 0) break;
    count++;
  }
  return count;
}

/**
 * @param picked up to limit + 1 rows: the extra one is the proof that there is more. `through`: where examining ended early.
 * @param bytes of the bodies of a page.
 */
export function pageOf<Row extends { readonly size: number; readonly date: Micros }>(
  picked: { readonly rows: readonly Row[]; readonly through?: Micros | undefined },
  limit: number,
  bytes: number = READ_LIMITS.bytes,
): { rows: readonly Row[]; page: Omit<Page<undefined>, 'items'> } {
  const rows = picked.rows.slice(0, fitting(picked.rows.slice(0, limit), bytes));
  const last = rows.at(-1)?.date;
  const cut = rows.length < picked.rows.length;
  const through = cut ? last : picked.through;
  return {
    rows,
    page: {
      count: rows.length,
      first: rows[0]?.date,
      last,
      more: through !== undefined,
      through,
      proof: picked.rows[rows.length]?.date,
    },
  };
}

/** Records of a manifest, joined by commas. */
export const manifestRecords = (listed: readonly Listed[], collection: Scope['collection']): Buffer =>
  Buffer.from(listed.map((one) => JSON.stringify(manifestRecord(one, collection))).join(','));
