/**
 * `date_added` of one unit of work: above every date ever given in the collection and above the clock (T-176).
 *
 * What a reader sees of a unit stands together and ends on a whole millisecond: entries are dated in the order of the
 * lowest rank that they answer, so that between two that a reader may see there is never one that they may not (D9a).
 * Clients that cut the date of the last object to milliseconds do not get it again at every quiet poll.
 */
import type { Micros } from './timestamp';

const MOST_STEP = 16;
const MILLISECOND: Micros = 1000;
/** Collections that are written more often than once a millisecond get no whole ones: dates must not run away from the clock. */
const AHEAD: Micros = 100_000;

/**
 * @param lows for each entry the lowest rank that it answers; ascending.
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
  return lows.map((low, i) => {
    date += 1 + Math.floor(random() * MOST_STEP);
    const whole = Math.ceil(date / MILLISECOND) * MILLISECOND;
    if (lows[i + 1] !== low && whole - now <= AHEAD) date = whole;
    return date;
  });
}
