#!/usr/bin/env node
/** The `jisr` command. */
import { once } from 'node:events';
import { userInfo } from 'node:os';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { printable } from '../src/domain/printable';
import { run } from './run';

/** In a container a user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

// Whoever reads the output may have enough of it: jisr export … | head.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`The output cannot be written (${error.message}). Make room and run it again.\n`);
  process.exit(3);
});

run(process.argv.slice(2), {
  env: process.env,
  print: (line) => void process.stdout.write(`${line}\n`),
  write: async (text) => {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  },
  error: (line) => void process.stderr.write(`${line}\n`),
  input: () => buffer(process.stdin),
  clock: () => Date.now() * 1000,
  wait: (ms) => sleep(ms),
  terminal: process.stderr.isTTY,
  user: userName(),
}).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${printable(told)}\n`);
    process.exitCode = 3;
  },
);
