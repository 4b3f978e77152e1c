/** The parts of the documents that follow from the code: `npm run docs` writes them, test/docs.test.ts holds them to it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERBS } from '../scripts/registry';
import { variableOf } from '../src/config';
import { JOBS } from '../src/jobs/jobs';
import { VARIABLES, type Variable } from '../src/variables';
import { LINES } from '../test/taxii/lines';

/** A table as the formatter leaves it. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...all.map((row) => row[i]!.length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function verbs(): string {
  const rows = VERBS.map(({ name, summary }) => [`\`${name}\``, summary]);
  return table(['verb', 'for'], rows);
}

function variables(): string {
  const row = (name: string, { byDefault, what }: Variable): string[] => [
    `\`${name}\``,
    byDefault === undefined ? '' : `\`${String(byDefault)}\``,
    what,
  ];
  const jobs = JOBS.map(({ name, when }) =>
    row(variableOf(name), { byDefault: when, what: `when the job \`${name}\` runs, as cron, or \`off\`` }),
  );
  const own = Object.entries(VARIABLES).map(([name, variable]) => row(name, variable));
  return table(['variable', 'default', 'what'], [...own, ...jobs]);
}

function jobs(): string {
  return table(
    ['job', 'what'],
    JOBS.map(({ name, summary }) => [`\`${name}\``, summary]),
  );
}

const TABLES: ReadonlyMap<string, () => string> = new Map([
  ['verbs', verbs],
  ['variables', variables],
  ['jobs', jobs],
]);

/** What holds a line of the TAXII checklist, or why nothing does. */
function proof(line: string): string {
  const where = LINES.get(line);
  if (where === undefined) throw new Error(`${line}: test/taxii/lines.ts does not have it.`);
  const [, kind = '', why = ''] = /^(LATER|NOTE): (.*)$/.exec(where) ?? [];
  if (kind === 'LATER') return `Not built yet: ${why}.`;
  if (kind === 'NOTE') return `No test: ${why}.`;
  return `Test: [${where.replace(/^test\/(?:taxii\/)?|(?:\.test)?\.ts$/g, '')}](../${where}).`;
}

/**
 * A document with what is generated in it as it is today: what stands between `<!-- NAME: npm run docs -->` and `<!-- end -->`, and the
 * end of each line of the TAXII checklist.
 *
 * @throws {Error} it names a table or a line that there is none of.
 */
export function written(text: string): string {
  return text
    .replace(
      /(<!-- (\w+): npm run docs -->\n)[^]*?(\n<!-- end -->)/g,
      (_, begin: string, name: string, end: string) => {
        const make = TABLES.get(name);
        if (!make) throw new Error(`There is no table "${name}".`);
        return `${begin}\n${make()}\n${end}`;
      },
    )
    .replace(
      /^(- \*\*(T-\d{3}[a-z]?)\*\* .*?)(?: (?:Test|No test|Not built yet): .*)?$/gm,
      (_, said: string, line: string) => `${said} ${proof(line)}`,
    );
}

/** The lines of the TAXII checklist that a document tells of. */
export const linesIn = (text: string): string[] =>
  [...text.matchAll(/^- \*\*(T-\d{3}[a-z]?)\*\*/gm)].map(([, line]) => line!);

/** The documents with something generated in them. */
export const GENERATED = ['docs/operating.md', 'docs/conformance.md'];

if (require.main === module) {
  for (const name of GENERATED) {
    const path = join(process.cwd(), name);
    writeFileSync(path, written(readFileSync(path, 'utf8')));
  }
}
