import type { Principal } from '../../domain/access';
import { tokenChange } from '../../domain/account-changes';
import { SERVER } from '../../domain/actor';
import type { ApiToken } from '../../domain/tokens';
import type { IssuedToken, PeopleStore } from '../people';
import { noPrincipal, tokenTaken } from '../refusals';
import { telling } from './audit';
import { guarded, isDuplicate, type Connection } from './connection';
import type { TokenDoc } from './tables';

const STANDS = { gone: { $exists: false } } as const;
const toToken = ({ definition }: Pick<TokenDoc, 'definition'>): ApiToken =>
  JSON.parse(definition) as ApiToken;

/** @param change does a change of people: policy moves with it, and what it told comes into the audit. */
export function mongoTokens(
  connection: Connection,
  principalBy: (id: string) => Promise<Principal | undefined>,
  change: <T>(work: () => Promise<T>) => Promise<T>,
): Pick<PeopleStore, 'tokens' | 'token' | 'addToken' | 'removeToken'> {
  const { tables } = connection;
  return {
    tokens: () =>
      guarded(async () => {
        const docs = await tables.tokens.find(STANDS).sort({ principal: 1, name: 1 }).toArray();
        return docs.map((doc): IssuedToken => ({ token: toToken(doc), used: doc.used }));
      }),
    token: (id) =>
      guarded(async () => {
        const doc = await tables.tokens.findOne({ _id: id, ...STANDS });
        // Nobody's account is looked for too: the time must not tell which tokens there are (T-107a).
        const principal = await principalBy(doc?.principal ?? '');
        return doc && principal
          ? { principal: { ...principal, token: toToken(doc) }, tokenHash: doc.hash }
          : undefined;
      }),
    addToken: (token, tokenHash, by = SERVER) =>
      change(async () => {
        const { id, principalId, name } = token;
        const principal = await principalBy(principalId);
        if (!principal) throw noPrincipal(principalId);
        const doc = { principal: principalId, name, hash: tokenHash, definition: JSON.stringify(token) };
        const told = telling(connection, by, [tokenChange('add', principal.name, token)]);
        try {
          await tables.tokens.updateOne({ _id: id }, { $setOnInsert: doc, ...told }, { upsert: true });
        } catch (error) {
          if (isDuplicate(error)) throw tokenTaken(principal.name, name);
          throw error;
        }
      }),
    removeToken: async (id, by = SERVER) => {
      const removed = await change(async () => {
        const doc = await tables.tokens.findOne({ _id: id, ...STANDS });
        if (!doc) return false;
        const login = (await principalBy(doc.principal))?.name ?? doc.principal;
        const told = telling(connection, by, [tokenChange('remove', login, toToken(doc))]);
        // Its name is free at once.
        await tables.tokens.updateOne({ _id: id }, { $set: { gone: true, name: id }, ...told });
        return true;
      });
      // What it told stands in the audit now.
      if (removed) await guarded(() => tables.tokens.deleteOne({ _id: id, gone: true }));
      return removed;
    },
  };
}
