/**
 * Where a poll stands, and how it goes on: pure, so that laws can be held against every kind of server.
 *
 * Promise: of what a server gives in the order of `date_added` (TAXII 2.1 §3.4), each version is emitted once and none
 * is missed, whether or not the server gives a usable `next`, dates, or several versions one date; in requests that
 * grow linearly with the pages. A poll may be interrupted after any page and go on from its position.
 */
import { createHash } from 'node:crypto';
import { statedVersion, type StixObject } from '../domain/stix';
import { formatTimestamp, parseTimestamp, type Micros } from '../domain/timestamp';

/** Versions that were emitted, and may come again after `after`. */
export interface Known {
  /** None of them was added later than this; null: the server said no date with them. */
  readonly until: Micros | null;
  readonly versions: readonly string[];
}

export interface Position {
  /** `added_after` of a poll that begins here: all that was added until then is emitted. null: from the beginning. */
  readonly after: Micros | null;
  readonly known: readonly Known[];
}

export const BEGINNING: Position = { after: null, known: [] };

/** What to ask next. */
export interface Ask {
  readonly addedAfter: string | undefined;
  readonly next: string | undefined;
  readonly limit: number;
}

/** A page as the server gave it; `forgotten`: it knows its own `next` no longer. */
export type Answer =
  | {
      readonly objects: readonly StixObject[];
      readonly more: boolean;
      readonly next: string | undefined;
      /** X-TAXII-Date-Added-Last as it came. */
      readonly last: string | undefined;
    }
  | 'forgotten';

export interface Polling {
  readonly position: Position;
  /** The `added_after` that the list under way began with: some servers want it again with each `next`. */
  readonly began: Micros | null;
  readonly next: string | undefined;
  /** Objects of a page, as the caller wants it. */
  readonly limit: number;
  /** Objects to ask for now: more where those that are known come first. */
  readonly size: number;
  /** Answers in a row that brought nothing new. */
  readonly idle: number;
}

export interface Turn {
  /** What was not emitted before. */
  readonly objects: readonly StixObject[];
  readonly polling: Polling;
  /** `stuck`: the server says that there is more and does not give it. */
  readonly then: 'go on' | 'end' | 'stuck';
}

/** Answers without anything new that are borne, beside those that repeat what is known. */
const MOST_IDLE = 20;
/** Servers may compare by milliseconds what they tell in microseconds: so much more is remembered. */
const MARGIN: Micros = 1000;

/** Names a version: by its date, and by its content where it states none (cyber-observables). */
export function versionName(object: StixObject): string {
  const stated = statedVersion(object)?.version;
  const version =
    stated ?? createHash('sha256').update(JSON.stringify(object)).digest('base64url').slice(0, 22);
  return `${String(object['id'])} ${version}`;
}

export function beginPoll(position: Position, limit: number): Polling {
  return { position, began: position.after, next: undefined, limit, size: limit, idle: 0 };
}

export function askOf({ began, next, size }: Polling): Ask {
  return { addedAfter: began === null ? undefined : formatTimestamp(began), next, limit: size };
}

const countOf = (known: readonly Known[]): number => known.reduce((sum, k) => sum + k.versions.length, 0);

/** A date with its last digit's worth: servers cut and round. */
function dated(text: string | undefined): { at: Micros; unit: Micros } | undefined {
  const at = text === undefined ? undefined : parseTimestamp(text);
  if (text === undefined || at === undefined) return undefined;
  const digits = /\.(\d+)/.exec(text)?.[1]?.length ?? 0;
  return { at, unit: 10 ** (6 - Math.min(digits, 6)) };
}

/** The position after a page: its last date less one unit, as others may have that date and come later. */
function moved(
  { after, known }: Position,
  objects: readonly StixObject[],
  names: readonly string[],
  last: string | undefined,
): Position {
  const date = objects.length === 0 ? undefined : dated(last);
  const next = date === undefined ? after : Math.max(after ?? -Infinity, date.at - date.unit);
  const here = new Set(names);
  const kept: Known[] = [];
  for (const { until, versions } of known) {
    if (until !== null && next !== null && until + MARGIN <= next) continue;
    const left = versions.filter((name) => !here.has(name));
    if (left.length > 0) kept.push({ until, versions: left });
  }
  if (here.size > 0)
    kept.push({ until: date === undefined ? null : date.at + date.unit, versions: [...here] });
  return { after: next, known: kept };
}

/** Begins the list anew behind what is known. */
function again(polling: Polling, position: Position, idle: number): Polling {
  const advanced = position.after !== polling.began;
  // What is known comes first, and must leave room for what is not.
  const size = advanced ? polling.limit : Math.max(polling.size, polling.limit + countOf(position.known));
  return { ...polling, position, began: position.after, next: undefined, size, idle };
}

export function takePage(polling: Polling, answer: Answer): Turn {
  if (answer === 'forgotten') {
    const idle = polling.idle + 1;
    return {
      objects: [],
      polling: again(polling, polling.position, idle),
      then: idle > MOST_IDLE ? 'stuck' : 'go on',
    };
  }
  const { position } = polling;
  const seen = new Set(position.known.flatMap((k) => k.versions));
  const fresh: StixObject[] = [];
  const names = answer.objects.map(versionName);
  names.forEach((name, i) => {
    if (!seen.has(name)) fresh.push(answer.objects[i] as StixObject);
    seen.add(name);
  });
  const now = moved(position, answer.objects, names, answer.last);
  const idle = fresh.length > 0 ? 0 : polling.idle + 1;
  /** Pages that what is known fills, if it comes again, and each half filled by the one before. */
  const repeated = 2 * Math.ceil(countOf(position.known) / Math.max(1, answer.objects.length));
  const patience = MOST_IDLE + repeated;
  if (!answer.more) return { objects: fresh, polling: { ...polling, position: now, idle }, then: 'end' };

  const { next } = answer;
  // The same `next` again is a way on as long as it brings something, or may still be giving what is known.
  if (next !== undefined && next !== '' && !(next === polling.next && idle > repeated)) {
    return {
      objects: fresh,
      polling: { ...polling, position: now, next, idle },
      then: idle > patience ? 'stuck' : 'go on',
    };
  }
  const whole = answer.objects.length >= polling.size;
  const advanced = now.after !== polling.began;
  return {
    objects: fresh,
    polling: again(polling, now, idle),
    then: idle > patience || (fresh.length === 0 && !advanced && !whole) ? 'stuck' : 'go on',
  };
}
