/** What ends soon and would shut somebody out is told to operators while there is time to renew it. */
import { formatTimestamp } from '../domain/timestamp';
import { daysLeft, ENDS_SOON } from '../domain/tokens';
import type { JobContext } from './job';

export async function endings({
  store,
  clock,
  tell,
}: JobContext): Promise<Readonly<Record<string, unknown>>> {
  const names = new Map((await store.people.principals()).map(({ id, name }) => [id, name]));
  const now = clock();
  const ending = (await store.people.tokens())
    .map(({ token }) => ({ token, days: daysLeft(token, now) }))
    .filter(({ days }) => days >= 0 && days <= ENDS_SOON)
    .map(({ token: { id, name, principalId, expires }, days }) => ({
      token: name,
      id,
      account: names.get(principalId) ?? principalId,
      until: formatTimestamp(expires),
      days,
    }));
  for (const one of ending)
    tell?.(one, 'a token ends soon: add another one (jisr add token), then remove it');
  return { ending };
}
