import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { OperatorError, StoreUnavailable } from '../src/domain/errors';
import { printable } from '../src/domain/printable';
import { openStore } from '../src/store/open';
import type { Store } from '../src/store/store';
import { mayBePlain } from '../src/config';
import { holdsPassword, requirePrivate, withPassword } from '../src/store/url';
import { didYouMean } from './nearest';
import { VERBS } from './registry';
import { readArguments, UsageError, type Arguments, type ExitCode, type Verb } from './verb';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  print(line: string): void;
  write(text: string): Promise<void>;
  error(line: string): void;
  input(): Promise<Buffer>;
  readonly clock: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly terminal: boolean;
  /** The user of this machine, for the audit. */
  readonly user: string;
}

function overview(): string {
  const widest = Math.max(...VERBS.map((verb) => verb.name.length));
  const lines = VERBS.map((verb) => `  ${verb.name.padEnd(widest)}  ${verb.summary}`);
  return `jisr VERB [OPTIONS]\n\n${lines.join('\n')}\n\nEvery verb has --help, --json and --store sqlite:PATH (default: JISR_STORE or sqlite:data/jisr.db).\nWhat changes data only shows what it would do, unless you say --apply. jisr --version says which Jisr this is.`;
}

/** From dist/scripts as from the package. */
function version(): string {
  const text = readFileSync(resolve(__dirname, '../../package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** What is answered before any verb is looked for. */
function answer(name: string | undefined, around: Surroundings): ExitCode | undefined {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    around.print(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-V' || name === 'version') {
    around.print(`jisr ${version()}`);
    return 0;
  }
  return undefined;
}

/** A store that is there; a verb that may make one makes it, and only looks at an empty one if it is not to apply. */
function open(verb: Verb, a: Arguments, around: Surroundings): Promise<Store> {
  const url = storeUrl(a, around.env);
  const { clock } = around;
  return openStore(url, verb.makesStore?.(a) ? { clock, trial: !a.apply } : { clock, existing: true });
}

/** What an operator is told of an error; undefined for a fault of ours. */
function told(error: unknown): string | undefined {
  if (error instanceof OperatorError || error instanceof StoreUnavailable) return error.message;
  const { code, path, name, message } = error as NodeJS.ErrnoException;
  if (name === 'ConfigError') return message;
  if (typeof code === 'string' && typeof path === 'string')
    return `${path}: cannot be read or written (${code}). Name another, or mend its rights.`;
  return undefined;
}

/** The store of this machine: an address on the command line, a secret never. */
function storeUrl(a: Arguments, env: Surroundings['env']): string {
  const said = a.text('store');
  if (said !== undefined && holdsPassword(said))
    throw new UsageError(
      '--store: holds a password, which everybody on this machine can read. Leave it out of the URL, and name a file that holds it by JISR_STORE_PASSWORD_FILE; or say the URL by JISR_STORE.',
    );
  const url = said ?? env['JISR_STORE'] ?? 'sqlite:data/jisr.db';
  const whole = withPassword(url, env['JISR_STORE_PASSWORD_FILE'], 'JISR_STORE_PASSWORD_FILE');
  return requirePrivate(whole, mayBePlain(env));
}

/** Runs one command line. @returns the exit code; ends nothing itself. */
export async function run(argv: readonly string[], outside: Surroundings): Promise<ExitCode> {
  // Whatever is printed may hold what strangers wrote; what is written as data stays as it is.
  const around: Surroundings = {
    ...outside,
    print: (line) => outside.print(printable(line)),
    error: (line) => outside.error(printable(line)),
  };
  const [name, ...rest] = argv;
  const answered = answer(name, around);
  if (answered !== undefined || name === undefined) return answered ?? 2;
  const verb = VERBS.find((v) => v.name === name);
  if (!verb) {
    const names = VERBS.map((v) => v.name);
    around.error(`There is no verb "${name}".${didYouMean(name, names)} See: jisr --help`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    around.print(`${verb.summary}\n\n${verb.help}`);
    return 0;
  }
  let opened: Promise<Store> | undefined;
  try {
    const a = readArguments(verb, rest);
    return await verb.run(a, { ...around, store: () => (opened ??= open(verb, a, around)) });
  } catch (error) {
    if (error instanceof UsageError) {
      around.error(`${error.message}\nSee: jisr ${verb.name} --help`);
      return 2;
    }
    const known = told(error);
    if (known === undefined) throw error;
    around.error(known);
    return 3;
  } finally {
    await (await opened?.catch(() => undefined))?.close();
  }
}
