/**
 * The STIX pattern language (STIX 2.1 §9), by recursive descent with one word of look-ahead: linear in the length.
 *
 *     pattern = or { FOLLOWEDBY or }      or = and { OR and }      and = unit { AND unit }
 *     unit    = ( "[" comparisons "]" | "(" pattern ")" ) { qualifier }
 */
import type { Comparison, Constant, ObjectPath, Operator, Pattern, Qualifier, Test } from './ast';
import { Cursor } from './cursor';
import { PatternError, type Token } from './lexer';

const SAME: Readonly<Record<string, Operator>> = { '==': '=', '<>': '!=' };
const EQUALITY = ['=', '==', '!=', '<>'];
const ORDER = ['<', '<=', '>', '>='];
const OF_STRINGS = ['LIKE', 'MATCHES', 'ISSUBSET', 'ISSUPERSET'];

class Parser extends Cursor {
  pattern(): Pattern {
    const whole = this.followedBy();
    if (this.token.kind !== 'end') this.fail('AND, OR, FOLLOWEDBY, a qualifier or the end of the pattern');
    return whole;
  }

  private chain(kind: 'AND' | 'OR' | 'FOLLOWEDBY', operand: () => Pattern): Pattern {
    const operands = [operand()];
    while (this.take(kind)) operands.push(operand());
    return operands.length === 1 ? (operands[0] as Pattern) : { kind, operands, qualifiers: [] };
  }

  private followedBy(): Pattern {
    return this.chain('FOLLOWEDBY', () => this.chain('OR', () => this.chain('AND', () => this.unit())));
  }

  private unit(): Pattern {
    if (this.take('[')) {
      const comparison = this.comparisons();
      this.expect(']');
      return { kind: 'observation', comparison, qualifiers: this.qualifiers() };
    }
    if (this.take('(')) {
      const inner = this.nested(() => this.followedBy());
      this.expect(')');
      const qualifiers = this.qualifiers();
      if (qualifiers.length === 0) return inner;
      return inner.qualifiers.length === 0
        ? { ...inner, qualifiers }
        : { kind: 'AND', operands: [inner], qualifiers };
    }
    return this.fail('"[" before a comparison', this.token.kind === 'identifier' ? 'P-BRACKET' : undefined);
  }

  private qualifiers(): Qualifier[] {
    const found: Qualifier[] = [];
    for (;;) {
      const { start, text } = this.token;
      const qualifier = this.qualifier();
      if (!qualifier) return found;
      if (found.some((q) => q.kind === qualifier.kind))
        throw new PatternError('P-QUALDUP', start, `a second ${text}`, `one ${text} for an observation`);
      found.push(qualifier);
    }
  }

  private qualifier(): Qualifier | undefined {
    if (this.take('START')) {
      const start = this.instant();
      this.expect('STOP', 'P-QUALVAL');
      return { kind: 'START', start, stop: this.instant() };
    }
    if (this.take('WITHIN')) {
      const amount = this.positive(['integer', 'float'], 'a positive number of seconds');
      this.expect('SECONDS', 'P-QUALVAL');
      return { kind: 'WITHIN', amount };
    }
    if (this.take('REPEATS')) {
      const amount = this.positive(['integer'], 'a positive whole number of times');
      this.expect('TIMES', 'P-QUALVAL');
      return { kind: 'REPEATS', amount };
    }
    return undefined;
  }

  private instant(): string {
    if (this.token.kind !== 'timestamp') this.fail("a timestamp constant: t'…Z'", 'P-QUALVAL');
    return this.advance().text;
  }

  private positive(kinds: readonly Token['kind'][], expected: string): number {
    if (!kinds.includes(this.token.kind) || !(Number(this.token.text) > 0)) this.fail(expected, 'P-QUALVAL');
    return Number(this.advance().text);
  }

  private comparisons(): Comparison {
    return this.compare('or', 'OR', () => this.compare('and', 'AND', () => this.test()));
  }

  private compare(kind: 'and' | 'or', keyword: string, operand: () => Comparison): Comparison {
    const operands = [operand()];
    while (this.take(keyword)) operands.push(operand());
    return operands.length === 1 ? (operands[0] as Comparison) : { kind, operands };
  }

  private test(): Comparison {
    if (this.take('(')) {
      const inner = this.nested(() => this.comparisons());
      this.expect(')');
      return inner;
    }
    if (this.is('NOT') || this.is('EXISTS')) {
      const negated = this.take('NOT');
      this.expect('EXISTS');
      return { kind: 'test', path: this.path(), operator: 'EXISTS', negated, constants: [] };
    }
    const path = this.path();
    const negated = this.take('NOT');
    return { kind: 'test', path, negated, ...this.comparison() };
  }

  private comparison(): Pick<Test, 'operator' | 'constants'> {
    const { kind, text } = this.token;
    const operator = SAME[text] ?? (text as Operator);
    if (kind === 'symbol' && EQUALITY.includes(text)) {
      this.advance();
      return { operator, constants: [this.constant()] };
    }
    if (kind === 'symbol' && ORDER.includes(text)) {
      this.advance();
      if (this.is('true', 'keyword') || this.is('false', 'keyword'))
        this.fail('a constant that has an order: no boolean');
      return { operator, constants: [this.constant()] };
    }
    if (kind === 'keyword' && OF_STRINGS.includes(text)) {
      this.advance();
      if (this.token.kind !== 'string') this.fail(`a string after ${text}`, 'P-LITERAL');
      return { operator, constants: [this.constant()] };
    }
    if (this.take('IN')) {
      this.expect('(');
      const constants: Constant[] = [];
      if (!this.take(')')) {
        do constants.push(this.constant());
        while (this.take(','));
        this.expect(')');
      }
      return { operator: 'IN', constants };
    }
    return this.fail(
      'a comparison: =, !=, <, <=, >, >=, IN, LIKE, MATCHES, ISSUBSET or ISSUPERSET, after a path TYPE:PROPERTY',
    );
  }

  private constant(): Constant {
    const { kind, text } = this.token;
    switch (kind) {
      case 'string':
      case 'hex':
      case 'binary':
      case 'timestamp':
        this.advance();
        return { kind, value: text };
      case 'integer':
      case 'float':
        this.advance();
        return { kind, value: Number(text) };
      case 'keyword':
        if (text === 'true' || text === 'false') {
          this.advance();
          return { kind: 'boolean', value: text === 'true' };
        }
        return this.fail("a constant: 'text', a number, true, false, t'…Z', h'…' or b'…'", 'P-LITERAL');
      default:
        return this.fail("a constant: 'text', a number, true, false, t'…Z', h'…' or b'…'", 'P-LITERAL');
    }
  }

  private path(): ObjectPath {
    if (!this.isKind('identifier')) this.fail('an object type such as file or ipv4-addr');
    const type = this.advance().text;
    this.expect(':');
    const steps: ObjectPath['steps'][number][] = [{ name: this.name() }];
    for (;;) {
      if (this.take('.')) steps.push({ name: this.name() });
      else if (this.take('[')) {
        if (this.take('*')) steps.push({ index: '*' });
        else {
          if (!this.isKind('integer')) this.fail('the index of a list item, or *');
          steps.push({ index: Number(this.advance().text) });
        }
        this.expect(']');
      } else return { type, steps };
    }
  }

  private name(): string {
    const { kind, text } = this.token;
    if (kind === 'identifier' && text.includes('-'))
      this.fail("a property name; one with a hyphen stands in quotes: 'x-y'");
    if (kind !== 'identifier' && kind !== 'string') this.fail('a property name');
    return this.advance().text;
  }
}

/**
 * Reads a pattern of the language "stix".
 *
 * @throws {PatternError} the first thing that is wrong, with its offset and what was expected.
 */
export function parsePattern(text: string): Pattern {
  return new Parser(text).pattern();
}

/** Where an offset lies, both from 1; columns count UTF-16 units. */
export function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: (before.at(-1) as string).length + 1 };
}
