/** What the audit says of a change of organisations, accounts, grants and channels: what changed, and no secrets. */
import { ownPassword, type Organisation, type Principal } from './access';
import { SERVER, type Actor } from './actor';
import type { Grant } from './channel';
import type { Change } from './changes';
import { differences } from './differences';
import { grantInWords } from './grant-words';
import { formatTimestamp } from './timestamp';
import { tlpName } from './tlp';
import type { ApiToken } from './tokens';

/** A record of the audit, without when and by whom. */
export interface Told {
  readonly action: string;
  /** `root/alias`; empty where it is about no collection. */
  readonly collection: string;
  readonly subject: string;
  readonly detail: string;
}

function told(noun: string, subject: string, before: object | undefined, after: object): Told | undefined {
  const lines = differences(before ?? {}, after);
  if (before !== undefined && lines.length === 0) return undefined;
  const action = `${before === undefined ? 'add' : 'change'}-${noun}`;
  return { action, collection: '', subject, detail: lines.join('; ') };
}

/** @returns undefined if nothing changed. */
export const organisationChange = (before: Organisation | undefined, after: Organisation): Told | undefined =>
  told('organisation', after.name, before, after);

const inWords = ({ organisation, clearance, ...person }: Principal): object => ({
  ...person,
  clearance: tlpName(clearance),
  organisation: organisation.name,
});

/** @param password what became of it, if anything. @returns undefined if nothing changed. */
export function principalChange(
  before: Principal | undefined,
  after: Principal,
  password: 'a new one' | 'hashed anew' | undefined,
): Told | undefined {
  const [was, is] = [before && inWords(before), inWords(after)];
  return told('principal', after.name, was, password === undefined ? is : { ...is, password });
}

/** @param collection as `root/alias`. @returns undefined if nothing changed. */
export function grantChange(
  id: string,
  collection: string,
  before: Grant | undefined,
  after: Grant | undefined,
): Told | undefined {
  const [was, is] = [before && grantInWords(before), after && grantInWords(after)];
  if (was === is) return undefined;
  const verb = was === undefined ? 'add' : is === undefined ? 'remove' : 'change';
  const detail = was !== undefined && is !== undefined ? `${was} → ${is}` : (is ?? was ?? '');
  return { action: `${verb}-grant`, collection, subject: id, detail };
}

/** By whom a new password was chosen; or the hash in whose place the same one is put. */
export type PasswordHow = { readonly by: Actor } | { readonly rehashes: string };

export const passwordChanger = (how: PasswordHow): Actor => ('by' in how ? how.by : SERVER);

/** What becomes of an account whose password alone is changed, and what is said of it. */
export function passwordChange(
  before: Principal,
  how: PasswordHow,
): { readonly after: Principal; readonly told: Told | undefined } {
  if ('rehashes' in how) return { after: before, told: principalChange(before, before, 'hashed anew') };
  const after = ownPassword(before);
  return { after, told: principalChange(before, after, 'a new one') };
}

/** @param login whose it is. @param verb what became of it. */
export function tokenChange(verb: 'add' | 'remove', login: string, token: ApiToken): Told {
  const { principalId: _, created: __, ...said } = token;
  const lines = differences({}, { ...said, expires: formatTimestamp(token.expires) });
  return { action: `${verb}-token`, collection: '', subject: login, detail: lines.join('; ') };
}

export function channelChange({ kind, subject, details, collectionId }: Change): Told {
  return {
    action: `${kind}-${collectionId === undefined ? 'channel' : 'collection'}`,
    collection: collectionId === undefined ? '' : subject,
    subject,
    detail: details.join('; '),
  };
}
