/** Whether an account sees a version, and why: in words, by what the store's query asks, too. */
import { accessOf, type Principal } from './access';
import { admits, type AudienceRule, type AudienceSaid, type Parties } from './audience';
import type { Collection } from './channel';
import { tlpName, type Rank } from './tlp';

/** What of a version that is decided by. */
export interface Disclosed {
  readonly rank: Rank;
  /** Not there: everyone. */
  readonly audience?: AudienceRule;
}

const TO_EVERYONE = ([0, 1, 2, 3, 4] as const).map((rank): Disclosed => ({ rank }));
export const disclosedTo = (rank: Rank, audience: AudienceRule | undefined): Disclosed =>
  audience ? { rank, audience } : (TO_EVERYONE[rank] as Disclosed);

/** @returns why it does not; empty: it does. */
export function obstacles(
  principal: Principal,
  collection: Collection,
  { rank, audience }: Disclosed,
  nameOf: (identity: string) => string = (identity) => identity,
): string[] {
  const { clearance } = accessOf(principal, collection);
  if (clearance === undefined) return ['it may not read this collection'];
  const level = (of: Rank): string => `TLP:${tlpName(of).toUpperCase()}`;
  return [
    ...(rank > clearance
      ? [`the object is ${level(rank)}, and it reads up to ${level(clearance)} here`]
      : []),
    ...(audience && !admits(audience, principal.organisation)
      ? [
          `its originator does not share it with ${principal.organisation.name}: it is for ${audienceInWords(audience, nameOf)}`,
        ]
      : []),
  ];
}

export const reads = (principal: Principal, collection: Collection, version: Disclosed): boolean =>
  obstacles(principal, collection, version).length === 0;

function partiesInWords(
  { organisations = [], kinds = [], countries = [], regions = [] }: Parties,
  nameOf: (identity: string) => string,
): string {
  const named = [
    ...organisations.map(nameOf),
    ...kinds.map((kind) => `each ${kind}`),
    ...countries,
    ...regions.map((region) => `the region ${region}`),
  ];
  return named.length === 0 ? 'nobody' : named.join(', ');
}

/** Such as `FR, DE, but not each partner`. The originator's own organisation belongs to it in any case. */
export function audienceInWords(
  audience: AudienceRule | undefined,
  nameOf: (identity: string) => string,
): string {
  const { only, not }: AudienceSaid = audience ?? {};
  const some = only ? partiesInWords(only, nameOf) : 'everyone';
  return not ? `${some}, but not ${partiesInWords(not, nameOf)}` : some;
}
