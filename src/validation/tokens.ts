/** The tokens of JSON (RFC 8259) in bytes that are UTF-8: strings, numbers, literals, white space. Each is looked at once. */

export const Byte = {
  Tab: 0x09,
  Newline: 0x0a,
  Return: 0x0d,
  Space: 0x20,
  Quote: 0x22,
  Plus: 0x2b,
  Comma: 0x2c,
  Minus: 0x2d,
  Dot: 0x2e,
  Zero: 0x30,
  Nine: 0x39,
  Colon: 0x3a,
  UpperE: 0x45,
  OpenList: 0x5b,
  Backslash: 0x5c,
  CloseList: 0x5d,
  LowerE: 0x65,
  LowerU: 0x75,
  OpenObject: 0x7b,
  CloseObject: 0x7d,
} as const;

const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));
const LITERALS = ['true', 'false', 'null'].map((literal) => Buffer.from(literal));
/** Fewer digits than this, without an exponent, are a finite number. */
const SURELY_FINITE = 300;

export abstract class Tokens {
  protected at = 0;
  /** Whether there was white space since this was last set to false. */
  protected spaced = false;

  constructor(protected readonly bytes: Buffer) {}

  /** The bytes are no JSON. */
  protected abstract fail(what: string, advice?: string): never;
  /** They are, and JSON.parse would change them in silence. */
  protected abstract note(rule: string, found: string, expected: string): void;

  protected space(): void {
    const start = this.at;
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte !== Byte.Space && byte !== Byte.Newline && byte !== Byte.Return && byte !== Byte.Tab) break;
      this.at++;
    }
    if (this.at > start) this.spaced = true;
  }

  /** Reads `\uXXXX`. @returns its code unit. */
  private codeUnit(): number {
    const digits = this.bytes.toString('latin1', this.at + 2, this.at + 6);
    if (!/^[0-9a-f]{4}$/i.test(digits)) this.fail('\\u is not followed by four hexadecimal digits');
    this.at += 6;
    return parseInt(digits, 16);
  }

  /** @returns the raw bytes between the quotes, and whether there is an escape in them. */
  protected string(): { start: number; end: number; escaped: boolean } {
    const { bytes } = this;
    const start = ++this.at;
    let escaped = false;
    let lone = false;
    /** Where the other half of a surrogate pair must stand: half a pair can only come as an escape. */
    let expected = -1;
    for (;;) {
      const byte = bytes[this.at];
      if (byte === Byte.Quote) break;
      if (byte === undefined) this.fail('the text ends inside a string');
      if (byte < 0x20)
        this.fail('a string holds a control character that is not escaped', 'Escape it as \\u00XX.');
      if (byte !== Byte.Backslash) {
        this.at++;
        continue;
      }
      escaped = true;
      const next = bytes[this.at + 1] ?? 0;
      if (next === Byte.LowerU) {
        const place = this.at;
        const unit = this.codeUnit();
        const low = unit >= 0xdc00 && unit <= 0xdfff;
        if (low !== (expected === place)) lone = true;
        expected = unit >= 0xd800 && unit <= 0xdbff ? this.at : -1;
        if (expected >= 0 && bytes[expected] !== Byte.Backslash) lone = true;
      } else if (ESCAPES.has(next)) {
        if (expected === this.at) lone = true;
        this.at += 2;
      } else this.fail('a backslash is followed by a character that it does not escape');
    }
    const end = this.at++;
    if (lone) this.note('T-UNI', 'half of a surrogate pair', 'well-formed Unicode');
    return { start, end, escaped };
  }

  protected textOf({ start, end, escaped }: { start: number; end: number; escaped: boolean }): string {
    const raw = this.bytes.toString('utf8', start, end);
    return escaped ? (JSON.parse(`"${raw}"`) as string) : raw;
  }

  protected number(): void {
    const { bytes } = this;
    const start = this.at;
    const digits = (): number => {
      const from = this.at;
      while ((bytes[this.at] ?? 0) >= Byte.Zero && (bytes[this.at] ?? 0) <= Byte.Nine) this.at++;
      if (this.at === from) this.fail('a number lacks a digit');
      return this.at - from;
    };
    if (bytes[this.at] === Byte.Minus) this.at++;
    const zero = bytes[this.at] === Byte.Zero;
    if (digits() > 1 && zero) this.fail('a number begins with 0');
    let [whole, exponent] = [true, false];
    if (bytes[this.at] === Byte.Dot) {
      this.at++;
      digits();
      whole = false;
    }
    if (bytes[this.at] === Byte.LowerE || bytes[this.at] === Byte.UpperE) {
      this.at++;
      if (bytes[this.at] === Byte.Plus || bytes[this.at] === Byte.Minus) this.at++;
      digits();
      [whole, exponent] = [false, true];
    }
    const length = this.at - start;
    if (whole && length >= 16) {
      const text = bytes.toString('latin1', start, Math.min(this.at, start + 400));
      if (!Number.isSafeInteger(Number(text)))
        this.note('T-INT', text.slice(0, 40), 'an integer within ±(2^53 − 1)');
    }
    if (!exponent && length < SURELY_FINITE) return;
    if (!Number.isFinite(Number(bytes.toString('latin1', start, this.at))))
      this.note('T-FLOAT', bytes.toString('latin1', start, Math.min(this.at, start + 40)), 'a finite number');
  }

  /** @returns whether there was one. */
  protected literal(): boolean {
    for (const literal of LITERALS) {
      const end = Math.min(this.at + literal.length, this.bytes.length);
      if (this.bytes.compare(literal, 0, literal.length, this.at, end) === 0) {
        this.at += literal.length;
        return true;
      }
    }
    return false;
  }
}
