/** What a verb of the `jisr` command is, and what all verbs share. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { Organisation, Principal } from '../src/domain/access';
import type { Channel, Collection } from '../src/domain/channel';
import type { Actor } from '../src/domain/actor';
import { OperatorError } from '../src/domain/errors';
import { cell } from '../src/domain/printable';
import { rankOf, TLP_NAMES, type Rank } from '../src/domain/tlp';
import type { Store } from '../src/store/store';
import { didYouMean } from './nearest';

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
  /** The user of this machine who says it. */
  readonly user: string;
}

export interface Verb {
  readonly name: string;
  readonly summary: string;
  /** Usage, options and an example that works when pasted. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** It changes data, and does so with `--apply` only. Others take no `--apply`. */
  readonly changes?: true;
  /** Whether it makes the store if there is none. */
  readonly makesStore?: (a: Arguments) => boolean;
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
  help: { type: 'boolean', short: 'h' },
} as const;

const optionsOf = ({ changes, options }: Verb): Verb['options'] => {
  const own = { ...SHARED, ...options };
  return changes ? { ...own, apply: { type: 'boolean' } } : own;
};

/** What parseArgs says, with the options that there are. */
function wrongOption(verb: Verb, error: Error & { code?: string }): UsageError {
  const said = /'(-[^' ]*)'/.exec(error.message)?.[1];
  if (error.code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION' || said === undefined)
    return new UsageError(`${error.message.replace(/\.?$/, '')}.`);
  if (said === '--apply')
    return new UsageError(`jisr ${verb.name} takes no --apply: it changes nothing that is kept here.`);
  const names = Object.keys(optionsOf(verb))
    .map((name) => `--${name}`)
    .sort();
  return new UsageError(
    `There is no option ${said}.${didYouMean(said, names)} jisr ${verb.name} takes ${names.join(', ')}.`,
  );
}

/** @throws {UsageError} naming the option that is wrong. */
export function readArguments(verb: Verb, argv: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: optionsOf(verb),
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
    throw wrongOption(verb, error as Error);
  }
}

export function required(arguments_: Arguments, name: string): string {
  const value = arguments_.text(name);
  if (value === undefined || value === '') throw new UsageError(`--${name} is missing.`);
  return value;
}

/**
 * The name of what a verb is about: a word in its place, or an option.
 *
 * @param place of the word. @param hint for whoever says two. @throws {UsageError} two different ones are said.
 */
export function named(a: Arguments, place: number, option: string, hint = 'Say one.'): string | undefined {
  const [word, said] = [a.words[place], a.text(option)];
  if (word !== undefined && said !== undefined && word !== said)
    throw new UsageError(`--${option}: "${said}" and "${word}" are two names. ${hint}`);
  return word ?? said;
}

export function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  if (!(allowed as readonly string[]).includes(value))
    throw new UsageError(
      `--${name}: "${value}" is not one of ${allowed.join(', ')}.${didYouMean(value, allowed)}`,
    );
  return value as T;
}

export function level(name: string, value: string): Rank {
  const rank = rankOf(value);
  if (rank === undefined)
    throw new UsageError(`--${name}: "${value}" is not one of ${TLP_NAMES.join(', ')}.`);
  return rank;
}

/** By its name or its id. @throws {OperatorError} there is none. */
function theOne<T extends { readonly id: string }>(
  noun: string,
  name: string,
  all: readonly T[],
  nameOf: (item: T) => string,
): T {
  const found = all.find((item) => item.id === name || nameOf(item) === name);
  if (found) return found;
  throw new OperatorError(
    `There is no ${noun} "${name}".${didYouMean(name, all.map(nameOf))} See: jisr list ${noun}s`,
  );
}

export async function findOrganisation(store: Store, name: string): Promise<Organisation> {
  const all = await store.people.organisations();
  return theOne('organisation', name, all, (o) => o.name);
}

export async function findPrincipal(store: Store, name: string): Promise<Principal> {
  const all = await store.people.principals();
  return theOne('principal', name, all, (p) => p.name);
}

/** A collection by its id or as `root/alias`. */
export function findCollection(channels: readonly Channel[], name: string): Collection {
  const all = channels.flatMap((c) => c.collections);
  return theOne('collection', name, all, (c) => `${c.apiRoot}/${c.alias}`);
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

/** Who is named in the audit for what a verb does on this machine: its user, and the account of `--as`. */
export async function actorOf(a: Arguments, context: Context, store: Store): Promise<Actor> {
  const [by, behalf] = [`local:${context.user}`, a.text('as')];
  return behalf === undefined ? { by } : { by, behalf: (await findPrincipal(store, behalf)).name };
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
