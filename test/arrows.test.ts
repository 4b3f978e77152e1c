/** Dependencies point one way: domain ← validation ← publish ← http, jobs, scripts ← main (architecture, "The tree"). */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = process.cwd();
/** What a room may import, beside itself and packages. */
const MAY: readonly (readonly [room: RegExp, may: RegExp])[] = [
  [/^src\/domain\//, /^src\/domain\//],
  [/^src\/validation\//, /^src\/(domain|validation)\//],
  [/^src\/store\/(store|archive|url)$/, /^src\/(domain\/|store\/(store|archive)$)/],
  [
    /^src\/store\/sqlite\//,
    /^src\/(domain\/|store\/((store|page|archive|status|hand-grants|refusals)$|sqlite\/))/,
  ],
  [
    /^src\/store\/mongo\//,
    /^src\/(domain\/|store\/((store|page|archive|status|hand-grants|refusals)$|mongo\/))/,
  ],
  [/^src\/store\/(page|status|hand-grants|refusals)$/, /^src\/(domain\/|store\/store$)/],
  [/^src\/store\/open$/, /^src\/(domain\/|store\/)/],
  [
    /^src\/(door|passwords|log|config|first-start)$/,
    /^src\/(domain\/|store\/(store|url)$|passwords$|config$)/,
  ],
  [/^src\/admission$/, /^src\/(domain\/|validation\/|store\/store$)/],
  [/^src\/describe$/, /^src\/(domain\/|store\/store$|door$)/],
  [/^src\/envelope$/, /^src\/(domain\/|validation\/|store\/store$|admission$)/],
  [/^src\/(parsed|quotas)$/, /^src\/(domain\/|store\/store$|envelope$)/],
  [/^src\/part$/, /^src\/(domain\/|validation\/|store\/store$|admission$|envelope$)/],
  [/^src\/line$/, /^src\/(domain\/|validation\/|store\/store$|envelope$|parsed$|part$)/],
  [
    /^src\/publish$/,
    /^src\/(domain\/|validation\/|store\/store$|door$|envelope$|line$|parsed$|part$|quotas$)/,
  ],
  [/^src\/foresee$/, /^src\/(domain\/|validation\/|store\/store$|admission$|envelope$|part$|publish$)/],
  [/^src\/failure$/, /^src\/domain\//],
  [/^src\/behind$/, /^src\/none/],
  [/^src\/publish-thread$/, /^src\/(domain\/|store\/(store|open)$|behind$|door$|failure$|publish$)/],
  [/^src\/read-thread$/, /^src\/(domain\/|store\/(store|open)$|behind$|failure$)/],
  [/^src\/feeds\//, /^src\/(domain\/|validation\/|feeds\/)/],
  [/^src\/http\//, /^src\/(domain\/|store\/store$|http\/|door$|config$|log$|passwords$)/],
  [/^src\/read-collection$/, /^src\/(domain\/|store\/store$)/],
  [/^src\/jobs\/thread$/, /^src\/(domain\/|store\/(store|open)$|jobs\/|door$|publish$)/],
  [/^src\/jobs\//, /^src\/(domain\/|store\/store$|jobs\/|log$|door$|read-collection$)/],
  [/^src\/(main|prepare)$/, /^src\//],
  [/^src\/processes$/, /^src\/(log|jobs\/thread|store\/store)$/],
  [
    /^scripts\//,
    /^(scripts\/|src\/(domain\/|validation\/|store\/(store|open|archive|refusals|url|mongo\/sharding)$|jobs\/|feeds\/|passwords$|publish$|foresee$|describe$|config$|read-collection$))/,
  ],
];

const files = ['src', 'scripts'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true })
    .map((name) => `${folder}/${String(name)}`)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts')),
);

test.each(files)('%s imports only what its room may', (file) => {
  const own = file.replace(/\.ts$/, '');
  const rule = MAY.find(([room]) => room.test(own));
  expect(rule).toBeDefined();
  const imports = [...readFileSync(join(ROOT, file), 'utf8').matchAll(/from '(\.[^']+)'/g)].map(([, to]) => {
    const path = relative(ROOT, resolve(ROOT, dirname(file), to!));
    return /^src\/store\/(sqlite|mongo)$/.test(path) ? `${path}/index` : path;
  });
  expect(imports.filter((to) => !rule![1].test(to))).toEqual([]);
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
