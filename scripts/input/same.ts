/** When two objects with different ids are the same thing. */
import { groupOf, type StixObject } from '../../src/domain/stix';
import { contributingOf } from '../../src/validation/sco-id';
import type { Comparison, Constant, Pattern, Test } from '../../src/validation/pattern/ast';
import { PatternError } from '../../src/validation/pattern/lexer';
import { parsePattern } from '../../src/validation/pattern/parse';

const constant = (c: Constant): string =>
  `${c.kind === 'integer' || c.kind === 'float' ? 'number' : c.kind}:${String(c.value)}`;

function test({ path, operator, negated, constants }: Test): string {
  // Names in the DNS, addresses and hashes are compared without case.
  const steps = path.steps.map((s) => ('name' in s ? s.name : s.index));
  const caseless =
    ['domain-name', 'ipv4-addr', 'ipv6-addr', 'mac-addr'].includes(path.type) || steps[0] === 'hashes';
  const right = constants.map(constant).map((text) => (caseless ? text.toLowerCase() : text));
  const name = steps[0] === 'hashes' ? String(steps[1]).toUpperCase().replaceAll('-', '') : '';
  return JSON.stringify([path.type, name === '' ? steps : ['hashes', name], operator, negated, right.sort()]);
}

function comparison(c: Comparison): string {
  if (c.kind === 'test') return test(c);
  return `${c.kind}(${[...new Set(c.operands.map(comparison))].sort().join()})`;
}

function normal(pattern: Pattern): string {
  const qualifiers = pattern.qualifiers.map((q) => JSON.stringify(q)).sort();
  if (pattern.kind === 'observation') return `[${comparison(pattern.comparison)}]${qualifiers.join()}`;
  const operands = pattern.operands.map(normal);
  // FOLLOWEDBY has an order; OR and AND have none.
  const sorted = pattern.kind === 'FOLLOWEDBY' ? operands : [...operands].sort();
  return `${pattern.kind}(${sorted.join()})${qualifiers.join()}`;
}

/** A pattern with what does not matter taken out: space, order of alternatives, case of names and hashes. */
export function normalPattern(text: string): string {
  try {
    return normal(parsePattern(text));
  } catch (error) {
    if (error instanceof PatternError) return text.trim();
    throw error;
  }
}

const words = (value: unknown): string =>
  typeof value === 'string' ? value.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim() : '';

/** Objects of one key are the same thing; undefined where sameness cannot be told. */
export function keyOf(object: StixObject): string | undefined {
  const type = String(object['type']);
  const group = groupOf(type);
  if (object['revoked'] === true) return undefined;
  if (type === 'indicator') {
    const language = String(object['pattern_type']);
    const pattern = String(object['pattern']);
    return JSON.stringify([type, language, language === 'stix' ? normalPattern(pattern) : pattern.trim()]);
  }
  if (group === 'SCO') {
    const contributing = contributingOf(object);
    return contributing && JSON.stringify([type, contributing]);
  }
  if (group === 'SDO' && words(object['name']) !== '') {
    const aliases = Array.isArray(object['aliases']) ? object['aliases'].map(words).sort() : [];
    return JSON.stringify([type, words(object['name']), aliases]);
  }
  return undefined;
}
