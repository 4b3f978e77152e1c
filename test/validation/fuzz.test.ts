/** Mutations of sound objects: nothing throws, nothing hangs, and no verdict is without a rule. */
import fc from 'fast-check';
import { LEGACY } from '../../src/domain/channel';
import type { StixObject } from '../../src/domain/stix';
import { checkObject } from '../../src/validation/object';
import { RULES } from '../../src/validation/rule-table';
import { MOST_FINDINGS, describe as line } from '../../src/validation/verdict';
import { SOUND } from '../support/stix';

const rules = new Set(RULES.map((r) => r.id));
type Way = readonly (string | number)[];

/** Every place in a value. */
function ways(value: unknown, at: Way = []): Way[] {
  if (typeof value !== 'object' || value === null) return [at];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((item: unknown, i) => [i, item])
    : Object.entries(value);
  return [at, ...entries.flatMap(([key, inner]) => ways(inner, [...at, key]))];
}

function put(value: unknown, way: Way, change: (old: unknown) => unknown): unknown {
  const [key, ...rest] = way;
  if (key === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((item: unknown, i) => (i === key ? put(item, rest, change) : item));
  const object = value as Record<string, unknown>;
  return { ...object, [key]: put(object[key], rest, change) };
}

const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    null,
    [],
    {},
    '',
    -1,
    2 ** 53,
    1e308,
    true,
    'tool--1',
    '__proto__',
    'constructor',
    'a'.repeat(10_000),
    [[[[[[]]]]]],
    "[file:name = '",
    '2020-02-30T00:00:00.000Z',
    'http://[::1',
    '%',
    'x'.repeat(70),
    { constructor: 1 },
  ),
  fc.string({ unit: 'binary' }),
);
const mutation = fc.record({ at: fc.nat(), value: strange, name: fc.option(fc.string({ maxLength: 12 })) });
const mutated = fc
  .tuple(fc.constantFrom(...SOUND), fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([object, changes]) =>
    changes.reduce<StixObject>((current, { at, value, name }) => {
      const all = ways(current).slice(1);
      const way = all[at % Math.max(1, all.length)] ?? [];
      const next = put(current, name === null ? way : way.slice(0, -1), (old) =>
        name === null
          ? value
          : Array.isArray(old)
            ? [...(old as unknown[]), value]
            : { ...(old as object), [name]: value },
      );
      return typeof next === 'object' && next !== null && !Array.isArray(next)
        ? (next as StixObject)
        : current;
    }, object),
  );

test('mutations of valid objects never throw and never give a verdict without a rule', () => {
  let refused = 0;
  fc.assert(
    fc.property(mutated, fc.constantFrom(...LEGACY), (object, legacy) => {
      const { errors, warnings } = checkObject(object, { legacy });
      refused += Number(errors.length > 0);
      expect(errors.length).toBeLessThanOrEqual(MOST_FINDINGS);
      // What is caught is still a fault.
      expect(errors.filter((e) => e.rule === 'UNCHECKED')).toEqual([]);
      for (const finding of [...errors, ...warnings]) {
        expect([finding.rule, rules.has(finding.rule)]).toEqual([finding.rule, true]);
        expect(line(finding)).toMatch(/^[A-Z0-9-]+( \(\d{3}\))? at \/\S*: found [^]+, expected [^]+\.$/);
        expect(line(finding).length).toBeLessThan(2000);
      }
    }),
    { numRuns: 10_000 },
  );
  expect(refused).toBeGreaterThan(1000);
});

test('what a stranger made long is short in what is said of it', () => {
  const relationship = SOUND.find(({ type }) => type === 'relationship');
  const { warnings } = checkObject({
    ...relationship,
    relationship_type: `a${'-b'.repeat(5000)}`,
  });
  expect(warnings.map(({ rule }) => rule)).toContain('REL-MATRIX');
  for (const finding of warnings) expect(line(finding).length).toBeLessThan(2000);
});

test('the objects that are mutated are sound', () => {
  for (const object of SOUND)
    expect([object['type'], checkObject(object).errors]).toEqual([object['type'], []]);
});

test('objects of a million members, a deep one and long texts cost no more than they are long', () => {
  const members = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`x_m${i}`, [i]]));
  expect(checkObject({ ...SOUND[0]!, ...members }).warnings).toHaveLength(MOST_FINDINGS);
  let deep: unknown = 1;
  for (let i = 0; i < 400; i++) deep = { x_a: deep };
  expect(checkObject({ ...SOUND[0]!, x_deep: deep }).errors).toEqual([]);
  for (const text of [
    'a.'.repeat(500_000),
    '-'.repeat(1_000_000),
    `${'a'.repeat(500_000)}@`,
    '%41'.repeat(300_000),
  ])
    for (const type of ['domain-name', 'email-addr', 'url', 'ipv6-addr'])
      checkObject({ type, id: `${type}--3f9c1d2a-5b6e-4c7d-8e9f-0a1b2c3d4e5f`, value: text });
});
