/** Where a batch cuts: a few spans of dates instead of every date, so that the head of a batch stays small. */
import type { Micros } from '../../domain/timestamp';

/** From the first date to the last, both in it. */
export type Span = readonly [first: Micros, last: Micros];

export const EVERYTHING: readonly Span[] = [[Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]];
const MOST = 16;

/** @returns up to `most` spans that cover all dates, in order, parted where the gaps are widest. */
export function spansOf(dates: readonly Micros[], most = MOST): Span[] {
  const sorted = [...dates].sort((a, b) => a - b);
  const at = (i: number): Micros => sorted[i] as Micros;
  const gaps = sorted.slice(1).map((date, i) => ({ begin: i + 1, width: date - at(i) }));
  gaps.sort((a, b) => b.width - a.width);
  const begins = gaps.slice(0, most - 1).map((gap) => gap.begin);
  if (sorted.length > 0) begins.push(0);
  begins.sort((a, b) => a - b);
  return begins.map((begin, i): Span => [at(begin), at((begins[i + 1] ?? sorted.length) - 1)]);
}

/** Spans from their bounds, one after the other: not every database keeps lists of lists. */
export function spansFrom(bounds: readonly Micros[]): Span[] {
  const found: Span[] = [];
  for (let i = 0; i + 1 < bounds.length; i += 2) found.push([bounds[i] as Micros, bounds[i + 1] as Micros]);
  return found;
}

/** The first date that lies within both; undefined if none does. */
export function firstWithin(spans: readonly Span[], others: readonly Span[]): Micros | undefined {
  let found: Micros | undefined;
  for (const [first, last] of others) {
    for (const [from, to] of spans) {
      const begin = Math.max(from, first);
      if (begin <= Math.min(to, last) && (found === undefined || begin < found)) found = begin;
    }
  }
  return found;
}
