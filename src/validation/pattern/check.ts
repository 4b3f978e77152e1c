/** What is checked of a pattern beyond its grammar (STIX 2.1 §9, rules P-LENGTH, P-HASH, P-NAME, P-CUSTOM, P-ANDSAME). */
import { PLANS } from '../plan';
import { shown, type Finding } from '../verdict';
import { groupOf } from '../../domain/stix';
import { instantKey } from '../../domain/timestamp';
import { observationsOf, qualifiersOf, testsOf, type Comparison, type Pattern, type Test } from './ast';
import { PatternError } from './lexer';
import { parsePattern, placeOf } from './parse';

export interface PatternVerdict {
  /** None if the text is no pattern. */
  readonly pattern: Pattern | undefined;
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
}

const HASH_SHAPES: Readonly<Record<string, RegExp>> = {
  MD5: /^[0-9a-f]{32}$/i,
  SHA1: /^[0-9a-f]{40}$/i,
  SHA256: /^[0-9a-f]{64}$/i,
  SHA512: /^[0-9a-f]{128}$/i,
  SHA3256: /^[0-9a-f]{64}$/i,
  SHA3512: /^[0-9a-f]{128}$/i,
  SSDEEP: /^[0-9]+:[^:]*:.*$/s,
  TLSH: /^(?:T1)?[0-9a-f]{70}$/i,
};
/**
 * UTF-16 units; some ten thousand values. Reading and checking takes up to 0.6 µs and 100 bytes for each: 0.15 s and
 * 25 MB for the longest that is read.
 */
export const LONGEST_PATTERN = 250_000;
const OBJECT_TYPE = /^[a-z0-9-]{3,250}$/;
const PROPERTY = /^(?:id|[a-z0-9_]{3,250})$/;

const names = (test: Test): string[] =>
  test.path.steps.flatMap((step) => ('name' in step ? [step.name] : []));
const spelt = ({ path }: Test): string => `${path.type}:${names({ path } as Test).join('.')}`;

function hashProblem(test: Test): { found: string; expected: string } | undefined {
  if (!['=', '!=', 'IN'].includes(test.operator)) return undefined;
  const steps = names(test);
  const algorithm = steps.at(-1) ?? '';
  if (steps.at(-2) !== 'hashes') return undefined;
  const shape = HASH_SHAPES[algorithm.toUpperCase().replaceAll('-', '')];
  const wrong = test.constants.find(
    (c) => c.kind === 'string' && shape !== undefined && !shape.test(c.value),
  );
  return wrong && { found: `${shown(wrong.value)} in ${spelt(test)}`, expected: `the shape of ${algorithm}` };
}

/** A type or first property that STIX does not name. */
function isCustom({ path }: Test): boolean {
  const plan = groupOf(path.type) === 'SCO' ? PLANS.get(path.type) : undefined;
  const first = path.steps[0];
  return !plan || (first !== undefined && 'name' in first && !plan.has(first.name));
}

/** Whether somewhere AND joins what no one object can be: each operand must leave one type that all are about. */
function mixed(comparison: Comparison): boolean {
  let found = false;
  /** @returns the types of the tests. The sets of operands become one, the smaller into the largest: n log n in all. */
  const typesOf = (inner: Comparison): Set<string> => {
    if (inner.kind === 'test') return new Set([inner.path.type]);
    const operands = inner.operands.map(typesOf).sort((x, y) => x.size - y.size);
    const [fewest = new Set<string>(), ...others] = operands;
    if (inner.kind === 'and' && ![...fewest].some((type) => others.every((types) => types.has(type))))
      found = true;
    const all = operands.at(-1) ?? fewest;
    for (const types of operands) if (types !== all) for (const type of types) all.add(type);
    return all;
  };
  typesOf(comparison);
  return found;
}

/**
 * Reads and checks a pattern.
 *
 * @param inObject whether it stands in an indicator: names in paths must then be names that objects can have, and
 *   what is unwise in one is said. By itself, a text is only held to the grammar and to the shapes of hashes.
 */
export function checkPattern(text: string, { inObject }: { inObject: boolean }): PatternVerdict {
  if (text.length > LONGEST_PATTERN) {
    const found = `a pattern of ${text.length} characters`;
    const expected = `at most ${LONGEST_PATTERN}; make several indicators of it`;
    return {
      pattern: undefined,
      errors: [{ rule: 'P-LENGTH', pointer: '', found, expected }],
      warnings: [],
    };
  }
  let pattern: Pattern;
  try {
    pattern = parsePattern(text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const { line, column } = placeOf(text, error.offset);
    const found = `${error.found.slice(0, 100)} at line ${line}, column ${column}`;
    return {
      pattern: undefined,
      errors: [{ rule: error.rule, pointer: '', found, expected: error.expected }],
      warnings: [],
    };
  }
  const errors: Finding[] = [];
  const warnings: Finding[] = [];
  const add = (list: Finding[], rule: string, found: string, expected: string): void => {
    if (list.length < 20) list.push({ rule, pointer: '', found, expected });
  };
  const custom = new Set<string>();
  for (const test of testsOf(pattern)) {
    const hash = hashProblem(test);
    if (hash) add(errors, 'P-HASH', hash.found, hash.expected);
    const first = test.path.steps[0] as { name: string };
    if (inObject && !OBJECT_TYPE.test(test.path.type))
      add(errors, 'P-NAME', shown(test.path.type), 'an object type of 3 to 250 characters a-z, 0-9 and "-"');
    if (inObject && !PROPERTY.test(first.name))
      add(errors, 'P-NAME', shown(first.name), 'a property of 3 to 250 characters a-z, 0-9 and "_"');
    if (test.path.steps.some((step) => 'index' in step && step.index !== '*' && step.index < 0))
      add(warnings, 'P-SYNTAX', `a negative index in ${spelt(test)}`, 'an index of 0 or more');
    if (isCustom(test)) custom.add(`${test.path.type}:${first.name}`);
    for (const constant of test.constants) {
      if (constant.kind === 'timestamp' && instantKey(constant.value) === undefined)
        add(warnings, 'P-TSLIT', `t'${constant.value}'`, 'an instant that the calendar has');
    }
  }
  for (const path of inObject ? custom : [])
    add(warnings, 'P-CUSTOM', shown(path), 'an object type and property that STIX names');
  for (const { start, stop } of qualifiersOf(pattern).filter((q) => q.kind === 'START')) {
    if ([start, stop].some((time) => instantKey(time) === undefined))
      add(warnings, 'P-TSLIT', `START t'${start}' STOP t'${stop}'`, 'instants that the calendar has');
  }
  if (inObject && observationsOf(pattern).some((o) => mixed(o.comparison)))
    add(warnings, 'P-ANDSAME', 'AND between objects of different types', 'one object that satisfies both');
  return {
    pattern,
    errors,
    warnings: warnings.map((w) => (w.rule === 'P-CUSTOM' ? { ...w, code: 401 } : w)),
  };
}
