/** The words of a STIX pattern. One pass, every character looked at once: linear, whatever the text. */
import { isBase64, isHex } from '../scans';

/** Where and why a text is no STIX pattern (STIX 2.1 §9). */
export class PatternError extends Error {
  override readonly name = 'PatternError';
  constructor(
    /** P-SYNTAX, P-LITERAL … */
    readonly rule: string,
    /** From 0, in UTF-16 units. */
    readonly offset: number,
    readonly found: string,
    readonly expected: string,
  ) {
    super(`${rule}: found ${found}, expected ${expected}`);
  }
}

export type TokenKind =
  | 'identifier'
  | 'keyword'
  | 'string'
  | 'integer'
  | 'float'
  | 'hex'
  | 'binary'
  | 'timestamp'
  | 'symbol'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The word as written; of quoted constants what stands between the quotes, without escapes. */
  readonly text: string;
  readonly start: number;
}

const KEYWORDS = new Set([
  'AND',
  'OR',
  'NOT',
  'FOLLOWEDBY',
  'LIKE',
  'MATCHES',
  'ISSUPERSET',
  'ISSUBSET',
  'EXISTS',
  'IN',
  'START',
  'STOP',
  'SECONDS',
  'WITHIN',
  'REPEATS',
  'TIMES',
  'true',
  'false',
]);
const SPACE = /[\s\u0085]/;
const WORD = /[A-Za-z_][A-Za-z0-9_-]*/y;
const NUMBER = /[+-]?(?:[0-9]*\.[0-9]+|[0-9]+)/y;
const SYMBOLS = ['==', '!=', '<>', '<=', '>=', '=', '<', '>', ':', '.', ',', '(', ')', '[', ']', '*'];
/** Every field within its bounds; whether the month has that day is checked after the grammar. */
const TIMESTAMP =
  /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?Z$/;

export const isKeyword = (word: string): boolean => KEYWORDS.has(word);

/** @throws {PatternError} */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;

  const sticky = (expression: RegExp): string | undefined => {
    expression.lastIndex = at;
    return expression.exec(text)?.[0];
  };

  /** Reads from the opening quote; the only escapes are `\\` and `\'`. */
  function quoted(start: number): string {
    let value = '';
    let from = at + 1;
    for (let i = from; i < text.length; i++) {
      const char = text[i];
      if (char === "'") {
        at = i + 1;
        return value + text.slice(from, i);
      }
      if (char === '\\') {
        const next = text[i + 1];
        if (next !== "'" && next !== '\\')
          throw new PatternError(
            'P-LITERAL',
            i,
            `the escape \\${next ?? ''}`,
            "no escape but \\\\ and \\' in a string",
          );
        value += text.slice(from, i) + next;
        from = ++i + 1;
      }
    }
    throw new PatternError(
      'P-LITERAL',
      start,
      'a string without its closing quote',
      "' at the end of the string",
    );
  }

  function constant(prefix: string): void {
    const start = at++;
    const value = quoted(start);
    if (prefix === 'h') {
      if (!isHex(value))
        throw new PatternError('P-LITERAL', start, `h'${value}'`, 'an even number of hexadecimal digits');
      tokens.push({ kind: 'hex', text: value, start });
    } else if (prefix === 'b') {
      if (!isBase64(value)) throw new PatternError('P-LITERAL', start, `b'${value}'`, 'base64 with padding');
      tokens.push({ kind: 'binary', text: value, start });
    } else {
      if (!TIMESTAMP.test(value))
        throw new PatternError(
          'P-TSLIT',
          start,
          `t'${value}'`,
          "a timestamp such as t'2024-01-31T08:00:00Z'",
        );
      tokens.push({ kind: 'timestamp', text: value, start });
    }
  }

  while (at < text.length) {
    const char = text[at] as string;
    const start = at;
    if (SPACE.test(char)) at++;
    else if (text.startsWith('//', at)) {
      while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
    } else if (text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      if (end < 0) throw new PatternError('P-SYNTAX', at, 'a comment that does not end', '*/');
      at = end + 2;
    } else if (char === "'") tokens.push({ kind: 'string', text: quoted(start), start });
    else if ('hbt'.includes(char) && text[at + 1] === "'") constant(char);
    else if (/[A-Za-z_]/.test(char)) {
      const word = sticky(WORD) as string;
      at += word.length;
      tokens.push({ kind: KEYWORDS.has(word) ? 'keyword' : 'identifier', text: word, start });
    } else if (/[0-9]/.test(char) || (/[-+.]/.test(char) && sticky(NUMBER) !== undefined)) {
      const number = sticky(NUMBER) as string;
      at += number.length;
      const float = number.includes('.');
      if (/^(?:\.(?![0-9])|[eE][0-9+-])/.test(text.slice(at, at + 2)))
        throw new PatternError('P-LITERAL', start, text.slice(start, at + 2), 'a number such as 1 or 1.5');
      if (!float && /^[+-]?0[0-9]/.test(number))
        throw new PatternError('P-LITERAL', start, number, 'a number without leading zeros');
      tokens.push({ kind: float ? 'float' : 'integer', text: number, start });
    } else {
      const symbol = SYMBOLS.find((s) => text.startsWith(s, at));
      if (symbol === undefined) {
        throw char === '"'
          ? new PatternError('P-LITERAL', at, 'a double quote', "single quotes around a string: '…'")
          : new PatternError(
              'P-SYNTAX',
              at,
              JSON.stringify(String.fromCodePoint(text.codePointAt(at) as number)),
              'a character of the pattern language',
            );
      }
      at += symbol.length;
      tokens.push({ kind: 'symbol', text: symbol, start });
    }
  }
  tokens.push({ kind: 'end', text: 'the end', start: text.length });
  return tokens;
}
