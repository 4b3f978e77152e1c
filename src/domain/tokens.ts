/** API tokens: what a tool signs in by in place of a password. A token may do what its account may, or less. */
import type { Access } from './access';
import type { Collection } from './channel';
import { DAY, type Micros } from './timestamp';

export const TOKEN_RIGHTS = ['read', 'write'] as const;
export type TokenRight = (typeof TOKEN_RIGHTS)[number];

export interface ApiToken {
  /** The beginning of the token, by which it is found; no secret. */
  readonly id: string;
  readonly principalId: string;
  /** What it is for: one of its account's tokens has it. */
  readonly name: string;
  readonly created: Micros;
  /** It signs nobody in from then on. */
  readonly expires: Micros;
  /** Not there: both. What goes beyond reading, such as curating, is writing. */
  readonly rights?: readonly TokenRight[];
  /** API Roots and ids of collections that it opens; neither there: all. */
  readonly channels?: readonly string[];
  readonly collections?: readonly string[];
  /** Networks (CIDR) that it is taken from; not there: any. */
  readonly networks?: readonly string[];
}

/** Whether a token opens a place at all; no token opens all that the account does. */
export function opens(
  token: ApiToken | undefined,
  { apiRoot, id }: Pick<Collection, 'apiRoot' | 'id'>,
): boolean {
  const { channels, collections } = token ?? {};
  if (channels === undefined && collections === undefined) return true;
  return (channels?.includes(apiRoot) ?? false) || (collections?.includes(id) ?? false);
}

const NOTHING: Access = { see: false, read: false, write: false, curate: false, because: [] };

/**
 * Of what the account may do, what the token may. Decided behind the account's own ceilings, so that a token that only
 * writes does not publish higher than its account.
 */
export function narrowed(access: Access, token: ApiToken | undefined, collection: Collection): Access {
  if (!token) return access;
  if (!opens(token, collection)) return NOTHING;
  const { clearance, ceiling, ...rest } = access;
  const may = (right: TokenRight): boolean => token.rights?.includes(right) ?? true;
  return {
    ...rest,
    read: access.read && may('read'),
    write: access.write && may('write'),
    curate: access.curate && may('write'),
    ...(clearance === undefined || !may('read') ? {} : { clearance }),
    ...(ceiling === undefined || !may('write') ? {} : { ceiling }),
  };
}

/** Days before an end at which people are told of it. */
const ENDS_SOON = 14;

/** Whole days; negative once it is over. */
export const daysUntil = (end: Micros, now: Micros): number => Math.floor((end - now) / DAY);

/** It has not ended, and will within two weeks. */
export function isSoon(end: Micros, now: Micros): boolean {
  const days = daysUntil(end, now);
  return days >= 0 && days <= ENDS_SOON;
}
