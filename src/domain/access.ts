import type { Actor } from './actor';
import type { Grantees, Collection, Grant, Language, OrganisationKind, Region, Right, Role } from './channel';
import type { AudienceSaid } from './audience';
import { TaxiiError } from './errors';
import type { Micros } from './timestamp';
import type { Rank } from './tlp';
import { narrowed, opens, type ApiToken } from './tokens';

export interface Organisation {
  readonly id: string;
  readonly name: string;
  readonly kind: OrganisationKind;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  readonly region: Region;
  /** The id of the STIX identity object that stands for it; a store from before every one had one lacks it. */
  readonly identity?: string;
  /** Its name in other languages. */
  readonly names?: Readonly<Partial<Record<Language, string>>>;
  /** Of STIX's industry-sector-ov. */
  readonly sectors?: readonly string[];
  /** The `created` and `modified` of the STIX objects that describe it (src/domain/identity.ts). */
  readonly described?: { readonly created: string; readonly modified: string };
  /** Who may see what it publishes without a word of its own about that. */
  readonly audience?: AudienceSaid;
  readonly disabled: boolean;
}

/**
 * Departures from TAXII that a tool needs and its operator asked for. `empty-objects`: a page without objects says
 * `"objects": []`, which T-083 forbids and Elastic's `ti_custom` cannot do without. `tlp-1`: beside each marking of TLP 2.0
 * stands the one of TLP 1.0 that says the same, for who knows no other.
 */
export const QUIRKS = ['empty-objects', 'tlp-1'] as const;
export type Quirk = (typeof QUIRKS)[number];

/** Who authenticates: an account of a service (a tool) or of a person. */
export interface Principal {
  readonly id: string;
  /** The login name, unique on the server. */
  readonly name: string;
  readonly kind: 'service' | 'person';
  readonly role: Role;
  readonly clearance: Rank;
  readonly disabled: boolean;
  readonly quirks?: readonly Quirk[];
  /** Its password was made by a first start, and nobody has changed it since. */
  readonly firstPassword?: true;
  /** Its password was made by somebody else, and signs nobody in from then on: its owner changes it before. */
  readonly passwordUntil?: Micros;
  /**
   * Client certificates that are its own, by what they are known by (src/identity/certificate.ts). They sign it in alone, or
   * only `beside` a password or a token, which then sign in by nothing else.
   */
  readonly certificate?: { readonly matches: readonly string[]; readonly beside?: true };
  readonly organisation: Organisation;
  /** What it signed in by, if that is a token: it may do no more than that. Never stored with it. */
  readonly token?: ApiToken;
}

/** An account whose password its owner has chosen: what was to be changed is. */
export function ownPassword(principal: Principal): Principal {
  const { firstPassword: _first, passwordUntil: _until, ...settled } = principal;
  return settled;
}

export function isOperator(principal: Principal): boolean {
  return principal.organisation.kind === 'operator';
}

/**
 * The account that jobs and scripts act as where nobody is named: the first operator that is not disabled, one who
 * curates before others.
 */
export function operatorOf(principals: readonly Principal[]): Principal | undefined {
  const operators = principals.filter((p) => isOperator(p) && !p.disabled && !p.organisation.disabled);
  return operators.find((p) => p.role === 'curator') ?? operators[0];
}

/** What one principal may do in one collection, and by which grants. */
export interface Access {
  readonly see: boolean;
  readonly read: boolean;
  readonly write: boolean;
  readonly curate: boolean;
  /** The highest rank they may read: the lower of the clearance and the best ceiling; undefined without `read`. */
  readonly clearance?: Rank;
  /** The highest rank they may publish (D6); undefined without `write`. */
  readonly ceiling?: Rank;
  readonly because: readonly Grant[];
}

function fits(grantees: Grantees, principal: Principal): boolean {
  const { kind, region, role, organisation } = grantees;
  return (
    (kind === undefined || kind === principal.organisation.kind) &&
    (region === undefined || region === principal.organisation.region) &&
    (role === undefined || role === principal.role) &&
    (organisation === undefined || organisation === principal.organisation.id) &&
    (grantees.principal === undefined || grantees.principal === principal.id)
  );
}

const lower = (a: Rank, b: Rank): Rank => (a < b ? a : b);
const highest = (ranks: Rank[]): Rank | undefined =>
  ranks.length === 0 ? undefined : (Math.max(...ranks) as Rank);

/** Deny by default: the rights are the union of the grants that fit; every right includes `see`. */
export const accessOf = (principal: Principal, collection: Collection): Access =>
  narrowed(granted(principal, collection), principal.token, collection);

function granted(principal: Principal, collection: Collection): Access {
  const active = !principal.disabled && !principal.organisation.disabled;
  const because = active ? collection.grants.filter((grant) => fits(grant.to, principal)) : [];
  const granting = (right: Right): Grant[] => because.filter((grant) => grant.rights.includes(right));
  const clearance = highest(granting('read').map((g) => lower(principal.clearance, g.readCeiling ?? 4)));
  // D6: by default one's own clearance; on a write-only grant what the collection takes, so that a partner
  // can put RED into an inbox that it cannot read.
  const byDefault = clearance === undefined ? collection.maxTlp : principal.clearance;
  const ceiling = highest(
    granting('write').map((g) => lower(collection.maxTlp, g.writeCeiling ?? byDefault)),
  );
  return {
    see: because.length > 0,
    read: clearance !== undefined,
    write: ceiling !== undefined,
    curate: granting('curate').length > 0,
    ...(clearance === undefined ? {} : { clearance }),
    ...(ceiling === undefined ? {} : { ceiling }),
    because,
  };
}

/**
 * T-278: a status is for who submitted it, and for an operator who curates the collection and is cleared for all that
 * it takes.
 *
 * @param collection undefined if it is in force no more.
 */
export function mayReadStatus(
  principal: Principal,
  submitter: string,
  collection: Collection | undefined,
): boolean {
  if (principal.id === submitter) return collection ? opens(principal.token, collection) : !principal.token;
  if (!isOperator(principal) || !collection) return false;
  const { curate, clearance } = accessOf(principal, collection);
  return curate && clearance !== undefined && clearance >= collection.maxTlp;
}

declare const decided: unique symbol;

/**
 * Proof that access to a collection was decided. Only this module can make one, and every object method of
 * the store demands one.
 */
export interface Scope<Action extends 'read' | 'write' | 'remove' = 'read' | 'write' | 'remove'> {
  readonly [decided]: Action;
  readonly principal: Principal;
  readonly collection: Collection;
  /** What the principal may see here; undefined on a write-only grant: nothing at all. */
  readonly clearance?: Rank;
  /** What the principal may publish here. */
  readonly ceiling: Rank;
  readonly curate: boolean;
  /** Who does it on the principal's behalf, for the audit; undefined: the principal. */
  readonly by?: string;
}

/** Who is named in the audit for what is done in a scope. */
export const actorIn = ({ by, principal }: Pick<Scope, 'by' | 'principal'>): Actor =>
  by === undefined ? { by: principal.name } : { by, behalf: principal.name };

const NOT_FOUND =
  'There is no such resource here, or it is not for you. Check the URL, and ask your operator about your access.';

/** The one answer for "is not there" and "is not for you", so that a stranger learns nothing (T-107a). */
export function notFound(): TaxiiError {
  return new TaxiiError('not-found', NOT_FOUND);
}

const LACKS: Record<'read' | 'write' | 'remove', (access: Access) => TaxiiError | undefined> = {
  read: (access) => (access.read ? undefined : forbidden('read objects from')),
  write: (access) => (access.write ? undefined : forbidden('add objects to')),
  // TAXII §5.7 has its own table: neither right 404, one of the two 403 (T-113 to T-116).
  remove: (access) => {
    if (access.read && access.write) return undefined;
    return access.read || access.write ? forbidden('delete objects from') : notFound();
  },
};

function forbidden(what: string): TaxiiError {
  return new TaxiiError(
    'forbidden',
    `Your account may not ${what} this collection: can_read and can_write of the collection say what it may. Ask your operator for the right.`,
  );
}

/**
 * Decides access to a collection (D8).
 *
 * @param by who acts on the principal's behalf, if somebody does.
 * @throws {TaxiiError} `not-found` without any grant, `forbidden` for a grant without the right.
 */
export function scopeFor<Action extends 'read' | 'write' | 'remove'>(
  principal: Principal,
  collection: Collection | undefined,
  action: Action,
  by?: string,
): Scope<Action> {
  if (!collection) throw notFound();
  const access = accessOf(principal, collection);
  if (!access.see) throw notFound();
  const refusal = LACKS[action](access);
  if (refusal) throw refusal;
  const scope: Omit<Scope<Action>, typeof decided> = {
    principal,
    collection,
    ceiling: access.ceiling ?? 0,
    curate: access.curate,
    ...(access.clearance === undefined ? {} : { clearance: access.clearance }),
    ...(by === undefined ? {} : { by }),
  };
  return scope as Scope<Action>;
}

/**
 * D8a: whose object is it? An id belongs to the organisation that published it first, and an identity in
 * `created_by_ref` to the organisation it stands for; others need `curate`. Cyber-observables are nobody's:
 * their ids follow from their content, so that every member that sees an address publishes the same one.
 *
 * @param firstPublisher the organisation that published the id first in this collection; undefined for a new id.
 * @param identityOwner the id of the organisation that an identity stands for, if any.
 * @returns why this principal may not revise it, or undefined.
 */
export function notTheirs(
  scope: Scope,
  object: { readonly id: string; readonly createdBy: string | undefined; readonly ownerless: boolean },
  firstPublisher: string | undefined,
  identityOwner: (identity: string) => string | undefined,
): string | undefined {
  if (scope.curate) return undefined;
  const own = scope.principal.organisation.id;
  for (const identity of [object.createdBy, object.id]) {
    const owner = identity === undefined ? undefined : identityOwner(identity);
    if (owner !== undefined && owner !== own) return `${identity ?? ''} stands for another organisation`;
  }
  if (object.ownerless || firstPublisher === undefined || firstPublisher === own) return undefined;
  return 'another organisation published this id first';
}
