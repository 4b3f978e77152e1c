/**
 * Pages of who belongs to many audiences: more runs than one statement should merge. They are read within a window of dates
 * that holds a page and not much more: each run costs a seek, whatever it holds.
 */
import type { Range } from '../../domain/regions';
import type { Micros } from '../../domain/timestamp';
import type { Connection } from './connection';

/** Runs of which the first guess at a window is taken. */
const SAMPLE = 15;
/** A window may hold so many times what is wanted. */
const ROOM = 8;
/** Guesses that are made smaller; each at least halves. */
const MOST_GUESSES = 40;

/** What one statement reads: entries of many ranges by one index. */
export interface Runs {
  readonly index: string;
  readonly column: string;
  readonly ranges: readonly Range[];
  /** Beside the range. */
  readonly condition: string;
}

/** @param n of the runs: their ranges are the argument `runs<n>`. */
export const windowOf = ({ index, column, condition }: Runs, n: number): string =>
  `SELECT date, version FROM json_each(@runs${n}) r CROSS JOIN entries INDEXED BY ${index}
   ON collection = @collection AND ${column} = r.value${condition} AND date > @after AND date <= @until`;

export const runsArgs = (all: readonly Runs[]): Record<string, string> =>
  Object.fromEntries(all.map(({ ranges }, n) => [`runs${n}`, JSON.stringify(ranges)]));

/** A window of entries of some runs: what is read in it, and by which arguments. */
export interface Window {
  readonly runs: readonly Runs[];
  readonly args: Readonly<Record<string, string | number>>;
  /** Each entry may stand in so many runs. */
  readonly overlap: number;
}

/** Whether a window holds what is wanted: too few of what there is, or many times as much. */
export type Fit = 'few' | 'many' | 'right';

/**
 * Looks through windows until one fits. To be called within the view in which they are read.
 *
 * @param most entries that are wanted. @param look at the entries after a date up to another; `enough` of them are too many.
 */
export function through<T>(
  connection: Pick<Connection, 'sql'>,
  { runs, args }: Window,
  after: Micros,
  most: number,
  look: (until: Micros, enough: number) => { readonly fit: Fit; readonly value: T },
): T {
  const { collection } = args;
  const { begin, newest } = connection
    .sql(
      `SELECT (SELECT min(date) FROM entries WHERE collection = @collection AND date > @after) AS begin,
         (SELECT max(date) FROM entries WHERE collection = @collection) AS newest`,
    )
    .get({ collection, after }) as { begin: Micros | null; newest: Micros | null };
  const end = Math.max(newest ?? after, after);
  // Too few up to `low`, too many up to `high` if it is known.
  let [low, high] = [after, undefined as Micros | undefined];
  let until = Math.min(guess(connection, runs, collection, after, most) ?? end, end);
  for (let n = 0; ; n++) {
    const { fit, value } = look(until, ROOM * most + 1);
    if (fit === 'many' && until > low + 1 && n < MOST_GUESSES) high = until;
    else if (fit === 'few' && until < end && n < MOST_GUESSES) low = until;
    else return value;
    // From where anything is: what lies before it says nothing of how dense it is.
    const wider = 2 * low - (begin ?? after) + 1;
    until = high === undefined ? Math.min(end, wider) : Math.floor((low + high) / 2);
  }
}

/** @returns a date up to which at least so many entries lie after another, or all. */
export function untilWhen(
  connection: Pick<Connection, 'sql'>,
  window: Window,
  after: Micros,
  most: number,
): Micros {
  const { runs, args, overlap } = window;
  const within = connection
    .sql(`SELECT count(*) FROM (SELECT 1 FROM (${runs.map(windowOf).join(' UNION ALL ')}) LIMIT @enough)`)
    .pluck();
  const needed = most * overlap;
  return through(connection, window, after, needed, (until, enough) => {
    const found = within.get({ ...args, after, until, enough }) as number;
    return { fit: found >= enough ? 'many' : found < needed ? 'few' : 'right', value: until };
  });
}

/** Where a page would end if all runs were as dense as some. */
function guess(
  { sql }: Pick<Connection, 'sql'>,
  all: readonly Runs[],
  collection: unknown,
  after: Micros,
  most: number,
): Micros | undefined {
  const [first] = all;
  if (!first || first.ranges.length === 0) return undefined;
  const { index, column, ranges, condition } = first;
  const nth = sql(
    `SELECT date FROM entries INDEXED BY ${index} WHERE collection = ? AND ${column} = ?${condition} AND date > ?
     ORDER BY date LIMIT 1 OFFSET ?`,
  ).pluck();
  const step = Math.max(1, Math.floor(ranges.length / SAMPLE));
  // Rather a little more than a page than another look.
  const offset = Math.ceil((1.25 * most) / ranges.length) - 1;
  const dates = ranges
    .filter((_, i) => i % step === 0)
    .flatMap((range) => (nth.get(collection, range, after, offset) as Micros | undefined) ?? [])
    .sort((a, b) => a - b);
  return dates[Math.floor(dates.length / 2)];
}
