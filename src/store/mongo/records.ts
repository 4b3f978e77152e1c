/** Statuses, unfinished publications and the audit trail. A status is the sum of its parts: each is inserted once. */
import type { Status } from '../../domain/taxii';
import { pendingParts, statusFrom } from '../status';
import type { RecordStore, Unfinished } from '../store';
import { settleTold, toAuditRecord } from './audit';
import { forget, insertMissing, readChunks, writeChunks } from './batches';
import { guarded, type Connection, type StatusDoc, type StatusPartDoc } from './connection';

async function statusOf({ tables }: Connection, doc: StatusDoc): Promise<Status> {
  const parts = await tables.parts.find({ status: doc._id }).sort({ part: 1 }).toArray();
  const done = new Set(parts.map((p) => p.part));
  const complete = parts.some((p) => p.last);
  const waiting = complete ? [] : await tables.pendings.find({ status: doc._id }).sort({ part: 1 }).toArray();
  const successes = parts.flatMap((p) => p.successes);
  const failures = parts.flatMap((p) => p.failures);
  const pendings = waiting.filter((w) => !done.has(w.part)).flatMap((w) => w.items);
  const counts = { success: successes.length, failure: failures.length };
  return statusFrom({ ...doc, id: doc._id }, complete, counts, { successes, failures, pendings });
}

/** The status with the details of all its parts. */
export async function statusNow(connection: Connection, id: string): Promise<Status | undefined> {
  const doc = await connection.tables.statuses.findOne({ _id: id });
  return doc ? statusOf(connection, doc) : undefined;
}

export function mongoRecords(connection: Connection): RecordStore {
  const { tables, clock } = connection;
  return {
    begin: (scope, seed, body, pendings) =>
      guarded(async () => {
        const chunks = await writeChunks(connection, seed.id, body);
        const waiting = pendingParts(pendings).map((items, part) => ({
          ...{ _id: `${seed.id}:${part}`, status: seed.id, part, items },
        }));
        await insertMissing(tables.pendings, waiting);
        const status: StatusDoc = {
          ...{
            _id: seed.id,
            root: scope.collection.apiRoot,
            c: scope.collection.id,
            principal: scope.principal.id,
          },
          ...{ requested: seed.requested, total: seed.total },
        };
        await insertMissing(tables.statuses, [status]);
        // From here on it is safe: what stands here is worked off, whatever happens.
        await insertMissing(tables.publications, [{ _id: seed.id, at: clock(), chunks }]);
        return statusOf(connection, status);
      }),
    unfinished: () =>
      guarded(async () => {
        const found: Unfinished[] = [];
        for (const { _id: id, chunks } of await tables.publications.find().sort({ at: 1 }).toArray()) {
          const doc = await tables.statuses.findOne({ _id: id });
          const parts = await tables.parts
            .find({ status: id }, { projection: { part: 1, last: 1 } })
            .toArray();
          const body = await readChunks(connection, id, chunks);
          if (!doc || !body || parts.some((p) => p.last)) continue;
          found.push({
            status: { id, requested: doc.requested, total: doc.total },
            ...{ principalId: doc.principal, collectionId: doc.c, body, partsDone: parts.length },
          });
        }
        return found;
      }),
    abandon: (statusId, message) =>
      guarded(async () => {
        const doc = await tables.statuses.findOne({ _id: statusId });
        if (!doc) return;
        const { pendings = [] } = await statusOf(connection, doc);
        const rest: StatusPartDoc = {
          ...{ _id: `${statusId}:abandoned`, status: statusId, part: Number.MAX_SAFE_INTEGER, last: true },
          ...{ successes: [], failures: pendings.map((item) => ({ ...item, message })) },
        };
        await insertMissing(tables.parts, [rest]);
        await tables.statuses.updateOne({ _id: statusId }, { $set: { complete: true } });
        await forget(connection, statusId);
      }),
    status: (apiRoot, statusId) =>
      guarded(async () => {
        const doc = await tables.statuses.findOne({ _id: statusId });
        return doc?.root === apiRoot
          ? { status: await statusOf(connection, doc), principalId: doc.principal, collectionId: doc.c }
          : undefined;
      }),
    expireStatuses: (before, apply) =>
      guarded(async () => {
        const old = { requested: { $lt: before }, complete: true };
        if (!apply) return tables.statuses.countDocuments(old);
        const ids = (await tables.statuses.find(old, { projection: { _id: 1 } }).toArray()).map((d) => d._id);
        for (let i = 0; i < ids.length; i += 1000) {
          const some = ids.slice(i, i + 1000);
          await tables.parts.deleteMany({ status: { $in: some } });
          await tables.statuses.deleteMany({ _id: { $in: some } });
        }
        return ids.length;
      }),
    audit: (limit, action) =>
      guarded(async () => {
        await settleTold(connection);
        const docs = await tables.audit
          .find(action === undefined ? {} : { action })
          .sort({ at: -1, order: -1 })
          .limit(limit)
          .toArray();
        return docs.map(toAuditRecord);
      }),
  };
}
