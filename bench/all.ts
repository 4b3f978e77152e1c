/**
 * All benches that make the table of docs/speed.md, one after the other.
 *
 * Usage: all [--quick] [--docs]; --docs writes what was found into docs/speed.md and docs/speed.svg
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const RUNS: readonly (readonly [bench: string, whole: readonly string[], quick: readonly string[]])[] = [
  ['validation', [], ['--seconds', '1']],
  ['wire', [], ['--objects', '40000', '--seconds', '1', '--rounds', '1']],
  ['growth', [], ['--most', '100000', '--seconds', '1']],
  ['crowd', [], ['--seconds', '15']],
  ['others', [], ['--seconds', '2']],
];

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, docs: { type: 'boolean', default: false } },
});
const folder = mkdtempSync(join(tmpdir(), 'jisr-bench-'));
const files: string[] = [];
for (const [bench, whole, quick] of RUNS) {
  console.log(`\n${bench}`);
  const argv = [join(__dirname, `${bench}.js`), ...(values.quick ? quick : whole)];
  const file = join(folder, bench);
  if (bench !== 'validation') argv.push('--json', file);
  const { status } = spawnSync(process.execPath, argv, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
  else if (bench !== 'validation') files.push(file);
}
if (values.docs) spawnSync(process.execPath, [join(__dirname, 'report.js'), ...files], { stdio: 'inherit' });
rmSync(folder, { recursive: true, force: true });
