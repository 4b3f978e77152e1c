#!/usr/bin/env node
/** The `jisr` command. */
import { text } from 'node:stream/consumers';
import { run } from './run';

run(process.argv.slice(2), {
  env: process.env,
  print: (line) => void process.stdout.write(`${line}\n`),
  error: (line) => void process.stderr.write(`${line}\n`),
  input: () => text(process.stdin),
  clock: () => Date.now() * 1000,
  terminal: process.stderr.isTTY,
}).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 3;
  },
);
