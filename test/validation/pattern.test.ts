/** The pattern parser (§9): what is written is what is read, and errors say where and what was expected. */
import fc from 'fast-check';
import type {
  Comparison,
  Constant,
  ObjectPath,
  Pattern,
  Qualifier,
  Test,
} from '../../src/validation/pattern/ast';
import { checkPattern } from '../../src/validation/pattern/check';
import { PatternError } from '../../src/validation/pattern/lexer';
import { parsePattern } from '../../src/validation/pattern/parse';

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
function constantText(c: Constant): string {
  switch (c.kind) {
    case 'string':
      return quote(c.value);
    case 'timestamp':
      return `t'${c.value}'`;
    case 'hex':
      return `h'${c.value}'`;
    case 'binary':
      return `b'${c.value}'`;
    case 'float':
      return c.value.toFixed(3);
    default:
      return String(c.value);
  }
}
const pathText = ({ type, steps }: ObjectPath): string =>
  `${type}:${steps.map((s, i) => ('name' in s ? (i === 0 ? '' : '.') + (/^[a-z_]\w*$/.test(s.name) ? s.name : quote(s.name)) : `[${s.index}]`)).join('')}`;
function testText(t: Test): string {
  const not = t.negated ? 'NOT ' : '';
  if (t.operator === 'EXISTS') return `${not}EXISTS ${pathText(t.path)}`;
  const right =
    t.operator === 'IN' ? `(${t.constants.map(constantText).join(', ')})` : constantText(t.constants[0]!);
  return `${pathText(t.path)} ${not}${t.operator} ${right}`;
}
const comparisonText = (c: Comparison): string =>
  c.kind === 'test' ? testText(c) : `(${c.operands.map(comparisonText).join(` ${c.kind.toUpperCase()} `)})`;
const qualifierText = (q: Qualifier): string =>
  q.kind === 'START'
    ? `START t'${q.start}' STOP t'${q.stop}'`
    : q.kind === 'WITHIN'
      ? `WITHIN ${q.amount} SECONDS`
      : `REPEATS ${q.amount} TIMES`;
function patternText(p: Pattern): string {
  const body =
    p.kind === 'observation'
      ? `[${comparisonText(p.comparison)}]`
      : `(${p.operands.map(patternText).join(` ${p.kind} `)})`;
  return [body, ...p.qualifiers.map(qualifierText)].join(' ');
}

const NAMES = ['value', 'name', 'x_odd', 'hashes'];
const KEYWORDS = ['AND', 'start', 'not a name', 'SHA-1', "it's", 'back\\slash', 'ü—漢'];
const timestamp = fc
  .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((d) => d.toISOString());
const orderable = fc.oneof(
  fc.string().map((value): Constant => ({ kind: 'string', value })),
  fc.integer().map((value): Constant => ({ kind: 'integer', value })),
  fc.integer({ min: -5000, max: 5000 }).map((n): Constant => ({ kind: 'float', value: n / 8 })),
  timestamp.map((value): Constant => ({ kind: 'timestamp', value })),
  fc
    .uint8Array({ maxLength: 9 })
    .map((a): Constant => ({ kind: 'hex', value: Buffer.from(a).toString('hex') })),
  fc
    .uint8Array({ maxLength: 9 })
    .map((a): Constant => ({ kind: 'binary', value: Buffer.from(a).toString('base64') })),
);
const constant = fc.oneof(
  orderable,
  fc.boolean().map((value): Constant => ({ kind: 'boolean', value })),
);
const step = fc.oneof(
  fc.constantFrom(...NAMES, ...KEYWORDS).map((name) => ({ name })),
  fc.oneof(fc.nat(9), fc.constant('*' as const)).map((index) => ({ index })),
);
const path = fc.record({
  type: fc.constantFrom('file', 'ipv4-addr', 'x-my-type'),
  steps: fc
    .tuple(fc.constantFrom(...NAMES, ...KEYWORDS), fc.array(step, { maxLength: 3 }))
    .map(([name, more]) => [{ name }, ...more]),
});
const withConstants = fc.oneof(
  fc.record({ operator: fc.constantFrom('=' as const, '!=' as const), constants: fc.tuple(constant) }),
  fc.record({
    operator: fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const),
    constants: fc.tuple(orderable),
  }),
  fc.record({
    operator: fc.constantFrom(
      'LIKE' as const,
      'MATCHES' as const,
      'ISSUBSET' as const,
      'ISSUPERSET' as const,
    ),
    constants: fc.tuple(fc.string().map((value): Constant => ({ kind: 'string', value }))),
  }),
  fc.record({ operator: fc.constant('IN' as const), constants: fc.array(constant, { maxLength: 4 }) }),
  fc.record({ operator: fc.constant('EXISTS' as const), constants: fc.constant([]) }),
);
const aTest = fc
  .tuple(path, fc.boolean(), withConstants)
  .map(([p, negated, rest]): Test => ({ kind: 'test', path: p, negated, ...rest }));
const comparison = fc.letrec<{ any: Comparison }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    aTest,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      operands: fc.array(tie('any'), { minLength: 2, maxLength: 3 }),
    }),
  ),
})).any;
const qualifiers = fc
  .tuple(fc.boolean(), fc.boolean(), fc.boolean(), timestamp, timestamp, fc.integer({ min: 1, max: 99 }))
  .map(([a, b, c, start, stop, amount]): Qualifier[] => [
    ...(a ? [{ kind: 'START' as const, start, stop }] : []),
    ...(b ? [{ kind: 'WITHIN' as const, amount }] : []),
    ...(c ? [{ kind: 'REPEATS' as const, amount }] : []),
  ]);
const pattern = fc.letrec<{ any: Pattern }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.record({ kind: fc.constant('observation' as const), comparison, qualifiers }),
    fc.record({
      kind: fc.constantFrom('AND' as const, 'OR' as const, 'FOLLOWEDBY' as const),
      operands: fc.array(tie('any'), { minLength: 2, maxLength: 3 }),
      qualifiers,
    }),
  ),
})).any;

test('law: what a pattern is written as is read as the same pattern', () => {
  fc.assert(
    fc.property(pattern, (p) => {
      expect(parsePattern(patternText(p))).toEqual(p);
    }),
    { numRuns: 500 },
  );
});

test('law: any text is a pattern or a PatternError within it; nothing else is thrown', () => {
  const near = fc
    .tuple(pattern, fc.nat(), fc.nat(4), fc.string({ maxLength: 3 }))
    .map(([p, at, cut, put]) => {
      const text = patternText(p);
      const i = at % text.length;
      return text.slice(0, i) + put + text.slice(i + cut);
    });
  fc.assert(
    fc.property(fc.oneof(near, fc.string({ unit: 'binary' })), (text) => {
      try {
        parsePattern(text);
      } catch (error) {
        expect(error).toBeInstanceOf(PatternError);
        const { offset, rule, expected } = error as PatternError;
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset).toBeLessThanOrEqual(text.length);
        expect(rule).toMatch(/^P-/);
        expect(expected).not.toBe('');
      }
    }),
    { numRuns: 3000 },
  );
});

test('AND binds closer than OR, OR closer than FOLLOWEDBY; qualifiers closest', () => {
  const p = parsePattern('[a:b=1] FOLLOWEDBY [a:b=2] OR [a:b=3] AND [a:b=4] WITHIN 5 SECONDS');
  expect(p).toMatchObject({
    kind: 'FOLLOWEDBY',
    operands: [
      { kind: 'observation' },
      {
        kind: 'OR',
        operands: [
          { kind: 'observation' },
          { kind: 'AND', operands: [{ qualifiers: [] }, { qualifiers: [{ kind: 'WITHIN', amount: 5 }] }] },
        ],
      },
    ],
  });
  expect(parsePattern('[a:b=1 OR a:b=2 AND a:b=3]')).toMatchObject({
    comparison: { kind: 'or', operands: [{ kind: 'test' }, { kind: 'and' }] },
  });
  expect(parsePattern('([a:b=1] WITHIN 5 SECONDS) WITHIN 6 SECONDS')).toMatchObject({
    qualifiers: [{ amount: 6 }],
    operands: [{ qualifiers: [{ amount: 5 }] }],
  });
});

test.each([
  ['', 'the end of the pattern at line 1, column 1', '"[" before a comparison'],
  ['[file:name]', '] at line 1, column 11', 'a comparison'],
  ["[a:b = 'x'\n  and a:c = 1]", 'and at line 2, column 3', 'the keyword AND'],
  ["[a:b = 'x", 'a string without its closing quote at line 1, column 8', "'"],
  ['[a:b = 1] REPEATS x TIMES', 'x at line 1, column 19', 'a positive whole number'],
  ['[a:x-y = 1]', 'x-y at line 1, column 4', 'in quotes'],
])('§9: %j: what was found, where, and what was expected', (text, found, expected) => {
  const [error] = checkPattern(text, { inObject: false }).errors;
  expect(error).toMatchObject({ found, expected: expect.stringContaining(expected) as string });
});

test('a pattern of a million words and one of a million parentheses end like any other', () => {
  const long = `[${Array.from({ length: 200_000 }, (_, i) => `a:b = ${i}`).join(' OR ')}]`;
  expect(parsePattern(long)).toMatchObject({ comparison: { kind: 'or' } });
  expect(checkPattern('('.repeat(200_000), { inObject: false }).errors).toMatchObject([
    { rule: 'P-SYNTAX', expected: 'at most 500 parentheses within each other' },
  ]);
  expect(parsePattern(`[a:b = '${'x'.repeat(5_000_000)}']`).kind).toBe('observation');
});
