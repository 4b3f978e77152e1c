/** What a verb of the `jisr` command is, and what all verbs share. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { Organisation, Principal } from '../src/domain/access';
import type { Channel, Collection } from '../src/domain/channel';
import { OperatorError } from '../src/domain/errors';
import { cell } from '../src/domain/printable';
import { rankOf, TLP_NAMES, type Rank } from '../src/domain/tlp';
import type { Store } from '../src/store/store';

/** 0 done, 1 found something wrong, 2 wrong use, 3 could not. */
export type ExitCode = 0 | 1 | 2 | 3;

export interface Context {
  /** Opens the store of this machine, once. */
  store(): Promise<Store>;
  print(line: string): void;
  /** Output as it is, without a line end; resolves when more may be written. */
  write(text: string): Promise<void>;
  /** Reads all of standard input. */
  input(): Promise<Buffer>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Microseconds since 1970. */
  readonly clock: () => number;
  /** Waits some milliseconds. */
  readonly wait: (ms: number) => Promise<void>;
  /** For people: what is going on, what went wrong. */
  error(line: string): void;
  /** Whether somebody watches the output for people. */
  readonly terminal: boolean;
}

export interface Verb {
  readonly name: string;
  readonly summary: string;
  /** Usage, options and an example that works when pasted. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  run(arguments_: Arguments, context: Context): Promise<ExitCode>;
}

export interface Arguments {
  readonly words: readonly string[];
  text(name: string): string | undefined;
  flag(name: string): boolean;
  given(name: string): boolean;
  /** The values of an option that may be given several times. */
  values(name: string): readonly string[];
  /** The same, each value being a list with commas. */
  list(name: string): readonly string[];
  readonly json: boolean;
  /** What changes data does so only with `--apply`. */
  readonly apply: boolean;
}

/** Wrong use of a verb: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const SHARED = {
  store: { type: 'string' },
  json: { type: 'boolean' },
  apply: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @throws {UsageError} naming the option that is wrong. */
export function readArguments(verb: Verb, argv: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: { ...SHARED, ...verb.options },
      allowPositionals: true,
    });
    const value = (name: string): unknown => (values as Record<string, unknown>)[name];
    return {
      words: positionals,
      text: (name) => value(name) as string | undefined,
      flag: (name) => value(name) === true,
      given: (name) => value(name) !== undefined,
      values: (name) => (value(name) as readonly string[] | undefined) ?? [],
      list: (name) =>
        ((value(name) as readonly string[] | undefined) ?? []).flatMap((given) => given.split(',')),
      json: value('json') === true,
      apply: value('apply') === true,
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

export function required(arguments_: Arguments, name: string): string {
  const value = arguments_.text(name);
  if (value === undefined || value === '') throw new UsageError(`--${name} is missing.`);
  return value;
}

export function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  if (!(allowed as readonly string[]).includes(value))
    throw new UsageError(`--${name}: "${value}" is not one of ${allowed.join(', ')}.`);
  return value as T;
}

export function level(name: string, value: string): Rank {
  const rank = rankOf(value);
  if (rank === undefined)
    throw new UsageError(`--${name}: "${value}" is not one of ${TLP_NAMES.join(', ')}.`);
  return rank;
}

export async function findOrganisation(store: Store, name: string): Promise<Organisation> {
  const found = (await store.people.organisations()).find((o) => o.name === name || o.id === name);
  if (!found) throw new OperatorError(`There is no organisation "${name}". See: jisr list organisations`);
  return found;
}

export async function findPrincipal(store: Store, name: string): Promise<Principal> {
  const found = (await store.people.principals()).find((p) => p.name === name || p.id === name);
  if (!found) throw new OperatorError(`There is no principal "${name}". See: jisr list principals`);
  return found;
}

/** A collection by its id or as `root/alias`. */
export function findCollection(channels: readonly Channel[], name: string): Collection {
  const found = channels
    .flatMap((c) => c.collections)
    .find((c) => c.id === name || `${c.apiRoot}/${c.alias}` === name);
  if (!found) throw new OperatorError(`There is no collection "${name}". See: jisr list collections`);
  return found;
}

const width = (text: string): number =>
  Array.from(text.normalize('NFC')).reduce(
    (sum, char) =>
      sum + (/[\p{Mn}\p{Cf}]/u.test(char) ? 0 : /[\u1100-\u115f\u2e80-\uffdc]/u.test(char) ? 2 : 1),
    0,
  );

const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/**
 * A cell that stays in its column: what somebody published moves no cursor and turns no line round, and a cell written
 * from right to left stands between isolates, so that the columns beside it keep their places.
 */
function cellOf(text: string): string {
  const safe = cell(text);
  return RIGHT_TO_LEFT.test(safe) ? `\u2068${safe}\u2069` : safe;
}

/** An aligned table for reading. */
export function table(head: readonly string[], texts: readonly (readonly string[])[]): string {
  const rows = texts.map((row) => row.map(cellOf));
  const widths = head.map((title, i) => Math.max(width(title), ...rows.map((row) => width(row[i] ?? ''))));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - width(cell)))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((w) => '-'.repeat(w))), ...rows.map(line)].join('\n');
}

/** Says what would be done, or what was done: the end of every verb that changes something. */
export function conclude(
  { json, apply }: Arguments,
  context: Context,
  what: string,
  result: object,
): ExitCode {
  if (json) context.print(JSON.stringify({ applied: apply, ...result }));
  else
    context.print(apply ? `Done: ${what}` : `Would do: ${what}\nNothing was changed. Say --apply to do it.`);
  return 0;
}
