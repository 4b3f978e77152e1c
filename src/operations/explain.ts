/** What one account may do in a collection, and why. */
import { accessOf, type Principal } from '../domain/access';
import { RIGHTS, type Collection, type Grant, type Right } from '../domain/channel';
import { grantInWords, sourceInWords } from '../domain/grant-words';
import type { Rank } from '../domain/tlp';
import { opens } from '../domain/tokens';

export interface Explained {
  /** In the order of RIGHTS. */
  readonly rights: readonly Right[];
  /** The highest level that it reads; undefined without `read`. */
  readonly readsUpTo: Rank | undefined;
  /** The highest level that it may publish; undefined without `write`. */
  readonly publishesUpTo: Rank | undefined;
  /** A sentence for each grant that fits and where it stands, or the one reason why none counts; never empty. */
  readonly because: readonly string[];
}

/** @param grants that fit the principal: who is named in them is the principal or its organisation. */
function reasons(principal: Principal, collection: Collection, grants: readonly Grant[]): string[] {
  const { organisation } = principal;
  if (principal.disabled || organisation.disabled) return ['the account or its organisation is disabled'];
  if (principal.token && !opens(principal.token, collection))
    return [`the token "${principal.token.name}" does not open this collection`];
  if (grants.length === 0) return ['no grant fits'];
  const names = new Map([
    [organisation.id, organisation.name],
    [principal.id, principal.name],
  ]);
  const granted = grants.map(
    (grant) => `${grantInWords(grant, (id) => names.get(id))}, by ${sourceInWords(grant)}`,
  );
  const rights = principal.token?.rights;
  return rights
    ? [...granted, `the token "${principal.token.name}" may only ${rights.join(' and ')}`]
    : granted;
}

/**
 * It looks at nothing but the account and the grants that fit it: the only names in it are the account's own, so that it
 * may be told to whoever has the account.
 */
export function explainAccess(principal: Principal, collection: Collection): Explained {
  const access = accessOf(principal, collection);
  return {
    rights: RIGHTS.filter((right) => access[right]),
    readsUpTo: access.clearance,
    publishesUpTo: access.ceiling,
    because: reasons(principal, collection, access.because),
  };
}
