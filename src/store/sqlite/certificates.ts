import type { Principal } from '../../domain/access';
import type { Connection } from './connection';

/** What is known of an account's certificates, in the place of what was; within the caller's transaction. */
export function keepCertificates(
  { sql }: Pick<Connection, 'sql'>,
  { id, certificate }: Pick<Principal, 'id' | 'certificate'>,
): void {
  sql('DELETE FROM certificates WHERE principal_id = ?').run(id);
  for (const match of certificate?.matches ?? [])
    sql('INSERT INTO certificates VALUES (?, ?)').run(match, id);
}

/** @returns the one account that has one of them; undefined: none, or several. */
export function ownerOfCertificate(
  { sql }: Pick<Connection, 'sql'>,
  matches: readonly string[],
): string | undefined {
  const one = sql('SELECT principal_id FROM certificates WHERE match = ?').pluck();
  const owners = new Set(matches.flatMap((match) => (one.get(match) as string | undefined) ?? []));
  return owners.size === 1 ? [...owners][0] : undefined;
}
