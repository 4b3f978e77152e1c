/**
 * The raw text of an envelope, byte by byte: where its members lie and what JSON.parse would hide or change in them
 * (I-JSON, T-080, T-091). One pass, linear in the length, without recursion, and nothing is parsed: what is too large to
 * be an object in memory is known before it becomes one.
 */
import { escapePointer, type Finding } from './verdict';

/** A body that is no envelope at all; the message names the place and says what to do. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
}

export interface EnvelopeLimits {
  /** Levels of nesting of the whole body. */
  readonly depth: number;
  readonly objects: number;
  /** Values in the whole body: objects, lists, strings, numbers and literals alike. Without it there is no limit. */
  readonly values?: number;
  /** Values in one object, and in all that stands around the objects; an object with more is refused alone (T-331). */
  readonly objectValues?: number;
  /** Bytes of one object, as it came; a longer one is refused alone (T-331). */
  readonly objectBytes?: number;
  /** Members without a string `id` or `type` are let through, for whoever reports them one by one. */
  readonly nameless?: boolean;
  /** The body was accepted before, maybe under other limits: only those of single objects hold. */
  readonly accepted?: boolean;
}

/** Where a member of `objects` lies, and what its place in a status needs of it. */
export interface Span {
  readonly index: number;
  /** Byte offsets in the body. */
  readonly start: number;
  readonly end: number;
  /** Whether there is insignificant white space in it. */
  readonly spaced: boolean;
  readonly values: number;
  /** Its members of these names, where they are strings. */
  readonly id: string | undefined;
  readonly type: string | undefined;
  readonly created: string | undefined;
  readonly modified: string | undefined;
  /** What JSON.parse would have changed in silence: lone surrogates, integers beyond 2^53, infinite numbers. */
  readonly problem: Finding | undefined;
  /** It is too large to be parsed. */
  readonly large: Finding | undefined;
}

const Byte = {
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
/** From this many names on, a Set is faster than comparing each with each. */
const MANY_NAMES = 16;
/** Fewer digits than this, without an exponent, are a finite number. */
const SURELY_FINITE = 300;
/** A pointer is for people: names that a stranger made long are cut. */
const MOST_POINTER = 1000;

/** An object or list that is open. */
interface Level {
  readonly object: boolean;
  /** Names seen so far; a list for few, a set for many. */
  names: string[];
  set: Set<string> | undefined;
  /** The current name, or the index in a list: for pointers. */
  name: string;
  index: number;
}

type Facts = { -readonly [Name in 'id' | 'type' | 'created' | 'modified']: string | undefined };
const nothingKnown = (): Facts => ({
  id: undefined,
  type: undefined,
  created: undefined,
  modified: undefined,
});

/** Walks the bytes once and finds the members of the top level's `objects`. */
export class Scanner {
  private at = 0;
  private readonly levels: Level[] = [];
  readonly members: Span[] = [];
  found = false;
  isList = false;
  private memberStart = -1;
  private spaced = false;
  private problem: Finding | undefined;
  private facts = nothingKnown();
  /** Values of the body; of the current member; of what stands around the members. */
  private values = 0;
  private memberValues = 0;
  private outsideValues = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly limits: EnvelopeLimits,
  ) {}

  private pointer(from = 0): string {
    return this.levels
      .slice(from)
      .map((level) => `/${level.object ? escapePointer(level.name.slice(0, MOST_POINTER)) : level.index}`)
      .join('')
      .slice(0, MOST_POINTER);
  }

  private fail(what: string, advice = 'Send one JSON object with a list "objects".'): never {
    throw new BodyError(`T-JSON at ${this.pointer() || '/'} (byte ${this.at}): ${what}. ${advice}`);
  }

  /** A finding that concerns one member only; outside the members it concerns the whole body. */
  private note(rule: string, found: string, expected: string): void {
    if (this.memberStart < 0) this.fail(`found ${found}, expected ${expected}`);
    this.problem ??= { rule, pointer: this.pointer(2), found, expected };
  }

  private space(): void {
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
  private string(): { start: number; end: number; escaped: boolean } {
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

  private textOf({ start, end, escaped }: { start: number; end: number; escaped: boolean }): string {
    const raw = this.bytes.toString('utf8', start, end);
    return escaped ? (JSON.parse(`"${raw}"`) as string) : raw;
  }

  private number(): void {
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

  private scalar(level: Level): void {
    const byte = this.bytes[this.at] ?? 0;
    if (byte === Byte.Quote) {
      const text = this.string();
      const { name } = level;
      // The member's own level: the body, the list, the member.
      if (this.memberStart >= 0 && this.levels.length === 3 && Object.hasOwn(this.facts, name))
        this.facts[name as keyof Facts] = this.textOf(text);
      return;
    }
    if (byte === Byte.Minus || (byte >= Byte.Zero && byte <= Byte.Nine)) {
      this.number();
      return;
    }
    for (const literal of LITERALS) {
      const end = Math.min(this.at + literal.length, this.bytes.length);
      if (this.bytes.compare(literal, 0, literal.length, this.at, end) === 0) {
        this.at += literal.length;
        return;
      }
    }
    this.fail(this.at >= this.bytes.length ? 'the text ends in the middle' : 'this is no JSON value');
  }

  private open(object: boolean): void {
    this.levels.push({ object, names: [], set: undefined, name: '', index: 0 });
    if (this.levels.length > this.limits.depth && this.limits.accepted !== true) {
      throw new BodyError(
        `T-JSON (byte ${this.at}): the body is nested deeper than ${this.limits.depth} levels. Send flatter objects.`,
      );
    }
    this.at++;
  }

  private get tooManyValues(): boolean {
    return this.memberValues > (this.limits.objectValues ?? Infinity);
  }

  /** Counts a value. @throws {BodyError} what would be parsed, or what is looked through here, is too much. */
  private count(): void {
    this.values++;
    if (this.memberStart >= 0) this.memberValues++;
    else this.outsideValues++;
    if (this.limits.accepted === true) return;
    const { values = Infinity, objectValues = Infinity } = this.limits;
    if (this.values > values)
      throw new BodyError(
        `SIZE (byte ${this.at}): the body holds more than ${values} values. Send several smaller envelopes.`,
      );
    if (this.outsideValues > objectValues)
      throw new BodyError(
        `SIZE (byte ${this.at}): more than ${objectValues} values stand outside "objects". Leave them out.`,
      );
  }

  /** Reads `"name":` of the open object and refuses a name that it has already (T-091). */
  private readName(level: Level): void {
    this.space();
    if (this.bytes[this.at] !== Byte.Quote) this.fail('a member name is expected');
    const name = this.textOf(this.string());
    level.name = name;
    // The names of what is refused for its size are not collected.
    if (!this.tooManyValues) {
      if (level.set ? level.set.has(name) : level.names.includes(name)) {
        this.fail('the same member name stands twice in one object', 'Give each name once.');
      }
      if (level.set) level.set.add(name);
      else if (level.names.push(name) > MANY_NAMES) level.set = new Set(level.names);
    }
    this.space();
    if (this.bytes[this.at] !== Byte.Colon) this.fail('":" is expected');
    this.at++;
  }

  private get inObjects(): boolean {
    return (
      this.levels.length === 2 &&
      this.levels[0]?.name === 'objects' &&
      this.levels[0].object &&
      !this.levels[1]?.object
    );
  }

  private beginMember(): void {
    if (this.bytes[this.at] !== Byte.OpenObject) this.fail('a member of "objects" is no JSON object');
    if (this.members.length >= this.limits.objects && this.limits.accepted !== true) {
      throw new BodyError(
        `The body holds more than ${this.limits.objects} objects. Send several smaller envelopes.`,
      );
    }
    this.memberStart = this.at;
    this.spaced = false;
    this.problem = undefined;
    this.facts = nothingKnown();
    this.memberValues = 0;
  }

  private sizeProblem(): Finding | undefined {
    const { objectValues = Infinity, objectBytes = Infinity } = this.limits;
    const bytes = this.at - this.memberStart;
    const rule = { rule: 'SIZE', pointer: '' };
    if (bytes > objectBytes)
      return { ...rule, found: `${bytes} bytes`, expected: `at most ${objectBytes} bytes in one object` };
    if (this.tooManyValues)
      return {
        ...rule,
        found: `${this.memberValues} values`,
        expected: `at most ${objectValues} values in one object`,
      };
    return undefined;
  }

  private endMember(): void {
    this.members.push({
      index: this.members.length,
      start: this.memberStart,
      end: this.at,
      spaced: this.spaced,
      values: this.memberValues,
      ...this.facts,
      problem: this.problem,
      large: this.sizeProblem(),
    });
    this.memberStart = -1;
    this.memberValues = 0;
  }

  run(): void {
    this.space();
    if (this.bytes[this.at] !== Byte.OpenObject) {
      if (this.at >= this.bytes.length) this.fail('the body is empty');
      this.fail('the body is no JSON object');
    }
    this.open(true);
    let first = true;
    while (this.levels.length > 0) {
      const level = this.levels[this.levels.length - 1] as Level;
      this.space();
      const close = level.object ? Byte.CloseObject : Byte.CloseList;
      if (this.bytes[this.at] === close) {
        this.at++;
        this.levels.pop();
        if (this.inObjects) this.endMember();
        first = false;
        continue;
      }
      if (!first) {
        if (this.bytes[this.at] !== Byte.Comma)
          this.fail(
            this.at >= this.bytes.length
              ? 'the text ends in the middle'
              : '"," or the end of the list or object is expected',
          );
        this.at++;
        level.index++;
      }
      if (level.object) this.readName(level);
      this.space();
      if (this.inObjects) this.beginMember();
      this.count();
      const byte = this.bytes[this.at];
      if (this.levels.length === 1 && level.name === 'objects') {
        this.found = true;
        this.isList = byte === Byte.OpenList;
      }
      first = byte === Byte.OpenObject || byte === Byte.OpenList;
      if (first) this.open(byte === Byte.OpenObject);
      else this.scalar(level);
    }
    this.space();
    if (this.at < this.bytes.length) this.fail('something follows after the end of the JSON text');
  }
}
