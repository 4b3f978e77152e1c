/**
 * The audit of what changes beside the chains of the collections. There is no transaction over two documents here: a
 * document carries what is told of its change, written in the one write that changes it, until that stands in the
 * audit. Whoever comes next carries over what a crash left behind; doing so twice is as once.
 */
import { randomUUID } from 'node:crypto';
import type { Told } from '../../domain/account-changes';
import type { Actor } from '../../domain/actor';
import type { AuditRecord } from '../records';
import { insertMissing } from './apply';
import type { Connection } from './connection';
import type { AuditDoc } from './tables';

/** Of this process: what is told at one instant keeps its order. */
let lastOrder = 0;

/** @returns what an update adds, so that the change and its record are one write; nothing where nothing changed. */
export function telling(
  { clock }: Connection,
  { by, behalf }: Actor,
  changes: readonly (Told | undefined)[],
): { $push?: { told: string } } {
  const at = clock();
  const told = changes.filter((change) => change !== undefined);
  if (told.length === 0) return {};
  const name = randomUUID();
  const docs = told.map((change): AuditDoc => {
    const order = ++lastOrder;
    const doc = { _id: `${name}:${order}`, at, order, principal: by, ...change };
    return behalf === undefined ? doc : { ...doc, behalf };
  });
  return { $push: { told: JSON.stringify(docs) } };
}

/** Carries into the audit what documents still carry with them. */
export async function settleTold({ tables }: Connection): Promise<void> {
  const { organisations, principals, grants, tokens, meta } = tables;
  for (const table of [organisations, principals, grants, tokens, meta] as (typeof meta)[])
    for (const { _id, told = [] } of await table.find({ 'told.0': { $exists: true } }).toArray())
      for (const text of told) {
        await insertMissing(tables.audit, JSON.parse(text) as AuditDoc[]);
        await table.updateOne({ _id }, { $pull: { told: text } });
      }
}

export function toAuditRecord(doc: AuditDoc): AuditRecord {
  const { at, principal, action, collection, subject, detail, behalf } = doc;
  const record = { at, principal, action, collection, subject, detail };
  return behalf === undefined ? record : { ...record, behalf };
}
