/** Statuses, and publications that are not finished. */
import type { Scope } from '../../domain/access';
import type { Actor } from '../../domain/actor';
import type { Status, StatusDetails } from '../../domain/taxii';
import type { Micros } from '../../domain/timestamp';
import { pendingParts, statusPieces } from '../status';
import { leaseOf, MOST_LISTED, type Part, type RecordStore, type Unfinished } from '../records';
import { auditBy, toAuditRecord, writeAudit, type AuditRow } from './audit';
import { bodyOf, dropBody, keepBody } from './bodies';
import type { Connection } from './connection';
import {
  countsOf,
  insertStatus,
  rowOf,
  statusOf,
  storedDetails,
  writeDetails,
  type StatusRow,
} from './statuses';

/** A publication is done: its bytes go, and the lease on it. */
function forget(connection: Connection, statusId: string): void {
  const { sql } = connection;
  dropBody(connection, statusId);
  sql('DELETE FROM leases WHERE name = ?').run(leaseOf(statusId));
}

/** Runs a part inside the caller's transaction, unless it was done before, and writes its verdicts down. */
export function recordPart(
  connection: Connection,
  scope: Scope,
  part: Part,
  work: () => readonly { ok: boolean; details: StatusDetails }[],
): Status {
  const { sql } = connection;
  const { id } = part.status;
  insertStatus(connection, scope, part.status);
  const answer = (row: StatusRow): Status =>
    part.number === 0 && part.last ? statusOf(connection, row) : countsOf(row);
  const before = rowOf(connection, id) as StatusRow;
  if (before.complete || part.number < before.parts_done) return answer(before);
  const verdicts = work();
  const successes = verdicts.filter((v) => v.ok).map((v) => v.details);
  const failures = verdicts.filter((v) => !v.ok).map((v) => v.details);
  sql("DELETE FROM status_details WHERE status_id = ? AND part = ? AND kind = 'pending'").run(
    id,
    part.number,
  );
  writeDetails(connection, id, part.number, 'success', successes);
  writeDetails(connection, id, part.number, 'failure', failures);
  sql(
    'UPDATE statuses SET success = success + ?, failure = failure + ?, parts_done = ?, complete = ? WHERE id = ?',
  ).run(successes.length, failures.length, part.number + 1, part.last ? 1 : 0, id);
  if (part.last) forget(connection, id);
  writeAudit(
    connection,
    scope,
    'publish',
    id,
    JSON.stringify({ success: successes.length, failure: failures.length }),
  );
  return answer(rowOf(connection, id) as StatusRow);
}

/** What waits, with who works on it. */
const UNFINISHED = `SELECT s.*, p.bytes, p.cut, p.token, l.holder, l.until, a.organisation_id,
    s.parts_done + (SELECT count(*) FROM status_details d WHERE d.status_id = s.id AND d.kind = 'pending') AS parts
  FROM publications p JOIN statuses s ON s.id = p.status_id LEFT JOIN leases l ON l.name = @lease || s.id
  LEFT JOIN principals a ON a.id = s.principal_id
  WHERE s.complete = 0 ORDER BY p.row`;

type UnfinishedRow = StatusRow & {
  bytes: number;
  cut: number;
  token: string | null;
  parts: number;
  holder: string | null;
  until: Micros;
  organisation_id: string | null;
};

function unfinishedOf(row: UnfinishedRow): Unfinished {
  return {
    status: { id: row.id, requested: row.requested, total: row.total },
    principalId: row.principal_id,
    tokenId: row.token ?? undefined,
    organisationId: row.organisation_id ?? undefined,
    collectionId: row.collection_id,
    bytes: row.bytes,
    cut: row.cut,
    parts: row.parts,
    partsDone: row.parts_done,
    lease: row.holder === null ? undefined : { holder: row.holder, until: row.until },
  };
}

/** {@link RecordStore.abandon} within the caller's transaction. */
function abandon(connection: Connection, statusId: string, message: string, by: Actor): boolean {
  const { sql } = connection;
  const row = rowOf(connection, statusId);
  if (!row || row.complete === 1) return false;
  const waiting = sql(
    "SELECT part FROM status_details WHERE status_id = ? AND kind = 'pending' ORDER BY part",
  )
    .pluck()
    .all(statusId) as number[];
  for (const part of waiting) {
    const items = sql(
      "DELETE FROM status_details WHERE status_id = ? AND part = ? AND kind = 'pending' RETURNING items",
    )
      .pluck()
      .get(statusId, part) as string;
    const failures = (JSON.parse(items) as StatusDetails[]).map((item) => ({ ...item, message }));
    writeDetails(connection, statusId, part, 'failure', failures);
  }
  sql('UPDATE statuses SET failure = total - success, complete = 1 WHERE id = ?').run(statusId);
  forget(connection, statusId);
  const alias = sql("SELECT json_extract(definition, '$.alias') FROM collections WHERE id = ?")
    .pluck()
    .get(row.collection_id) as string | undefined;
  const failed = row.total - row.success - row.failure;
  const detail = JSON.stringify({ reason: message, failed });
  auditBy(connection, by, 'abandon', `${row.api_root}/${alias ?? row.collection_id}`, statusId, detail);
  return true;
}

export function sqliteRecords(connection: Connection): RecordStore {
  const { sql, read, write } = connection;
  return {
    begin: async (scope, seed, body, pendings, parts) =>
      write(() => {
        insertStatus(connection, scope, seed);
        keepBody(connection, seed.id, body, parts?.cut ?? 0, scope.principal.token?.id);
        for (const [part, items] of pendingParts(pendings, parts?.sizes).entries())
          writeDetails(connection, seed.id, part, 'pending', items);
        const row = rowOf(connection, seed.id) as StatusRow;
        return seed.total <= MOST_LISTED ? statusOf(connection, row) : countsOf(row);
      }),
    unfinished: async () =>
      read(() => (sql(UNFINISHED).all({ lease: leaseOf('') }) as UnfinishedRow[]).map(unfinishedOf)),
    publication: async (statusId) => read(() => bodyOf(connection, statusId)),
    setAbout: async (statusId, part) =>
      write(
        () =>
          (sql(
            `UPDATE publications SET begun = CASE WHEN part = @part THEN begun + 1 ELSE 1 END, part = @part
             WHERE status_id = @statusId RETURNING begun`,
          )
            .pluck()
            .get({ statusId, part }) as number | undefined) ?? 0,
      ),
    abandon: async (statusId, message, by) => write(() => abandon(connection, statusId, message, by)),
    status: async (apiRoot, statusId) =>
      read(() => {
        const row = rowOf(connection, statusId);
        return row?.api_root === apiRoot
          ? {
              status: statusOf(connection, row),
              principalId: row.principal_id,
              collectionId: row.collection_id,
            }
          : undefined;
      }),
    statusText: async (apiRoot, statusId) => {
      const row = read(() => rowOf(connection, statusId));
      if (row?.api_root !== apiRoot) return undefined;
      const { total, success, failure } = row;
      const head = { seed: row, complete: row.complete === 1, success, failure, partsDone: row.parts_done };
      const pieces = statusPieces(head, storedDetails(connection, row));
      return { principalId: row.principal_id, collectionId: row.collection_id, total, pieces };
    },
    expireStatuses: async (before, apply) => {
      const old = 'FROM statuses WHERE complete = 1 AND requested < ?';
      if (!apply) return read(() => sql(`SELECT count(*) ${old}`).pluck().get(before) as number);
      return write(() => {
        sql(`DELETE FROM status_details WHERE status_id IN (SELECT id ${old})`).run(before);
        return sql(`DELETE ${old}`).run(before).changes;
      });
    },
    audit: async (limit, action) =>
      read(() =>
        (
          sql(
            `SELECT at, principal, action, collection, subject, detail, behalf FROM audit
             WHERE @action IS NULL OR action = @action ORDER BY row DESC LIMIT @limit`,
          ).all({ limit, action: action ?? null }) as AuditRow[]
        ).map(toAuditRecord),
      ),
  };
}
