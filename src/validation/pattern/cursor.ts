/** Where a parser stands in the words of a pattern. */
import { isKeyword, PatternError, tokenize, type Token } from './lexer';

/** Parentheses within parentheses; more would only exhaust the stack. */
const DEEPEST = 500;

/** Whether a parser asks for a keyword; of symbols none begins like that. Without an expression: it is asked at every word. */
function isCapital(text: string): boolean {
  const first = text.charCodeAt(0);
  return first >= 0x41 && first <= 0x5a;
}

export abstract class Cursor {
  private readonly tokens: readonly Token[];
  private next = 0;
  private depth = 0;

  /** @throws {PatternError} */
  constructor(text: string) {
    this.tokens = tokenize(text);
  }

  protected get token(): Token {
    return this.tokens[this.next] as Token;
  }

  protected is(text: string, kind: Token['kind'] = isCapital(text) ? 'keyword' : 'symbol'): boolean {
    return this.token.kind === kind && this.token.text === text;
  }

  protected isKind(kind: Token['kind']): boolean {
    return this.token.kind === kind;
  }

  protected take(text: string): boolean {
    if (!this.is(text)) return false;
    this.next++;
    return true;
  }

  protected advance(): Token {
    return this.tokens[this.next++] as Token;
  }

  protected fail(expected: string, rule = 'P-SYNTAX'): never {
    const { kind, text, start } = this.token;
    const upper = text.toUpperCase();
    if (kind === 'identifier' && (isKeyword(upper) || isKeyword(text.toLowerCase()))) {
      const right = isKeyword(upper) ? upper : text.toLowerCase();
      throw new PatternError(rule === 'P-SYNTAX' ? 'P-KEYWORD' : rule, start, text, `the keyword ${right}`);
    }
    const found = kind === 'end' ? 'the end of the pattern' : kind === 'string' ? `'${text}'` : text;
    throw new PatternError(rule, start, found, expected);
  }

  protected expect(text: string, rule?: string): void {
    if (!this.take(text)) this.fail(isCapital(text) ? text : `"${text}"`, rule);
  }

  protected nested<T>(parse: () => T): T {
    if (++this.depth > DEEPEST) this.fail(`at most ${DEEPEST} parentheses within each other`);
    const result = parse();
    this.depth--;
    return result;
  }
}
