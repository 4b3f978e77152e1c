/** The raw text stage (T-080, T-091): laws, and its agreement with JSON.parse. */
import fc from 'fast-check';
import { canonicalDigest } from '../../src/validation/canonical';
import { BodyError, compact, readEnvelope, scanEnvelope } from '../../src/validation/text';

const limits = { depth: 50, objects: 1000 };
const read = (text: string) => readEnvelope(Buffer.from(text), limits).members;
const member = fc
  .dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { noNullPrototype: true })
  .map((o): Record<string, unknown> => ({ ...o, id: 'tool--1', type: 'tool' }));

test('any objects come back as they were, however the JSON is spaced', () => {
  fc.assert(
    fc.property(
      fc.array(member, { minLength: 1 }),
      fc.constantFrom(undefined, 1, '\t', '\r\n  '),
      (objects, space) => {
        const found = read(
          JSON.stringify({ type: 'bundle', more: [1, { objects: [] }], objects }, null, space),
        );
        expect(found.map((m) => m.object)).toEqual(JSON.parse(JSON.stringify(objects)));
        for (const m of found) expect(JSON.parse(m.text)).toEqual(m.object);
      },
    ),
  );
});

test('a name is told from every other, also where very many are read', () => {
  const names = Array.from({ length: 5000 }, (_, i) => `${i}`.padStart(4, 'a'));
  const each = names.map((name) => `{"id":"tool--${name}","type":"x-${name}","${name}":{"é${name}":1}}`);
  const spans = scanEnvelope(Buffer.from(`{"objects":[${each.join(',')}]}`), { depth: 50, objects: 5000 });
  expect(spans.map(({ id, type }) => [id, type])).toEqual(names.map((n) => [`tool--${n}`, `x-${n}`]));
  const one = (more: string): string =>
    `{"objects":[{"id":"tool--1","type":"tool",${names.map((name) => `"${name}":0`).join(',')}${more}}]}`;
  expect(read(one(''))).toHaveLength(1);
  for (const name of [names[0], names[4999]]) expect(() => read(one(`,"${name}":0`))).toThrow(/stands twice/);
});

test('what it accepts JSON.parse accepts, and what it refuses as JSON JSON.parse refuses too', () => {
  const near = fc.tuple(member, fc.nat(), fc.nat(3), fc.string({ maxLength: 2 })).map(([o, at, cut, put]) => {
    const text = JSON.stringify({ objects: [o] });
    const i = at % text.length;
    return text.slice(0, i) + put + text.slice(i + cut);
  });
  fc.assert(
    fc.property(near, (text) => {
      let parsed = true;
      try {
        JSON.parse(text);
      } catch {
        parsed = false;
      }
      try {
        read(text);
        expect(parsed).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(BodyError);
        // What is stricter than JSON: duplicate names, and what an envelope must hold.
        if (parsed)
          expect((error as Error).message).toMatch(/T-330|twice|no JSON object|surrogate|2\^53|finite/);
      }
    }),
    { numRuns: 2000 },
  );
});

test('one name 100,000 times over different objects is no duplicate; many names stay linear', () => {
  const names = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`x_${i}`, 1]));
  expect(read(JSON.stringify({ objects: [{ id: 'a', type: 'b', ...names }] }))).toHaveLength(1);
  const text = JSON.stringify({ objects: [{ id: 'a', type: 'b', ...names }] }).replace(/}]}$/, ',"x_7":2}]}');
  expect(() => read(text)).toThrow(/twice/);
});

test('equal content has an equal digest: order of names, white space, spelling of numbers and timestamps (T-372)', () => {
  fc.assert(
    fc.property(member, (o) => {
      const turned = Object.fromEntries(Object.entries(o).reverse());
      expect(canonicalDigest(turned)).toBe(canonicalDigest(o));
      expect(canonicalDigest({ ...o, extra: 1 })).not.toBe(canonicalDigest({ ...o, extra: 2 }));
    }),
  );
  expect(canonicalDigest({ t: '2024-01-01T00:00:00Z', n: 1 })).toBe(
    canonicalDigest(JSON.parse('{"n":1.0,"t":"2024-01-01T00:00:00.000Z"}') as object),
  );
});

test.each([
  ['T-UNI', '{"id":"a","type":"b","x_a":"\\ud800"}', '/x_a'],
  ['T-INT', '{"id":"a","type":"b","x_a":9007199254740993}', '/x_a'],
  ['T-FLOAT', '{"id":"a","type":"b","x_a":[1e400]}', '/x_a/0'],
])('%s: what JSON.parse would change in silence is said of the one member', (rule, object, pointer) => {
  const members = read(`{"objects":[{"id":"c","type":"d"},${object}]}`);
  expect(members.map((m) => m.problem)).toEqual([undefined, expect.objectContaining({ rule, pointer })]);
});

test.each([
  ['two names', '{"objects":[{"id":"a","type":"b","x":1,"x":1}]}'],
  ['no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ['no JSON', '{"objects":[1,]}'],
])('T-JSON: %s refuse the whole text', (_, text) => {
  expect(() => readEnvelope(Buffer.from(text), limits)).toThrow(/^T-JSON/);
});

test('white space outside strings goes, as the grouped repetition took it out, and nothing else does', () => {
  const before = (text: string): string =>
    text.replace(/"(?:[^"\\]|\\.)*"|[ \t\r\n]+/g, (token) => (token.startsWith('"') ? token : ''));
  const spaces = fc.constantFrom(0, 1, '\t', ' \r\n');
  fc.assert(
    fc.property(fc.jsonValue(), spaces, (value, space) => {
      const text = JSON.stringify(value, null, space);
      const bytes = Buffer.from(`é${text}é`);
      expect(compact(bytes, 2, bytes.length - 2)).toBe(before(text));
    }),
  );
});

test('a string of 20 MB in a spaced object is read: no repetition of a regular expression meets it', () => {
  const long = `${'a'.repeat(20_000_000)}\\n`;
  const [member] = read(`{"objects":[ {"id": "a", "type": "b", "x": "${long}"} ]}`);
  expect((member?.object['x'] as string).length).toBe(20_000_001);
});

test('what a status needs of a member is known without parsing it', () => {
  fc.assert(
    fc.property(fc.array(member, { minLength: 1 }), (objects) => {
      const spans = scanEnvelope(Buffer.from(JSON.stringify({ objects })), limits);
      for (const [i, { id, type, created, modified }] of spans.entries())
        for (const [name, found] of Object.entries({ id, type, created, modified }))
          expect([name, found]).toEqual([
            name,
            typeof objects[i]?.[name] === 'string' ? objects[i][name] : undefined,
          ]);
    }),
  );
  const [escaped] = scanEnvelope(Buffer.from('{"objects":[{"\\u0069d":"\\u0061","type":"b"}]}'), limits);
  expect(escaped?.id).toBe('a');
});

describe('limits on what a body would be in memory bite before it is parsed (D12)', () => {
  const lists = (count: number): string =>
    `{"id":"tool--1","type":"tool","x_a":[${Array.from({ length: count }, () => '[]').join()}]}`;

  test('an object of too many values or bytes is refused alone, whatever follows in it (T-331)', () => {
    const strict = { ...limits, objectValues: 100, objectBytes: 1000 };
    const bodies = [lists(96), lists(97), lists(96).replace('[]', `"${'x'.repeat(1000)}"`)];
    const { members } = readEnvelope(Buffer.from(`{"objects":[${bodies.join()}]}`), strict);
    expect(members.map((m) => m.problem)).toEqual([
      undefined,
      { rule: 'SIZE', pointer: '', found: '101 values', expected: 'at most 100 values in one object' },
      expect.objectContaining({ rule: 'SIZE', expected: 'at most 1000 bytes in one object' }),
    ]);
    expect(members.map((m) => m.id)).toEqual(['tool--1', 'tool--1', 'tool--1']);
    expect(members[1]?.object).toEqual({ id: 'tool--1', type: 'tool' });
  });

  test('a body of too many values is refused as a whole, wherever they stand; one that was accepted before is not', () => {
    const some = { ...limits, values: 300, objectValues: 100 };
    const four = Buffer.from(`{"objects":[${Array.from({ length: 4 }, () => lists(90)).join()}]}`);
    const beside = Buffer.from(`{"x":${lists(200)},"objects":[${lists(1)}]}`);
    expect(() => scanEnvelope(four, some)).toThrow(/^SIZE .*more than 300 values/);
    expect(() => scanEnvelope(beside, some)).toThrow(/^SIZE .*more than 100 values stand outside/);
    expect(scanEnvelope(four, { ...some, accepted: true })).toHaveLength(4);
  });
});
