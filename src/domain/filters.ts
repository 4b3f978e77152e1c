/**
 * The additional match filters of the TAXII 2.1 interoperability document (T-450 to T-460): where each field
 * looks, how its values are read, and whether an object matches.
 */
import { TaxiiError } from './errors';
import type { StixObject } from './stix';
import { instantKey } from './timestamp';
import { labelRank, markingIdsOf, rankOf } from './tlp';

type Json = Readonly<Record<string, unknown>>;
type Test = (object: Json) => boolean;
/** Reads the values of a filter (never empty) and gives its test. Throws {@link TaxiiError} `bad-query`. */
type Field = (values: readonly string[], name: string) => Test;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const own = (object: unknown, name: string): unknown =>
  isObject(object) && Object.hasOwn(object, name) ? object[name] : undefined;
const list = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

function bad(name: string, value: string, expected: string): TaxiiError {
  return new TaxiiError('bad-query', `match[${name}]: "${value.slice(0, 80)}" is not ${expected}.`);
}

function integer(value: string, name: string): number {
  const number = /^[+-]?\d{1,16}$/.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(number)) throw bad(name, value, 'an integer');
  return number;
}

const text: Field = (values, name) => (object) => values.includes(own(object, name) as string);
const int: Field = (values, name) => {
  const numbers = values.map((value) => integer(value, name));
  return (object) => numbers.includes(own(object, name) as number);
};
const bool: Field = (values, name) => {
  const wanted = values.map((value) => {
    if (value !== 'true' && value !== 'false') throw bad(name, value, 'true or false');
    return value === 'true';
  });
  // T-451: STIX's default of `revoked` is false.
  return (object) => wanted.includes(own(object, name) === true);
};
const member: Field = (values, name) => (object) =>
  list(own(object, name)).some((item) => values.includes(item as string));

/** Tier 3: any of the values found in the given places. */
const nested =
  (find: (object: Json) => unknown[]): Field =>
  (values) =>
  (object) =>
    find(object).some((found) => values.includes(found as string));

const extension = (object: Json, name: string): unknown => own(own(object, 'extensions'), name);
const inExtension = (name: string, property: string): Field =>
  nested((o) => [own(extension(o, name), property)]);
const inReferences = (property: string): Field =>
  nested((o) => list(own(o, 'external_references')).map((reference) => own(reference, property)));

/** T-454: every place of an object that holds hashes. */
function hashes(object: Json): unknown[] {
  const pe = extension(object, 'windows-pebinary-ext');
  return [
    own(object, 'hashes'),
    ...list(own(object, 'external_references')).map((reference) => own(reference, 'hashes')),
    ...list(own(extension(object, 'ntfs-ext'), 'alternate_data_streams')).map((stream) =>
      own(stream, 'hashes'),
    ),
    own(pe, 'file_header_hashes'),
    own(own(pe, 'optional_header'), 'hashes'),
    ...list(own(pe, 'sections')).map((section) => own(section, 'hashes')),
  ];
}
const hash: Field = (values, name) => nested((o) => hashes(o).map((h) => own(h, name)))(values, name);

/** T-455, and the labels by which MISP says it. */
const tlp: Field = (values, name) => {
  const ranks = values.map((value) => {
    const rank = rankOf(value);
    if (rank === undefined) throw bad(name, value, 'one of clear, white, green, amber, amber+strict, red');
    return rank;
  });
  const ids = ranks.flatMap(markingIdsOf);
  const refs = (o: Json): unknown[] => [
    ...list(own(o, 'object_marking_refs')),
    ...list(own(o, 'granular_markings')).map((g) => own(g, 'marking_ref')),
  ];
  const isLabel = (label: unknown): boolean => {
    const rank = labelRank(label);
    return rank !== undefined && ranks.includes(rank);
  };
  return (object) =>
    refs(object).some((ref) => ids.includes(ref as string)) || list(own(object, 'labels')).some(isLabel);
};

/** T-456: the object references one of the ids, in whatever `_ref` or `_refs` property, at whatever depth. */
const references: Field = (values) => {
  const ids = new Set(values);
  const inValue = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(inValue);
    if (!isObject(value)) return false;
    return Object.entries(value).some(([name, inner]) => {
      if (name.endsWith('_ref') && typeof inner === 'string' && ids.has(inner)) return true;
      if (name.endsWith('_refs') && list(inner).some((item) => typeof item === 'string' && ids.has(item)))
        return true;
      return inValue(inner);
    });
  };
  return inValue;
};

type Comparison = 'gte' | 'lte';
const compare = (a: number | string, b: number | string, how: Comparison): boolean =>
  how === 'gte' ? a >= b : a <= b;

const number =
  (property: string, how: Comparison): Field =>
  (values, name) => {
    const bounds = values.map((value) => integer(value, name));
    return (object) => {
      const found = own(object, property);
      return typeof found === 'number' && bounds.some((bound) => compare(found, bound, how));
    };
  };
const instant =
  (property: string, how: Comparison): Field =>
  (values, name) => {
    const bounds = values.map((value) => {
      const key = instantKey(value);
      if (key === undefined) throw bad(name, value, 'a STIX timestamp such as 2024-01-31T08:00:00.000Z');
      return key;
    });
    return (object) => {
      const found = own(object, property);
      const key = typeof found === 'string' ? instantKey(found) : undefined;
      return key !== undefined && bounds.some((bound) => compare(key, bound, how));
    };
  };

const named = (field: Field, names: string): [string, Field][] =>
  names.split(' ').map((name) => [name, field]);

export const FIELDS: ReadonlyMap<string, Field> = new Map<string, Field>([
  // Tier 1 (T-450): simple top-level properties.
  ...named(
    text,
    'account_type context data_type encryption_algorithm identity_class name opinion pattern pattern_type',
  ),
  ...named(
    text,
    'primary_motivation region relationship_type resource_level result sophistication subject value',
  ),
  ...named(int, 'confidence dst_port number src_port'),
  ...named(bool, 'revoked'),
  // Tier 2 (T-452): members of top-level lists.
  ...named(
    member,
    'aliases architecture_execution_envs capabilities extension_types implementation_languages',
  ),
  ...named(
    member,
    'indicator_types infrastructure_types labels malware_types personal_motivations report_types roles',
  ),
  ...named(member, 'secondary_motivations sectors threat_actor_types tool_types'),
  // Tier 3 (T-453, T-454): nested properties.
  ...named(hash, 'MD5 SHA-1 SHA-256 SHA-512 SHA3-256 SHA3-512 SSDEEP TLSH'),
  ['address_family', inExtension('socket-ext', 'address_family')],
  ['socket_type', inExtension('socket-ext', 'socket_type')],
  ['external_id', inReferences('external_id')],
  ['source_name', inReferences('source_name')],
  ['integrity_level', inExtension('windows-process-ext', 'integrity_level')],
  ['pe_type', inExtension('windows-pebinary-ext', 'pe_type')],
  ['phase_name', nested((o) => list(own(o, 'kill_chain_phases')).map((phase) => own(phase, 'phase_name')))],
  ['service_status', inExtension('windows-service-ext', 'service_status')],
  ['service_type', inExtension('windows-service-ext', 'service_type')],
  ['start_type', inExtension('windows-service-ext', 'start_type')],
  ['tlp', tlp],
  // Relationships (T-456).
  ['relationships-all', references],
  // Calculation (T-457).
  ...(['confidence', 'number', 'src_port', 'dst_port'] as const).flatMap((p): [string, Field][] => [
    [`${p}-gte`, number(p, 'gte')],
    [`${p}-lte`, number(p, 'lte')],
  ]),
  ['modified-gte', instant('modified', 'gte')],
  ['modified-lte', instant('modified', 'lte')],
  ['valid_until-gte', instant('valid_until', 'gte')],
  ['valid_from-lte', instant('valid_from', 'lte')],
]);

/** The additional filters of one request; all of them must match (T-459). */
export type PropertyFilters = ReadonlyMap<string, readonly string[]>;

/**
 * @returns the test of all filters together.
 * @throws {TaxiiError} `bad-query` for a value of the wrong type (T-458).
 */
export function propertyTest(filters: PropertyFilters): (object: StixObject) => boolean {
  const tests = [...filters].flatMap(([name, values]) => {
    const field = FIELDS.get(name);
    return field ? [field(values, name)] : [];
  });
  return (object) => tests.every((test) => test(object));
}
