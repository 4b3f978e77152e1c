/** Made data, the same at each run: sizes and types as they are in the field, every rank, one object in ten twice. */
import type { StixObject } from '../src/domain/stix';

/** Numbers in [0, 1), always the same for one seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS =
  'actor beacon campaign domain exfiltration foothold gateway host implant lateral loader malware network operator payload phishing proxy ransom relay sector server stage target tool victim vector wiper'.split(
    ' ',
  );

/** The TLP 2.0 marking definitions, from CLEAR to RED, and how often each is used. */
const MARKINGS: readonly (readonly [id: string, share: number])[] = [
  ['marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487', 0.35],
  ['marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb', 0.35],
  ['marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421', 0.2],
  ['marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003', 0.05],
  ['marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1', 0.05],
];

/** Types, how often each is met, and bytes of text in one, about. */
const KINDS: readonly (readonly [type: string, share: number, text: number])[] = [
  ['indicator', 0.55, 700],
  ['relationship', 0.2, 0],
  ['malware', 0.08, 1400],
  ['attack-pattern', 0.07, 1800],
  ['campaign', 0.05, 1200],
  ['report', 0.05, 2500],
];

export interface Maker {
  /** So many objects, each new or, one time in ten, a newer version of one of the last thousand. */
  readonly objects: (count: number) => StixObject[];
}

export function maker(seed = 1): Maker {
  const random = randomFrom(seed);
  const whole = (below: number): number => Math.floor(random() * below);
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => whole(16).toString(16)).join('');
  const uuid = (): string => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[whole(4)] ?? '8'}${hex(3)}-${hex(12)}`;
  const text = (bytes: number): string => {
    let made = '';
    while (made.length < bytes) made += `${WORDS[whole(WORDS.length)] ?? ''} `;
    return made.trimEnd();
  };
  const pick = <T extends readonly [unknown, number, ...unknown[]]>(among: readonly T[]): T => {
    let left = random();
    return among.find(([, share]) => (left -= share) < 0) ?? (among[0] as T);
  };
  const lately: StixObject[] = [];

  function fresh(): StixObject {
    const [type, , bytes] = pick(KINDS);
    const at = '2024-01-01T00:00:00.000Z';
    const common = {
      type,
      spec_version: '2.1',
      id: `${type}--${uuid()}`,
      created: at,
      modified: at,
      object_marking_refs: [pick(MARKINGS)[0]],
    };
    const described = {
      name: text(30),
      ...(bytes > 0 ? { description: text(bytes * (0.5 + random())) } : {}),
    };
    if (type === 'relationship')
      return {
        ...common,
        relationship_type: 'related-to',
        source_ref: `indicator--${uuid()}`,
        target_ref: `malware--${uuid()}`,
      };
    if (type === 'indicator')
      return {
        ...common,
        ...described,
        indicator_types: ['malicious-activity'],
        pattern: `[domain-name:value = '${hex(12)}.example.com' OR ipv4-addr:value = '198.51.100.${whole(256)}']`,
        pattern_type: 'stix',
        valid_from: at,
      };
    if (type === 'malware') return { ...common, ...described, is_family: random() < 0.5 };
    if (type === 'report')
      return {
        ...common,
        ...described,
        published: at,
        object_refs: Array.from({ length: 1 + whole(20) }, () => `indicator--${uuid()}`),
      };
    return { ...common, ...described };
  }

  let made = 0;
  function next(): StixObject {
    const again = random() < 0.1 && lately.length > 0 ? whole(lately.length) : undefined;
    const before = again === undefined ? undefined : lately[again];
    const modified = new Date(Date.parse(String(before?.['modified'])) + 1000);
    const object = before ? { ...before, modified: modified.toISOString() } : fresh();
    lately[again ?? made++ % 1000] = object;
    return object;
  }

  return { objects: (count) => Array.from({ length: count }, next) };
}
