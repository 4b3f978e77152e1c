/** The chain in MongoDB: batches with their effects, in chunks where they are large, and their application. */
import { BSON, Binary, type AnyBulkWriteOperation, type Document, type UpdateFilter } from 'mongodb';
import { QUESTIONS } from '../../domain/entries';
import { StoreUnavailable, TaxiiError } from '../../domain/errors';
import type { Micros } from '../../domain/timestamp';
import { leaseOf } from '../records';
import { isDuplicate, type Connection } from './connection';
import type { AuditDoc, BatchDoc, EntryDoc, MarkingDoc, StatusDoc, StatusPartDoc } from './tables';
import type { Link, LogStore } from './log';
import { EVERYTHING, spansFrom, spansOf } from './spans';

/** What an entry may be told after it was written: everything else stands for ever. */
export type Cut = Partial<Omit<EntryDoc, '_id' | 'c' | 'date' | 'ref' | 'o' | 'u' | 'type'>>;

/** All that a batch does. */
export interface Effects {
  readonly inserts: readonly EntryDoc[];
  readonly cuts: readonly { readonly date: Micros; readonly set: Cut }[];
  readonly audit: readonly AuditDoc[];
  readonly markings: readonly MarkingDoc[];
  readonly status?: StatusDoc;
  readonly part?: StatusPartDoc;
  /** How far its status is with this part. */
  readonly counts?: { readonly done: number; readonly success: number; readonly failure: number };
  /** The publication was kept with its bytes, to be worked off in parts. */
  readonly begun?: boolean;
  /** Everything in the collection goes. */
  readonly drop?: true;
}

/** Below this the effects stand in the batch itself; a document holds 16 MB at most. */
const INLINE = 256 * 1024;
export const CHUNK = 8 * 1024 * 1024;
/** A document holds 16 MB; some room for what the database adds. */
const MOST_DOCUMENT = 16 * 1024 * 1024 - 16 * 1024;
/** It is whole in memory when it is written or applied. */
const MOST_BATCH = 512 * 1024 * 1024;

/** An entry that a drop left: its place stays taken, for a process that was asleep in the middle of an old batch. */
const DROPPED = { state: 'spent', body: '', ...Object.fromEntries(QUESTIONS.map((q) => [q, 0])) } as const;
/** Entries that a drop takes in one step. */
const DROP_STEP = 1000;

/**
 * What is decided must be possible: a batch with a document that the database refuses would stop its collection.
 *
 * @returns the size of the effects in bytes. @throws {TaxiiError} with what is too large.
 */
function checkSizes(effects: Effects): number {
  const { inserts, cuts, audit, markings, status, part } = effects;
  const documents: readonly (readonly [what: string, documents: readonly object[]])[] = [
    ['an object', inserts],
    ['a change of an object', cuts.map((cut) => cut.set)],
    ['a record of the audit', audit],
    ['a marking definition', markings],
    ['the status', status ? [status] : []],
    ['the verdicts of a part', part ? [part] : []],
  ];
  for (const [what, some] of documents) {
    for (const document of some) {
      const size = BSON.calculateObjectSize(document);
      if (size > MOST_DOCUMENT)
        throw new TaxiiError(
          'too-large',
          `Nothing of this was stored: ${what} would take ${size} bytes, and this store holds ${MOST_DOCUMENT} in one piece. Publish smaller objects, or fewer at once.`,
        );
    }
  }
  const size = BSON.calculateObjectSize(effects);
  if (size > MOST_BATCH)
    throw new TaxiiError(
      'too-large',
      `Nothing of this was stored: it takes ${size} bytes, and this store writes ${MOST_BATCH} at once. Publish fewer objects at once.`,
    );
  return size;
}

export async function writeChunks(
  { tables, clock }: Connection,
  token: string,
  bytes: Uint8Array,
): Promise<number> {
  const count = Math.ceil(bytes.length / CHUNK);
  for (let i = 0; i < count; i++) {
    const data = new Binary(Buffer.from(bytes.subarray(i * CHUNK, (i + 1) * CHUNK)));
    await tables.chunks.insertOne({ _id: `${token}:${i}`, token, at: clock(), data });
  }
  return count;
}

/** @returns undefined if they are not all there. */
export async function readChunks(
  { tables }: Connection,
  token: string,
  count: number,
): Promise<Buffer | undefined> {
  const found: Buffer[] = [];
  for (let i = 0; i < count; i++) {
    const chunk = await tables.chunks.findOne({ _id: `${token}:${i}` });
    if (!chunk) return undefined;
    found.push(Buffer.from(chunk.data.buffer));
  }
  return Buffer.concat(found);
}

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

const idOf = (collection: string, n: number): string => `${collection}:${n}`;

export function batchStore(connection: Connection): LogStore<Effects> {
  const { tables } = connection;
  const HEAD = { projection: { data: 0 } } as const;
  const linkOf = (
    doc: Pick<BatchDoc, 'n' | 'last' | 'token' | 'applied' | 'cuts'> | null,
  ): Link | undefined =>
    // A head of an earlier version does not say where it cuts.
    doc
      ? {
          n: doc.n,
          last: doc.last,
          cuts: doc.cuts ? spansFrom(doc.cuts) : EVERYTHING,
          token: doc.token,
          applied: doc.applied,
        }
      : undefined;

  async function effectsOf(collection: string, n: number): Promise<Effects | undefined> {
    const _id = idOf(collection, n);
    const head = await tables.batches.findOne({ _id });
    if (!head || head.applied) return undefined;
    const bytes = head.data
      ? Buffer.from(head.data.buffer)
      : await readChunks(connection, head.token, head.chunks);
    if (bytes) return BSON.deserialize(bytes, { promoteBuffers: true }) as Effects;
    if ((await tables.batches.findOne({ _id }, HEAD))?.applied === true) return undefined;
    throw new StoreUnavailable(
      `Batch ${_id} was decided, and its content is not all there. Restore the store from the last backup.`,
    );
  }

  /** What later batches added stays, however late this is. */
  async function drop(c: string, n: number): Promise<void> {
    for (let after = Number.MIN_SAFE_INTEGER; ;) {
      const some = await tables.entries
        .find({ c, date: { $gt: after } }, { projection: { date: 1 } })
        .sort({ date: 1 })
        .limit(DROP_STEP)
        .toArray();
      const last = some.at(-1);
      if (!last) return;
      const step = { c, date: { $gt: after, $lte: last.date }, by: { $lt: n } };
      await tables.entries.updateMany(step, { $set: { ...DROPPED, by: n } });
      after = last.date;
    }
  }

  async function carryOut(collection: string, n: number, effects: Effects): Promise<void> {
    if (effects.drop) await drop(collection, n);
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
      if (Object.keys(change).length > 0)
        await tables.statuses.updateOne({ _id: effects.part.status }, change);
      if (effects.part.last) {
        if (effects.begun) await forget(connection, effects.part.status);
      }
    }
  }

  return {
    newest: async (collection) => {
      const [doc] = await tables.batches.find({ c: collection }, HEAD).sort({ n: -1 }).limit(1).toArray();
      return linkOf(doc ?? null);
    },
    link: async (collection, n) => linkOf(await tables.batches.findOne({ _id: idOf(collection, n) }, HEAD)),
    insert: async (collection, { n, last, token }, effects) => {
      const size = checkSizes(effects);
      const cuts = effects.drop ? EVERYTHING : spansOf(effects.cuts.map((cut) => cut.date));
      // The library's own buffer ends at 17 MB.
      BSON.setInternalBufferSize(size + 1024);
      const bytes = BSON.serialize(effects);
      const inline = size <= INLINE;
      const chunks = inline ? 0 : await writeChunks(connection, token, bytes);
      try {
        await tables.batches.insertOne({
          ...{
            _id: idOf(collection, n),
            c: collection,
            n,
            last,
            cuts: cuts.flat(),
            token,
            applied: false,
            chunks,
          },
          ...(inline ? { data: new Binary(Buffer.from(bytes)) } : {}),
        });
        return true;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        const there = await tables.batches.findOne({ _id: idOf(collection, n) }, HEAD);
        if (there?.token === token) return true;
        if (!inline) await tables.chunks.deleteMany({ token });
        return false;
      }
    },
    apply: async (collection, n, known) => {
      const effects = known ?? (await effectsOf(collection, n));
      // Without effects it was applied meanwhile, and they were thrown away.
      if (!effects) return;
      await carryOut(collection, n, effects);
      const done = { $set: { applied: true }, $unset: { data: '' } } as const;
      await tables.batches.updateOne({ _id: idOf(collection, n) }, done);
      if (BSON.calculateObjectSize(effects) <= INLINE) return;
      const head = await tables.batches.findOne({ _id: idOf(collection, n) }, HEAD);
      if (head) await tables.chunks.deleteMany({ token: head.token });
    },
  };
}
