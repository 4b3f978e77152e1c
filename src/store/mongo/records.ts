/** Statuses, unfinished publications and the audit trail. A status is the sum of its parts: each is inserted once. */
import type { Actor } from '../../domain/actor';
import { pendingParts, statusPieces } from '../status';
import { leaseOf, MOST_LISTED, type RecordStore, type Unfinished } from '../records';
import { settleTold, toAuditRecord } from './audit';
import { insertMissing } from './apply';
import { CHUNK, readChunks, writeChunks } from './chunks';
import type { CatalogReader } from './catalog';
import { guarded, type Connection } from './connection';
import type { StatusDoc, StatusPartDoc } from './tables';
import { newestLease } from './lease';
import { countsOf, headOf, statusOf, storedDetails } from './statuses';
import type { Worker } from './work';

async function unfinished({ tables }: Connection): Promise<Unfinished[]> {
  const found: Unfinished[] = [];
  for (const { _id: id, chunks, bytes, cut, parts, token } of await tables.publications
    .find()
    .sort({ at: 1 })
    .toArray()) {
    const doc = await tables.statuses.findOne({ _id: id });
    if (!doc || doc.complete === true) continue;
    const lease = await newestLease(tables, leaseOf(id));
    const account = await tables.principals.findOne({ _id: doc.principal });
    const partsDone = doc.done ?? (await tables.parts.countDocuments({ status: id }));
    const left = { status: id, part: { $gte: partsDone } };
    found.push({
      status: { id, requested: doc.requested, total: doc.total },
      principalId: doc.principal,
      tokenId: token,
      organisationId: account?.organisation,
      collectionId: doc.c,
      bytes: bytes ?? chunks * CHUNK,
      cut: cut ?? 0,
      parts: parts ?? partsDone + (await tables.pendings.countDocuments(left)),
      partsDone,
      lease: lease ? { holder: lease.holder, until: lease.until } : undefined,
    });
  }
  return found;
}

export function mongoRecords(worker: Worker, catalog: CatalogReader): RecordStore {
  const { connection } = worker;
  const { tables, clock } = connection;

  /** A batch of the collection's chain, as a part is: whichever of the two comes second changes nothing. */
  async function abandon(statusId: string, message: string, by: Actor): Promise<boolean> {
    const status = await tables.statuses.findOne({ _id: statusId });
    if (!status) return false;
    const held = await catalog.collection(status.c);
    return worker.run<boolean>(
      status.c,
      async () => undefined,
      async (unit) => {
        const doc = await tables.statuses.findOne({ _id: statusId });
        if (!doc || doc.complete === true) return { answer: false };
        const { pendings = [] } = await statusOf(connection, doc);
        const { success, failure, partsDone } = await headOf(connection, doc);
        const rest: StatusPartDoc = {
          _id: `${statusId}:abandoned`,
          status: statusId,
          part: Number.MAX_SAFE_INTEGER,
          last: true,
          successes: [],
          failures: pendings.map((item) => ({ ...item, message })),
        };
        const detail = JSON.stringify({ reason: message, failed: pendings.length });
        unit.tell(by, 'abandon', `${doc.root}/${held?.alias ?? doc.c}`, statusId, detail);
        const counts = { done: partsDone, success, failure: failure + pendings.length };
        return { answer: true, effects: () => ({ recorded: [{ part: rest, counts, begun: true }] }) };
      },
    );
  }

  return {
    begin: (scope, seed, body, pendings, parts) =>
      guarded(async () => {
        const chunks = await writeChunks(connection, seed.id, body);
        const waiting = pendingParts(pendings, parts?.sizes).map((items, part) => ({
          _id: `${seed.id}:${part}`,
          status: seed.id,
          part,
          items,
        }));
        for (let i = 0; i < waiting.length; i += 20)
          await insertMissing(tables.pendings, waiting.slice(i, i + 20));
        const status: StatusDoc = {
          _id: seed.id,
          root: scope.collection.apiRoot,
          c: scope.collection.id,
          principal: scope.principal.id,
          requested: seed.requested,
          total: seed.total,
          done: 0,
          success: 0,
          failure: 0,
        };
        await insertMissing(tables.statuses, [status]);
        // From here on it is safe: what stands here is worked off, whatever happens.
        await insertMissing(tables.publications, [
          {
            _id: seed.id,
            at: clock(),
            chunks,
            bytes: body.length,
            cut: parts?.cut ?? 0,
            parts: waiting.length,
            ...(scope.principal.token && { token: scope.principal.token.id }),
          },
        ]);
        return seed.total <= MOST_LISTED
          ? statusOf(connection, status)
          : countsOf(await headOf(connection, status));
      }),
    unfinished: () => guarded(() => unfinished(connection)),
    publication: (statusId) =>
      guarded(async () => {
        const found = await tables.publications.findOne({ _id: statusId });
        return found ? readChunks(connection, statusId, found.chunks) : undefined;
      }),
    setAbout: (statusId, part) =>
      guarded(async () => {
        const found = await tables.publications.findOneAndUpdate(
          { _id: statusId },
          { $inc: { [`begun.${part}`]: 1 } },
          { returnDocument: 'after' },
        );
        return found?.begun?.[part] ?? 0;
      }),
    abandon: (statusId, message, by) => guarded(() => abandon(statusId, message, by)),
    status: (apiRoot, statusId) =>
      guarded(async () => {
        const doc = await tables.statuses.findOne({ _id: statusId });
        return doc?.root === apiRoot
          ? { status: await statusOf(connection, doc), principalId: doc.principal, collectionId: doc.c }
          : undefined;
      }),
    statusText: (apiRoot, statusId) =>
      guarded(async () => {
        const doc = await tables.statuses.findOne({ _id: statusId });
        if (doc?.root !== apiRoot) return undefined;
        const head = await headOf(connection, doc);
        const pieces = statusPieces(head, storedDetails(connection, head));
        return { principalId: doc.principal, collectionId: doc.c, total: doc.total, pieces };
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
