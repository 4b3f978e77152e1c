/** What a batch does, done: as often as it takes, by anybody, with the same result. */
import type { AnyBulkWriteOperation, Document, UpdateFilter } from 'mongodb';
import { QUESTIONS } from '../../domain/entries';
import { leaseOf } from '../records';
import { isDuplicate, type Connection } from './connection';
import type { Effects } from './effects';
import { stoneOf, type EntryDoc, type StatusDoc } from './tables';

/** An entry that a drop left: its place stays taken, for a process that was asleep in the middle of an old batch. */
const DROPPED = { state: 'spent', body: '', ...Object.fromEntries(QUESTIONS.map((q) => [q, 0])) } as const;
/** Entries that a drop takes in one step. */
const DROP_STEP = 1000;

/** Inserts what is not there yet. */
export async function insertMissing<T extends Document>(
  table: { insertMany(docs: T[], options: { ordered: false }): Promise<unknown> },
  docs: readonly T[],
): Promise<void> {
  if (docs.length === 0) return;
  try {
    await table.insertMany([...docs], { ordered: false });
  } catch (error) {
    const { writeErrors } = error as { writeErrors?: { code: number } | { code: number }[] };
    const errors = writeErrors === undefined ? [] : [writeErrors].flat();
    if (!isDuplicate(error) || errors.some((e) => e.code !== 11000)) throw error;
  }
}

/** A publication is done: its bytes and what was waiting go. */
export async function forget({ tables }: Connection, status: string): Promise<void> {
  await tables.publications.deleteOne({ _id: status });
  await tables.pendings.deleteMany({ status });
  await tables.chunks.deleteMany({ token: status });
  await tables.leases.deleteMany({ job: leaseOf(status) });
}

/** What later batches added stays, however late this is. */
async function drop({ tables }: Connection, c: string, n: number): Promise<void> {
  for (let after = Number.MIN_SAFE_INTEGER; ;) {
    const some = await tables.entries
      .find({ c, date: { $gt: after } }, { projection: { date: 1 } })
      .sort({ date: 1 })
      .limit(DROP_STEP)
      .toArray();
    const last = some.at(-1);
    if (!last) return;
    const step = { c, date: { $gt: after, $lte: last.date }, by: { $lt: n } };
    await tables.entries.updateMany(step, { $set: { ...DROPPED, by: n, stone: stoneOf(c, n) } });
    after = last.date;
  }
}

/**
 * @param counts asked right before what is not told by what stands whether it comes too late.
 * @returns false: it does, and nothing was done.
 */
export async function carryOut(
  connection: Connection,
  collection: string,
  n: number,
  effects: Effects,
  counts: () => Promise<boolean>,
): Promise<boolean> {
  const { tables } = connection;
  if (!(await counts())) return false;
  if (effects.drop) {
    await drop(connection, collection, n);
    // Others applied it meanwhile.
    if (!(await counts())) return true;
  }
  await insertMissing(tables.entries, effects.inserts);
  if (effects.cuts.length > 0) {
    const updates = effects.cuts.map(({ date, set }): AnyBulkWriteOperation<EntryDoc> => ({
      updateOne: {
        filter: { _id: `${collection}:${date}`, by: { $lt: n } },
        update: { $set: { ...set, by: n } },
      },
    }));
    await tables.entries.bulkWrite(updates, { ordered: false });
  }
  await insertMissing(tables.markings, effects.markings);
  await insertMissing(tables.audit, effects.audit);
  if (effects.status) await insertMissing(tables.statuses, [effects.status]);
  if (effects.part) {
    await insertMissing(tables.parts, [effects.part]);
    const change: UpdateFilter<StatusDoc> = {};
    if (effects.counts) change.$max = effects.counts;
    if (effects.part.last) change.$set = { complete: true };
    if (Object.keys(change).length > 0) await tables.statuses.updateOne({ _id: effects.part.status }, change);
    if (effects.part.last) {
      if (effects.begun) await forget(connection, effects.part.status);
    }
  }
  return true;
}
