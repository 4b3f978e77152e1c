/** What ends soon and would shut somebody out is told to operators while there is time to renew it. */
import { formatTimestamp } from '../domain/timestamp';
import { daysUntil, isSoon } from '../domain/tokens';
import type { JobContext } from './job';

export async function endings({
  store,
  clock,
  tell,
}: JobContext): Promise<Readonly<Record<string, unknown>>> {
  const now = clock();
  const principals = await store.people.principals();
  const names = new Map(principals.map(({ id, name }) => [id, name]));
  const tokens = (await store.people.tokens())
    .filter(({ token }) => isSoon(token.expires, now))
    .map(({ token: { id, name, principalId, expires } }) => ({
      token: name,
      id,
      account: names.get(principalId) ?? principalId,
      until: formatTimestamp(expires),
      days: daysUntil(expires, now),
    }));
  const passwords = principals.flatMap(({ name, passwordUntil: until, disabled, organisation }) =>
    until === undefined || disabled || organisation.disabled || !isSoon(until, now)
      ? []
      : [{ account: name, until: formatTimestamp(until), days: daysUntil(until, now) }],
  );
  for (const one of tokens)
    tell?.(one, 'a token ends soon: add another one (jisr add token), then remove it');
  for (const one of passwords) tell?.(one, 'a password ends soon: its owner, or an operator, changes it');
  return { tokens, passwords };
}
