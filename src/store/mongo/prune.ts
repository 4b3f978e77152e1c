/**
 * Pruning a chain: batches that nobody needs any more, and the stones that they left (chain.ts).
 *
 * It takes two visits. The first raises the mark: whoever asks for it from then on knows what lies before it. The next,
 * not before the grace is over, removes what lies before that mark. A stone keeps the place of an entry from whoever
 * applies an old batch late; he asks for the mark right before he inserts, so only one who had asked before it was
 * raised, and whose one write has been on its way ever since, could find the place free: no write takes half a day.
 * What a visit relies on stays true, so one that was asleep for long does no harm.
 */
import type { Micros } from '../../domain/timestamp';
import { idOf } from './batches';
import type { Connection } from './connection';
import { stonesUpTo, type BatchDoc } from './tables';

export interface Horizon {
  /** Batches that are younger stay, so that slow readers need not begin anew; in µs. */
  readonly age: Micros;
  /** From the mark until what lies before it goes; in µs. */
  readonly grace: Micros;
}
const HOUR = 3600e6;
const HORIZON: Horizon = { age: 24 * HOUR, grace: 12 * HOUR };
/** Documents that are looked at, or go, in one step. */
const STEP = 1000;

export interface Pruned {
  readonly batches: number;
  readonly stones: number;
}

/** @returns the last batch before which all are applied and old enough; never the newest. */
async function oldUpTo({ tables }: Connection, c: string, from: number, before: Micros): Promise<number> {
  const projection = { n: 1, at: 1, last: 1, applied: 1 } as const;
  const isOld = ({ at, last, applied }: BatchDoc): boolean => applied && (at ?? last) <= before;
  for (let to = from; ;) {
    const some = await tables.batches
      .find({ c, n: { $gt: to } }, { projection })
      .sort({ n: 1 })
      .limit(STEP)
      .toArray();
    const young = some.findIndex((batch) => !isOld(batch));
    const old = young < 0 ? some : some.slice(0, young);
    if (young >= 0 || some.length < STEP) return old.at(young < 0 ? -2 : -1)?.n ?? to;
    // The next step begins with the last of these: it may be the newest.
    to = (old.at(-2) as BatchDoc).n;
  }
}

/** The first batch stays: it carries the mark. */
async function removeBatches({ tables }: Connection, c: string, upTo: number, signal?: AbortSignal) {
  for (let gone = 0; ;) {
    signal?.throwIfAborted();
    const some = await tables.batches
      .find({ c, n: { $gt: 1, $lte: upTo } }, { projection: { n: 1 } })
      .sort({ n: 1 })
      .limit(STEP)
      .toArray();
    const last = some.at(-1)?.n;
    if (last === undefined) return gone;
    gone += (await tables.batches.deleteMany({ c, n: { $gt: 1, $lte: last } })).deletedCount;
  }
}

async function removeStones({ tables }: Connection, c: string, upTo: number, signal?: AbortSignal) {
  const { $gt, $lte } = stonesUpTo(c, upTo);
  for (let gone = 0; ;) {
    signal?.throwIfAborted();
    const some = await tables.entries
      .find({ stone: { $gt, $lte } }, { projection: { stone: 1 } })
      .sort({ stone: 1 })
      .limit(STEP)
      .toArray();
    const last = some.at(-1)?.stone;
    if (last === undefined) return gone;
    gone += (await tables.entries.deleteMany({ stone: { $gt, $lte: last } })).deletedCount;
  }
}

/** One visit. */
export async function prune(
  connection: Connection,
  c: string,
  signal?: AbortSignal,
  { age, grace }: Horizon = HORIZON,
): Promise<Pruned> {
  const { tables, clock } = connection;
  const _id = idOf(c, 1);
  const first = await tables.batches.findOne({ _id });
  if (!first) return { batches: 0, stones: 0 };
  const { pruned = 0, since } = first;
  if (since && clock() < since.at + grace) return { batches: 0, stones: 0 };
  const upTo = since?.n ?? 0;
  const batches = await removeBatches(connection, c, upTo, signal);
  const stones = await removeStones(connection, c, upTo, signal);
  const to = await oldUpTo(connection, c, Math.max(pruned, 1), clock() - age);
  if (to > Math.max(pruned, 1)) await tables.batches.updateOne({ _id }, { $max: { pruned: to } });
  // First what the mark is, then the clock: by then it was raised.
  const mark = (await tables.batches.findOne({ _id }))?.pruned ?? 0;
  if (mark > upTo) await tables.batches.updateOne({ _id }, { $set: { since: { n: mark, at: clock() } } });
  return { batches, stones };
}
