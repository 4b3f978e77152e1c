/** Indicators out of plain values: the pattern, the validity, the marking, the producer, an id that follows from them. */
import { v5 } from 'uuid';
import type { ImportDefaults } from '../../src/domain/channel';
import type { StixObject } from '../../src/domain/stix';
import { DAY, formatTimestamp, parseTimestamp, type Micros } from '../../src/domain/timestamp';
import { markingIdsOf, type Rank } from '../../src/domain/tlp';
import type { Recognised } from './refang';

/** Of these identifiers alone: STIX keeps its own namespace for cyber-observables (§2.9). */
const NAMESPACE = '5b0e2a1c-52a5-4f0f-9d0f-6a1f6c1d7f3e';
const HASH_NAMES: Readonly<Record<string, string>> = {
  md5: 'MD5',
  'sha-1': "'SHA-1'",
  'sha-256': "'SHA-256'",
  'sha-512': "'SHA-512'",
};
const quoted = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** The pattern that says that a value is bad; ranges of addresses by ISSUBSET. */
export function patternOf({ type, value }: Recognised): string {
  const hash = HASH_NAMES[type];
  if (hash !== undefined) return `[file:hashes.${hash} = ${quoted(value)}]`;
  const range = type.startsWith('ipv') && value.includes('/');
  return `[${type}:value ${range ? 'ISSUBSET' : '='} ${quoted(value)}]`;
}

/** What a line says of its value. */
export interface Said {
  readonly value: Recognised;
  readonly name?: string;
  readonly description?: string;
  readonly labels?: readonly string[];
  readonly confidence?: number;
  readonly validFrom?: string;
  readonly validUntil?: string;
  readonly rank?: Rank;
  readonly reference?: string;
}

export interface Making {
  /** The identity of the organisation. */
  readonly producer: string;
  readonly defaults: ImportDefaults;
  readonly now: Micros;
}

/** STIX asks for three digits of seconds at least. */
const stix = (micros: Micros): string => formatTimestamp(micros).replace(/\d{3}Z$/, 'Z');

/**
 * The id follows from the producer and the pattern, so that the same value imported twice is the same indicator.
 */
export function indicatorId(pattern: string, producer: string): string {
  return `indicator--${v5(`${producer}\n${pattern}`, NAMESPACE)}`;
}

export function indicatorOf(said: Said, { producer, defaults, now }: Making): StixObject {
  const pattern = patternOf(said.value);
  const rank = said.rank ?? defaults.tlp;
  const labels = [...new Set([...defaults.labels, ...(said.labels ?? [])])];
  const confidence = said.confidence ?? defaults.confidence;
  const from = said.validFrom ?? stix(now);
  const until = said.validUntil ?? stix((parseTimestamp(from) ?? now) + defaults.validDays * DAY);
  return {
    type: 'indicator',
    spec_version: '2.1',
    id: indicatorId(pattern, producer),
    created_by_ref: producer,
    created: stix(now),
    modified: stix(now),
    name: said.name ?? said.value.value,
    ...(said.description === undefined ? {} : { description: said.description }),
    indicator_types: [...defaults.indicatorTypes],
    pattern,
    pattern_type: 'stix',
    valid_from: from,
    valid_until: until,
    ...(labels.length === 0 ? {} : { labels }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(said.reference === undefined
      ? {}
      : { external_references: [{ source_name: 'report', url: said.reference }] }),
    ...(rank === undefined ? {} : { object_marking_refs: markingIdsOf(rank).slice(-1) }),
  };
}

/** A later version that is valid anew, from what stands and what is said now. */
export function renewed(standing: StixObject, fresh: StixObject): StixObject {
  return { ...fresh, created: standing['created'] };
}
