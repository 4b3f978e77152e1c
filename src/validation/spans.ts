/** What is asked of the scanner of a body (scanner.ts), and what it says. */
import type { Finding } from './verdict';

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
