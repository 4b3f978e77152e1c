/** Dependencies point one way: domain ← validation ← publish ← http, jobs, scripts ← main (docs/architecture.md, "The rooms"). */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = process.cwd();
const PORT = 'store/(store|objects|records|house|catalog|people|archive|changes)$';
/** What a room may import, beside packages: the first that fits. */
const MAY: readonly (readonly [room: string, may: readonly string[]])[] = [
  ['domain/', ['domain/']],
  ['validation/', ['domain/', 'validation/']],
  ['identity/', ['domain/', PORT, 'identity/', 'validation/schema-file$']],
  [PORT, ['domain/', PORT]],
  ['store/sqlite/', ['domain/', PORT, 'store/(page|status|hand-grants|refusals)$', 'store/sqlite/']],
  ['store/mongo/', ['domain/', PORT, 'store/(page|status|hand-grants|refusals)$', 'store/mongo/']],
  ['store/(page|status|hand-grants|refusals|url)$', ['domain/', PORT]],
  ['store/open$', ['domain/', 'store/']],
  ['publish/door$', ['domain/', PORT, 'identity/own-password$']],
  ['threads/read$', ['domain/', PORT, 'store/open$', 'threads/']],
  ['threads/tellings$', ['domain/', PORT]],
  ['threads/', ['domain/', 'threads/']],
  [
    'publish/thread$',
    [
      'domain/',
      PORT,
      'store/open$',
      'publish/',
      'threads/(behind|calls|failure|patiently)$',
      'identity/own-password$',
    ],
  ],
  ['publish/', ['domain/', 'validation/', PORT, 'publish/(?!thread)', 'identity/own-password$']],
  ['feeds/', ['domain/', 'validation/', 'feeds/']],
  ['operations/', ['domain/', PORT, 'operations/']],
  ['variables$', []],
  ['(config|log)$', ['domain/', 'store/url$', 'config$', 'variables$']],
  ['http/', ['domain/', PORT, 'http/', 'publish/door$', 'config$', 'log$', 'identity/', 'operations/']],
  ['jobs/thread$', ['domain/', PORT, 'store/open$', 'jobs/', 'publish/', 'threads/(behind|kept)$']],
  ['jobs/', ['domain/', PORT, 'jobs/', 'log$', 'publish/door$', 'operations/']],
  ['startup/processes$', ['log$', 'jobs/thread$', 'startup/stopping$', PORT]],
  ['startup/', ['(?!main$|http/|feeds/)']],
  ['main$', ['']],
];
/** Verbs see what they need of the server, and never how it serves. */
const SCRIPTS = [
  'domain/',
  'validation/',
  PORT,
  'store/(open|refusals|url|mongo/sharding)$',
  'publish/(?!thread)',
  'jobs/',
  'feeds/',
  'identity/',
  'operations/',
  'config$',
];

const files = ['src', 'scripts'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true })
    .map((name) => `${folder}/${String(name)}`)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')),
);

const fits = (path: string, patterns: readonly string[]): boolean =>
  patterns.some((pattern) => new RegExp(`^src/${pattern}`).test(path));

test.each(files)('%s imports only what its room may', (file) => {
  const own = file.replace(/\.ts$/, '');
  const may = own.startsWith('scripts/') ? SCRIPTS : MAY.find(([room]) => fits(own, [room]))?.[1];
  const text = readFileSync(join(ROOT, file), 'utf8');
  const imports = [...text.matchAll(/(?:from |import\()'(\.[^']+)'/g)]
    .map(([, to]) => relative(ROOT, resolve(ROOT, dirname(file), to!)).replace(/\.js$/, ''))
    .map((path) => (/^src\/store\/(sqlite|mongo)$/.test(path) ? `${path}/index` : path))
    .filter((path) => !(own.startsWith('scripts/') && path.startsWith('scripts/')));
  expect(may).toBeDefined();
  expect(imports.filter((to) => !fits(to, may!))).toEqual([]);
});

test('operations compute: none prints, reads a command line or knows a clock', () => {
  for (const file of files.filter((f) => f.startsWith('src/operations/'))) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    expect([file, /console\.|process\.|argv|Date\.now|node:(fs|net|http|child)/.test(text)]).toEqual([
      file,
      false,
    ]);
  }
});

test('the domain does no I/O and knows no clock', () => {
  for (const file of files.filter((f) => f.startsWith('src/domain/'))) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    expect([file, /Date\.now|Math\.random|process\.|node:(fs|net|http|child)/.test(text)]).toEqual([
      file,
      false,
    ]);
  }
});

test.each([
  'Surroundings',
  'Candidate',
  'Member',
  'Held',
  'Reading',
  'Endpoint',
  'Envelope',
  'Collection',
  'Scope',
])('%s means one thing: it is declared once', (word) => {
  const declares = new RegExp(`^(export )?(interface|type|class) ${word}\\b`, 'm');
  const places = files.filter((file) => declares.test(readFileSync(join(ROOT, file), 'utf8')));
  expect(places).toHaveLength(1);
});
