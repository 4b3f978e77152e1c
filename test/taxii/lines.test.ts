/** The table from line to test is complete, and true. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { LINES } from './lines';

const SPEC = resolve(process.cwd(), '../shared/spec/taxii-2.1-server.md');

/** The lines that a text names; "T-450 to T-461" and "T-437…T-441" name all between. */
function named(text: string): Set<string> {
  const found = new Set<string>();
  for (const [, first = '', letter = '', last] of text.matchAll(
    /T-(\d{3})([a-z]?)(?:(?: to |…)T-(\d{3}))?/g,
  )) {
    found.add(`T-${first}${letter}`);
    for (let i = Number(first); last !== undefined && i <= Number(last); i++)
      found.add(`T-${i.toString().padStart(3, '0')}`);
  }
  return found;
}

test('every test file of the table names its lines', () => {
  const files = new Map(
    [...new Set(LINES.values())]
      .filter((w) => w.startsWith('test/'))
      .map((file) => [file, named(readFileSync(file, 'utf8'))]),
  );
  const untrue = [...LINES].filter(
    ([line, where]) => where.startsWith('test/') && !files.get(where)!.has(line),
  );
  expect(untrue).toEqual([]);
});

(existsSync(SPEC) ? test : test.skip)(
  `${existsSync(SPEC) ? '' : `SKIPPED, ${SPEC} is missing: `}every line of the checklist is in the table`,
  () => {
    const lines = [
      ...readFileSync(SPEC, 'utf8').matchAll(/^- \*\*(T-\d{3}[a-z]?(?:…T-\d{3})?)\*\*/gm),
    ].flatMap(([, line]) => [...named(line!)]);
    expect(lines.length).toBeGreaterThan(200);
    expect(lines.filter((line) => !LINES.has(line))).toEqual([]);
  },
);
