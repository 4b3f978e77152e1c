import type { Rank } from './tlp';
import { groupOf, type SpecVersion } from './stix';

export const LANGUAGES = ['en', 'ar', 'fr', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];
export type Localised = Readonly<Record<Language, string>>;

export const REGIONS = ['global', 'africa', 'americas', 'asia-pacific', 'europe', 'mena'] as const;
export type Region = (typeof REGIONS)[number];

export const KINDS = ['member', 'partner', 'desk', 'operator'] as const;
export type OrganisationKind = (typeof KINDS)[number];

export const ROLES = ['reader', 'contributor', 'curator'] as const;
export type Role = (typeof ROLES)[number];

export const RIGHTS = ['see', 'read', 'write', 'curate'] as const;
export type Right = (typeof RIGHTS)[number];

/** Whom a grant is for: everyone whom all the given properties fit. */
export interface Audience {
  readonly kind?: OrganisationKind;
  readonly region?: Region;
  readonly role?: Role;
  /** Ids; only in grants that an operator made by hand. */
  readonly organisation?: string;
  readonly principal?: string;
}

export interface Grant {
  /** Where the grant stands, for `explain`: a place in a channel file or the id of a grant made by hand. */
  readonly source: string;
  readonly to: Audience;
  readonly rights: readonly Right[];
  readonly readCeiling?: Rank;
  readonly writeCeiling?: Rank;
}

/** A TAXII Collection (§5.2) with the exchange's policy. */
export interface Collection {
  /** UUIDv4. */
  readonly id: string;
  readonly apiRoot: string;
  readonly alias: string;
  readonly title: Localised;
  readonly description: Localised;
  /** What an object without a marking ranks as (D3). */
  readonly defaultTlp: Rank;
  readonly maxTlp: Rank;
  /** STIX type names or groups of types. */
  readonly types: readonly string[];
  readonly specVersions: readonly SpecVersion[];
  /** What to do with an object that cites a marking definition nobody knows (D5). */
  readonly unknownMarkings: 'default' | 'refuse';
  readonly grants: readonly Grant[];
}

/** A channel: a TAXII API Root (§4.2) and its collections. */
export interface Channel {
  readonly apiRoot: string;
  readonly title: Localised;
  readonly description: Localised;
  readonly region: Region;
  readonly collections: readonly Collection[];
}

export function acceptsType(collection: Collection, type: string): boolean {
  return collection.types.includes(type) || collection.types.includes(groupOf(type));
}
