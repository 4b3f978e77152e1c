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
export interface Grantees {
  readonly kind?: OrganisationKind;
  readonly region?: Region;
  readonly role?: Role;
  /** Ids; only in grants that an operator made by hand. */
  readonly organisation?: string;
  readonly principal?: string;
}

export interface Grant {
  /** Where the grant stands, for `explain`: the channel file, or `grant` and the id of one made by hand. */
  readonly source: string;
  readonly to: Grantees;
  readonly rights: readonly Right[];
  readonly readCeiling?: Rank;
  readonly writeCeiling?: Rank;
}

export const CUSTOM = ['allow', 'warn', 'refuse'] as const;
export const LEGACY = ['refuse', 'sub-millisecond', 'lenient'] as const;
export type Legacy = (typeof LEGACY)[number];
export const REFERENCES = ['unchecked', 'known'] as const;

/** How strictly a collection takes STIX; docs/validation.md gives each default and why. */
export interface Policy {
  /** Custom content: taken with advice; with a word on patterns too; or not at all. */
  readonly custom: (typeof CUSTOM)[number];
  /** Rules whose warnings refuse an object here. */
  readonly strict: readonly string[];
  /** Rules whose warnings are not reported here. */
  readonly quiet: readonly string[];
  /** Older data: nothing is forgiven; a `modified` before `created` by less than 1 ms; or the list of legacy.ts. */
  readonly legacy: Legacy;
  /** Whether what an object refers to must be held here or stand in the same envelope. */
  readonly references: (typeof REFERENCES)[number];
}

export const DEFAULT_POLICY: Policy = {
  custom: 'allow',
  strict: [],
  quiet: [],
  legacy: 'refuse',
  references: 'unchecked',
};

/** What a collection keeps, and for how long (days since the newest version of an object was added). */
export interface Retention {
  readonly rules: readonly { readonly types: readonly string[]; readonly days: number }[];
  /** Days between the first run that says what would go and the first that removes it. */
  readonly noticeDays: number;
  /** Ids that no retention takes; true for all. */
  readonly legalHold: true | readonly string[];
}

export const NO_RETENTION: Retention = { rules: [], noticeDays: 7, legalHold: [] };

/** What `jisr import` gives indicators that it makes, unless told otherwise. */
export interface ImportDefaults {
  readonly validDays: number;
  readonly confidence?: number;
  readonly indicatorTypes: readonly string[];
  readonly labels: readonly string[];
  readonly tlp?: Rank;
}

export const IMPORT_DEFAULTS: ImportDefaults = {
  validDays: 90,
  indicatorTypes: ['malicious-activity'],
  labels: [],
};

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
  readonly policy: Policy;
  readonly retention: Retention;
  readonly imports: ImportDefaults;
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
