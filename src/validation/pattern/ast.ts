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

/** Every test of a pattern, in the order of the text. */
export function testsOf(pattern: Pattern): Test[] {
  return observationsOf(pattern).flatMap((observation) => testsIn(observation.comparison));
}

export function testsIn(comparison: Comparison): Test[] {
  return comparison.kind === 'test' ? [comparison] : comparison.operands.flatMap(testsIn);
}

export function observationsOf(pattern: Pattern): Observation[] {
  return pattern.kind === 'observation' ? [pattern] : pattern.operands.flatMap(observationsOf);
}

export function qualifiersOf(pattern: Pattern): Qualifier[] {
  const inner = pattern.kind === 'observation' ? [] : pattern.operands.flatMap(qualifiersOf);
  return [...inner, ...pattern.qualifiers];
}
