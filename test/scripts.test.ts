/** The jisr command on a real store: help, dry run, apply, wrong use; a server set up from nothing by a machine. */
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VERBS } from '../scripts/registry';
import { run } from '../scripts/run';
import { verifyPassword } from '../src/passwords';
import { openStore } from '../src/store/open';
import { part, tool, toolId, write } from './support/exchange';

let folder: string;
let url: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
  url = `sqlite:${join(folder, 'jisr.db')}`;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function jisr(
  line: string | string[],
  input = '',
): Promise<{ code: number; out: string; err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const argv = typeof line === 'string' ? line.split(' ') : line;
  const code = await run(argv, {
    env: { JISR_STORE: url },
    print: (text) => out.push(text),
    error: (text) => err.push(text),
    input: async () => input,
    clock: () => 1_700_000_000_000_000,
    terminal: false,
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
const parsed = async (line: string, input?: string): Promise<Record<string, any>> => {
  const { code, out, err } = await jisr(`${line} --json`, input);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Record<string, unknown>;
};

test.each(VERBS.map((v) => v.name))('%s --help has a usage and an example', async (name) => {
  const { code, out } = await jisr(`${name} --help`);
  expect(code).toBe(0);
  expect(out).toContain(`jisr ${name}`);
});

test.each([
  ['nonsense', 'no verb'],
  ['add', 'what to add'],
  ['add organisation --name x', '--kind'],
  ['add organisation --name x --kind club --region europe', '--kind'],
  ['add organisation --name x --kind desk --region atlantis', '--region'],
  ['add organisation --name x --kind desk --region europe --country ZZZ', '--country'],
  ['list things', 'what to list'],
  ['show collection', 'what to show'],
  ['change principal', 'what to change'],
  ['disable door x', 'what to disable'],
  ['explain', 'which collection'],
  ['apply --nonsense', 'nonsense'],
  ['expire-statuses --days 0', '--days'],
  ['audit --limit x', '--limit'],
  ['remove grant', 'jisr remove grant ID'],
])('wrong use, "%s": exit code 2 and what is wrong', async (line, what) => {
  const { code, err } = await jisr(line);
  expect(code).toBe(2);
  expect(err).toContain(what);
});

test('without --apply nothing changes; apply is idempotent and shows the difference first', async () => {
  expect((await jisr('apply collections')).out).toContain('+ europe/indicators');
  expect((await parsed('list collections')) as unknown as unknown[]).toHaveLength(0);
  expect((await jisr('apply collections --apply')).code).toBe(0);
  expect((await parsed('list collections')) as unknown as unknown[]).toHaveLength(30);
  expect((await jisr('apply collections --apply')).out).toBe('Nothing differs.');
});

test('a machine sets up a server from nothing: organisation, principals with given and generated passwords, a grant', async () => {
  await jisr('apply collections --apply');
  await jisr([
    'add',
    'organisation',
    '--name',
    'Police FR',
    '--kind',
    'member',
    '--region',
    'europe',
    '--country',
    'fr',
    '--apply',
  ]);
  const generated = await parsed2([
    'add',
    'principal',
    '--name',
    'tool-1',
    '--organisation',
    'Police FR',
    '--kind',
    'service',
    '--clearance',
    'amber',
    '--apply',
  ]);
  const given = await parsed2(
    [
      'add',
      'principal',
      '--name',
      'tool-2',
      '--organisation',
      'Police FR',
      '--kind',
      'service',
      '--clearance',
      'red',
      '--password-stdin',
      '--apply',
    ],
    'a password of my own\n',
  );
  expect(given).not.toHaveProperty('password');
  const store = await openStore(url);
  const check = async (name: string, password: string) =>
    verifyPassword((await store.people.credentials(name))!.passwordHash, password);
  expect((await store.people.credentials('tool-1'))!.passwordHash).toMatch(/^\$argon2id\$/);
  expect(await check('tool-1', generated['password'] as string)).toBe(true);
  expect(await check('tool-2', 'a password of my own')).toBe(true);
  await store.close();

  const before = await parsed('explain africa/partner-inbox --right read --principal tool-1');
  expect(before['principals']).toMatchObject([
    { principal: 'tool-1', may: false, because: ['no grant fits'] },
  ]);
  const grant = await parsed(
    'add grant --collection africa/partner-inbox --principal tool-1 --rights see,read --read-ceiling green --apply',
  );
  const after = await parsed('explain africa/partner-inbox --right read --principal tool-1');
  expect(after['principals']).toMatchObject([
    { may: true, reads_up_to: 'green', because: [expect.stringContaining(grant['id'] as string)] },
  ]);
  expect((await jisr('explain europe/indicators --right read')).out).toContain(
    'collections/europe.json#/collections/0/grants/',
  );
  await parsed(`remove grant ${grant['id'] as string} --apply`);
  expect(
    (await parsed('explain africa/partner-inbox --right read --principal tool-1'))['principals'],
  ).toMatchObject([{ may: false }]);

  await parsed('disable principal tool-1 --apply');
  expect((await parsed('explain europe/indicators --principal tool-1'))['principals']).toMatchObject([
    { may: false },
  ]);
  await parsed('enable principal tool-1 --apply');
  expect((await jisr('change principal tool-1 --clearance red --apply')).out).toContain('from the beginning');
  expect(await parsed('show principal tool-1')).toMatchObject({ clearance: 'red' });
  expect((await jisr('change principal tool-1 --new-password --apply')).out).toContain('password');
  expect(
    (
      await jisr([
        'add',
        'organisation',
        '--name',
        'Police FR',
        '--kind',
        'member',
        '--region',
        'europe',
        '--apply',
      ])
    ).code,
  ).toBe(3);
});

const parsed2 = async (argv: string[], input?: string): Promise<Record<string, unknown>> => {
  const { code, out, err } = await jisr([...argv, '--json'], input);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Record<string, unknown>;
};

describe('channel files', () => {
  const edit = (change: (file: any) => void): string => {
    const copy = join(folder, 'channels');
    cpSync('collections', copy, { recursive: true });
    const path = join(copy, 'europe.json');
    const file: unknown = JSON.parse(readFileSync(path, 'utf8'));
    change(file);
    writeFileSync(path, JSON.stringify(file));
    return copy;
  };
  test.each<[string, (file: any) => void, RegExp]>([
    [
      'a default_tlp that is missing',
      (f) => delete f.collections[0].default_tlp,
      /europe\.json: \/collections\/0: required/,
    ],
    [
      'an unknown level',
      (f) => (f.collections[0].max_tlp = 'purple'),
      /europe\.json: \/collections\/0\/max_tlp: enum/,
    ],
    [
      'an id that is no UUIDv4',
      (f) => (f.collections[0].id = 'x'),
      /europe\.json: \/collections\/0\/id: pattern/,
    ],
    [
      'an alias twice in a root',
      (f) => (f.collections[1].alias = f.collections[0].alias),
      /\/collections\/1\/alias: unique-alias/,
    ],
    [
      'a title twice in a root (T-289)',
      (f) => (f.collections[1].title.ar = f.collections[0].title.ar),
      /\/collections\/1\/title\/ar: unique-title/,
    ],
    [
      'an id of another channel',
      (f) =>
        (f.collections[0].id = JSON.parse(readFileSync('collections/mena.json', 'utf8')).collections[0].id),
      /unique-id/,
    ],
    [
      'a default above the maximum',
      (f) => ((f.collections[0].default_tlp = 'red'), (f.collections[0].max_tlp = 'green')),
      /default-within-max/,
    ],
    ['a reserved root (T-260)', (f) => (f.api_root = 'taxii2'), /\/api_root: not/],
    ['a misspelt property', (f) => (f.colections = []), /additionalProperties/],
  ])('%s is refused whole, with file, path and rule', async (_, change, message) => {
    const { code, err } = await jisr(`apply ${edit(change)} --apply`);
    expect(code).toBe(3);
    expect(err).toMatch(message);
    expect((await parsed('list collections')) as unknown as unknown[]).toHaveLength(0);
  });

  test('a collection that still holds objects goes only with --drop-objects', async () => {
    await jisr('apply collections --apply');
    const store = await openStore(url);
    const collection = (await store.catalog.channels())
      .find((c) => c.apiRoot === 'europe')!
      .collections.find((c) => c.alias === 'indicators')!;
    const open = { ...collection, grants: [{ source: 'test', to: {}, rights: ['write'] as const }] };
    await store.objects.append(write(open), part([tool(toolId(), 1, 0)]));
    await store.close();
    const copy = edit(
      (f) => (f.collections = f.collections.filter((c: { alias: string }) => c.alias !== 'indicators')),
    );
    const refused = await jisr(`apply ${copy} --apply`);
    expect([refused.code, refused.err]).toEqual([3, expect.stringContaining('--drop-objects')]);
    expect((await parsed('show collection europe/indicators'))['id']).toBe(collection.id);
    expect((await jisr(`apply ${copy} --apply --drop-objects`)).out).toContain('- europe/indicators');
    expect((await jisr('show collection europe/indicators')).code).toBe(3);
  });
});
