/** What is published: sound objects, and what is made to cost much. */
import { randomUUID } from 'node:crypto';

export interface Versioned {
  readonly type: string;
  readonly spec_version: string;
  readonly id: string;
  readonly created: string;
  readonly modified: string;
}

const INSTANT = '2024-01-01T00:00:00.000Z';
const CLEAR = 'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487';
const MIB = 1024 * 1024;

const sdo = (type: string, more: object): Versioned => ({
  id: `${type}--${randomUUID()}`,
  modified: INSTANT,
  type,
  spec_version: '2.1',
  created: INSTANT,
  ...more,
});

/** A sound indicator; what is given beside goes in as it is. */
export const indicator = (more: object = {}): Versioned =>
  sdo('indicator', {
    pattern: "[domain-name:value = 'example.com']",
    pattern_type: 'stix',
    valid_from: INSTANT,
    ...more,
  });

export const envelopeOf = (objects: readonly object[]): string => JSON.stringify({ objects });

/** An indicator of so many MiB that strangers may read. */
export const largeIndicator = (mib: number): Versioned =>
  indicator({ description: 'x'.repeat(mib * MIB), object_marking_refs: [CLEAR] });

/** An envelope whose members have so many `[]` each: next to nothing when compressed. */
export function nested(members: number, each: number): string {
  const lists = Array(each).fill('[]').join(',');
  const one = (): string => `${JSON.stringify(indicator()).slice(0, -1)},"x_a":[${lists}]}`;
  return `{"objects":[${Array.from({ length: members }, one).join(',')}]}`;
}

/** One object with a valid string of so many MiB. */
export function longStrings(mib: number): readonly string[] {
  const text = 'A'.repeat(mib * MIB);
  const artifact = {
    type: 'artifact',
    spec_version: '2.1',
    id: `artifact--${randomUUID()}`,
    payload_bin: text,
  };
  const url = {
    type: 'url',
    spec_version: '2.1',
    id: `url--${randomUUID()}`,
    value: `https://example.com/${text}`,
  };
  const pattern = indicator({ pattern: `[url:value = '${text}']` });
  const comparisons = Array(mib * 40_000)
    .fill("url:value = 'a'")
    .join(' OR ');
  return [artifact, url, pattern, indicator({ pattern: `[${comparisons}]` })].map((object) =>
    envelopeOf([object]),
  );
}

/** Extension definitions with schemas that never end, and two objects that use all of them. */
export function slowSchemas(count: number): string {
  const definitions = Array.from({ length: count }, (_, i) =>
    sdo('extension-definition', {
      created_by_ref: `identity--${randomUUID()}`,
      name: `slow ${i}`,
      schema: JSON.stringify({ title: randomUUID(), properties: { rank: { pattern: '^(a+)+$' } } }),
      version: '1.0.0',
      extension_types: ['property-extension'],
    }),
  );
  const use = { extension_type: 'property-extension', rank: `${'a'.repeat(40)}!` };
  const extensions = Object.fromEntries(definitions.map(({ id }) => [id, use]));
  return envelopeOf([...definitions, indicator({ extensions }), indicator({ extensions })]);
}

/** So many versions of one indicator, from the n-th on. */
export const versionsOf = (id: string, from: number, count: number): string =>
  envelopeOf(
    Array.from({ length: count }, (_, i) =>
      indicator({ id, modified: new Date(Date.parse(INSTANT) + (from + i) * 1000).toISOString() }),
    ),
  );

/** So many members that all fail: their status is some 200 bytes each. */
export const failing = (count: number): string =>
  envelopeOf(Array.from({ length: count }, () => ({ type: 'indicator', id: `indicator--${randomUUID()}` })));
