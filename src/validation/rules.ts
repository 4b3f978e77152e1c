/** The rules that take more than one property of an object, by class and by type. They run on what the schema passed. */
import { groupOf, type StixObject, type TypeGroup, typeOf } from '../domain/stix';
import { instantKey } from '../domain/timestamp';
import { isCommon } from './custom';
import { indicator } from './indicator';
import { markings, tlp2 } from './markings';
import { ANY_ENDS, RELATIONSHIPS, SAME_TYPE } from './data/relationships';
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

function relationship(object: StixObject, review: Review): void {
  const [source, target] = [typeOf(String(object['source_ref'])), typeOf(String(object['target_ref']))];
  const type = String(object['relationship_type']);
  if ([source, target].some((t) => groupOf(t) === 'custom') || ANY_ENDS.has(type)) return;
  const ends = RELATIONSHIPS[source] ?? {};
  const listed = SAME_TYPE.has(type)
    ? source === target
    : Object.hasOwn(ends, type) && ends[type]?.includes(target) === true;
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
          'external_references',
          i,
          'source_name',
        );
    });
  };

const RULES_OF: ReadonlyMap<string, readonly Rule[]> = new Map(
  Object.entries<readonly Rule[]>({
    'attack-pattern': [catalogue('T-CAPEC', 'capec', /^CAPEC-[0-9]+$/)],
    campaign: [seen],
    indicator: [order('IND-UNTIL', 'valid_from', 'valid_until', true), indicator],
    infrastructure: [seen],
    'intrusion-set': [seen],
    malware: [seen],
    'observed-data': [order('OD-ORDER', 'first_observed', 'last_observed', false)],
    'threat-actor': [seen],
    vulnerability: [catalogue('T-CVE', 'cve', /^CVE-[0-9]{4}-[0-9]{4}[0-9]*$/)],
    relationship: [order('REL-TIME', 'start_time', 'stop_time', true), relationship],
    sighting: [seen],
    'network-traffic': [order('NT-ORDER', 'start', 'end', false), networkTraffic],
    'extension-definition': [extensionDefinition],
    'marking-definition': [tlp2],
  }),
);

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
          'extensions',
          key,
        );
    } else if (!PREDEFINED.has(key))
      review.warn('N-CUSTEXT', shown(key), 'a property-extension with a definition', 'extensions', key);
  }
}
const PREDEFINED = new Set([
  'archive-ext',
  'ntfs-ext',
  'pdf-ext',
  'raster-image-ext',
  'windows-pebinary-ext',
  'http-request-ext',
  'icmp-ext',
  'socket-ext',
  'tcp-ext',
  'windows-process-ext',
  'windows-service-ext',
  'unix-account-ext',
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
  for (const rule of RULES_OF.get(type) ?? []) rule(object, review);
}
