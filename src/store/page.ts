/** Where a page ends: after its limit, or where it would fill the memory. */
import type { Micros } from '../domain/timestamp';
import type { Page } from './store';

/** A page holds whole objects up to this many bytes, at least one: nobody's memory is filled by 1,000 large artifacts. */
const MOST_PAGE_BYTES = 64 * 1024 * 1024;

/** @param picked up to limit + 1 rows: the extra one is the proof that there is more. */
export function pageOf<Row extends { readonly size: number; readonly date: Micros }>(
  picked: { readonly rows: readonly Row[] },
  limit: number,
): { rows: readonly Row[]; page: Omit<Page<undefined>, 'items'> } {
  let count = 0;
  for (let bytes = 0; count < Math.min(limit, picked.rows.length); count++) {
    bytes += (picked.rows[count] as Row).size;
    if (bytes > MOST_PAGE_BYTES && count > 0) break;
  }
  const rows = picked.rows.slice(0, count);
  return {
    rows,
    page: { count, first: rows[0]?.date, last: rows.at(-1)?.date, more: picked.rows.length > count },
  };
}
