import { hash } from 'node:crypto';
import { groupOf, type StixObject } from '../domain/stix';
import { instantKey } from '../domain/timestamp';

/** Names that are written in many objects, quoted; strangers' names are let go before they are many or long. */
const QUOTED = new Map<string, string>();
const MOST_QUOTED = 2000;
const LONGEST_QUOTED = 100;

function quoted(name: string): string {
  const known = QUOTED.get(name);
  if (known !== undefined) return known;
  const text = JSON.stringify(name);
  if (QUOTED.size >= MOST_QUOTED) QUOTED.clear();
  if (name.length <= LONGEST_QUOTED) QUOTED.set(name, text);
  return text;
}

/** What JSON writes otherwise than it is; nearly no text has any of it, and those are not copied. */
// eslint-disable-next-line no-control-regex -- JSON escapes them
const ESCAPED = /["\\\u0000-\u001f\ud800-\udfff]/;
const written = (text: string): string => (ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`);

/** What a text that may be a timestamp has at least, and where. */
const mayBeTime = (text: string): boolean => text.endsWith('Z') && text[10] === 'T';

/**
 * Canonical JSON: names sorted by code unit, numbers by value, and a string that is wholly a STIX timestamp by its
 * instant, so that two spellings of one content are equal (T-372). Linear; depth is limited before (readEnvelope).
 */
function canonical(value: unknown): string {
  if (typeof value === 'string') {
    const key = mayBeTime(value) ? instantKey(value) : undefined;
    return key === undefined ? written(value) : `"${key}Z"`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = '';
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) text += (i === 0 ? '' : ',') + canonical(value[i]);
    return `[${text}]`;
  }
  for (const name of Object.keys(value).sort())
    text += `${text === '' ? '' : ','}${quoted(name)}:${canonical((value as StixObject)[name])}`;
  return `{${text}}`;
}

/**
 * The object in the one spelling of what STIX 2.1 has a value for where none is written: `revoked`, `defanged` and a
 * sighting's `summary` are false, the language is English, a STIX pattern is of the object's own version (§3.2, §4.7,
 * §5.2), and an observable is of STIX 2.1. Of the two spellings it is the one that producers use more.
 *
 * @returns the same object where it is spelt so already.
 */
function plain(object: StixObject): StixObject {
  const { type, spec_version: spec } = object;
  const group = groupOf(String(type));
  const silent = new Set<string>();
  if (object['revoked'] === false) silent.add('revoked');
  if (object['defanged'] === false) silent.add('defanged');
  if (type === 'sighting' && object['summary'] === false) silent.add('summary');
  if ((group === 'SDO' || group === 'SRO') && object['lang'] === 'en') silent.add('lang');
  if (type === 'indicator' && object['pattern_type'] === 'stix' && spec !== undefined)
    if (object['pattern_version'] === spec) silent.add('pattern_version');
  const unsaid = group === 'SCO' && spec === undefined;
  if (silent.size === 0 && !unsaid) return object;
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(object).filter(([name]) => !silent.has(name)),
  );
  if (unsaid) copy['spec_version'] = '2.1';
  return copy;
}

const digestOf = (object: object): string => hash('sha256', canonical(object)).slice(0, 32);

/** @returns 32 hexadecimal digits: equal digests are equal objects (T-372), also where one leaves out a default. */
export function canonicalDigest(object: object): string {
  return digestOf(plain(object as StixObject));
}

/**
 * The digest of an object with its defaults as they are written, if that is another one. Stores hold such digests of
 * what was added before defaults were seen through: a copy of it that is published again is known by this one. Only
 * what is spelt otherwise than such an old copy is still taken for other content.
 */
export function writtenDigest(object: StixObject): string | undefined {
  return plain(object) === object ? undefined : digestOf(object);
}
