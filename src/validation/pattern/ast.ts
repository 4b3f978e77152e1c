/** What a STIX pattern says (STIX 2.1 §9), as a tree. */

export type Constant =
  | { readonly kind: 'string' | 'timestamp' | 'hex' | 'binary'; readonly value: string }
  | { readonly kind: 'integer' | 'float'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean };

export interface ObjectPath {
  readonly type: string;
  /** Names and keys as text; list steps as `{ index }`. */
  readonly steps: readonly ({ readonly name: string } | { readonly index: number | '*' })[];
}

export type Operator =
  '=' | '!=' | '<' | '<=' | '>' | '>=' | 'IN' | 'LIKE' | 'MATCHES' | 'ISSUBSET' | 'ISSUPERSET' | 'EXISTS';

export interface Test {
  readonly kind: 'test';
  readonly path: ObjectPath;
  readonly operator: Operator;
  readonly negated: boolean;
  /** None for EXISTS, any number for IN, else one. */
  readonly constants: readonly Constant[];
}
export interface Comparisons {
  readonly kind: 'and' | 'or';
  readonly operands: readonly Comparison[];
}
export type Comparison = Test | Comparisons;

export type Qualifier =
  | { readonly kind: 'REPEATS' | 'WITHIN'; readonly amount: number }
  | { readonly kind: 'START'; readonly start: string; readonly stop: string };

export interface Observation {
  readonly kind: 'observation';
  readonly comparison: Comparison;
  readonly qualifiers: readonly Qualifier[];
}
export interface Observations {
  readonly kind: 'AND' | 'OR' | 'FOLLOWEDBY';
  readonly operands: readonly Pattern[];
  readonly qualifiers: readonly Qualifier[];
}
export type Pattern = Observation | Observations;

/** Every test of a pattern, in the order of the text. Each is looked at once, however deep the parentheses. */
export function testsOf(pattern: Pattern): Test[] {
  const found: Test[] = [];
  const walk = (comparison: Comparison): void => {
    if (comparison.kind === 'test') found.push(comparison);
    else comparison.operands.forEach(walk);
  };
  for (const observation of observationsOf(pattern)) walk(observation.comparison);
  return found;
}

export function observationsOf(pattern: Pattern): Observation[] {
  const found: Observation[] = [];
  const walk = (inner: Pattern): void => {
    if (inner.kind === 'observation') found.push(inner);
    else inner.operands.forEach(walk);
  };
  walk(pattern);
  return found;
}

/** Those of what stands inside come first. */
export function qualifiersOf(pattern: Pattern): Qualifier[] {
  const found: Qualifier[] = [];
  const walk = (inner: Pattern): void => {
    if (inner.kind !== 'observation') inner.operands.forEach(walk);
    for (const qualifier of inner.qualifiers) found.push(qualifier);
  };
  walk(pattern);
  return found;
}
