/**
 * What an object says is bad, as plain values. Patterns are parsed: a value counts only if it satisfies the pattern by
 * itself. What stands under NOT, or counts only together with something else or several times, claims nothing alone.
 */
import { groupOf, type StixObject } from '../../src/domain/stix';
import { parseTimestamp, type Micros } from '../../src/domain/timestamp';
import { parsePattern } from '../../src/validation/pattern/parse';
import type { Comparison, Pattern, Qualifier, Test } from '../../src/validation/pattern/ast';
import { PatternError } from '../../src/validation/pattern/lexer';

export const LISTS = ['address', 'domain', 'url', 'hash', 'email'] as const;
export type ListKind = (typeof LISTS)[number];

const KINDS: Readonly<Record<string, ListKind>> = {
  'ipv4-addr': 'address',
  'ipv6-addr': 'address',
  'domain-name': 'domain',
  url: 'url',
  'email-addr': 'email',
};

interface Value {
  readonly kind: ListKind;
  readonly value: string;
}

function kindOf({ path }: Test): ListKind | undefined {
  const names = path.steps.map((step) => ('name' in step ? step.name : '[]'));
  if (names.length === 1 && names[0] === 'value') return KINDS[path.type];
  if (names.length === 2 && names[0] === 'hashes' && path.type === 'file') return 'hash';
  return undefined;
}

function valuesOf(test: Test): Value[] {
  const kind = kindOf(test);
  if (kind === undefined || test.negated) return [];
  const ranges = test.operator === 'ISSUBSET' && kind === 'address';
  if (test.operator !== '=' && test.operator !== 'IN' && !ranges) return [];
  return test.constants.flatMap((c) => (c.kind === 'string' ? [{ kind, value: c.value }] : []));
}

function inComparison(comparison: Comparison): Value[] {
  if (comparison.kind === 'test') return valuesOf(comparison);
  if (comparison.kind === 'or') return comparison.operands.flatMap(inComparison);
  // Several hashes of one file name that file, each by itself.
  const hashes = comparison.operands.every(
    (o) => o.kind === 'test' && o.operator === '=' && !o.negated && kindOf(o) === 'hash',
  );
  return hashes ? comparison.operands.flatMap(inComparison) : [];
}

function counts(qualifiers: readonly Qualifier[], now: Micros): boolean {
  return qualifiers.every((q) => {
    if (q.kind === 'START') return (parseTimestamp(q.stop) ?? Infinity) > now;
    return q.kind === 'WITHIN' || q.amount <= 1;
  });
}

function inPattern(pattern: Pattern, now: Micros): Value[] {
  if (!counts(pattern.qualifiers, now)) return [];
  if (pattern.kind === 'observation') return inComparison(pattern.comparison);
  return pattern.kind === 'OR' || pattern.operands.length === 1
    ? pattern.operands.flatMap((operand) => inPattern(operand, now))
    : [];
}

function inIndicator(indicator: StixObject, now: Micros): Value[] {
  const { pattern, pattern_type: type, indicator_types: types } = indicator;
  if (type !== 'stix' || typeof pattern !== 'string') return [];
  if (Array.isArray(types) && types.includes('benign')) return [];
  try {
    return inPattern(parsePattern(pattern), now);
  } catch (error) {
    if (error instanceof PatternError) return [];
    throw error;
  }
}

function inObservable(object: StixObject): Value[] {
  if (object['defanged'] === true) return [];
  const { value, hashes } = object;
  const kind = KINDS[String(object['type'])];
  if (kind !== undefined && typeof value === 'string') return [{ kind, value }];
  if (object['type'] === 'file' && typeof hashes === 'object' && hashes !== null)
    return Object.values(hashes).flatMap((hash) =>
      typeof hash === 'string' ? [{ kind: 'hash' as const, value: hash }] : [],
    );
  return [];
}

/** One value a line is all that a list can hold. */
const printable = (value: string): boolean => !/\p{Cc}/u.test(value);

/** The values of some kinds that an indicator or observable says are bad. */
export function badValues(object: StixObject, kinds: readonly ListKind[], now: Micros): string[] {
  const all =
    object['type'] === 'indicator'
      ? inIndicator(object, now)
      : groupOf(String(object['type'])) === 'SCO'
        ? inObservable(object)
        : [];
  return all.filter((v) => kinds.includes(v.kind) && printable(v.value)).map((v) => v.value);
}
