/** Pattern versions, defaults, leap seconds, encoded bytes, extensions, spec_version, early years. */
import fc from 'fast-check';
import { specVersionOf, type StixObject } from '../../src/domain/stix';
import { formatTimestamp, instantKey, parseTimestamp } from '../../src/domain/timestamp';
import { canonicalDigest, writtenDigest } from '../../src/validation/canonical';
import { checkObject } from '../../src/validation/object';
import type { Finding } from '../../src/validation/verdict';
import { id, make } from '../support/stix';

const EXT = id('extension-definition');
const said = (findings: readonly Finding[]): string[] => findings.map((f) => `${f.rule} ${f.pointer}`);

describe('pattern_version (§4.7)', () => {
  const indicator = (pattern: string, version?: string): StixObject =>
    make('indicator', { pattern, pattern_version: version });
  // STIX 2.0 wrote the times of START and STOP as strings.
  const older = "[file:name = 'x'] START '2020-01-01T00:00:00Z' STOP '2020-01-02T00:00:00Z'";

  test('a pattern of version 2.0 that is none of version 2.1 is warned of, not refused', () => {
    expect(said(checkObject(indicator(older)).errors)).toEqual(['P-QUALVAL /pattern', 'IND-PAT /pattern']);
    expect(said(checkObject(indicator(older, '2.1')).errors)).toContain('IND-PAT /pattern');
    const { errors, warnings } = checkObject(indicator(older, '2.0'));
    expect(errors).toEqual([]);
    expect(said(warnings)).toEqual(['IND-PAT /pattern']);
    expect(warnings[0]!.found).toMatch(/^a pattern of version 2\.0 in which P-QUALVAL finds .+ at line 1/);
  });

  test('one that is sound in both says nothing, and the limit of length is one for both', () => {
    expect(checkObject(indicator("[file:name = 'x']", '2.0'))).toMatchObject({ errors: [], warnings: [] });
    const long = indicator(`[file:name = '${'x'.repeat(250_000)}']`, '2.0');
    expect(said(checkObject(long).errors)).toContain('P-LENGTH /pattern');
  });
});

describe('C-SAMEVER: a default that is written is the same content as one that is not', () => {
  const pairs: readonly (readonly [StixObject, StixObject])[] = [
    [make('tool'), make('tool', { revoked: false })],
    [make('tool'), make('tool', { lang: 'en' })],
    [make('relationship'), make('relationship', { revoked: false, lang: 'en' })],
    [make('sighting'), make('sighting', { summary: false })],
    [make('url'), make('url', { defanged: false })],
    [make('url', { spec_version: '2.1' }), make('url', { spec_version: undefined, defanged: false })],
    [make('indicator'), make('indicator', { pattern_version: '2.1' })],
    [
      make('indicator', { spec_version: '2.0' }),
      make('indicator', { spec_version: '2.0', pattern_version: '2.0' }),
    ],
  ];
  test.each(pairs)('%j', (one, other) => {
    expect(canonicalDigest(other)).toBe(canonicalDigest(one));
  });

  test.each([
    [make('tool'), make('tool', { revoked: true })],
    [make('tool'), make('tool', { summary: false })],
    [make('tool'), make('tool', { lang: 'fr' })],
    [make('url'), make('url', { defanged: true })],
    [make('url'), make('url', { lang: 'en' })],
    [make('indicator'), make('indicator', { pattern_version: '2.0' })],
    [
      make('indicator', { pattern_type: 'yara', pattern: 'x' }),
      make('indicator', { pattern_type: 'yara', pattern: 'x', pattern_version: '2.1' }),
    ],
    [make('tool', { x_a: { b: 1 } }), make('tool', { x_a: { b: 1, revoked: false } })],
  ])('and nothing else is: %j', (one, other) => {
    expect(canonicalDigest(other)).not.toBe(canonicalDigest(one));
  });

  test('the digest of what is plainly spelt is the one that stores hold', () => {
    // Computed by the release before defaults were seen through.
    const tool = {
      type: 'tool',
      spec_version: '2.1',
      id: id('tool'),
      name: 'é"\\\n',
      x_a: [1, {}, [], 1.5, true],
    };
    expect(canonicalDigest(tool)).toBe('9a8c5633b0e03c62441705ded5153057');
    expect(writtenDigest(tool)).toBeUndefined();
    expect(writtenDigest({ ...tool, revoked: false })).toBe('a676059deb5b8314eafe8dc16404c064');
  });
});

describe('second 60 only where UTC may have a leap second (RFC 3339 §5.7)', () => {
  test.each([
    ['2016-12-31T23:59:60Z', true],
    ['2015-06-30T23:59:60.5Z', true],
    ['2016-12-30T23:59:60Z', false],
    ['2016-12-31T23:58:60Z', false],
    ['2016-12-31T22:59:60Z', false],
    ['2016-03-31T23:59:60Z', false],
    ['2016-06-30T00:00:60Z', false],
  ])('%s: %s', (time, real) => {
    expect(instantKey(time) !== undefined).toBe(real);
    expect(parseTimestamp(time) !== undefined).toBe(real);
    const { errors } = checkObject(make('campaign', { first_seen: time }));
    expect(said(errors)).toEqual(real ? [] : ['T-TSCAL /first_seen']);
  });

  test('with an offset it is the second of UTC that counts', () => {
    const after = parseTimestamp('1991-01-01T00:00:00Z');
    expect(parseTimestamp('1990-12-31T15:59:60-08:00')).toBe(after);
    expect(parseTimestamp('1991-01-01T05:29:60+05:30')).toBe(after);
    expect(parseTimestamp('1990-12-31T23:59:60-08:00')).toBeUndefined();
  });
});

test('the years 1 to 99 are those years, and not 1901 to 1999', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99 }), (year) => {
      const text = `${String(year).padStart(4, '0')}-02-03T04:05:06.000000Z`;
      expect(formatTimestamp(parseTimestamp(text)!)).toBe(text);
      expect(instantKey(text)).toBe(text.slice(0, 19));
    }),
  );
});

describe('inside every extension', () => {
  const extended = (type: string, name: string, extension: object): StixObject =>
    make(type, { extensions: { [name]: extension } });
  const defined = { extension_type: 'property-extension' };
  const ntfs = { sid: '1' };
  test.each([
    ['tool', EXT, defined],
    ['file', EXT, defined],
    ['file', 'x-own-ext', {}],
    ['file', 'ntfs-ext', ntfs],
  ])('N-SUFFIX: encoded bytes in %s, %s', (type, name, own) => {
    const at = `/extensions/${name}`;
    const errors = (more: object): string[] =>
      said(checkObject(extended(type, name, { ...own, ...more })).errors);
    expect(errors({ a_b_bin: 'QUJD', a_b_hex: 'abCD' })).toEqual([]);
    expect(errors({ a_b_bin: 'QUJ' })).toEqual([`N-SUFFIX ${at}/a_b_bin`]);
    expect(errors({ a_b_bin: 5 })).toEqual([`N-SUFFIX ${at}/a_b_bin`]);
    expect(errors({ a_b_hex: 'abc' })).toEqual([`N-SUFFIX ${at}/a_b_hex`]);
    expect(errors({ a_b_hex: ['ab'] })).toEqual([`N-SUFFIX ${at}/a_b_hex`]);
  });
  test.each([
    ['tool', EXT, defined],
    ['file', EXT, defined],
    ['file', 'x-own-ext', {}],
    ['file', 'ntfs-ext', ntfs],
  ])('X-PROP: names in %s, %s', (type, name, own) => {
    for (const wrong of ['Upper', 'a', 'with-hyphen', '1st', 'é'.repeat(3)])
      expect(said(checkObject(extended(type, name, { ...own, [wrong]: 1 })).errors)).toEqual([
        `X-PROP /extensions/${name}/${wrong}`,
      ]);
  });
});

describe('a spec_version that is no string (T-158, T-193b, T-331c)', () => {
  test.each(Object.entries({ number: 2.1, old: 2, null: null, list: ['2.1'], truth: true }))(
    'is no version, and refused under C-SPEC or T-NULL: %s',
    (_, spec) => {
      for (const type of ['tool', 'url', 'relationship', 'marking-definition', 'x-own']) {
        const object = { ...make(type === 'x-own' ? 'tool' : type), type, id: id(type), spec_version: spec };
        expect(specVersionOf(object)).toBe('2.1');
        expect(said(checkObject(object, { specVersion: '2.1' }).errors)).toEqual([
          `${spec === null ? 'T-NULL' : 'C-SPEC'} /spec_version`,
        ]);
      }
    },
  );
});
