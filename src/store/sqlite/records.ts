/** Statuses, unfinished publications and the audit trail. */
import { actorIn, type Scope } from '../../domain/access';
import type { Told } from '../../domain/account-changes';
import type { Actor } from '../../domain/actor';
import type { Status, StatusDetails } from '../../domain/taxii';
import type { Micros } from '../../domain/timestamp';
import { pendingParts, statusFrom } from '../status';
import type { AuditRecord, Part, RecordStore, StatusSeed, Unfinished } from '../store';
import type { Connection } from './connection';

interface StatusRow {
  id: string;
  api_root: string;
  collection_id: string;
  principal_id: string;
  requested: Micros;
  total: number;
  success: number;
  failure: number;
  parts_done: number;
  complete: 0 | 1;
}

type Kind = 'success' | 'failure' | 'pending';

/** A record as the table has it. */
export type AuditRow = Omit<AuditRecord, 'behalf'> & { readonly behalf: string | null };

export const toAuditRecord = ({ behalf, ...record }: AuditRow): AuditRecord =>
  behalf === null ? record : { ...record, behalf };

export function writeAudit(
  connection: Connection,
  scope: Scope,
  action: string,
  subject: string,
  detail: string,
): void {
  const { collection } = scope;
  auditBy(connection, actorIn(scope), action, `${collection.apiRoot}/${collection.alias}`, subject, detail);
}

/** @param collection as `root/alias`. */
export function auditBy(
  { sql, clock }: Connection,
  { by, behalf }: Actor,
  action: string,
  collection: string,
  subject: string,
  detail: string,
): void {
  sql(
    'INSERT INTO audit (at, principal, action, collection, subject, detail, behalf) VALUES (?, ?, ?, ?, ?, ?, ?)',
  ).run(clock(), by, action, collection, subject, detail, behalf ?? null);
}

/** Records what a change is told as, in the transaction that makes it; nothing for no change. */
export function auditTold(connection: Connection, actor: Actor, told: Told | undefined): void {
  if (told) auditBy(connection, actor, told.action, told.collection, told.subject, told.detail);
}

function insertStatus({ sql }: Connection, scope: Scope, seed: StatusSeed): void {
  sql('INSERT OR IGNORE INTO statuses VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0)').run(
    seed.id,
    scope.collection.apiRoot,
    scope.collection.id,
    scope.principal.id,
    seed.requested,
    seed.total,
  );
}

function writeDetails(
  { sql }: Connection,
  statusId: string,
  part: number,
  kind: Kind,
  items: readonly StatusDetails[],
): void {
  if (items.length > 0)
    sql('INSERT INTO status_details VALUES (?, ?, ?, ?)').run(statusId, part, kind, JSON.stringify(items));
}

/** The status with the details of all its parts. */
export function statusOf({ sql }: Connection, row: StatusRow): Status {
  const all: Record<Kind, StatusDetails[]> = { success: [], failure: [], pending: [] };
  const details = sql('SELECT kind, items FROM status_details WHERE status_id = ? ORDER BY part').all(
    row.id,
  ) as {
    kind: Kind;
    items: string;
  }[];
  for (const { kind, items } of details)
    for (const item of JSON.parse(items) as StatusDetails[]) all[kind].push(item);
  return statusFrom(row, row.complete === 1, row, {
    successes: all.success,
    failures: all.failure,
    pendings: all.pending,
  });
}

const rowOf = ({ sql }: Connection, id: string): StatusRow | undefined =>
  sql('SELECT * FROM statuses WHERE id = ?').get(id) as StatusRow | undefined;

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
  const before = rowOf(connection, id) as StatusRow;
  if (before.complete || part.number < before.parts_done) return statusOf(connection, before);
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
  if (part.last) sql('DELETE FROM publications WHERE status_id = ?').run(id);
  writeAudit(
    connection,
    scope,
    'publish',
    id,
    JSON.stringify({ success: successes.length, failure: failures.length }),
  );
  return statusOf(connection, rowOf(connection, id) as StatusRow);
}

export function sqliteRecords(connection: Connection): RecordStore {
  const { sql, read, write } = connection;
  return {
    begin: async (scope, seed, body, pendings) =>
      write(() => {
        insertStatus(connection, scope, seed);
        sql('INSERT INTO publications (status_id, body) VALUES (?, ?)').run(seed.id, body);
        for (const [part, items] of pendingParts(pendings).entries())
          writeDetails(connection, seed.id, part, 'pending', items);
        return statusOf(connection, rowOf(connection, seed.id) as StatusRow);
      }),
    unfinished: async () =>
      read(() =>
        (
          sql(
            `SELECT s.*, p.body FROM publications p JOIN statuses s ON s.id = p.status_id WHERE s.complete = 0 ORDER BY p.row`,
          ).all() as (StatusRow & { body: Buffer })[]
        ).map((row): Unfinished => ({
          status: { id: row.id, requested: row.requested, total: row.total },
          principalId: row.principal_id,
          collectionId: row.collection_id,
          body: row.body,
          partsDone: row.parts_done,
        })),
      ),
    abandon: async (statusId, message) =>
      write(() => {
        const waiting = sql(
          "SELECT part, items FROM status_details WHERE status_id = ? AND kind = 'pending'",
        ).all(statusId) as {
          part: number;
          items: string;
        }[];
        for (const { part, items } of waiting) {
          const failures = (JSON.parse(items) as StatusDetails[]).map((item) => ({ ...item, message }));
          writeDetails(connection, statusId, part, 'failure', failures);
        }
        sql("DELETE FROM status_details WHERE status_id = ? AND kind = 'pending'").run(statusId);
        sql('UPDATE statuses SET failure = total - success, complete = 1 WHERE id = ?').run(statusId);
        sql('DELETE FROM publications WHERE status_id = ?').run(statusId);
      }),
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
