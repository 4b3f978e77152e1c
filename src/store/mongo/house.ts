/** Leases, runs and notes of jobs; how far readers came; maintenance. */
import type { HouseStore } from '../house';
import type { Writer } from './writer';
import type { CatalogReader } from './catalog';
import { check } from './check';
import { guarded } from './connection';
import { holdTo, mongoLeases } from './lease';
import { prune } from './prune';
import { walkObjects } from './walk';
import type { Worker } from './work';

/** Chunks of a writer that lost its race or its life are thrown away after a day. */
const GARBAGE = 24 * 3600 * 1e6;
/** Marking definitions that are looked for at once. */
const MARKINGS = 500;

export function mongoHouse(worker: Worker, catalog: CatalogReader, writer: Writer): HouseStore {
  const { connection } = worker;
  const { tables, clock } = connection;
  return {
    ...mongoLeases(tables),
    recordRun: (run) =>
      guarded(async () => {
        await tables.runs.insertOne({ ...run });
      }),
    runs: (limit, name) =>
      guarded(async () => {
        const docs = await tables.runs
          .find(name === undefined ? {} : { name })
          .sort({ _id: -1 })
          .limit(limit)
          .toArray();
        return docs.map(({ name: n, started, took, ok, result }) => ({ name: n, started, took, ok, result }));
      }),
    note: (kind, name, value, lease) =>
      guarded(async () => {
        await holdTo(tables, lease);
        const _id = `${kind} ${name}`;
        if (value === undefined) await tables.notes.deleteOne({ _id });
        else await tables.notes.replaceOne({ _id }, { kind, name, value }, { upsert: true });
      }),
    notes: (kind) =>
      guarded(async () => {
        const docs = await tables.notes.find({ kind }).sort({ name: 1 }).toArray();
        return new Map(docs.map((d) => [d.name, d.value]));
      }),
    noteReadings: (readings) =>
      guarded(async () => {
        for (const { collectionId: c, organisationId: organisation, lastDate } of readings)
          await tables.reads.updateOne(
            { _id: `${c} ${organisation}` },
            { $max: { last: lastDate }, $setOnInsert: { c, organisation } },
            { upsert: true },
          );
      }),
    readings: () =>
      guarded(async () =>
        (await tables.reads.find().toArray()).map((r) => ({
          collectionId: r.c,
          organisationId: r.organisation,
          lastDate: r.last,
        })),
      ),
    noteUses: (uses) =>
      guarded(async () => {
        for (const { id, at } of uses) await tables.tokens.updateOne({ _id: id }, { $max: { used: at } });
      }),
    maintain: ({ signal, lease } = {}) =>
      guarded(async () => {
        const goOn = async (): Promise<void> => {
          signal?.throwIfAborted();
          await holdTo(tables, lease);
        };
        await goOn();
        let chunks = 0;
        const old = { at: { $lt: clock() - GARBAGE } };
        let seen = '';
        for await (const { token } of tables.chunks
          .find(old, { projection: { token: 1 } })
          .sort({ token: 1 })) {
          if (token === seen) continue;
          await goOn();
          seen = token;
          if (await tables.publications.findOne({ _id: token }, { projection: { _id: 1 } })) continue;
          if (await tables.batches.findOne({ token, applied: false }, { projection: { _id: 1 } })) continue;
          chunks += (await tables.chunks.deleteMany({ token })).deletedCount;
        }
        for (let after = ''; ;) {
          await goOn();
          const some = await tables.markings
            .find({ marking: { $gt: after } }, { projection: { marking: 1 } })
            .sort({ marking: 1 })
            .limit(MARKINGS)
            .toArray();
          const last = some.at(-1);
          if (!last) break;
          await writer.spread([...new Set(some.map((m) => m.marking))]);
          after = last.marking;
        }
        for (const { id } of (await catalog.stored()).flatMap((c) => c.collections)) {
          await goOn();
          await writer.rankAnew(id);
        }
        let [batches, stones] = [0, 0];
        // Also of collections that are gone.
        for (const c of await tables.batches.distinct('c')) {
          await goOn();
          const gone = await prune(connection, c, signal);
          batches += gone.batches;
          stones += gone.stones;
        }
        const { dataSize = 0 } = (await connection.db.stats()) as { dataSize?: number };
        return { chunks_removed: chunks, batches_removed: batches, stones_removed: stones, bytes: dataSize };
      }),
    check: (progress, permit) => guarded(() => check(worker, catalog, progress, permit)),
    mend: ({ signal } = {}) =>
      guarded(async () => {
        let objects = 0;
        for (const { id } of (await catalog.stored()).flatMap((c) => c.collections)) {
          await worker.log.caughtUp(id);
          for await (const uuids of walkObjects(tables, id, { state: 'live' })) {
            signal?.throwIfAborted();
            objects += await writer.resettle(id, uuids);
          }
        }
        return { objects };
      }),
  };
}
