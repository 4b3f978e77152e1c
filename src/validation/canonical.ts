import { createHash, type Hash } from 'node:crypto';
import { groupOf, type StixObject } from '../domain/stix';
import { instantKey } from '../domain/timestamp';

/** Characters that are gathered before they are hashed: fewer calls, and never the whole text at once. */
const CHUNK = 65_536;

/** Takes canonical JSON piece by piece, each of them well-formed Unicode. */
class Digest {
  private readonly hash: Hash = createHash('sha256');
  private text = '';

  add(piece: string): void {
    this.text += piece;
    if (this.text.length < CHUNK) return;
    this.hash.update(this.text);
    this.text = '';
  }

  /** @returns 32 hexadecimal digits. */
  end(): string {
    return this.hash.update(this.text).digest('hex').slice(0, 32);
  }
}

/**
 * Canonical JSON: names sorted by code unit, numbers by value, and a string that is wholly a STIX timestamp by its
 * instant, so that two spellings of one content are equal (T-372). Linear; depth is limited before (readEnvelope).
 */
function canonical(value: unknown, digest: Digest): void {
  if (typeof value === 'string') {
    const key = value.endsWith('Z') ? instantKey(value) : undefined;
    digest.add(JSON.stringify(key === undefined ? value : `${key}Z`));
  } else if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      digest.add(i === 0 ? '[' : ',');
      canonical(value[i], digest);
    }
    digest.add(value.length === 0 ? '[]' : ']');
  } else if (typeof value === 'object' && value !== null) {
    const names = Object.keys(value).sort();
    for (const [i, name] of names.entries()) {
      digest.add(`${i === 0 ? '{' : ','}${JSON.stringify(name)}:`);
      canonical((value as StixObject)[name], digest);
    }
    digest.add(names.length === 0 ? '{}' : '}');
  } else digest.add(JSON.stringify(value));
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
  const said: [name: string, value: unknown][] = [
    ['revoked', false],
    ['defanged', false],
  ];
  if (type === 'sighting') said.push(['summary', false]);
  if (group === 'SDO' || group === 'SRO') said.push(['lang', 'en']);
  if (type === 'indicator' && object['pattern_type'] === 'stix') said.push(['pattern_version', spec]);
  const silent = said.filter(([name, value]) => value !== undefined && object[name] === value);
  const unsaid = group === 'SCO' && spec === undefined;
  if (silent.length === 0 && !unsaid) return object;
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(object).filter(([name]) => !silent.some(([other]) => other === name)),
  );
  if (unsaid) copy['spec_version'] = '2.1';
  return copy;
}

function digestOf(object: object): string {
  const digest = new Digest();
  canonical(object, digest);
  return digest.end();
}

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
