/** Sound STIX objects of every type, with the least that each needs. */
import type { StixObject } from '../../src/domain/stix';

export const UUID = '3f9c1d2a-5b6e-4c7d-8e9f-0a1b2c3d4e5f';
export const TIME = '2020-03-04T05:06:07.123Z';
export const id = (type: string, uuid = UUID): string => `${type}--${uuid}`;

/** A sound object of a type, with the least that it needs. */
export const LEAST: Readonly<Record<string, StixObject>> = {
  'attack-pattern': { name: 'a' },
  campaign: { name: 'a' },
  'course-of-action': { name: 'a' },
  grouping: { context: 'unspecified', object_refs: [id('malware')] },
  identity: { name: 'a' },
  indicator: {
    name: 'a',
    description: 'b',
    pattern_type: 'stix',
    valid_from: TIME,
    pattern: "[file:name = 'x']",
  },
  location: { region: 'africa' },
  malware: { is_family: false },
  'malware-analysis': { product: 'a', result: 'benign' },
  note: { content: 'a', object_refs: [id('malware')] },
  'observed-data': {
    first_observed: TIME,
    last_observed: TIME,
    number_observed: 1,
    object_refs: [id('file')],
  },
  opinion: { opinion: 'agree', object_refs: [id('malware')] },
  relationship: { relationship_type: 'uses', source_ref: id('campaign'), target_ref: id('malware') },
  sighting: { sighting_of_ref: id('malware') },
  tool: { name: 'a' },
  vulnerability: { name: 'a' },
  'marking-definition': { definition_type: 'statement', definition: { statement: 'a' } },
  'language-content': { object_ref: id('campaign'), contents: { fr: { name: 'a' } } },
  'extension-definition': {
    name: 'a',
    description: 'b',
    schema: 'c',
    version: '1',
    extension_types: ['property-extension'],
    created_by_ref: id('identity'),
  },
  artifact: { payload_bin: 'ZXhhbXBsZQ==' },
  directory: { path: '/tmp' },
  'domain-name': { value: 'example.com' },
  'email-addr': { value: 'jane@example.org' },
  'email-message': { is_multipart: false },
  file: { name: 'a' },
  'ipv4-addr': { value: '198.51.100.3' },
  'ipv6-addr': { value: '2001:db8::1' },
  'mac-addr': { value: '00:00:5e:00:53:01' },
  'network-traffic': {
    protocols: ['tcp'],
    src_ref: id('ipv4-addr'),
    src_port: 1,
    dst_port: 2,
  },
  process: { pid: 1 },
  software: { name: 'a' },
  url: { value: 'https://example.com/' },
  'user-account': { user_id: '1' },
  'windows-registry-key': { key: 'HKEY_LOCAL_MACHINE\\x' },
  'x509-certificate': { serial_number: '1' },
};
const OBSERVABLE = new Set(Object.keys(LEAST).slice(Object.keys(LEAST).indexOf('artifact')));

/** A sound object with something changed; `undefined` takes a property out. */
export function make(type: string, change: Record<string, unknown> = {}): StixObject {
  const common = OBSERVABLE.has(type)
    ? { type, id: id(type) }
    : {
        type,
        spec_version: '2.1',
        id: id(type),
        created: TIME,
        ...(type === 'marking-definition' ? {} : { modified: TIME }),
      };
  const all = { ...common, ...LEAST[type], ...change };
  const kept = Object.entries(all) as [string, unknown][];
  return Object.fromEntries(kept.filter(([, value]) => value !== undefined));
}

/** One of each type. */
export const SOUND: readonly StixObject[] = Object.keys(LEAST).map((type) => make(type));
