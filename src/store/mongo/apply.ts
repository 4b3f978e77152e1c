/** What a batch does, done: as often as it takes, by anybody, with the same result. */
import type { AnyBulkWriteOperation, Document, UpdateFilter } from 'mongodb';
import { QUESTIONS } from '../../domain/entries';
import { leaseOf } from '../records';
import { isDuplicate, type Connection } from './connection';
import type { Effects } from './effects';
import { recordedIn, type Recorded } from './recorded';
import { stoneOf, type EntryDoc, type StatusDoc, type WordDoc } from './tables';

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
  await tables.words.deleteMany({ c, by: { $lt: n } });
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

/** Whether a publication is done with its only part: nobody knows of it before it is acknowledged. */
const isWhole = ({ part, begun }: Recorded): boolean => part.part === 0 && part.last && !begun;

async function insertRecorded({ tables }: Connection, recorded: readonly Recorded[]): Promise<void> {
  const statuses = recorded.flatMap((one): StatusDoc[] => {
    if (!one.status) return [];
    return [isWhole(one) ? { ...one.status, ...one.counts, complete: true } : one.status];
  });
  const parts = recorded.map((one) => one.part);
  await Promise.all([insertMissing(tables.statuses, statuses), insertMissing(tables.parts, parts)]);
}

/** What a publication's status tells is there by then. */
async function countRecorded(connection: Connection, one: Recorded): Promise<void> {
  if (isWhole(one)) return;
  const { part, counts, begun } = one;
  const change: UpdateFilter<StatusDoc> = { $max: counts };
  if (part.last) change.$set = { complete: true };
  await connection.tables.statuses.updateOne({ _id: part.status }, change);
  if (part.last && begun) await forget(connection, part.status);
}

/** The last word counts, however late an earlier one is written. */
async function keepWords({ tables }: Connection, n: number, words: readonly WordDoc[]): Promise<void> {
  await insertMissing(tables.words, words);
  if (words.length === 0) return;
  const updates = words.map(({ _id, audience }): AnyBulkWriteOperation<WordDoc> => ({
    updateOne: { filter: { _id, by: { $lt: n } }, update: { $set: { audience, by: n } } },
  }));
  await tables.words.bulkWrite(updates, { ordered: false });
}

/** @param counts whether this does not come too late: to be asked right before what is not told by what stands. */
export async function carryOut(
  connection: Connection,
  collection: string,
  n: number,
  effects: Effects,
  counts: () => Promise<boolean>,
): Promise<void> {
  const { tables } = connection;
  if (effects.drop) {
    await drop(connection, collection, n);
    // Others applied it meanwhile.
    if (!(await counts())) return;
  }
  const recorded = recordedIn(effects);
  const cut = async (): Promise<void> => {
    if (effects.cuts.length === 0) return;
    const updates = effects.cuts.map(({ date, set }): AnyBulkWriteOperation<EntryDoc> => ({
      updateOne: {
        filter: { _id: `${collection}:${date}`, by: { $lt: n } },
        update: { $set: { ...set, by: n } },
      },
    }));
    await tables.entries.bulkWrite(updates, { ordered: false });
  };
  await Promise.all([
    insertMissing(tables.entries, effects.inserts),
    cut(),
    insertMissing(tables.markings, effects.markings),
    insertMissing(tables.audiences, effects.audiences ?? []),
    keepWords(connection, n, effects.words ?? []),
    insertMissing(tables.audit, effects.audit),
    insertRecorded(connection, recorded),
  ]);
  for (const one of recorded) await countRecorded(connection, one);
}
