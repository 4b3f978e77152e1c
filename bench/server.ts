/** Starts the real server on a throw-away store, for benches and soak tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** package.json: glibc gives the memory of large bodies back. */
const AS_NPM_STARTS = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '2097152',
  MALLOC_TRIM_THRESHOLD_: '4194304',
};

const TAIL = 10_000;

export interface RunningServer {
  readonly origin: string;
  readonly authorization: string;
  readonly password: string;
  readonly child: ChildProcess;
  readonly folder: string;
  /** The last that it logged. */
  readonly tail: () => string;
  stop(): Promise<void>;
}

/**
 * @param env configuration beside the port; without JISR_STORE the store is a file that goes with the server.
 * @param password of the operator, where the store has one already.
 */
export async function startServer(env: Record<string, string> = {}, password = ''): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-bench-'));
  const log = join(folder, 'log');
  const child = spawn(process.execPath, [join(__dirname, '../src/main.js')], {
    env: {
      PATH: process.env['PATH'],
      ...AS_NPM_STARTS,
      JISR_STORE: `sqlite:${join(folder, 'jisr.db')}`,
      PORT: '0',
      ...env,
    },
    // Into a file: reading the log beside it would cost the server a part of its machine.
    stdio: ['ignore', openSync(log, 'w'), 'pipe'],
  });
  let err = '';
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const shown = (): string | undefined => /password\s+(\S+)/.exec(err)?.[1];
  const listening = (): string | undefined =>
    readFileSync(log, 'utf8')
      .split('\n')
      .find((line) => line.includes('"msg":"listening"'));
  while (listening() === undefined && child.exitCode === null) await setTimeout(10);
  const line = listening();
  if (line === undefined) throw new Error(`the server ended: ${err}`);
  const { url } = JSON.parse(line) as { url: string };
  // A new store's password is shown last, after the server listens.
  while (password === '' && shown() === undefined && child.exitCode === null) await setTimeout(10);
  const known = shown() ?? password;
  return {
    origin: new URL(url).origin,
    password: known,
    authorization: `Basic ${Buffer.from(`operator:${known}`).toString('base64')}`,
    child,
    folder,
    tail: () => {
      const file = openSync(log, 'r');
      const bytes = Buffer.alloc(TAIL);
      const read = readSync(file, bytes, 0, TAIL, Math.max(0, fstatSync(file).size - TAIL));
      closeSync(file);
      return bytes.toString('utf8', 0, read);
    },
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
