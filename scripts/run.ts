import { OperatorError, StoreUnavailable } from '../src/domain/errors';
import { printable } from '../src/domain/printable';
import { openStore } from '../src/store/open';
import type { Store } from '../src/store/store';
import { holdsPassword, withPassword } from '../src/store/url';
import { VERBS } from './registry';
import { readArguments, UsageError, type Arguments, type ExitCode } from './verb';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  print(line: string): void;
  write(text: string): Promise<void>;
  error(line: string): void;
  input(): Promise<Buffer>;
  readonly clock: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly terminal: boolean;
}

function overview(): string {
  const widest = Math.max(...VERBS.map((verb) => verb.name.length));
  const lines = VERBS.map((verb) => `  ${verb.name.padEnd(widest)}  ${verb.summary}`);
  return `jisr VERB [OPTIONS]\n\n${lines.join('\n')}\n\nEvery verb has --help, --json and --store sqlite:PATH (default: JISR_STORE or sqlite:data/jisr.db).\nWhat changes data only shows what it would do, unless you say --apply.`;
}

/** The store of this machine: an address on the command line, a secret never. */
function storeUrl(a: Arguments, env: Surroundings['env']): string {
  const said = a.text('store');
  if (said !== undefined && holdsPassword(said))
    throw new UsageError(
      '--store: holds a password, which everybody on this machine can read. Leave it out of the URL, and name a file that holds it by JISR_STORE_PASSWORD_FILE; or say the URL by JISR_STORE.',
    );
  const url = said ?? env['JISR_STORE'] ?? 'sqlite:data/jisr.db';
  return withPassword(url, env['JISR_STORE_PASSWORD_FILE'], 'JISR_STORE_PASSWORD_FILE');
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
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    around.print(overview());
    return name === undefined ? 2 : 0;
  }
  const verb = VERBS.find((v) => v.name === name);
  if (!verb) {
    around.error(`There is no verb "${name}". See: jisr --help`);
    return 2;
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    around.print(`${verb.summary}\n\n${verb.help}`);
    return 0;
  }
  let opened: Promise<Store> | undefined;
  try {
    const a = readArguments(verb, rest);
    return await verb.run(a, {
      ...around,
      store: async () => (opened ??= openStore(storeUrl(a, around.env), { clock: around.clock })),
    });
  } catch (error) {
    if (error instanceof UsageError) {
      around.error(`${error.message}\nSee: jisr ${verb.name} --help`);
      return 2;
    }
    if (error instanceof OperatorError || error instanceof StoreUnavailable) {
      around.error(error.message);
      return 3;
    }
    throw error;
  } finally {
    await (await opened?.catch(() => undefined))?.close();
  }
}
