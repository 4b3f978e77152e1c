/**
 * All benches that make the table of docs/speed.md, one after the other.
 *
 * Usage: all [--quick]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const RUNS: readonly (readonly [bench: string, whole: readonly string[], quick: readonly string[]])[] = [
  ['validation', [], ['--seconds', '1']],
  ['wire', [], ['--objects', '40000', '--seconds', '1', '--rounds', '1']],
  ['growth', [], ['--most', '100000', '--seconds', '1']],
  ['crowd', [], ['--seconds', '15']],
];

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
for (const [bench, whole, quick] of RUNS) {
  console.log(`\n${bench}`);
  const argv = [join(__dirname, `${bench}.js`), ...(values.quick ? quick : whole)];
  const { status } = spawnSync(process.execPath, argv, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
