/** The chain in MongoDB: batches with their effects, in chunks where they are large, and their application. */
import { BSON, Binary, type AnyBulkWriteOperation, type Document, type UpdateFilter } from 'mongodb';
import type { Micros } from '../../domain/timestamp';
import { leaseOf } from '../store';
import {
  isDuplicate,
  type AuditDoc,
  type Connection,
  type EntryDoc,
  type MarkingDoc,
  type StatusDoc,
  type StatusPartDoc,
} from './connection';
import type { Link, LogStore } from './log';

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
    doc: { n: number; last: Micros; token: string; applied: boolean } | null,
  ): Link | undefined =>
    doc ? { n: doc.n, last: doc.last, token: doc.token, applied: doc.applied } : undefined;

  async function effectsOf(collection: string, n: number): Promise<Effects | undefined> {
    const head = await tables.batches.findOne({ _id: idOf(collection, n) });
    if (!head || head.applied) return undefined;
    const bytes = head.data
      ? Buffer.from(head.data.buffer)
      : await readChunks(connection, head.token, head.chunks);
    return bytes && (BSON.deserialize(bytes, { promoteBuffers: true }) as Effects);
  }

  async function carryOut(collection: string, n: number, effects: Effects): Promise<void> {
    if (effects.drop) await tables.entries.deleteMany({ c: collection });
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
      const size = BSON.calculateObjectSize(effects);
      // The library's own buffer ends at 17 MB.
      BSON.setInternalBufferSize(size + 1024);
      const bytes = BSON.serialize(effects);
      const inline = size <= INLINE;
      const chunks = inline ? 0 : await writeChunks(connection, token, bytes);
      try {
        await tables.batches.insertOne({
          ...{ _id: idOf(collection, n), c: collection, n, last, token, applied: false, chunks },
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
