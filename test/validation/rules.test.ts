/** Every rule has a test: an object that breaks it and is told so under its id. The table is held complete. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { StixObject } from '../../src/domain/stix';
import { checkBundle } from '../../src/validation/bundle';
import { checkObject } from '../../src/validation/object';
import { checkPattern } from '../../src/validation/pattern/check';
import { RULES, WARNINGS } from '../../src/validation/rule-table';
import { describe as line, type Finding, type Verdict } from '../../src/validation/verdict';
import { id, LEAST, make, TIME } from '../support/stix';

const V5 = 'dd686e37-6889-53bd-8ae1-b1a503452613';
const EXT = id('extension-definition');

type Change = Record<string, unknown>;
const ref = (more: object): Change => ({ external_references: [{ source_name: 'a', ...more }] });
const ext = (name: string, value: unknown): Change => ({ extensions: { [name]: value } });
const granular = (marking: object): Change => ({ granular_markings: [marking] });
const pattern = (text: string): StixObject => make('indicator', { pattern: text });
const chain = (phase: unknown): Change => ({ kill_chain_phases: [phase] });
const contained = (objects: object): StixObject => make('observed-data', { object_refs: undefined, objects });
const GROUPED = { object_refs: [id('file')] };

type Place = string;
/** Rule → an object that breaks it, and where that is said. */
const REFUSED: Readonly<Record<string, readonly [StixObject, Place]>> = {
  UNCHECKED: [
    Object.defineProperty({ ...make('tool') }, 'name', {
      enumerable: true,
      get: () => {
        throw new TypeError('a fault');
      },
    }),
    '',
  ],
  'T-NULL': [make('tool', { name: null }), '/name'],
  'T-LIST': [make('tool', { labels: [] }), '/labels'],
  'T-DICT': [
    make('email-message', { additional_header_fields: { 'a b': ['c'] } }),
    '/additional_header_fields/a b',
  ],
  'T-BOOL': [make('tool', { revoked: 'no' }), '/revoked'],
  'T-STR': [make('tool', { description: 5 }), '/description'],
  'T-INT': [make('file', { size: 1.5 }), '/size'],
  'T-FLOAT': [make('location', { latitude: '1', longitude: 1 }), '/latitude'],
  'T-HEX': [make('file', { magic_number_hex: 'abc' }), '/magic_number_hex'],
  'T-BIN': [make('artifact', { payload_bin: 'no base64!' }), '/payload_bin'],
  'T-HASHKEY': [make('file', { hashes: { a: 'b' } }), '/hashes/a'],
  'T-HASHVAL': [make('file', { hashes: { MD5: 'abc' } }), '/hashes/MD5'],
  'T-TS': [make('tool', { created: 'yesterday' }), '/created'],
  'T-TSCAL': [make('tool', { created: '2023-02-29T00:00:00.000Z' }), '/created'],
  'T-TSMS': [make('tool', { created: '2020-01-01T00:00:00Z' }), '/created'],
  'T-TSCMP': [
    make('campaign', {
      first_seen: '2020-01-01T00:00:00.0000000000002Z',
      last_seen: '2020-01-01T00:00:00.0000000000001Z',
    }),
    '/last_seen',
  ],
  'T-ENUM': [make('opinion', { opinion: 'perhaps' }), '/opinion'],
  'T-EXTREF': [make('tool', ref({})), '/external_references/0'],
  'T-EXTURL': [make('tool', ref({ url: 'https://example.com/%zz' })), '/external_references/0/url'],
  'T-CAPEC': [
    make('attack-pattern', ref({ source_name: 'CAPEC', external_id: 'CAPEC-1' })),
    '/external_references/0/source_name',
  ],
  'T-CVE': [
    make('vulnerability', ref({ source_name: 'nvd', external_id: 'CVE-2024-1234' })),
    '/external_references/0/source_name',
  ],
  'T-KCP': [make('tool', chain({ phase_name: 'a' })), '/kill_chain_phases/0/kill_chain_name'],
  'I-FMT': [make('tool', { id: 'tool--1' }), '/id'],
  'I-TYPE': [make('tool', { id: id('malware') }), '/id'],
  'I-V5NONE': [make('email-message', { id: id('email-message', V5) }), '/id'],
  'I-PROC': [make('process', { id: id('process', V5) }), '/id'],
  'I-REF': [make('tool', { created_by_ref: 5 }), '/created_by_ref'],
  'I-REFTYPE': [make('tool', { created_by_ref: id('tool') }), '/created_by_ref'],
  'N-TYPE': [make('tool', { type: 'No_Type', id: id('no-type') }), '/type'],
  'N-PROP': [make('tool', { 'a-b': 1 }), '/a-b'],
  'N-SUFFIX': [make('tool', { x_a_bin: 'no base64!' }), '/x_a_bin'],
  'N-ENC': [make('file', { name: undefined, hashes: { MD5: 'a'.repeat(32) }, name_enc: 'UTF-8' }), ''],
  'N-CHARSET': [make('directory', { path_enc: 'no-such' }), '/path_enc'],
  'N-RESERVED': [make('tool', { severity: 1 }), '/severity'],
  'N-RESTYPE': [make('tool', { type: 'action', id: id('action') }), '/type'],
  'N-CUSTEXTNAME': [make('file', ext('Bad_ext', { a: 1 })), '/extensions/Bad_ext'],
  'N-CUSTCOMMON': [
    make('tool', { type: 'x-case', id: id('x-case'), spec_version: undefined }),
    '/spec_version',
  ],
  'X-KEY': [make('tool', ext('some-ext', { a: 1 })), '/extensions/some-ext'],
  'X-TYPE': [make('tool', ext(EXT, { foo: 1 })), `/extensions/${EXT}/extension_type`],
  'X-OBJ': [make('tool', ext(EXT, {})), `/extensions/${EXT}`],
  'X-PROP': [
    make('file', ext('raster-image-ext', { image_width: 1, 'x-foo': 1 })),
    '/extensions/raster-image-ext/x-foo',
  ],
  'C-REQ': [make('tool', { created: undefined }), '/created'],
  'C-SPEC': [make('tool', { spec_version: '2.2' }), '/spec_version'],
  'C-MOD': [make('tool', { modified: '2019-01-01T00:00:00.000Z' }), '/modified'],
  'C-CONF': [make('tool', { confidence: 101 }), '/confidence'],
  'C-LANG': [make('tool', { lang: 'englishlanguage' }), '/lang'],
  'C-DEFANG': [make('tool', { defanged: true }), '/defanged'],
  'S-REQ': [make('tool', { name: undefined }), '/name'],
  'S-PROPTYPE': [make('tool', { labels: 'a' }), '/labels'],
  'M-SEL': [make('tool', granular({ lang: 'en', selectors: ['a b'] })), '/granular_markings/0/selectors/0'],
  'M-SELRES': [
    make('tool', granular({ lang: 'en', selectors: ['name.[0]'] })),
    '/granular_markings/0/selectors/0',
  ],
  'M-ONEOF': [make('tool', granular({ selectors: ['name'] })), '/granular_markings/0'],
  'M-LANG': [make('tool', granular({ lang: 'not a tag', selectors: ['name'] })), '/granular_markings/0/lang'],
  'M-SELF': [
    make('marking-definition', { object_marking_refs: [id('marking-definition')] }),
    '/object_marking_refs/0',
  ],
  'MD-BODY': [make('marking-definition', { definition: undefined, definition_type: undefined }), ''],
  'MD-STMT': [make('marking-definition', { definition: { other: 'a' } }), '/definition/statement'],
  'MD-TLP': [make('marking-definition', { definition_type: 'tlp', definition: { tlp: 'red' } }), ''],
  'LC-REF': [make('language-content', { object_ref: id('bundle') }), '/object_ref'],
  'LC-KEY': [make('language-content', { contents: { 'not a tag': { name: 'a' } } }), '/contents/not a tag'],
  'LC-VAL': [make('language-content', { contents: { fr: 'a' } }), '/contents/fr'],
  'ED-REQ': [make('extension-definition', { version: undefined }), '/version'],
  'ED-TYPES': [make('extension-definition', { extension_types: ['new'] }), '/extension_types/0'],
  'ED-PROPS': [make('extension-definition', { extension_properties: ['abc'] }), '/extension_types'],
  'S-SEEN': [make('campaign', { first_seen: TIME, last_seen: '2019-01-01T00:00:00Z' }), '/last_seen'],
  'IND-UNTIL': [make('indicator', { valid_until: TIME }), '/valid_until'],
  'IND-PAT': [pattern('[file:name = ]'), '/pattern'],
  'LOC-ANY': [make('location', { region: undefined }), ''],
  'LOC-PAIR': [make('location', { latitude: 1 }), ''],
  'LOC-RANGE': [make('location', { latitude: 91, longitude: 1 }), '/latitude'],
  'MAL-FAMNAME': [make('malware', { is_family: true }), '/name'],
  'MAL-FAM': [make('malware', { is_family: undefined }), '/is_family'],
  'MA-RESULT': [make('malware-analysis', { result: undefined }), ''],
  'OD-ONE': [make('observed-data', { object_refs: undefined }), ''],
  'OD-NUM': [make('observed-data', { number_observed: 0 }), '/number_observed'],
  'OD-ORDER': [make('observed-data', { last_observed: '2019-01-01T00:00:00Z' }), '/last_observed'],
  'OD-SCO': [make('observed-data', { object_refs: [id('malware')] }), '/object_refs/0'],
  'OD-LOCAL': [
    contained({ 0: { type: 'domain-name', value: 'a.com', resolves_to_refs: ['7'] } }),
    '/objects/0/resolves_to_refs/0',
  ],
  'REL-TYPE': [make('relationship', { relationship_type: 'Uses It' }), '/relationship_type'],
  'REL-ENDS': [make('relationship', { source_ref: id('relationship') }), '/source_ref'],
  'REL-TIME': [make('relationship', { start_time: TIME, stop_time: TIME }), '/stop_time'],
  'SIG-OF': [make('sighting', { sighting_of_ref: id('file') }), '/sighting_of_ref'],
  'SIG-OBS': [make('sighting', { observed_data_refs: [id('file')] }), '/observed_data_refs/0'],
  'ART-ONE': [make('artifact', { payload_bin: undefined }), ''],
  'DOM-VAL': [make('domain-name', { value: `${'a'.repeat(64)}.com` }), '/value'],
  'EML-VAL': [make('email-addr', { value: 'Jane <a@b.example>' }), '/value'],
  'EM-BODY': [make('email-message', { is_multipart: true, body: 'a' }), '/body'],
  'EM-PART': [
    make('email-message', { is_multipart: true, body_multipart: [{ content_type: 'a' }] }),
    '/body_multipart/0',
  ],
  'EM-HDR': [
    make('email-message', { additional_header_fields: { A: [5] } }),
    '/additional_header_fields/A/0',
  ],
  'FILE-ONE': [make('file', { name: undefined, size: 1 }), ''],
  NONNEG: [make('file', { size: -1 }), '/size'],
  'MIN-ONE': [make('process', { pid: undefined }), ''],
  'IP4-VAL': [make('ipv4-addr', { value: '256.1.1.1' }), '/value'],
  'IP6-VAL': [make('ipv6-addr', { value: 'fe80::1%eth0' }), '/value'],
  'MAC-VAL': [make('mac-addr', { value: '00-00-5E-00-53-01' }), '/value'],
  'NT-ENDS': [make('network-traffic', { src_ref: undefined }), ''],
  'NT-ACTIVE': [make('network-traffic', { is_active: true, end: TIME }), '/end'],
  'NT-ORDER': [make('network-traffic', { start: TIME, end: '2019-01-01T00:00:00Z' }), '/end'],
  'NT-PORT': [make('network-traffic', { src_port: 70_000 }), '/src_port'],
  'REG-KEY': [make('windows-registry-key', { key: 'HKLM\\x' }), '/key'],
  'SW-CPE': [make('software', { cpe: 'cpe:/a:b' }), '/cpe'],
  'SW-LANG': [make('software', { languages: ['not a language'] }), '/languages/0'],
  'URL-VAL': [make('url', { value: '/relative' }), '/value'],
  'P-LENGTH': [pattern(`[file:name = '${'x'.repeat(250_000)}']`), '/pattern'],
  'P-SYNTAX': [pattern('[file:name]'), '/pattern'],
  'P-BRACKET': [pattern("file:name = 'a'"), '/pattern'],
  'P-QUALDUP': [pattern('[file:size = 1] WITHIN 5 SECONDS WITHIN 6 SECONDS'), '/pattern'],
  'P-QUALVAL': [pattern('[file:size = 1] REPEATS 0.5 TIMES'), '/pattern'],
  'P-TSLIT': [pattern("[file:ctime = t'2020-13-01T00:00:00Z']"), '/pattern'],
  'P-LITERAL': [pattern('[file:name = "a"]'), '/pattern'],
  'P-HASH': [pattern("[file:hashes.MD5 = 'abc']"), '/pattern'],
  'P-NAME': [pattern("[ab:name = 'a']"), '/pattern'],
  'P-KEYWORD': [pattern("[file:name = 'a' and file:size = 1]"), '/pattern'],
};
/** A rule that compares times is told under the rule of the two properties. */
const SAID_AS: Readonly<Record<string, string>> = { 'T-TSCMP': 'S-SEEN' };

const WARNED: Readonly<Record<string, readonly [StixObject, Place]>> = {
  'T-DICTLOW': [make('tool', { x_a: { Key: 'b' } }), '/x_a/Key'],
  'T-HASHOV': [make('file', { hashes: { foo: 'a' } }), '/hashes/foo'],
  'T-HASH30': [make('file', { hashes: { ['x_'.padEnd(31, 'a')]: 'a' } }), `/hashes/${'x_'.padEnd(31, 'a')}`],
  'T-SHA256': [make('file', { hashes: { MD5: 'a'.repeat(32) } }), '/hashes'],
  'T-OV': [make('identity', { identity_class: 'club' }), '/identity_class'],
  'T-OVFMT': [make('identity', { identity_class: 'My_Club' }), '/identity_class'],
  'T-EXTHASH': [make('tool', ref({ url: 'https://example.com' })), '/external_references/0'],
  'T-KCPFMT': [
    make('tool', chain({ kill_chain_name: 'My Chain', phase_name: 'a' })),
    '/kill_chain_phases/0/kill_chain_name',
  ],
  'I-V4': [make('tool', { id: id('tool', V5) }), '/id'],
  'I-V5': [make('file'), '/id'],
  'I-DET': [make('file', { id: id('file', V5) }), '/id'],
  'N-CUSTPROP': [make('tool', { x_a: 1 }), '/x_a'],
  'N-CUSTPFX': [make('tool', { foo: 1 }), '/foo'],
  'N-CUSTOBJ': [make('tool', { type: 'x-case', id: id('x-case') }), '/type'],
  'N-CUSTOBJPFX': [make('tool', { type: 'case', id: id('case') }), '/type'],
  'N-CUSTEXT': [make('file', ext('x-foo-ext', { x_a: 1 })), '/extensions/x-foo-ext'],
  'N-SUFFIX': [make('tool', { x_a_ref: 'nobody' }), '/x_a_ref'],
  'N-CHARSET': [make('directory', { path_enc: 'ISO_8859-1:1987' }), '/path_enc'],
  'C-NA': [make('url', { labels: ['a'] }), '/labels'],
  'C-LANG': [make('tool', { lang: 'yyq' }), '/lang'],
  'M-LANG': [make('tool', granular({ lang: 'yyq', selectors: ['name'] })), '/granular_markings/0/lang'],
  'LC-KEY': [make('language-content', { contents: { yyq: { name: 'a' } } }), '/contents/yyq'],
  'SW-LANG': [make('software', { languages: ['yyq'] }), '/languages/0'],
  'MD-TYPE': [
    make('marking-definition', { definition_type: 'iep', definition: { name: 'x' } }),
    '/definition_type',
  ],
  'MD-TLP2': [
    make('marking-definition', {
      definition_type: undefined,
      definition: undefined,
      ...ext('extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d', {
        extension_type: 'property-extension',
        tlp_2_0: 'red',
      }),
    }),
    '/extensions/extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d/tlp_2_0',
  ],
  'ED-DESC': [make('extension-definition', { description: undefined }), '/description'],
  'ED-TOPPROPS': [
    make('extension-definition', { extension_types: ['toplevel-property-extension'] }),
    '/extension_properties',
  ],
  'IND-NAME': [make('indicator', { name: undefined }), '/name'],
  'IND-PATTYPE': [make('indicator', { pattern_type: 'other' }), '/pattern_type'],
  'IND-WINDOW': [
    pattern("[file:size = 1] START t'2000-01-01T00:00:00Z' STOP t'2021-01-01T00:00:00Z'"),
    '/pattern',
  ],
  'LOC-COUNTRY': [make('location', { country: 'ZZ' }), '/country'],
  'LOC-PAIR': [make('location', { latitude: 1, longitude: 1, precision: -1 }), '/precision'],
  'MA-PRODUCT': [make('malware-analysis', { product: 'My Product' }), '/product'],
  'OD-DEPR': [contained({ 0: { type: 'file', name: 'a' } }), '/objects'],
  'OD-KEYS': [contained({ one: { type: 'file', name: 'a' } }), '/objects/one'],
  'REL-MATRIX': [make('relationship', { relationship_type: 'indicates' }), '/relationship_type'],
  'ART-MIME': [make('artifact', { mime_type: 'application/x-nobody-knows' }), '/mime_type'],
  'DOM-VAL': [make('domain-name', { value: '_dmarc.example.com' }), '/value'],
  'EM-HDR': [make('email-message', { additional_header_fields: { A: 'b' } }), '/additional_header_fields/A'],
  'NT-PORTS': [make('network-traffic', { dst_port: undefined }), '/dst_port'],
  'NT-PROTO': [make('network-traffic', { protocols: ['foo_bar'] }), '/protocols/0'],
  'NT-IPFIX': [make('network-traffic', { ipfix: { nobodyKnows: 1 } }), '/ipfix/nobodyKnows'],
  'NT-HTTPH': [
    make(
      'network-traffic',
      ext('http-request-ext', {
        request_method: 'get',
        request_value: '/',
        request_header: { 'X-Nobody': ['a'] },
      }),
    ),
    '/extensions/http-request-ext/request_header/X-Nobody',
  ],
  'NT-SOCK': [
    make('network-traffic', ext('socket-ext', { address_family: 'AF_INET', options: { SO_TEST: 1 } })),
    '/extensions/socket-ext/options/SO_TEST',
  ],
  'PDF-DID': [
    make('file', ext('pdf-ext', { document_info_dict: { Nobody: 'a' } })),
    '/extensions/pdf-ext/document_info_dict/Nobody',
  ],
  'WP-PRIO': [
    make('process', ext('windows-process-ext', { priority: 'HIGH' })),
    '/extensions/windows-process-ext/priority',
  ],
  'P-CUSTOM': [pattern("[x-foo:bar_val = 'a']"), '/pattern'],
  'P-ANDSAME': [pattern("[file:name = 'a' AND url:value = 'b']"), '/pattern'],
  'P-TSLIT': [pattern("[file:ctime = t'2023-02-29T00:00:00Z']"), '/pattern'],
  'P-SYNTAX': [pattern("[file:name[-1] = 'a']"), '/pattern'],
};

/** Rules that one object does not show: the file of the test that does. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'T-UNI': 'validation/text.test.ts',
  'T-JSON': 'validation/text.test.ts',
  'B-REQ': 'validation/rules.test.ts',
  'B-OBJ': 'validation/rules.test.ts',
  'B-DUP': 'validation/rules.test.ts',
  'B-REFS': 'validation/rules.test.ts',
  'C-FIRST': 'validation/publication.test.ts',
  'C-SAMEVER': 'validation/publication.test.ts',
  'C-CREATED': 'validation/publication.test.ts',
  'C-REVOKED': 'validation/publication.test.ts',
  'C-CREATOR': 'validation/publication.test.ts',
  'I-REUSE': 'validation/publication.test.ts',
  'LC-MOD': 'validation/publication.test.ts',
  'X-DEF': 'validation/publication.test.ts',
};

const at = (findings: readonly Finding[], rule: string): string[] =>
  findings.filter((f) => f.rule === rule).map((f) => f.pointer);

test.each(Object.entries(REFUSED))('%s refuses', (rule, [object, place]) => {
  const { errors } = checkObject(object);
  expect(at(errors, SAID_AS[rule] ?? rule)).toContain(place);
});

test.each(Object.entries(WARNED))('%s warns, and no more', (rule, [object, place]) => {
  const { errors, warnings } = checkObject(object);
  expect(errors).toEqual([]);
  expect(at(warnings, rule)).toContain(place);
});

test.each(Object.keys(LEAST))('%s with the least it needs is refused by no rule', (type) => {
  expect(checkObject(make(type)).errors).toEqual([]);
});

const BUNDLE = { type: 'bundle', id: id('bundle'), objects: [make('tool')] };
const bundled = (change: object, references = false): Verdict =>
  checkBundle({ ...BUNDLE, ...change }, references);
test('B-REQ, B-OBJ, B-DUP, B-REFS, I-V4: a bundle as a whole', () => {
  expect(bundled({})).toEqual(expect.objectContaining({ errors: [], warnings: [] }));
  expect(at(bundled({ id: 'tool--1' }).errors, 'B-REQ')).toEqual(['/id']);
  expect(at(bundled({ objects: [] }).errors, 'B-OBJ')).toEqual(['/objects']);
  expect(at(checkObject(BUNDLE).errors, 'B-OBJ')).toEqual(['/type']);
  expect(at(bundled({ objects: [make('tool'), make('tool')] }).warnings, 'B-DUP')).toEqual(['/objects/1']);
  expect(at(bundled({ id: id('bundle', V5) }).warnings, 'I-V4')).toEqual(['/id']);
  const lonely = { objects: [make('note', GROUPED)] };
  expect(bundled(lonely).errors).toEqual([]);
  expect(at(bundled(lonely, true).errors, 'B-REFS')).toEqual(['/objects/0/object_refs/0']);
});

test('every rule has its test, and every test its rule', () => {
  const shown = { ...REFUSED, ...WARNED, ...ELSEWHERE };
  expect(RULES.map((r) => r.id).filter((rule) => !(rule in shown))).toEqual([]);
  expect(Object.keys(shown).filter((rule) => !RULES.some((r) => r.id === rule))).toEqual([]);
  for (const { id: rule, level } of RULES) {
    if (rule in ELSEWHERE) {
      const text = readFileSync(resolve(process.cwd(), 'test', ELSEWHERE[rule]!), 'utf8');
      expect([rule, new RegExp(`\\b${rule}\\b`).test(text)]).toEqual([rule, true]);
    } else if (level === 'reject') expect(REFUSED).toHaveProperty([rule]);
    else expect(WARNED).toHaveProperty([rule]);
  }
  for (const rule of Object.keys(WARNED)) expect([rule, WARNINGS.has(rule)]).toEqual([rule, true]);
});

test('a finding is one line that a script can take apart', () => {
  const finding = checkObject(make('tool', { x_a: 1 })).warnings[0]!;
  expect(line(finding)).toMatch(/^N-CUSTPROP \(401\) at \/x_a: found .+, expected .+\.$/);
  const odd = { rule: 'N-PROP', pointer: '/a b: c', found: 'x', expected: 'y' };
  expect(line(odd)).toBe('N-PROP at /a%20b%3A%20c: found x, expected y.');
  expect(checkPattern('[a:b =\n  1 1]', { inObject: false }).errors).toEqual([
    { rule: 'P-SYNTAX', pointer: '', found: '1 at line 2, column 5', expected: '"]"' },
  ]);
});
