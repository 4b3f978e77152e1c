/**
 * Time in Jisr. A TAXII timestamp is an integer of microseconds since 1970 (`Micros`, below 2^53 until
 * the year 2255); a STIX timestamp is kept as written and compared as an instant of any precision.
 */
export type Micros = number;
export const DAY: Micros = 24 * 3600 * 1e6;

const TAXII = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.(\d{1,40}))?(?:[Zz]|([+\- ])(\d\d):(\d\d))$/;
const STIX = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/**
 * Reads a client's `added_after`: RFC 3339 with 0 to 40 fractional digits, `Z` or a numeric offset; a `+`
 * that arrived as a space is a `+` (T-148, T-149). Digits beyond the microsecond are cut off, towards the
 * past, so that nothing is skipped (T-151).
 *
 * @returns microseconds since 1970, or undefined if the text is no such timestamp (T-150).
 */
export function parseTimestamp(text: string): Micros | undefined {
  const parts = readTaxii(text);
  if (!parts) return undefined;
  return Math.min(parts.seconds * 1e6 + parts.micros, Number.MAX_SAFE_INTEGER); // the year 2255: later is as far in the future
}

/** @returns the same instant in the TAXII form, exact also where `Micros` are not; undefined as by `parseTimestamp`. */
export function canonicalTimestamp(text: string): string | undefined {
  const parts = readTaxii(text);
  if (!parts) return undefined;
  const seconds = Math.min(parts.seconds, LAST_SECOND); // an offset may lead into the year 10000
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(parts.micros).padStart(6, '0')}Z`;
}

const LAST_SECOND = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;

function readTaxii(text: string): { seconds: number; micros: number } | undefined {
  const m = TAXII.exec(text);
  if (!m) return undefined;
  const [, fraction = '', sign, hours = '0', minutes = '0'] = m;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  const offset = (Number(hours) * 60 + Number(minutes)) * 60 * (sign === '-' ? -1 : 1);
  const seconds = calendarSeconds(text, offset);
  if (seconds === undefined) return undefined;
  return { seconds: seconds - offset, micros: Number(fraction.padEnd(6, '0').slice(0, 6)) };
}

/** @returns the TAXII form, `YYYY-MM-DDTHH:MM:SS.ssssssZ`, exactly six digits (§2, T-086). */
export function formatTimestamp(micros: Micros): string {
  const seconds = Math.floor(micros / 1e6);
  const text = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${text}.${String(micros - seconds * 1e6).padStart(6, '0')}Z`;
}

/**
 * @returns a text that sorts like the instant, whatever the number of digits: the STIX timestamp without
 *   `Z` and without trailing zeros (T-217); undefined if the text is no STIX timestamp (T-216).
 */
export function instantKey(text: string): string | undefined {
  if (!STIX.test(text) || calendarSeconds(text, 0) === undefined) return undefined;
  const fraction = withoutTrailingZeros(text.slice(20, -1));
  return fraction === '' ? text.slice(0, 19) : `${text.slice(0, 19)}.${fraction}`;
}

/** Linear, where a regular expression would look at every run of zeros anew. */
function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  return digits.slice(0, end);
}

/** The calendar comes again after 400 years; Date.UTC takes the first hundred years for those after 1900. */
const CYCLE_YEARS = 400;
const CYCLE_SECONDS = 146_097 * 86_400;
const isLeapYear = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const daysOf = (year: number, month: number): number =>
  month === 2 && isLeapYear(year) ? 29 : (DAYS[month - 1] ?? 0);

/**
 * Every object has several timestamps that several rules ask for, so no match is taken apart here, and no Date made.
 *
 * @param text `YYYY-MM-DD?hh:mm:ss` and whatever follows. @param offset of the local time from UTC, in seconds.
 * @returns local seconds since 1970 of a real calendar instant; a leap second counts as the second after it, and
 *   second 60 is real only where UTC may have one.
 */
function calendarSeconds(text: string, offset: number): number | undefined {
  const pair = (at: number): number => text.charCodeAt(at) * 10 + text.charCodeAt(at + 1) - 11 * 0x30;
  const year = pair(0) * 100 + pair(2);
  const [month, day, hour, minute, second] = [pair(5), pair(8), pair(11), pair(14), pair(17)];
  if (day < 1 || day > daysOf(year, month) || hour > 23 || minute > 59 || second > 60) return undefined;
  const seconds = Date.UTC(year + CYCLE_YEARS, month - 1, day, hour, minute, second) / 1000 - CYCLE_SECONDS;
  return second === 60 && !isLeapSecond(seconds - offset - 1) ? undefined : seconds;
}

/**
 * Where RFC 3339 §5.7 has second 60: at the end of June or December, 23:59:60 UTC. Which years had one is not asked: the
 * next is announced half a year ahead, and a program that is older must take it.
 *
 * @param before the second before it, in seconds since 1970 UTC.
 */
const isLeapSecond = (before: number): boolean =>
  /-(?:06-30|12-31)T23:59:59/.test(new Date(before * 1000).toISOString());
