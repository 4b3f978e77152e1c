/** Changes that are told in the audit, and how they are found there. */
import type { Actor } from '../../../src/domain/actor';
import type { Micros } from '../../../src/domain/timestamp';
import type { AuditRecord } from '../../../src/store/records';
import type { Store } from '../../../src/store/store';

export const BY: Actor = { by: 'local:alice', behalf: 'operator' };
export const told = { at: expect.any(Number) as number, principal: 'local:alice', behalf: 'operator' };

/** A clock that goes on with each look. */
export function ticking(): () => Micros {
  let now = 1_700_000_000_000_000;
  return () => now++;
}

/** The records of these actions, the oldest first. */
export async function auditOf(store: Store, ...actions: string[]): Promise<AuditRecord[]> {
  return (await store.records.audit(1000)).filter((r) => actions.includes(r.action)).reverse();
}
