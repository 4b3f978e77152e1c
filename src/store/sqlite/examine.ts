/**
 * Examining row by row what no index answers. A step looks at some rows within one view of the store and then lets others
 * have their turn; between two steps it is seen whether anybody still waits, and whether the page has had its share.
 */
import type { Micros } from '../../domain/timestamp';
import type { Reader } from '../../domain/audience';
import type { ReadLimits } from '../objects';
import type { Connection } from './connection';
import { turn } from './walk';

/** One entry that may be on the page. */
export interface PossibleEntry {
  readonly date: Micros;
  /** The row of its version: it names the version within one view of the store only, since SQLite may use it again. */
  readonly version: number;
  readonly object_id: string;
  readonly version_text: string;
  readonly spec: string;
  /** Bytes of the body. */
  readonly size: number;
}
/** …with what the tests look at, the body excepted. */
export interface Tested extends PossibleEntry {
  readonly type: string;
  readonly version_key: string;
}

export const PLAIN = 'v.object_id, v.version AS version_text, v.spec, v.size';
export const TESTED = `${PLAIN}, v.type, v.version_key`;

/** What is examined: at each call the next rows, oldest first; undefined after the last. */
export type Rows = () => readonly Tested[] | undefined;

/** Rows of a step at most, some 5 ms; the first steps have as many as are wanted. */
export const STEP = 500;
/** Bytes of the bodies that are parsed in a step; a larger one is parsed alone. */
const STEP_BYTES = 1024 * 1024;

/** Whether the reader of {@link mayOf} sees a version `v`: nearly all are for everyone, and cost a comparison. */
export const MAY_SEE =
  '(v.rank <= @rank OR (v.rank > 7 AND v.rank IN (SELECT value FROM json_each(@levels))))';
export const mayOf = ({ rank, levels }: Reader): { readonly rank: number; readonly levels: string } => ({
  rank,
  levels: rank < levels.length ? JSON.stringify(levels.slice(rank + 1)) : '[]',
});

export interface Examination {
  readonly collection: number;
  readonly readerNow: () => Reader;
  readonly rows: Rows;
  /** Tests that need no body come first. */
  readonly passes: (row: Tested) => boolean;
  readonly matches: ((body: string) => boolean) | undefined;
  /** Rows that are wanted at most. */
  readonly needed: number;
  readonly limits: ReadLimits;
  readonly signal: AbortSignal | undefined;
}

/** How a page is picked. */
export interface Picked {
  /** Up to limit + 1 rows: the extra one is the proof that there is more. */
  readonly rows: readonly PossibleEntry[];
  /** Set if there may be more although the extra row is missing: what was examined ends here. */
  readonly through?: Micros;
}

/** @throws the reason of the signal, when it is aborted. */
export async function examine(connection: Connection, work: Examination): Promise<Picked> {
  const { limits, needed, signal } = work;
  // By its date: no date is ever given twice, and who lost the right to a version in the meantime gets no answer about it.
  const bodyOf = connection
    .sql(
      `SELECT v.body FROM entries e JOIN versions v ON v.row = e.version
       WHERE e.collection = @collection AND e.date = @date AND ${MAY_SEE}`,
    )
    .pluck();
  const found: Tested[] = [];
  const spent = { rows: 0, bytes: 0, found: 0 };
  let through: Micros | undefined;
  let waiting: readonly Tested[] = [];

  const isFull = (): boolean => found.length >= needed || (found.length > 1 && spent.found > limits.bytes);
  const step = (): 'full' | 'end' | 'goes on' => {
    if (waiting.length === 0) {
      const rows = work.rows();
      if (!rows) return 'end';
      waiting = rows;
    }
    let [looked, parsed] = [0, 0];
    const may = { collection: work.collection, ...mayOf(work.readerNow()) };
    for (const row of waiting) {
      if (parsed > 0 && parsed + row.size > STEP_BYTES) break;
      looked++;
      through = row.date;
      if (!work.passes(row)) continue;
      if (work.matches) {
        parsed += row.size;
        const body = bodyOf.get({ ...may, date: row.date }) as string | undefined;
        if (body === undefined || !work.matches(body)) continue;
      }
      found.push(row);
      spent.found += row.size;
      if (isFull()) return 'full';
    }
    waiting = waiting.slice(looked);
    spent.rows += looked;
    spent.bytes += parsed;
    return 'goes on';
  };

  for (;;) {
    signal?.throwIfAborted();
    const state = connection.read(step);
    if (state !== 'goes on') return { rows: found };
    const share = Math.max(spent.rows / limits.examinedRows, spent.bytes / limits.examinedBytes);
    if (through !== undefined && share >= (found.length > 0 ? 1 : limits.patience))
      return { rows: found, through };
    await turn();
  }
}
