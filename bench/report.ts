/**
 * Writes what benches found into docs/speed.md, and draws how much of each goal is reached.
 *
 * Usage: report FILE… (as `--json FILE` wrote them)
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { barChart } from '../scripts/output/svg';
import { shown, type Line } from './table';

const DOCS = join(__dirname, '../../docs');
const MARK = /(<!-- bench: [^>]*-->\n)[^]*?(\n<!-- end -->)/;

/** How much of a goal is reached, 1 and more: all of it; undefined where it is no number. */
function reached({ value, wanted }: Line): number | undefined {
  const [, sign, number] = /^([≥≤<]) ([\d,.]+)/.exec(wanted) ?? [];
  if (sign === undefined || number === undefined || value === null) return undefined;
  const goal = Number(number.replaceAll(',', ''));
  return sign === '≥' ? value / goal : goal / value;
}

interface Results {
  readonly machine: string;
  readonly lines: readonly Line[];
}

const results = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')) as Results);
const lines = results.flatMap((result) => result.lines);
const rows = lines.map(
  (line) => `| ${line.what} | ${shown(line.value)} ${line.unit} | ${line.wanted || '·'} |`,
);
const table = ['| what | measured | wanted |', '| --- | --- | --- |', ...rows].join('\n');
const said = `\n${[...new Set(results.map(({ machine }) => machine))].join('; ')}.\n\n${table}\n`;
const page = join(DOCS, 'speed.md');
writeFileSync(
  page,
  readFileSync(page, 'utf8').replace(MARK, (_, begin, end) => `${begin}${said}${end}`),
);

const bars = lines.flatMap((line): [string, number][] => {
  const share = reached(line);
  // What is far beyond its goal would make all others unreadable.
  return share === undefined ? [] : [[line.what, Math.min(200, Math.round(share * 100))]];
});
const chart = barChart('Per cent of the goal (200: twice and more)', bars, {
  language: 'en',
  rightToLeft: false,
});
writeFileSync(join(DOCS, 'speed.svg'), chart);
