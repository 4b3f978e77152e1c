/**
 * The raw text stage: what JSON.parse would hide or change is found in the bytes (I-JSON, T-080, T-091). One pass,
 * linear in the length, without recursion, so that 100,000 levels are a refusal and not a crash.
 */
import { isUtf8 } from 'node:buffer';
import type { StixObject } from '../domain/stix';
import { escapePointer, type Finding } from './verdict';

/** A body that is no envelope at all; the message names the place and says what to do. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
}

/** One member of `objects`. */
export interface Member {
  readonly index: number;
  /** Its JSON as it came, without insignificant white space: numbers keep their spelling. */
  readonly text: string;
  readonly object: StixObject;
  readonly id: string;
  readonly type: string;
  /** What JSON.parse would have changed in silence: lone surrogates, integers beyond 2^53, infinite numbers. */
  readonly problem: Finding | undefined;
}

export interface EnvelopeLimits {
  /** Levels of nesting of the whole body. */
  readonly depth: number;
  readonly objects: number;
  /** Members without a string `id` or `type` are let through, for whoever reports them one by one. */
  readonly nameless?: boolean;
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
  OpenObject: 0x7b,
  CloseObject: 0x7d,
} as const;

const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));
const LITERALS = ['true', 'false', 'null'].map((literal) => Buffer.from(literal));
/** From this many names on, a Set is faster than comparing each with each. */
const MANY_NAMES = 16;
/** A lone half of a surrogate pair. */
const LONE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

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

interface Span {
  readonly start: number;
  readonly end: number;
  readonly spaced: boolean;
  readonly problem: Finding | undefined;
}

/** Walks the bytes once and finds the members of the top level's `objects`. */
class Scanner {
  private at = 0;
  private readonly levels: Level[] = [];
  readonly members: Span[] = [];
  found = false;
  isList = false;
  private memberStart = -1;
  private spaced = false;
  private problem: Finding | undefined;

  constructor(
    private readonly bytes: Buffer,
    private readonly limits: EnvelopeLimits,
  ) {}

  private pointer(from = 0): string {
    return this.levels
      .slice(from)
      .map((level) => `/${level.object ? escapePointer(level.name) : level.index}`)
      .join('');
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

  /** @returns the raw bytes between the quotes, and whether there is an escape in them. */
  private string(): { start: number; end: number; escaped: boolean } {
    const { bytes } = this;
    const start = ++this.at;
    let escaped = false;
    for (;;) {
      const byte = bytes[this.at];
      if (byte === Byte.Quote) break;
      if (byte === undefined) this.fail('the text ends inside a string');
      if (byte < 0x20)
        this.fail('a string holds a control character that is not escaped', 'Escape it as \\u00XX.');
      if (byte === Byte.Backslash) {
        escaped = true;
        const next = bytes[this.at + 1] ?? 0;
        if (next === 0x75) {
          if (!/^[0-9a-f]{4}$/i.test(bytes.toString('latin1', this.at + 2, this.at + 6)))
            this.fail('\\u is not followed by four hexadecimal digits');
          this.at += 6;
        } else if (ESCAPES.has(next)) this.at += 2;
        else this.fail('a backslash is followed by a character that it does not escape');
      } else this.at++;
    }
    const end = this.at++;
    if (escaped) {
      const text = JSON.parse(`"${bytes.toString('utf8', start, end)}"`) as string;
      if (LONE.test(text)) this.note('T-UNI', 'half of a surrogate pair', 'well-formed Unicode');
    }
    return { start, end, escaped };
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
    let whole = true;
    if (bytes[this.at] === Byte.Dot) {
      this.at++;
      digits();
      whole = false;
    }
    if (bytes[this.at] === Byte.LowerE || bytes[this.at] === Byte.UpperE) {
      this.at++;
      if (bytes[this.at] === Byte.Plus || bytes[this.at] === Byte.Minus) this.at++;
      digits();
      whole = false;
    }
    if (this.at - start < 16) return;
    const text = bytes.toString('latin1', start, Math.min(this.at, start + 400));
    if (whole && !Number.isSafeInteger(Number(text))) {
      this.note('T-INT', text.slice(0, 40), 'an integer within ±(2^53 − 1)');
    }
  }

  private exponent(start: number): void {
    if (!Number.isFinite(Number(this.bytes.toString('latin1', start, this.at)))) {
      this.note(
        'T-FLOAT',
        this.bytes.toString('latin1', start, Math.min(this.at, start + 40)),
        'a finite number',
      );
    }
  }

  private scalar(): void {
    const byte = this.bytes[this.at] ?? 0;
    if (byte === Byte.Quote) return void this.string();
    if (byte === Byte.Minus || (byte >= Byte.Zero && byte <= Byte.Nine)) {
      const start = this.at;
      this.number();
      this.exponent(start);
      return;
    }
    for (const literal of LITERALS) {
      if (
        this.bytes.compare(
          literal,
          0,
          literal.length,
          this.at,
          Math.min(this.at + literal.length, this.bytes.length),
        ) === 0
      ) {
        this.at += literal.length;
        return;
      }
    }
    this.fail(this.at >= this.bytes.length ? 'the text ends in the middle' : 'this is no JSON value');
  }

  private open(object: boolean): void {
    this.levels.push({ object, names: [], set: undefined, name: '', index: 0 });
    if (this.levels.length > this.limits.depth) {
      throw new BodyError(
        `T-JSON (byte ${this.at}): the body is nested deeper than ${this.limits.depth} levels. Send flatter objects.`,
      );
    }
    this.at++;
  }

  /** Reads `"name":` of the open object and refuses a name that it has already (T-091). */
  private readName(level: Level): void {
    this.space();
    if (this.bytes[this.at] !== Byte.Quote) this.fail('a member name is expected');
    const { start, end, escaped } = this.string();
    const raw = this.bytes.toString('utf8', start, end);
    const name = escaped ? (JSON.parse(`"${raw}"`) as string) : raw;
    level.name = name;
    if (level.set ? level.set.has(name) : level.names.includes(name)) {
      this.fail('the same member name stands twice in one object', 'Give each name once.');
    }
    if (level.set) level.set.add(name);
    else if (level.names.push(name) > MANY_NAMES) level.set = new Set(level.names);
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
    if (this.members.length >= this.limits.objects) {
      throw new BodyError(
        `The body holds more than ${this.limits.objects} objects. Send several smaller envelopes.`,
      );
    }
    this.memberStart = this.at;
    this.spaced = false;
    this.problem = undefined;
  }

  private endMember(): void {
    this.members.push({ start: this.memberStart, end: this.at, spaced: this.spaced, problem: this.problem });
    this.memberStart = -1;
  }

  run(): void {
    this.space();
    if (this.bytes[this.at] !== Byte.OpenObject) {
      if (this.at >= this.bytes.length) this.fail('the body is empty');
      this.scalarOrList();
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
      const byte = this.bytes[this.at];
      if (this.levels.length === 1 && level.name === 'objects') {
        this.found = true;
        this.isList = byte === Byte.OpenList;
      }
      first = byte === Byte.OpenObject || byte === Byte.OpenList;
      if (first) this.open(byte === Byte.OpenObject);
      else this.scalar();
    }
    this.space();
    if (this.at < this.bytes.length) this.fail('something follows after the end of the JSON text');
  }

  private scalarOrList(): void {
    if (this.bytes[this.at] !== Byte.OpenList) this.scalar();
  }
}

/** Drops white space outside strings. */
function compact(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|[ \t\r\n]+/g, (token) => (token.startsWith('"') ? token : ''));
}

/**
 * Reads an envelope or a bundle: one JSON object with a list `objects`; other members are ignored (T-322, T-381).
 *
 * @throws {BodyError} what makes the whole body unusable: T-091, T-330.
 */
export function readEnvelope(bytes: Buffer, limits: EnvelopeLimits): { readonly members: readonly Member[] } {
  if (!isUtf8(bytes))
    throw new BodyError('T-JSON: the body is not UTF-8. Encode it as UTF-8 without a byte-order mark.');
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new BodyError('T-JSON (byte 0): the body begins with a byte-order mark. Send UTF-8 without it.');
  }
  const scanner = new Scanner(bytes, limits);
  scanner.run();
  if (!scanner.found)
    throw new BodyError(
      'T-330 at /objects: the envelope has no "objects". Send the STIX objects in a list of that name.',
    );
  if (!scanner.isList)
    throw new BodyError('T-330 at /objects: "objects" is no list. Send the STIX objects in a list.');
  if (scanner.members.length === 0)
    throw new BodyError('T-330 at /objects: "objects" is empty. Send at least one STIX object.');
  const members = scanner.members.map(({ start, end, spaced, problem }, index): Member => {
    const raw = bytes.toString('utf8', start, end);
    const object = JSON.parse(raw) as Record<string, unknown>;
    for (const name of ['id', 'type'] as const) {
      if (typeof object[name] !== 'string' && limits.nameless !== true) {
        throw new BodyError(
          `T-330 at /objects/${index}/${name}: a member of "objects" has no string "${name}". Every STIX object has one.`,
        );
      }
    }
    return {
      index,
      text: spaced ? compact(raw) : raw,
      object,
      id: typeof object['id'] === 'string' ? object['id'] : '',
      type: typeof object['type'] === 'string' ? object['type'] : '',
      problem,
    };
  });
  return { members };
}
