/** The server under attack: the real one in a process of its own with a small heap, and what can be seen of it from outside. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MAIN = join(__dirname, '../../src/main.js');
/** As `npm start` has it: glibc then gives large buffers back when they are freed, and keeps less for each thread. */
const MALLOC = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '2097152',
  MALLOC_TRIM_THRESHOLD_: '4194304',
};
const START_MS = 30_000;
const HEAP_MB = 512;

/** Memory in MB. */
export interface Vitals {
  readonly rss: number;
  /** The highest that `rss` ever was. */
  readonly peak: number;
  readonly files: number;
  readonly sockets: number;
}

export interface Target {
  readonly port: number;
  vitals(): Vitals;
  /** Lines of its log. */
  log(): Record<string, unknown>[];
  ended(): boolean;
  /** SIGTERM. @returns its exit code. */
  stop(): Promise<number | null>;
}

function vitalsOf(pid: number): Vitals {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const mb = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return ''; // closed meanwhile
    }
  });
  const sockets = open.filter((link) => link.startsWith('socket:')).length;
  return { rss: mb('VmRSS'), peak: mb('VmHWM'), files: open.length - sockets, sockets };
}

/** @param folder for its log. @throws it does not listen within half a minute. */
export async function startTarget(store: string, folder: string): Promise<Target> {
  const path = join(folder, 'server.log');
  const out = openSync(path, 'w');
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, MAIN], {
    env: {
      PATH: process.env['PATH'],
      ...MALLOC,
      JISR_STORE: store,
      JISR_PORT: '0',
    },
    stdio: ['ignore', out, 'inherit'],
  });
  closeSync(out);
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const log = (): Record<string, unknown>[] =>
    (existsSync(path) ? readFileSync(path, 'utf8') : '')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const late = Date.now() + START_MS;
  for (;;) {
    const listening = log().find((line) => line['msg'] === 'listening');
    if (listening)
      return {
        port: Number(new URL(listening['url'] as string).port),
        vitals: () => vitalsOf(child.pid ?? 0),
        log,
        ended,
        stop: async () => {
          child.kill('SIGTERM');
          const [code] = await exit;
          return code;
        },
      };
    if (ended() || Date.now() > late) {
      child.kill('SIGKILL');
      throw new Error('The server does not listen.');
    }
    await sleep(50);
  }
}
