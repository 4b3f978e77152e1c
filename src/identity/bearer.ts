/** API tokens: as `Bearer` (RFC 6750), as `Token`, and as the password of Basic, which is all that old clients know. */
import type { PeopleStore } from '../store/people';
import { parseBasic } from './basic';
import type { CredentialKind, Holder } from './claim';
import { liesIn, tokenId, tokenMatches } from './tokens';

/** @returns the token, and the login name that it was sent with, if it was. */
function presented(authorization: string): { readonly text: string; readonly login?: string } | undefined {
  const text = /^(?:Bearer|Token) +(\S+) *$/i.exec(authorization)?.[1];
  if (text !== undefined) return { text };
  const basic = parseBasic(authorization);
  return basic && { text: basic.password, login: basic.name };
}

export function tokenCredentials(people: Pick<PeopleStore, 'token'>): CredentialKind {
  return {
    challenge: 'Bearer realm="Jisr"',
    read: (authorization, { address, now }) => {
      const given = presented(authorization);
      const id = given && tokenId(given.text);
      if (!given || id === undefined) return undefined;
      const { text, login } = given;
      return {
        account: `jisr_${id}`,
        tried: `jisr_${id}`,
        // From elsewhere it may be another answer: what is decided of one is not told to the other.
        secret: JSON.stringify([text, login, address]),
        find: async (): Promise<Holder | undefined> => {
          const found = await people.token(id);
          if (!found || (login !== undefined && login !== found.principal.name)) return undefined;
          const { expires, networks } = found.principal.token;
          if (expires <= now || (networks && !liesIn(networks, address))) return undefined;
          const holder = { principal: found.principal, kept: found.tokenHash, until: expires };
          return networks ? { ...holder, placed: true } : holder;
        },
        matches: (holder) => Promise.resolve(tokenMatches(text, holder?.kept)),
      };
    },
  };
}
