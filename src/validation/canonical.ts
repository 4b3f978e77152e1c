import { createHash } from 'node:crypto';
import { instantKey } from '../domain/timestamp';

/**
 * Canonical JSON: names sorted by code unit, numbers by value, and a string that is wholly a STIX timestamp by its
 * instant, so that two spellings of one content are equal (T-372). Depth is limited before (readEnvelope).
 */
function canonical(value: unknown): string {
  if (typeof value === 'string') {
    const key = value.endsWith('Z') ? instantKey(value) : undefined;
    return JSON.stringify(key === undefined ? value : `${key}Z`);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** @returns 32 hexadecimal digits: equal digests are equal objects (T-372). */
export function canonicalDigest(object: object): string {
  return createHash('sha256').update(canonical(object)).digest('hex').slice(0, 32);
}
