/** The chain in MongoDB: batches with their effects, in chunks where they are large. */
import { BSON, Binary } from 'mongodb';
import { StoreUnavailable } from '../../domain/errors';
import { carryOut } from './apply';
import { readChunks, writeChunks } from './chunks';
import { inSession, isDuplicate, type Connection } from './connection';
import { checkSizes, type Effects } from './effects';
import type { BatchDoc } from './tables';
import type { Link, LogStore } from './link';
import { EVERYTHING, spansFrom, spansOf } from './spans';

/** Below this the effects stand in the batch itself; a document holds 16 MB at most. */
const INLINE = 256 * 1024;
/** Links that are read in one step. */
const WALK = 100;
/** What takes no longer than this is at the same time, for whom half a day matters (prune.ts). */
const AT_ONCE_MS = 60_000;

export const idOf = (collection: string, n: number): string => `${collection}:${n}`;

export function batchStore(connection: Connection): LogStore<Effects> {
  const { tables, clock } = connection;
  const HEAD = { projection: { data: 0 } } as const;
  const linkOf = (
    doc: Pick<BatchDoc, 'n' | 'last' | 'token' | 'applied' | 'cuts' | 'largest' | 'audiences'> | null,
  ): Link | undefined =>
    // A head of an earlier version does not say where it cuts.
    doc
      ? {
          n: doc.n,
          last: doc.last,
          cuts: doc.cuts ? spansFrom(doc.cuts) : EVERYTHING,
          token: doc.token,
          applied: doc.applied,
          largest: doc.largest,
          audiences: doc.audiences,
        }
      : undefined;

  /** The first batch carries the mark. */
  const markOf = async (collection: string): Promise<number> =>
    (await tables.batches.findOne({ _id: idOf(collection, 1) }, HEAD))?.pruned ?? 0;

  /** Does what has to be done before the mark is asked for, or at the same time. */
  async function besideMark<T>(collection: string, work: () => Promise<T>): Promise<[T, number]> {
    const began = [performance.now(), Date.now()] as const;
    const [done, mark] = await Promise.all([work(), markOf(collection)]);
    const took = Math.max(performance.now() - began[0], Date.now() - began[1]);
    return [done, took > AT_ONCE_MS ? await markOf(collection) : mark];
  }

  async function effectsOf(collection: string, n: number, token: string): Promise<Effects | undefined> {
    const _id = idOf(collection, n);
    const head = await tables.batches.findOne({ _id });
    if (head?.token !== token || head.applied) return undefined;
    const bytes = head.data
      ? Buffer.from(head.data.buffer)
      : await readChunks(connection, head.token, head.chunks);
    if (bytes) return BSON.deserialize(bytes, { promoteBuffers: true }) as Effects;
    const now = await tables.batches.findOne({ _id }, HEAD);
    if (now?.token !== token || now.applied) return undefined;
    throw new StoreUnavailable(
      `Batch ${_id} was decided, and its content is not all there. Restore the store from the last backup.`,
    );
  }

  return {
    newest: async (collection) => {
      const [doc] = await tables.batches.find({ c: collection }, HEAD).sort({ n: -1 }).limit(1).toArray();
      return linkOf(doc ?? null);
    },
    behind: async (collection, n) => {
      const [docs, pruned] = await besideMark(collection, () =>
        inSession(connection, (session) =>
          tables.batches
            .find({ c: collection, n: { $gt: n } }, { ...HEAD, session })
            .sort({ n: 1 })
            .limit(WALK)
            .toArray(),
        ),
      );
      return { links: docs.flatMap((doc) => linkOf(doc) ?? []), pruned, more: docs.length === WALK };
    },
    link: async (collection, n) => linkOf(await tables.batches.findOne({ _id: idOf(collection, n) }, HEAD)),
    insert: async (collection, { n, last, token, largest, audiences }, effects) => {
      const size = checkSizes(effects);
      const cuts = effects.drop ? EVERYTHING : spansOf(effects.cuts.map((cut) => cut.date));
      // The library's own buffer ends at 17 MB.
      BSON.setInternalBufferSize(size + 1024);
      const bytes = BSON.serialize(effects);
      const inline = size <= INLINE;
      const chunks = inline ? 0 : await writeChunks(connection, token, bytes);
      const head: BatchDoc = {
        _id: idOf(collection, n),
        c: collection,
        n,
        last,
        cuts: cuts.flat(),
        token,
        at: clock(),
        applied: false,
        chunks,
        ...(largest === undefined ? {} : { largest }),
        ...(audiences === undefined ? {} : { audiences }),
      };
      const place = async (): Promise<boolean> => {
        try {
          await tables.batches.insertOne(inline ? { ...head, data: new Binary(Buffer.from(bytes)) } : head);
          return true;
        } catch (error) {
          if (!isDuplicate(error)) throw error;
          const there = await tables.batches.findOne({ _id: idOf(collection, n) }, HEAD);
          return there?.token === token;
        }
      };
      const [mine, mark] = await besideMark(collection, place);
      if (mine) return mark;
      if (!inline) await tables.chunks.deleteMany({ token });
      return undefined;
    },
    pruned: markOf,
    apply: async (collection, { n, token }, known, mark) => {
      const effects = known ?? (await effectsOf(collection, n, token));
      // Without effects it was applied meanwhile, and they were thrown away.
      if (!effects) return true;
      const counts = async (asked?: number): Promise<boolean> => (asked ?? (await markOf(collection))) < n;
      if (!(await counts(mark))) return false;
      await carryOut(connection, collection, n, effects, counts);
      const done = { $set: { applied: true }, $unset: { data: '' } } as const;
      await inSession(connection, (session) =>
        tables.batches.updateOne({ _id: idOf(collection, n), token }, done, { session }),
      );
      if (BSON.calculateObjectSize(effects) > INLINE) await tables.chunks.deleteMany({ token });
      return true;
    },
    withdraw: async (collection, { n, token }) => {
      const late = { _id: idOf(collection, n), token, applied: false };
      const { deletedCount } = await tables.batches.deleteOne(late);
      await tables.chunks.deleteMany({ token });
      return deletedCount > 0;
    },
  };
}
