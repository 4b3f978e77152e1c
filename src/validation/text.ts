/** Reads the text of an envelope: its members are found first (scanner.ts) and parsed one by one, when they are wanted. */
import { isUtf8 } from 'node:buffer';
import type { StixObject } from '../domain/stix';
import { Scanner } from './scanner';
import { BodyError, type EnvelopeLimits, type Span } from './spans';
import type { Finding } from './verdict';

export { BodyError, type EnvelopeLimits, type Span };

/** One member of `objects`. */
export interface RawMember {
  readonly index: number;
  /** Its JSON as it came, without insignificant white space: numbers keep their spelling. Empty if it is too large. */
  readonly text: string;
  /** Of one that is too large, only what names it. */
  readonly object: StixObject;
  readonly id: string;
  readonly type: string;
  /** Why it is refused whatever it says: what JSON.parse would have changed in silence, its size. */
  readonly problem: Finding | undefined;
}

const [TAB, NEWLINE, RETURN, SPACE, QUOTE, BACKSLASH] = [0x09, 0x0a, 0x0d, 0x20, 0x22, 0x5c];

/** The text of sound JSON between two offsets, without white space outside strings. */
export function compact(bytes: Buffer, start: number, end: number): string {
  const kept = Buffer.allocUnsafe(end - start);
  let length = 0;
  let inString = false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (inString) {
      if (byte === BACKSLASH) kept[length++] = bytes[at++] as number;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === SPACE || byte === NEWLINE || byte === RETURN || byte === TAB) continue;
    kept[length++] = bytes[at] as number;
  }
  return kept.toString('utf8', 0, length);
}

/** What a status says of a member: it needs no more of it to tell which one it was. */
export function naming({ id, type, created, modified }: Span): StixObject {
  const named = Object.entries({ id, type, created, modified }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named);
}

/** Parses one member. */
export function readMember(bytes: Buffer, span: Span): RawMember {
  const { index, start, end, spaced, problem, large, id = '', type = '' } = span;
  if (large) return { index, text: '', object: naming(span), id, type, problem: large };
  const text = spaced ? compact(bytes, start, end) : bytes.toString('utf8', start, end);
  return { index, text, object: JSON.parse(text) as StixObject, id, type, problem };
}

/**
 * Finds the members of an envelope or a bundle: one JSON object with a list `objects`; what stands beside it is ignored
 * (T-322, T-381). Nothing is parsed.
 *
 * @throws {BodyError} what makes the whole body unusable: T-091, T-330, its size.
 */
export function scanEnvelope(bytes: Buffer, limits: EnvelopeLimits): readonly Span[] {
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
  if (limits.nameless === true) return scanner.members;
  for (const span of scanner.members)
    for (const name of ['id', 'type'] as const)
      // An empty one names nothing either, which a status could not say anything of.
      if (span[name] === undefined || span[name] === '')
        throw new BodyError(
          `T-330 at /objects/${span.index}/${name}: a member of "objects" has no string "${name}", or an empty one. Every STIX object has one.`,
        );
  return scanner.members;
}

/** Reads all of an envelope at once: for bodies that are known to be small, or the reader's own. @throws {BodyError} */
export function readEnvelope(
  bytes: Buffer,
  limits: EnvelopeLimits,
): { readonly members: readonly RawMember[] } {
  return { members: scanEnvelope(bytes, limits).map((span) => readMember(bytes, span)) };
}
