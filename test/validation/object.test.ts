/** Validation, first depth: the schemas against the model, deliberate violations and real cases beside the project. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { schemas, validators } from '#compiled-schemas';
import type { StixObject } from '../../src/domain/stix';
import { checkSchema } from '../../src/validation/object';
import type { Finding } from '../../src/validation/verdict';

const SHARED = resolve(process.cwd(), '../shared');
const there = existsSync(SHARED);
const real = there ? test : test.skip;
const why = there ? '' : `SKIPPED, ${SHARED} is missing: `;

interface Case {
  source: string;
  expect: 'valid' | 'warn' | 'invalid';
  kind: 'object' | 'bundle' | 'pattern';
  value: StixObject;
  value_repaired?: StixObject;
  rules?: string[];
}
const cases = (file: string): Case[] =>
  readFileSync(resolve(SHARED, 'testdata', file), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Case)
    .filter((c) => c.kind !== 'pattern');

function verdict({ kind, value, value_repaired }: Case): Finding | undefined {
  const given = value_repaired ?? value;
  if (kind === 'object') return checkSchema(given);
  if (!validators['bundle']!(given))
    return { rule: 'B-OBJ', pointer: '', found: 'a bundle', expected: 'another' };
  return ((given['objects'] ?? []) as StixObject[]).map((o) => checkSchema(o)).find((p) => p !== undefined);
}

for (const file of ['stix-mutants.jsonl', 'stix-cases.jsonl']) {
  real(`${why}${file}: nothing valid is refused`, () => {
    const refused = cases(file)
      .filter((c) => c.expect !== 'invalid')
      .flatMap((c) => {
        const problem = verdict(c);
        return problem ? [{ source: c.source, problem }] : [];
      });
    expect(refused).toEqual([]);
  });
}

real(
  `${why}at least 96 % of the deliberate violations are refused by the schemas alone, each under a rule`,
  () => {
    const invalid = cases('stix-mutants.jsonl').filter((c) => c.expect === 'invalid');
    const problems = invalid.map(verdict).filter((p) => p !== undefined);
    expect(problems.length / invalid.length).toBeGreaterThan(0.96);
    for (const problem of problems) {
      expect(problem.rule).toMatch(/^[A-Z0-9]+(-[A-Z0-9]+)*$/);
      expect(problem.pointer).toMatch(/^(\/|$)/);
      expect(problem.expected).not.toBe('');
    }
  },
);

real(`${why}every type, property and required property of the model is in the schemas`, () => {
  const model = JSON.parse(readFileSync(resolve(SHARED, 'spec/stix-2.1-model.json'), 'utf8')) as Record<
    'sdo' | 'sro' | 'sco' | 'smo',
    Record<string, Record<string, unknown>>
  > & {
    extensions: Record<string, Record<string, Record<string, string>>>;
  };
  type Schema = { properties: Record<string, Schema>; required?: string[]; allOf?: Schema[] };
  const schema = (name: string): Schema => schemas[name] as unknown as Schema;
  const types = Object.entries({ ...model.sdo, ...model.sro, ...model.sco, ...model.smo });
  expect(types).toHaveLength(19 + 2 + 18 + 3);
  for (const [type, properties] of types) {
    const own = schema(type);
    const required = [...(own.required ?? []), ...(own.allOf ?? []).flatMap((s) => s.required ?? [])];
    for (const [name, code] of Object.entries(properties)) {
      if (name === '_drop') continue;
      expect([type, name, name in own.properties]).toEqual([type, name, true]);
      if (String(code).endsWith('!'))
        expect([type, required]).toEqual([type, expect.arrayContaining([name])]);
    }
  }
  const extensions = Object.entries(model.extensions).flatMap(([type, all]) =>
    Object.entries(all).map(([name, p]) => [type, name, p] as const),
  );
  expect(extensions).toHaveLength(12);
  for (const [type, name, properties] of extensions) {
    const own = schema(type).properties['extensions']!.properties[name]!;
    expect(Object.keys(own.properties)).toEqual(expect.arrayContaining(Object.keys(properties)));
  }
});

const base = {
  spec_version: '2.1',
  id: 'tool--5a3a4b1c-2f3d-4e5f-8a9b-0c1d2e3f4a5b',
  created: '2024-01-01T00:00:00.000Z',
  modified: '2024-01-01T00:00:00.000Z',
};
test.each<[string, StixObject, Partial<Finding> | undefined]>([
  ['a sound object', { ...base, type: 'tool', name: 'x' }, undefined],
  ['S-REQ', { ...base, type: 'tool' }, { rule: 'S-REQ', pointer: '/name' }],
  ['T-NULL', { ...base, type: 'tool', name: null }, { rule: 'T-NULL', pointer: '/name' }],
  ['T-LIST', { ...base, type: 'tool', name: 'x', labels: [] }, { rule: 'T-LIST', pointer: '/labels' }],
  [
    'T-LIST in custom content',
    { ...base, type: 'tool', name: 'x', x_list: [{ y: [] }] },
    { rule: 'T-LIST', pointer: '/x_list/0/y' },
  ],
  [
    'T-TSMS',
    { ...base, type: 'tool', name: 'x', created: '2024-01-01T00:00:00Z' },
    { rule: 'T-TSMS', pointer: '/created' },
  ],
  ['I-TYPE', { ...base, type: 'malware', name: 'x', is_family: false }, { rule: 'I-TYPE', pointer: '/id' }],
  ['N-PROP', { ...base, type: 'tool', name: 'x', 'a.b': 1 }, { rule: 'N-PROP', pointer: '/a.b' }],
  [
    'N-RESERVED',
    { ...base, type: 'tool', name: 'x', severity: 1 },
    { rule: 'N-RESERVED', pointer: '/severity' },
  ],
  ['a custom type', { ...base, type: 'x-case', id: base.id.replace('tool', 'x-case'), x_any: 1 }, undefined],
])('%s', (_, object, problem) => {
  if (problem) expect(checkSchema(object)).toMatchObject(problem);
  else expect(checkSchema(object)).toBeUndefined();
});
