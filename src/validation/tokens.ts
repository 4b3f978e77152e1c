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
const LITERALS = new Map(['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]));
/** The same few names and types stand in every object: texts that came before are found by their bytes. */
const KNOWN_TEXTS = 1024;
const LONGEST_KNOWN = 64;
/** Fewer digits than this, without an exponent, are a finite number. */
const SURELY_FINITE = 300;

export abstract class Tokens {
  protected at = 0;
  /** Whether there was white space since this was last set to false. */
  protected spaced = false;
  private readonly known = new Map<
    number,
    { readonly start: number; readonly end: number; readonly text: string }
  >();

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

  /** @returns where what needs no look ends: most of what is read, so it is a loop that keeps its place to itself. */
  private plainUntil(from: number): number {
    const { bytes } = this;
    const end = bytes.length;
    let at = from;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte === Byte.Quote || byte === Byte.Backslash || byte < 0x20) break;
      at++;
    }
    return at;
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
        this.at = this.plainUntil(this.at + 1);
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
    if (escaped) return JSON.parse(`"${this.bytes.toString('utf8', start, end)}"`) as string;
    return end - start > LONGEST_KNOWN ? this.bytes.toString('utf8', start, end) : this.shortText(start, end);
  }

  private shortText(start: number, end: number): string {
    const { bytes } = this;
    let slot = end - start;
    for (let at = start; at < end; at++) slot = (slot * 31 + (bytes[at] as number)) % KNOWN_TEXTS;
    const known = this.known.get(slot);
    if (known && known.end - known.start === end - start) {
      let at = start;
      while (at < end && bytes[at] === bytes[known.start + at - start]) at++;
      if (at === end) return known.text;
    }
    const text = bytes.toString('utf8', start, end);
    this.known.set(slot, { start, end, text });
    return text;
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
    const literal = LITERALS.get(this.bytes[this.at] ?? 0);
    if (!literal) return false;
    for (let i = 1; i < literal.length; i++) if (this.bytes[this.at + i] !== literal[i]) return false;
    this.at += literal.length;
    return true;
  }
}
