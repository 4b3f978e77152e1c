/** The real server in a process of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(__dirname, '../../src/main.js');

export interface RunningServer {
  readonly child: ChildProcess;
  /** All that it has said so far. */
  readonly said: { out: string; err: string };
  /**
   * Resolves when it has said something so many times; with a password that a first start shows, when that is said too.
   *
   * @throws it ended before.
   */
  readonly says: (what: RegExp, times?: number) => Promise<void>;
  /** Once it listens. */
  readonly origin: () => string;
  /** Of the operator, if this start made the account. */
  readonly password: () => string | undefined;
}

/** @param env beside PATH and any free port. @param limit of files that it writes, as `ulimit -f` takes it. */
export function runServer(env: NodeJS.ProcessEnv, limit?: string): RunningServer {
  const [command, argv] =
    limit === undefined
      ? [process.execPath, [MAIN]]
      : ['sh', ['-c', `ulimit -f ${limit}; exec "$0" "$1"`, process.execPath, MAIN]];
  const child = spawn(command, argv, {
    env: { PATH: process.env['PATH'], JISR_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  const waiting: (() => void)[] = [];
  child.stderr.on('data', (chunk: Buffer) => {
    said.err += chunk.toString();
    for (const look of waiting) look();
  });
  child.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk.toString();
    for (const look of waiting) look();
  });
  return {
    child,
    said,
    says: (what, times = 1) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const owed = said.out.includes('"firstStart":true') && !said.err.includes('not shown again');
          const all = `${said.out}\n${said.err}`;
          if (!owed && (all.match(new RegExp(what, 'g')) ?? []).length >= times) resolve();
        };
        waiting.push(look);
        child.once('exit', (code) => reject(new Error(`ended with ${code ?? 0}: ${said.err}`)));
        look();
      }),
    origin: () => {
      const line = said.out.split('\n').find((l) => l.includes('"msg":"listening"'));
      return new URL((JSON.parse(line ?? '{}') as { url: string }).url).origin;
    },
    password: () => /password +(\S+)/.exec(said.err)?.[1],
  };
}

export const LISTENING = /"msg":"listening"/;

/** Ends it without a word, as a power cut would. */
export async function kill({ child }: Pick<RunningServer, 'child'>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
