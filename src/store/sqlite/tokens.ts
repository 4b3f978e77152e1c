import type { Principal } from '../../domain/access';
import { tokenChange, type Told } from '../../domain/account-changes';
import { SERVER, type Actor } from '../../domain/actor';
import type { Micros } from '../../domain/timestamp';
import type { ApiToken } from '../../domain/tokens';
import type { ChangeStore } from '../changes';
import type { IssuedToken, PeopleStore, TokenHolder } from '../people';
import { noPrincipal, tokenTaken } from '../refusals';
import { whilePolicyStays } from './changes';
import type { Connection } from './connection';

interface Row {
  readonly principal_id: string;
  readonly hash: string;
  readonly definition: string;
  readonly used: Micros | null;
}

const toToken = ({ definition }: Pick<Row, 'definition'>): ApiToken => JSON.parse(definition) as ApiToken;

/**
 * @param principalBy within the caller's transaction.
 * @param change does a change of people, and says it in the audit.
 */
export function sqliteTokens(
  { sql, read }: Connection,
  changes: ChangeStore,
  principalBy: (id: string) => Principal | undefined,
  change: (by: Actor, work: () => Told | undefined) => void,
): Pick<PeopleStore, 'tokens' | 'token' | 'addToken' | 'removeToken'> {
  const rowBy = (id: string): Row | undefined =>
    sql('SELECT * FROM tokens WHERE id = ?').get(id) as Row | undefined;
  const holderOf = whilePolicyStays(changes, (id): TokenHolder | undefined =>
    read(() => {
      const row = rowBy(id);
      const principal = row && principalBy(row.principal_id);
      return row && principal && { principal: { ...principal, token: toToken(row) }, tokenHash: row.hash };
    }),
  );
  return {
    tokens: async () =>
      read(() =>
        (sql('SELECT * FROM tokens ORDER BY principal_id, name').all() as Row[]).map((row): IssuedToken => ({
          token: toToken(row),
          used: row.used ?? undefined,
        })),
      ),
    token: async (id) => holderOf(id),
    addToken: async (token, tokenHash, by = SERVER) =>
      change(by, () => {
        const { id, principalId, name } = token;
        const principal = principalBy(principalId);
        if (!principal) throw noPrincipal(principalId);
        if (sql('SELECT 1 FROM tokens WHERE principal_id = ? AND name = ?').get(principalId, name))
          throw tokenTaken(principal.name, name);
        sql('INSERT INTO tokens (id, principal_id, name, hash, definition) VALUES (?, ?, ?, ?, ?)').run(
          id,
          principalId,
          name,
          tokenHash,
          JSON.stringify(token),
        );
        return tokenChange('add', principal.name, token);
      }),
    removeToken: async (id, by = SERVER) => {
      let removed = false;
      change(by, () => {
        const row = rowBy(id);
        if (!row) return undefined;
        removed = sql('DELETE FROM tokens WHERE id = ?').run(id).changes > 0;
        return tokenChange('remove', principalBy(row.principal_id)?.name ?? row.principal_id, toToken(row));
      });
      return removed;
    },
  };
}
