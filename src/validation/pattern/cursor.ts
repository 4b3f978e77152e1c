/** Where a parser stands in the words of a pattern. */
import { isKeyword, PatternError, tokenize, type Token } from './lexer';

export abstract class Cursor {
  private readonly tokens: readonly Token[];
  private next = 0;

  /** @throws {PatternError} */
  constructor(text: string) {
    this.tokens = tokenize(text);
  }

  protected get token(): Token {
    return this.tokens[this.next] as Token;
  }

  protected is(text: string, kind: Token['kind'] = /^[A-Z]/.test(text) ? 'keyword' : 'symbol'): boolean {
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
    if (!this.take(text)) this.fail(/^[A-Z]/.test(text) ? text : `"${text}"`, rule);
  }
}
