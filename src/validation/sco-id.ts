/** Deterministic identifiers of cyber-observables (STIX 2.1 §2.9): UUIDv5 over the contributing properties. */
import canonicalize from 'canonicalize';
import { v4, v5 } from 'uuid';
import type { StixObject } from '../domain/stix';

const NAMESPACE = '00abedb4-aa42-466c-9c01-fed23315a9b7';

/** The ID contributing properties of each type; a process has none. */
const CONTRIBUTING: Readonly<Record<string, readonly string[]>> = {
  artifact: ['hashes', 'payload_bin'],
  'autonomous-system': ['number'],
  directory: ['path'],
  'domain-name': ['value'],
  'email-addr': ['value'],
  'email-message': ['from_ref', 'subject', 'body'],
  file: ['hashes', 'name', 'extensions', 'parent_directory_ref'],
  'ipv4-addr': ['value'],
  'ipv6-addr': ['value'],
  'mac-addr': ['value'],
  mutex: ['name'],
  'network-traffic': [
    'start',
    'end',
    'src_ref',
    'dst_ref',
    'src_port',
    'dst_port',
    'protocols',
    'extensions',
  ],
  process: [],
  software: ['name', 'cpe', 'swid', 'vendor', 'version'],
  url: ['value'],
  'user-account': ['account_type', 'user_id', 'account_login'],
  'windows-registry-key': ['key', 'values'],
  'x509-certificate': ['hashes', 'serial_number'],
};
const HASHES = ['MD5', 'SHA-1', 'SHA-256', 'SHA-512'];

/** One hash stands for all: the first of the four that is there, else the first as written. */
function oneHash(hashes: object): object {
  const entries = Object.entries(hashes);
  const [name] = HASHES.filter((h) => entries.some(([n]) => n === h));
  return Object.fromEntries(name === undefined ? entries.slice(0, 1) : entries.filter(([n]) => n === name));
}

/** @returns the properties that the identifier follows from; undefined if there are none, or for other types. */
export function contributingOf(object: StixObject): Readonly<Record<string, unknown>> | undefined {
  const names = CONTRIBUTING[String(object['type'])];
  const present = names?.filter((name) => object[name] !== undefined) ?? [];
  if (present.length === 0) return undefined;
  return Object.fromEntries(
    present.map((name) => {
      const value = object[name];
      return [
        name,
        name === 'hashes' && typeof value === 'object' && value !== null ? oneHash(value) : value,
      ];
    }),
  );
}

const identifier = (type: string, contributing: object): string =>
  `${type}--${v5(canonicalize(contributing) as string, NAMESPACE)}`;

/**
 * The identifier that a cyber-observable should have; a new random one for what nothing contributes to.
 *
 * @param object a sound SCO of STIX 2.1, with or without an id. @returns undefined for other types.
 */
export function scoId(object: StixObject): string | undefined {
  const type = String(object['type']);
  if (!Object.hasOwn(CONTRIBUTING, type)) return undefined;
  const contributing = contributingOf(object);
  return contributing ? identifier(type, contributing) : `${type}--${v4()}`;
}

/** Timestamps without a fraction of zeros: the spelling that a widespread library hashes. */
const respelt = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/\.0+Z$/, 'Z') : value;

/** Whether a UUIDv5 is one that the algorithm of the standard gives, in either spelling of timestamps. */
export function isDeterministic(
  object: StixObject,
  contributing: Readonly<Record<string, unknown>>,
): boolean {
  const type = String(object['type']);
  const id = String(object['id']).toLowerCase();
  if (identifier(type, contributing) === id) return true;
  if (type !== 'network-traffic') return false;
  const other = Object.fromEntries(
    Object.entries(contributing).map(([name, value]) => [
      name,
      name === 'start' || name === 'end' ? respelt(value) : value,
    ]),
  );
  return identifier(type, other) === id;
}
