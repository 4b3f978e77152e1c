/**
 * Valid texts of any length are looked at in one pass, and what a check throws concerns its object alone.
 * The lengths are above those at which repeated groups overflowed the stack: base64 4.5 million, URLs 8.4 million.
 */
import fc from 'fast-check';
import type { StixObject } from '../../src/domain/stix';
import { instantKey } from '../../src/domain/timestamp';
import { referencesOf } from '../../src/validation/bundle';
import { canonicalDigest } from '../../src/validation/canonical';
import { checkObject } from '../../src/validation/object';
import { testsOf, type Comparison, type Pattern } from '../../src/validation/pattern/ast';
import { checkPattern, LONGEST_PATTERN } from '../../src/validation/pattern/check';
import { tokenize } from '../../src/validation/pattern/lexer';
import { isBase64, isHex, isUri } from '../../src/validation/scans';
import { describe as line } from '../../src/validation/verdict';
import { id, make, TIME } from '../support/stix';

const MANY = 20_000_000;
const digits = '1'.repeat(MANY);
const astral = '\u{1f600}'.repeat(MANY / 2);
const reference = (more: object): Record<string, unknown> => ({
  external_references: [{ source_name: 'cve', ...more }],
});
const key = (value: unknown): StixObject => make('windows-registry-key', { key: value });

const LONG: readonly (readonly [string, () => StixObject])[] = [
  ['base64', () => make('artifact', { payload_bin: 'QUJD'.repeat(MANY / 4), url: undefined })],
  ['base64 of one’s own', () => make('tool', { x_own_bin: 'QUJD'.repeat(MANY / 4) })],
  ['hexadecimal digits', () => make('file', { magic_number_hex: 'ab'.repeat(MANY / 2) })],
  [
    'a URL',
    () => make('url', { value: `https://example.com/${'a%20/'.repeat(MANY / 5)}?${digits}#${digits}` }),
  ],
  ['a URI', () => make('tool', reference({ url: `urn:${'a:'.repeat(MANY / 2)}` }))],
  ['the digits of a second', () => make('tool', { modified: `2030-01-01T00:00:00.${digits}Z` })],
  ['the digits of a CVE', () => make('vulnerability', reference({ external_id: `CVE-2024-${digits}` }))],
  ['a registry key', () => key(`HKEY_LOCAL_MACHINE\\${astral}`)],
  ['a relationship', () => make('relationship', { relationship_type: 'a-'.repeat(MANY / 2) })],
  ['a text', () => make('tool', { description: astral })],
];

test.each(LONG)('a valid object with %s of 20 million characters is taken, and has a digest', (_, object) => {
  const long = object();
  expect(checkObject(long).errors).toEqual([]);
  expect(canonicalDigest(long)).toMatch(/^[0-9a-f]{32}$/);
});

const BROKEN: readonly (readonly [string, () => StixObject])[] = [
  ['T-BIN', () => make('artifact', { payload_bin: `${'A'.repeat(MANY)}\u4e00`, url: undefined })],
  ['T-BIN', () => make('artifact', { payload_bin: 'A'.repeat(MANY + 1), url: undefined })],
  ['T-HEX', () => make('file', { magic_number_hex: 'a'.repeat(MANY + 1) })],
  ['URL-VAL', () => make('url', { value: `https://example.com/${'a'.repeat(MANY)}\u4e00` })],
  ['URL-VAL', () => make('url', { value: `https://example.com/${'a%20'.repeat(MANY / 4)}%2` })],
  ['T-TS', () => make('tool', { modified: `2030-01-01T00:00:00.${digits}\u4e00Z` })],
  ['T-HASHVAL', () => make('file', { hashes: { MD5: 'a'.repeat(MANY) } })],
  ['C-LANG', () => make('tool', { lang: `en${'-abcdefgh'.repeat(MANY / 9)}` })],
  ['LC-KEY', () => make('language-content', { contents: { ['en-abcdefgh'.repeat(1e6)]: { name: 'a' } } })],
  ['M-SEL', () => make('tool', { granular_markings: [{ lang: 'en', selectors: ['a.'.repeat(MANY)] }] })],
  ['I-FMT', () => make('tool', { created_by_ref: `identity--${'a-'.repeat(MANY)}` })],
  ['SW-CPE', () => make('software', { cpe: `cpe:2.3:a${':a'.repeat(MANY)}` })],
  ['EML-VAL', () => make('email-addr', { value: `${'a.'.repeat(MANY)}a@example.com` })],
  ['IP4-VAL', () => make('ipv4-addr', { value: '1.'.repeat(MANY) })],
];
test.each(BROKEN)('%s refuses what is broken at its end, in words of a line', (rule, object) => {
  const { errors } = checkObject(object());
  expect(errors.map((e) => e.rule)).toContain(rule);
  for (const error of errors) expect(line(error).length).toBeLessThan(2000);
});

test('the constants of a pattern of any length are read', () => {
  const whole = `[file:x = b'${'QUJD'.repeat(MANY / 4)}' OR file:x = h'${'ab'.repeat(MANY / 2)}' OR file:x = t'2020-01-01T00:00:00.${digits}Z']`;
  expect(tokenize(whole).map((t) => t.kind)).toEqual(expect.arrayContaining(['binary', 'hex', 'timestamp']));
});

test('P-LENGTH: the longest pattern is judged, and one more character names the limit', () => {
  const around = "[file:name = '']".length;
  const longest = `[file:name = '${'x'.repeat(LONGEST_PATTERN - around)}']`;
  expect(checkPattern(longest, { inObject: true }).errors).toEqual([]);
  expect(checkPattern(`${longest} `, { inObject: true }).errors).toEqual([
    {
      rule: 'P-LENGTH',
      pointer: '',
      found: 'a pattern of 250001 characters',
      expected: 'at most 250000; make several indicators of it',
    },
  ]);
});

test('a pattern with parentheses within parentheses is walked once, not once for each level', () => {
  let reads = 0;
  const path = { type: 'file', steps: [{ name: 'name' }] };
  const leaf: Comparison = { kind: 'test', path, operator: '=', negated: false, constants: [] };
  const and = (inner: Comparison): Comparison => ({
    kind: 'and',
    get operands() {
      reads++;
      return [inner, leaf];
    },
  });
  let tree: Comparison = leaf;
  for (let depth = 0; depth < 400; depth++) tree = and(tree);
  const pattern: Pattern = { kind: 'observation', comparison: tree, qualifiers: [] };
  expect(testsOf(pattern)).toHaveLength(401);
  expect(reads).toBe(400);
  const nested = `[${'('.repeat(400)}${Array.from({ length: 400 }, () => `${"file:name = 'a' AND ".repeat(25)}file:name = 'a')`).join(' AND ')}]`;
  expect(checkPattern(nested, { inObject: true })).toMatchObject({ errors: [], warnings: [] });
});

test('zeros in the middle of a fraction are looked at once, not once for each', () => {
  const zeros = '0'.repeat(MANY);
  expect(instantKey(`2020-01-01T00:00:00.${zeros}1Z`)).toHaveLength(21 + MANY);
  expect(instantKey(`2020-01-01T00:00:00.5${zeros}Z`)).toBe('2020-01-01T00:00:00.5');
});

describe('on short texts the scans agree with the expressions that they replace', () => {
  const URI_UNITS = ['a', 'F', '0', ':', '/', '?', '#', '[', ']', '@', '%', '.', ' ', 'é', '!', '%41', '://'];
  const agree = (alphabet: string, scan: (value: string) => boolean, old: RegExp): void =>
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...alphabet.split(' ')), maxLength: 14 }),
        (value) => scan(value) === old.test(value),
      ),
      { numRuns: 20_000 },
    );
  test('hexadecimal', () => agree('0 a F 9 g', isHex, /^(?:[0-9a-fA-F]{2})*$/));
  test('base64', () =>
    agree('A a 9 + / = -', isBase64, /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/));
  const pchar = `(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})`;
  const uri = new RegExp(
    `^[A-Za-z][A-Za-z0-9+.-]*:(?://(?:(?:[A-Za-z0-9\\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*@)?` +
      `(?:\\[[0-9A-Fa-fvV:.]+\\]|(?:[A-Za-z0-9\\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?(?:/${pchar}*)*` +
      `|${pchar}+(?:/${pchar}*)*|/(?:${pchar}+(?:/${pchar}*)*)?)(?:\\?(?:${pchar}|[/?])*)?(?:#(?:${pchar}|[/?])*)?$`,
  );
  test('URIs', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('', 'a:', 'a:/', 'a://', 'a://b', 'a://[::1]'),
        fc.string({ unit: fc.constantFrom(...URI_UNITS), maxLength: 12 }),
        (start, value) => isUri(start + value) === uri.test(start + value),
      ),
      { numRuns: 100_000 },
    );
  });
});

describe('"never throws": what a check throws is an error of that object', () => {
  const deep = (levels: number): unknown => {
    let value: unknown = 1;
    for (let i = 0; i < levels; i++) value = [value];
    return value;
  };

  test('a stack that overflows is said in words, with what to do', () => {
    const { errors, warnings } = checkObject(make('tool', { x_deep: deep(200_000) }));
    expect(warnings).toEqual([]);
    expect(errors.map(line)).toEqual([
      'UNCHECKED at /: found an object that could not be checked (RangeError), expected one with shorter texts, fewer members or less nesting; if yours is small, tell the operator of this exchange.',
    ]);
  });

  test('a thousand levels, the most that can be configured, are walked by every walk', () => {
    const object = make('tool', { x_deep: deep(1000) });
    expect(checkObject(object).errors).toEqual([]);
    expect(canonicalDigest(object)).toHaveLength(32);
    expect(referencesOf(object)).toEqual([]);
  });

  test('a name that every object of the programming language has is a name like any other', () => {
    const type = 'constructor';
    const object = { ...make('tool'), type, id: id(type) };
    expect(checkObject(object)).toMatchObject({ errors: [] });
    expect(checkObject({ type, id: id(type), value: TIME })).toMatchObject({ errors: [] });
    expect(checkObject(make('relationship', { relationship_type: type }))).toMatchObject({
      errors: [],
      warnings: [{ rule: 'REL-MATRIX' }],
    });
  });

  test('a name of megabytes does not make a message of megabytes', () => {
    const name = 'é'.repeat(1_000_000);
    for (const legacy of ['refuse', 'lenient'] as const) {
      const { errors } = checkObject(make('tool', { x_a: { [name]: { b: null } } }), { legacy });
      expect(errors.map((e) => e.rule)).toEqual(['T-NULL']);
      expect(line(errors[0]!).length).toBeLessThan(2000);
    }
  });
});
