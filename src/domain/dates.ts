/**
 * `date_added` of one unit of work: above every date ever given in the collection and above the clock (T-176).
 *
 * What a reader sees of a unit stands together and ends on a whole millisecond: entries are dated in the order of the
 * lowest rank that they answer, so that between two that a reader may see there is never one that they may not (D9a);
 * behind them, some milliseconds later, those of each audience (audience.ts).
 * Clients that cut the date of the last object to milliseconds do not get it again at every quiet poll.
 */
import { audienceIn, EVERYONE } from './audience';
import type { Micros } from './timestamp';

const MOST_STEP = 16;
const MILLISECOND: Micros = 1000;
/** Milliseconds between what is for everyone and what is for some, at most. */
const MOST_APART = 4;
/** Of so many levels each has a millisecond of its own; more would run away from the clock. */
const MOST_LEVELS = 8;
/** Collections that are written more often than once a millisecond get no whole ones: dates must not run away from the clock. */
const AHEAD: Micros = 100_000;

/**
 * @param lows for each entry the lowest level that it answers; ascending.
 * @param last the newest date ever given in the collection. @param random in [0, 1).
 * @returns a date for each, strictly increasing.
 */
export function drawDates(
  lows: readonly number[],
  last: Micros,
  now: Micros,
  random: () => number,
): Micros[] {
  let date = Math.max(now, last);
  const isNarrow = (level: number): boolean => audienceIn(level) !== EVERYONE;
  const isCrowded = new Set(lows.filter(isNarrow)).size > MOST_LEVELS;
  return lows.map((low, i) => {
    date += 1 + Math.floor(random() * MOST_STEP);
    const whole = Math.ceil(date / MILLISECOND) * MILLISECOND;
    const next = lows[i + 1];
    if (next === low || whole - now > AHEAD) return date;
    if (isCrowded && isNarrow(low) && next !== undefined) return date;
    date = whole;
    if (!isNarrow(low) && next !== undefined && isNarrow(next))
      date += Math.floor(random() * MOST_APART) * MILLISECOND;
    return whole;
  });
}
