/** Starts the real server on a throw-away store, for benches and soak tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface RunningServer {
  readonly origin: string;
  readonly authorization: string;
  readonly password: string;
  readonly child: ChildProcess;
  readonly folder: string;
  stop(): Promise<void>;
}

/**
 * @param env configuration beside the port; without JISR_STORE the store is a file that goes with the server.
 * @param password of the operator, where the store has one already.
 */
export async function startServer(env: Record<string, string> = {}, password = ''): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-bench-'));
  const child = spawn(process.execPath, [join(__dirname, '../src/main.js')], {
    env: { PATH: process.env['PATH'], JISR_STORE: `sqlite:${join(folder, 'jisr.db')}`, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const shown = (): string | undefined => /password\s+(\S+)/.exec(err)?.[1];
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (out.length > 1e6) return;
      out += chunk.toString();
      const line = out.split('\n').find((l) => l.includes('"msg":"listening"'));
      if (line) resolve((JSON.parse(line) as { url: string }).url);
    });
    void ended.then(() => reject(new Error(`the server ended: ${err}`)));
  });
  // A new store's password is shown last, after the server listens.
  while (password === '' && shown() === undefined && child.exitCode === null) await setTimeout(10);
  const known = shown() ?? password;
  return {
    origin: new URL(url).origin,
    password: known,
    authorization: `Basic ${Buffer.from(`operator:${known}`).toString('base64')}`,
    child,
    folder,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
