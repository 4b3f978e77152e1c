/**
 * An envelope in the order in which it is worked, cut into parts. Only its bytes are held: members are parsed when their
 * part's turn comes, and let go with it.
 */
import type { Beside } from './admission';
import type { StixObject } from '../domain/stix';
import { PART_SIZE } from '../store/records';
import { readMember, scanEnvelope, type EnvelopeLimits, type RawMember, type Span } from '../validation/text';

/**
 * How publications are cut. The store keeps it with each, so that one that goes on is cut as it was when it began:
 * 0: a thousand members a part, as they came. 1: marking definitions first, and parts bounded in bytes and values too.
 */
export type Cut = 0 | 1;
export const CUT: Cut = 1;

/** A part's members, unless the first alone is larger: bytes as they came, values as the scanner counts them. */
export const PART_BYTES = 8 * 1024 * 1024;
export const PART_VALUES = 200_000;

/** What the members of one part may have parsed of the others, for extensions and translations; beyond it, nothing is said. */
const BESIDE_BYTES = 16 * 1024 * 1024;
const BESIDE_VALUES = 200_000;

export interface Envelope {
  /** In the order in which they are worked. */
  readonly members: readonly Span[];
  /** The members of each part, as offsets into `members`. */
  readonly parts: readonly { readonly from: number; readonly to: number }[];
  /** Parses the members of a part. */
  read(part: number): RawMember[];
  /** The other members by id: made for one part, and let go with it. */
  beside(): Beside;
}

function ordered(spans: readonly Span[], cut: Cut): readonly Span[] {
  if (cut === 0) return spans;
  const first = (span: Span): boolean => span.type === 'marking-definition';
  return [...spans.filter(first), ...spans.filter((span) => !first(span))];
}

/** Follows from the bytes alone, whatever the limits are: who goes on cuts as who began. */
function partsOf(members: readonly Span[], cut: Cut): { from: number; to: number }[] {
  const parts: { from: number; to: number }[] = [];
  let [from, bytes, values] = [0, 0, 0];
  for (let i = 0; i < members.length; i++) {
    const span = members[i] as Span;
    const size = span.end - span.start;
    const full =
      i - from >= PART_SIZE ||
      (cut === 1 && i > from && (bytes + size > PART_BYTES || values + span.values > PART_VALUES));
    if (full) {
      parts.push({ from, to: i });
      [from, bytes, values] = [i, 0, 0];
    }
    bytes += size;
    values += span.values;
  }
  parts.push({ from, to: members.length });
  return parts;
}

/** @throws {BodyError} */
export function openEnvelope(bytes: Buffer, limits: EnvelopeLimits, cut: Cut = CUT): Envelope {
  const members = ordered(scanEnvelope(bytes, limits), cut);
  const parts = partsOf(members, cut);
  /** By id: the first member's place, and the others' if there are any. Made when somebody asks. */
  let index: Map<string, number[]> | undefined;
  const places = (): Map<string, number[]> => {
    if (index) return index;
    index = new Map();
    for (const [place, { id = '' }] of members.entries()) {
      const same = index.get(id);
      if (same) same.push(place);
      else index.set(id, [place]);
    }
    return index;
  };
  return {
    members,
    parts,
    read: (part) => {
      const { from, to } = parts[part] ?? { from: 0, to: 0 };
      return members.slice(from, to).map((span) => readMember(bytes, span));
    },
    beside: () => {
      const parsed = new Map<string, readonly StixObject[]>();
      let [bytesLeft, valuesLeft] = [BESIDE_BYTES, BESIDE_VALUES];
      const affordable = (span: Span): boolean => {
        if (span.large || span.end - span.start > bytesLeft || span.values > valuesLeft) return false;
        bytesLeft -= span.end - span.start;
        valuesLeft -= span.values;
        return true;
      };
      return {
        has: (id) => places().has(id),
        get: (id) => {
          const found = places().get(id);
          if (!found) return undefined;
          const known = parsed.get(id);
          if (known) return known;
          const objects = found
            .map((place) => members[place] as Span)
            .filter(affordable)
            .map((span) => readMember(bytes, span).object);
          parsed.set(id, objects);
          return objects;
        },
      };
    },
  };
}
