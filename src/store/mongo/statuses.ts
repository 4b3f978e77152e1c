/** Statuses as they are stored: a document of counts, and the details of each part apart. */
import type { Status } from '../../domain/taxii';
import type { Part } from '../records';
import { asPendings, statusFrom, type StatusHead, type StoredDetails } from '../status';
import type { Connection } from './connection';
import type { Sofar } from './recorded';
import type { StatusDoc } from './tables';

export async function statusOf({ tables }: Connection, doc: StatusDoc): Promise<Status> {
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

/** A status without its lists, as of its document alone; one of before is counted. */
export async function headOf({ tables }: Connection, doc: StatusDoc): Promise<StatusHead> {
  const seed = { id: doc._id, requested: doc.requested, total: doc.total };
  const complete = doc.complete === true;
  if (doc.done !== undefined)
    return { seed, complete, success: doc.success ?? 0, failure: doc.failure ?? 0, partsDone: doc.done };
  const head = { seed, complete, success: 0, failure: 0, partsDone: 0 };
  for await (const { successes, failures } of tables.parts.find({ status: doc._id })) {
    head.success += successes.length;
    head.failure += failures.length;
    head.partsDone++;
  }
  return head;
}

/** Of each part how far its publication is; undefined if it was appended before, or that is over. */
export async function headsOf(
  connection: Connection,
  parts: readonly Part[],
): Promise<(Sofar | undefined)[]> {
  const { tables } = connection;
  const [done, statuses] = await Promise.all([
    tables.parts
      .find(
        { _id: { $in: parts.map((part) => `${part.status.id}:${part.number}`) } },
        { projection: { part: 1 } },
      )
      .toArray(),
    tables.statuses.find({ _id: { $in: parts.map((part) => part.status.id) } }).toArray(),
  ]);
  const appended = new Set(done.map((doc) => doc._id));
  return Promise.all(
    parts.map(async ({ status: { id }, number }) => {
      const status = statuses.find((doc) => doc._id === id);
      if (appended.has(`${id}:${number}`) || status?.complete === true) return undefined;
      return status
        ? { ...(await headOf(connection, status)), begun: true }
        : { success: 0, failure: 0, begun: false };
    }),
  );
}

export const countsOf = ({ seed, complete, success, failure }: StatusHead): Status =>
  statusFrom(seed, complete, { success, failure }, { successes: [], failures: [], pendings: [] });

/** The status as it stands. @param details false: only its counts. */
export async function statusNow(
  connection: Connection,
  id: string,
  details: boolean,
): Promise<Status | undefined> {
  const doc = await connection.tables.statuses.findOne({ _id: id });
  if (!doc) return undefined;
  return details ? statusOf(connection, doc) : countsOf(await headOf(connection, doc));
}

/** The details of a status as they are stored, one part at a time. @param head as of when it is told. */
export function storedDetails(
  { tables }: Connection,
  { seed, complete, partsDone }: StatusHead,
): StoredDetails {
  const { id } = seed;
  return {
    async *verdicts(kind) {
      const name = kind === 'success' ? 'successes' : 'failures';
      const some = { status: id, ...(complete ? {} : { part: { $lt: partsDone } }) };
      const found = tables.parts.find(some, { batchSize: 4 }).sort({ part: 1 });
      for await (const part of found) yield JSON.stringify(part[name]);
    },
    async *pendings() {
      for (let part = partsDone; ; part++) {
        const waiting = await tables.pendings.findOne({ _id: `${id}:${part}` });
        const since = waiting ? null : await tables.parts.findOne({ _id: `${id}:${part}` });
        if (waiting) yield JSON.stringify(waiting.items);
        else if (since) yield asPendings([...since.successes, ...since.failures]);
        else break;
      }
      // What was abandoned since stands in one part.
      const abandoned = await tables.parts.findOne({ _id: `${id}:abandoned` });
      if (abandoned) yield asPendings(abandoned.failures);
    },
  };
}
