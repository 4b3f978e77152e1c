/** Going over a store in bounded steps: each is one look, others get their turn between two, and memory stays flat. */
import type { Connection } from './connection';
import type { ObjectKey } from './standing';

/** Rows that are looked at in one step. */
export const STEP = 500;

/** Lets others have their turn. @throws the reason, if the work was aborted. */
export async function turn(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  signal?.throwIfAborted();
}

/**
 * Goes over the rows of a table.
 *
 * @param next the rows behind one, in the order of an index, at most {@link STEP}; behind `undefined`: the first ones.
 */
export async function eachStep<Row>(
  signal: AbortSignal | undefined,
  next: (after: Row | undefined) => readonly Row[],
  look: (rows: readonly Row[]) => void,
): Promise<void> {
  for (let rows = next(undefined); rows.length > 0; rows = next(rows.at(-1))) {
    look(rows);
    await turn(signal);
  }
}

// A seek an object: its other versions are leapt over.
const NEXT = `SELECT collection, key, type FROM versions
  WHERE (collection, key, type) > (@collection, @key, @type) AND collection <= @most ORDER BY collection, key, type LIMIT 1`;

/**
 * Goes over the objects, of one collection or of all; those that are removed or added meanwhile do not disturb it.
 *
 * @param look returns how many rows it looked at: a step ends after {@link STEP} of them.
 */
export async function eachObject(
  { sql, read }: Connection,
  signal: AbortSignal | undefined,
  look: (object: ObjectKey) => number,
  collection?: number,
): Promise<void> {
  const most = collection ?? Number.MAX_SAFE_INTEGER;
  let after: ObjectKey = { collection: collection ?? 0, key: Buffer.alloc(0), type: '' };
  let rows = 0;
  signal?.throwIfAborted();
  for (;;) {
    const object = read(() => sql(NEXT).get({ ...after, most })) as ObjectKey | undefined;
    if (!object) return;
    rows += look(object);
    if (rows >= STEP) {
      rows = 0;
      await turn(signal);
    }
    after = object;
  }
}
