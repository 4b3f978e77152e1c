import { formatTimestamp, instantKey, parseTimestamp, type Micros } from './timestamp';

/** A STIX object as parsed; its text is stored as it came (architecture: the payload is opaque). */
export type StixObject = Readonly<Record<string, unknown>>;
export type SpecVersion = '2.0' | '2.1';

export const TYPES = {
  SDO: [
    'attack-pattern',
    'campaign',
    'course-of-action',
    'grouping',
    'identity',
    'incident',
    'indicator',
    'infrastructure',
    'intrusion-set',
    'location',
    'malware',
    'malware-analysis',
    'note',
    'observed-data',
    'opinion',
    'report',
    'threat-actor',
    'tool',
    'vulnerability',
  ],
  SRO: ['relationship', 'sighting'],
  SMO: ['marking-definition', 'language-content', 'extension-definition'],
  SCO: [
    'artifact',
    'autonomous-system',
    'directory',
    'domain-name',
    'email-addr',
    'email-message',
    'file',
    'ipv4-addr',
    'ipv6-addr',
    'mac-addr',
    'mutex',
    'network-traffic',
    'process',
    'software',
    'url',
    'user-account',
    'windows-registry-key',
    'x509-certificate',
  ],
} as const;

/** The classes of STIX 2.1 §1 and "custom" for a type that the standard does not name. */
export type TypeGroup = 'SDO' | 'SRO' | 'SCO' | 'SMO' | 'custom';

const GROUPS: ReadonlyMap<string, TypeGroup> = new Map(
  Object.entries(TYPES).flatMap(([group, types]) => types.map((type) => [type, group as TypeGroup])),
);

export const groupOf = (type: string): TypeGroup => GROUPS.get(type) ?? 'custom';

const text = (object: StixObject, name: string): string | undefined =>
  typeof object[name] === 'string' ? object[name] : undefined;

/**
 * T-228: the specification version of an object, inferred where it is not stated. What states it by something other
 * than a string is held to 2.1, whose rules refuse that (C-SPEC).
 */
export function specVersionOf(object: StixObject): string {
  const stated = object['spec_version'];
  if (stated !== undefined) return typeof stated === 'string' ? stated : '2.1';
  return text(object, 'created') === undefined && text(object, 'modified') === undefined ? '2.1' : '2.0';
}

/** What names a version: `modified`, else `created`, as written, with the key it sorts by (T-212, T-304). */
export interface StatedVersion {
  readonly version: string;
  readonly key: string;
}

/** @returns undefined for an object with neither; the store then takes its `date_added` (T-370). */
export function statedVersion(object: StixObject): StatedVersion | undefined {
  const version = text(object, 'modified') ?? text(object, 'created');
  if (version === undefined) return undefined;
  const key = instantKey(version);
  return key === undefined ? undefined : { version, key };
}

const ID = /^[a-z0-9]+(?:-[a-z0-9]+)*--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text has the form of a STIX identifier (STIX 2.1 §2.9). */
export function isIdentifier(value: string): boolean {
  return value.length <= 300 && ID.test(value);
}

/** The type that an identifier names; empty for a text that is none. */
export function typeOf(id: string): string {
  return id.slice(0, Math.max(0, id.indexOf('--')));
}

/** The `modified` of a new version: later than what stands, in milliseconds (§3.6.2). */
export function modifiedAfter(object: StixObject, now: Micros): string {
  const before = parseTimestamp(String(object['modified'])) ?? 0;
  const millis = Math.max(Math.floor(now / 1000), Math.floor(before / 1000) + 1);
  return formatTimestamp(millis * 1000).replace(/\d{3}Z$/, 'Z');
}
