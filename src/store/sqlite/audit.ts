/** The audit trail: written in the unit of work of what it tells. */
import { actorIn, type Scope } from '../../domain/access';
import type { Told } from '../../domain/account-changes';
import type { Actor } from '../../domain/actor';
import type { AuditRecord } from '../records';
import type { Connection } from './connection';

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
