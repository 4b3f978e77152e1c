/**
 * The raw text of an envelope, byte by byte: where its members lie and what JSON.parse would hide or change in them
 * (I-JSON, T-080, T-091). One pass, linear in the length, without recursion, and nothing is parsed: what is too large to
 * be an object in memory is known before it becomes one.
 */
import { BodyError, type EnvelopeLimits, type Span } from './spans';
import { Byte, Tokens } from './tokens';
import { escapePointer, type Finding } from './verdict';

/** From this many names on, a Set is faster than comparing each with each. */
const MANY_NAMES = 16;
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
export class Scanner extends Tokens {
  private readonly levels: Level[] = [];
  readonly members: Span[] = [];
  found = false;
  isList = false;
  private memberStart = -1;
  private problem: Finding | undefined;
  private facts = nothingKnown();
  /** Values of the body; of the current member; of what stands around the members. */
  private values = 0;
  private memberValues = 0;
  private outsideValues = 0;

  constructor(
    bytes: Buffer,
    private readonly limits: EnvelopeLimits,
  ) {
    super(bytes);
  }

  private pointer(from = 0): string {
    return this.levels
      .slice(from)
      .map((level) => `/${level.object ? escapePointer(level.name.slice(0, MOST_POINTER)) : level.index}`)
      .join('')
      .slice(0, MOST_POINTER);
  }

  protected fail(what: string, advice = 'Send one JSON object with a list "objects".'): never {
    throw new BodyError(`T-JSON at ${this.pointer() || '/'} (byte ${this.at}): ${what}. ${advice}`);
  }

  /** A finding that concerns one member only; outside the members it concerns the whole body. */
  protected note(rule: string, found: string, expected: string): void {
    if (this.memberStart < 0) this.fail(`found ${found}, expected ${expected}`);
    this.problem ??= { rule, pointer: this.pointer(2), found, expected };
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
    if (this.literal()) return;
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
