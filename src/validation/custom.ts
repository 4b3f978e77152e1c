/** Custom content (STIX 2.1 §3.1, §7.3, §11): what the standard does not name and no extension announces. */
import { isIdentifier } from '../domain/stix';
import { isBase64, isHex } from './scans';
import { shown, type Review } from './verdict';

const COMMON = new Set([
  'spec_version',
  'created_by_ref',
  'created',
  'modified',
  'revoked',
  'labels',
  'confidence',
  'lang',
  'external_references',
  'object_marking_refs',
  'granular_markings',
  'defanged',
  'extensions',
]);

/** A property that is common to other classes, but not to this one (§3.2). */
export const isCommon = (name: string): boolean => COMMON.has(name);

function lowerCaseKeys(value: unknown, review: Review, name: string, depth = 0): void {
  if (typeof value !== 'object' || value === null || depth > 20) return;
  if (Array.isArray(value)) {
    for (const item of value) lowerCaseKeys(item, review, name, depth + 1);
    return;
  }
  for (const key of Object.keys(value)) {
    if (/[A-Z]/.test(key)) review.warn('T-DICTLOW', shown(key), 'a key in lower case', name, key);
    lowerCaseKeys((value as Record<string, unknown>)[key], review, name, depth + 1);
  }
}

/** Encoded bytes, whatever their name, are what the end of the name says (§3.1). */
export function encodedShape(name: string, value: unknown, review: Review): void {
  if (name.endsWith('_bin') && !(typeof value === 'string' && isBase64(value)))
    review.reject('N-SUFFIX', shown(value), 'base64 with padding in a property that ends in _bin', name);
  if (name.endsWith('_hex') && !(typeof value === 'string' && value !== '' && isHex(value)))
    review.reject(
      'N-SUFFIX',
      shown(value),
      'an even number of hexadecimal digits in a property that ends in _hex',
      name,
    );
}

/** References, whatever their name, hold identifiers; dictionaries have keys in lower case. */
export function customShape(name: string, value: unknown, review: Review): void {
  if (name.endsWith('_ref') && !(typeof value === 'string' && isIdentifier(value)))
    review.warn('N-SUFFIX', shown(value), 'an identifier in a property that ends in _ref', name);
  if (
    name.endsWith('_refs') &&
    !(Array.isArray(value) && value.every((item) => typeof item === 'string' && isIdentifier(item)))
  )
    review.warn('N-SUFFIX', shown(value), 'a list of identifiers in a property that ends in _refs', name);
  lowerCaseKeys(value, review, name);
}

const PROPERTY = /^(?:id|[a-z][a-z0-9_]{2,249})$/;

/** A property that nothing announces, of the object itself: the schema has seen to its name. */
export function customProperty(name: string, value: unknown, review: Review): void {
  review.warn(
    'N-CUSTPROP',
    'a property that STIX does not name',
    'custom properties in an extension with a definition',
    name,
  );
  if (!name.startsWith('x_'))
    review.warn(
      'N-CUSTPFX',
      shown(name),
      'a name that begins with x_ and its source, outside extensions',
      name,
    );
  customShape(name, value, review);
}

const badName = (rule: string, name: string, review: Review): void =>
  review.reject(
    rule,
    shown(name),
    'a property name of 3 to 250 characters a-z, 0-9 and "_" that begins with a letter',
    name,
  );

/** The same of something inside an object. @param rule X-PROP within extensions, N-PROP elsewhere. */
export function customMember(name: string, value: unknown, review: Review, rule: string): void {
  if (!PROPERTY.test(name)) {
    badName(rule, name, review);
    return;
  }
  encodedShape(name, value, review);
  customProperty(name, value, review);
}

/** The properties of an extension that no schema here describes: custom by nature, so only their names and bytes. */
export function extensionMembers(extension: Readonly<Record<string, unknown>>, review: Review): void {
  for (const [name, value] of Object.entries(extension)) {
    if (PROPERTY.test(name)) encodedShape(name, value, review);
    else badName('X-PROP', name, review);
  }
}
