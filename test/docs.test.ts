/** The documents are true: what is generated in them is as the code is today, and their links lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GENERATED, linesIn, written } from '../docs/generate';
import { LINES } from './taxii/lines';

const read = (name: string): string => readFileSync(resolve(process.cwd(), name), 'utf8');
const DOCUMENTS = [
  'README.md',
  ...readdirSync('docs')
    .filter((f) => f.endsWith('.md'))
    .map((f) => `docs/${f}`),
];

/** The anchors of a document, as GitHub makes them of its headings. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replace(/^```[^]*?^```/gm, '').matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\- ]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test.each(GENERATED)('%s is what `npm run docs` writes', (name) => {
  expect(read(name)).toBe(written(read(name)));
});

test('what is generated stands where it is said to', () => {
  const marked = DOCUMENTS.filter((name) => /<!-- \w+: npm run docs -->/.test(read(name)));
  expect(marked.filter((name) => !GENERATED.includes(name))).toEqual([]);
});

test('a table that differs is written anew, and the rest is left alone', () => {
  const former = 'Before.\n\n<!-- jobs: npm run docs -->\n\nformerly\n\n<!-- end -->\n\nAfter.\n';
  const now = written(former);
  expect(now).toMatch(/^Before\.\n\n<!-- jobs: npm run docs -->\n\n\| job /);
  expect(now).toMatch(/\n\n<!-- end -->\n\nAfter\.\n$/);
  expect(now).not.toContain('formerly');
  expect(written(now)).toBe(now);
  expect(written('- **T-009** MUST. Said. Test: [x](y).')).toBe(
    '- **T-009** MUST. Said. Test: [section-1-transport](../test/taxii/section-1-transport.test.ts).',
  );
});

test('every line of the TAXII checklist stands in the conformance, once', () => {
  expect(linesIn(read('docs/conformance.md'))).toEqual([...LINES.keys()]);
});

test.each(DOCUMENTS)('the relative links of %s lead somewhere', (name) => {
  const links = [...read(name).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to!);
  const broken = links.filter((to) => {
    if (/^https?:/.test(to)) return false;
    const [path = '', anchor] = to.split('#');
    const target = path === '' ? name : join(dirname(name), path);
    return !existsSync(target) || (anchor !== undefined && !anchorsOf(read(target)).has(anchor));
  });
  expect(broken).toEqual([]);
});

test.each(DOCUMENTS)('what %s names of the code is there', (name) => {
  const paths = [...read(name).matchAll(/`((?:src|scripts|test|schemas|docs|bench)\/[\w./-]+)`/g)].map(
    ([, at]) => at!,
  );
  expect(paths.filter((at) => !existsSync(at))).toEqual([]);
});

test('README has at most 80 lines, and leads to every document', () => {
  const readme = read('README.md');
  expect(readme.split('\n').length - 1).toBeLessThanOrEqual(80);
  expect(DOCUMENTS.filter((name) => name !== 'README.md' && !readme.includes(`](${name})`))).toEqual([]);
});
