/** The rules that take more than one property of an object, by class and by type. They run on what the schema passed. */
import { groupOf, type StixObject, type TypeGroup, typeOf } from '../domain/stix';
import { instantKey } from '../domain/timestamp';
import { isCommon } from './custom';
import { ANY_ENDS, RELATIONSHIPS, SAME_TYPE } from './data/relationships';
import { qualifiersOf } from './pattern/ast';
import { checkPattern } from './pattern/check';
import { contributingOf, isDeterministic } from './sco-id';
import { shown, type Review } from './verdict';

type Rule = (object: StixObject, review: Review) => void;
type Node = Readonly<Record<string, unknown>>;
const text = (object: Node, name: string): string | undefined =>
  typeof object[name] === 'string' ? object[name] : undefined;

const NEW_OBJECT = new Set(['new-sdo', 'new-sco', 'new-sro']);

const NONE: ReadonlySet<unknown> = new Set();

/** What the extensions of an object announce, by `extension_type`. */
export function extensionTypes(object: StixObject): ReadonlySet<unknown> {
  const extensions = object['extensions'];
  if (typeof extensions !== 'object' || extensions === null) return NONE;
  return new Set(
    Object.entries(extensions as Record<string, Node>)
      .filter(([key]) => key.startsWith('extension-definition--'))
      .map(([, extension]) => extension['extension_type']),
  );
}

/** The version digit of the UUID in an identifier. */
const uuidVersion = (id: string): string | undefined => id[id.length - 22];

const order =
  (rule: string, earlier: string, later: string, strictly: boolean): Rule =>
  (object, review) => {
    const [from, to] = [text(object, earlier), text(object, later)];
    if (from === undefined || to === undefined) return;
    // T-TSCMP: compared as instants of any precision, never as numbers.
    // Of one length they are of one precision, and their texts sort as they do.
    const same = from.length === to.length;
    const a = same ? from : (instantKey(from) ?? from);
    const b = same ? to : (instantKey(to) ?? to);
    if (strictly ? a < b : a <= b) return;
    review.reject(
      rule,
      shown(to),
      `a time ${strictly ? 'later than' : 'not before'} ${earlier}, ${shown(from)}`,
      later,
    );
  };

const versions = order('C-MOD', 'created', 'modified', false);
const seen = order('S-SEEN', 'first_seen', 'last_seen', false);

function identifier(object: StixObject, group: TypeGroup, review: Review): void {
  const id = String(object['id']);
  const type = String(object['type']);
  if (group === 'custom') {
    if (typeOf(id) !== type) review.reject('I-TYPE', shown(id), `an identifier of ${type}`, 'id');
    return;
  }
  const version = uuidVersion(id);
  if (group !== 'SCO') {
    if (version !== '4') review.warn('I-V4', `a UUIDv${version ?? ''}`, 'a UUIDv4', 'id');
    return;
  }
  if (type === 'process') {
    if (version === '5')
      review.reject('I-PROC', 'a UUIDv5', 'a UUIDv4: nothing of a process contributes to its id', 'id');
    else if (version !== '4') review.warn('I-V4', `a UUIDv${version ?? ''}`, 'a UUIDv4', 'id');
    return;
  }
  const contributing = contributingOf(object);
  if (contributing === undefined) {
    if (version === '5')
      review.reject(
        'I-V5NONE',
        'a UUIDv5',
        'a UUIDv4: no property is there that contributes to the id',
        'id',
      );
  } else if (version !== '5') review.warn('I-V5', `a UUIDv${version ?? ''}`, 'a UUIDv5', 'id');
  else if (!isDeterministic(object, contributing))
    review.warn(
      'I-DET',
      shown(id),
      `the UUIDv5 of ${Object.keys(contributing).join(', ')}; \`jisr ids\` fills it in`,
      'id',
    );
}

/** Walks from the object along a selector; undefined if the way ends. */
function resolve(object: unknown, selector: string): unknown {
  let value: unknown = object;
  for (const step of selector.split('.')) {
    const index = /^\[([0-9]+)\]$/.exec(step)?.[1];
    if (index !== undefined) value = Array.isArray(value) ? (value as unknown[])[Number(index)] : undefined;
    else if (
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.hasOwn(value, step)
    )
      value = (value as Node)[step];
    else return undefined;
  }
  return value;
}

function markings(object: StixObject, review: Review): void {
  const granular = object['granular_markings'] as readonly Node[] | undefined;
  granular?.forEach((marking, i) => {
    (marking['selectors'] as readonly string[]).forEach((selector, k) => {
      if (resolve(object, selector) === undefined)
        review.reject(
          'M-SELRES',
          shown(selector),
          'a selector of something that is in the object',
          ...['granular_markings', i, 'selectors', k],
        );
    });
  });
  if (object['type'] !== 'marking-definition') return;
  const own = object['id'];
  (object['object_marking_refs'] as readonly string[] | undefined)?.forEach((ref, i) => {
    if (ref === own) review.reject('M-SELF', 'its own id', 'another marking', 'object_marking_refs', i);
  });
  granular?.forEach((marking, i) => {
    if (marking['marking_ref'] === own)
      review.reject('M-SELF', 'its own id', 'another marking', 'granular_markings', i, 'marking_ref');
  });
}

const TLP2 = 'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d';
const TLP2_LEVELS: Readonly<Record<string, string>> = {
  clear: 'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487',
  green: 'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb',
  amber: 'marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421',
  'amber+strict': 'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003',
  red: 'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1',
};

function tlp2(object: StixObject, review: Review): void {
  const extension = (object['extensions'] as Record<string, Node> | undefined)?.[TLP2];
  if (!extension) return;
  const level = extension['tlp_2_0'];
  if (typeof level !== 'string' || TLP2_LEVELS[level] !== object['id'])
    review.warn(
      'MD-TLP2',
      shown(level),
      'one of the five published TLP 2.0 markings, with its id',
      ...['extensions', TLP2, 'tlp_2_0'],
    );
}

function indicator(object: StixObject, review: Review): void {
  if (object['name'] === undefined || object['description'] === undefined)
    review.warn(
      'IND-NAME',
      'nothing',
      'a name and a description',
      object['name'] === undefined ? 'name' : 'description',
    );
  if (object['pattern_type'] !== 'stix') return;
  const { pattern, errors, warnings } = checkPattern(String(object['pattern']), { inObject: true });
  review.add({ errors, warnings }, 'pattern');
  if (errors.length > 0)
    review.reject(
      'IND-PAT',
      `a pattern with ${errors[0]?.rule ?? ''}`,
      'a STIX pattern of version 2.1',
      'pattern',
    );
  if (!pattern) return;
  const [from, until] = ['valid_from', 'valid_until'].map((name) => instantKey(text(object, name) ?? ''));
  for (const q of qualifiersOf(pattern)) {
    if (q.kind !== 'START') continue;
    const [start, stop] = [instantKey(q.start), instantKey(q.stop)];
    if (
      (start !== undefined && from !== undefined && start < from) ||
      (stop !== undefined && until !== undefined && stop > until)
    )
      review.warn(
        'IND-WINDOW',
        `START t'${q.start}' STOP t'${q.stop}'`,
        'times within valid_from and valid_until',
        'pattern',
      );
  }
}

function relationship(object: StixObject, review: Review): void {
  const [source, target] = [typeOf(String(object['source_ref'])), typeOf(String(object['target_ref']))];
  const type = String(object['relationship_type']);
  if ([source, target].some((t) => groupOf(t) === 'custom') || ANY_ENDS.has(type)) return;
  const listed = SAME_TYPE.has(type)
    ? source === target
    : RELATIONSHIPS[source]?.[type]?.includes(target) === true;
  if (!listed)
    review.warn(
      'REL-MATRIX',
      `${source} ${type} ${target}`,
      SAME_TYPE.has(type) ? 'both ends of one type' : 'a relationship that STIX lists for these types',
      'relationship_type',
    );
}

function networkTraffic(object: StixObject, review: Review): void {
  const missing = ['src_port', 'dst_port'].filter((name) => object[name] === undefined);
  if (missing.length > 0)
    review.warn('NT-PORTS', 'nothing', 'both src_port and dst_port', missing[0] as string);
}

function extensionDefinition(object: StixObject, review: Review): void {
  if (object['description'] === undefined) review.warn('ED-DESC', 'nothing', 'a description', 'description');
  const types = object['extension_types'] as readonly string[];
  if (types.includes('toplevel-property-extension') && object['extension_properties'] === undefined)
    review.warn('ED-TOPPROPS', 'nothing', 'the top-level properties that it adds', 'extension_properties');
}

/** The references of a list of weaknesses or of attacks name their source as the standard writes it. */
const catalogue =
  (rule: string, source: string, id: RegExp): Rule =>
  (object, review) => {
    const references = object['external_references'] as readonly Node[] | undefined;
    references?.forEach((reference, i) => {
      const external = text(reference, 'external_id');
      if (external !== undefined && id.test(external) && reference['source_name'] !== source)
        review.reject(
          rule,
          `${shown(reference['source_name'])} for ${shown(external)}`,
          `"${source}"`,
          ...['external_references', i, 'source_name'],
        );
    });
  };

const BY_TYPE: Readonly<Record<string, readonly Rule[]>> = {
  'attack-pattern': [catalogue('T-CAPEC', 'capec', /^CAPEC-[0-9]+$/)],
  campaign: [seen],
  indicator: [order('IND-UNTIL', 'valid_from', 'valid_until', true), indicator],
  infrastructure: [seen],
  'intrusion-set': [seen],
  malware: [seen],
  'observed-data': [order('OD-ORDER', 'first_observed', 'last_observed', false)],
  'threat-actor': [seen],
  vulnerability: [catalogue('T-CVE', 'cve', /^CVE-[0-9]{4}-[0-9]{4,}$/)],
  relationship: [order('REL-TIME', 'start_time', 'stop_time', true), relationship],
  sighting: [seen],
  'network-traffic': [order('NT-ORDER', 'start', 'end', false), networkTraffic],
  'extension-definition': [extensionDefinition],
  'marking-definition': [tlp2],
};

function customObject(object: StixObject, review: Review): void {
  const type = String(object['type']);
  if ([...extensionTypes(object)].some((t) => NEW_OBJECT.has(t as string))) return;
  review.warn('N-CUSTOBJ', shown(type), 'a type that STIX names, or an extension that announces it', 'type');
  if (!type.startsWith('x-'))
    review.warn('N-CUSTOBJPFX', shown(type), 'a name that begins with x- and its source', 'type');
}

function observable(object: StixObject, review: Review): void {
  const extensions = object['extensions'] as Record<string, Node> | undefined;
  for (const [key, extension] of Object.entries(extensions ?? {})) {
    if (key.startsWith('extension-definition--')) {
      if (extension['extension_type'] === 'toplevel-property-extension')
        review.warn(
          'N-CUSTEXT',
          'a toplevel-property-extension',
          'a property-extension on an observable',
          ...['extensions', key],
        );
    } else if (!PREDEFINED.has(key))
      review.warn('N-CUSTEXT', shown(key), 'a property-extension with a definition', 'extensions', key);
  }
}
const PREDEFINED = new Set([
  ...['archive-ext', 'ntfs-ext', 'pdf-ext', 'raster-image-ext', 'windows-pebinary-ext', 'http-request-ext'],
  ...['icmp-ext', 'socket-ext', 'tcp-ext', 'windows-process-ext', 'windows-service-ext', 'unix-account-ext'],
]);

/** Common properties that this class does not have are said by name (C-NA). */
export function notApplicable(name: string, review: Review): boolean {
  if (!isCommon(name)) return false;
  review.warn('C-NA', 'a common property that this class does not have', 'nothing', name);
  return true;
}

export function applyRules(object: StixObject, review: Review): void {
  const type = String(object['type']);
  const group = groupOf(type);
  // Observables inside observed-data need no id: their keys are their names.
  if (object['id'] !== undefined) identifier(object, group, review);
  if (object['modified'] !== undefined) versions(object, review);
  if (object['granular_markings'] !== undefined || type === 'marking-definition') markings(object, review);
  if (group === 'custom') customObject(object, review);
  if (group === 'SCO') observable(object, review);
  for (const rule of BY_TYPE[type] ?? []) rule(object, review);
}
