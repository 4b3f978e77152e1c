/** The jisr command on a real store: help, dry run, apply, wrong use; a server set up from nothing by a machine. */
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VERBS } from '../../scripts/registry';
import { verifyPassword } from '../../src/identity/passwords';
import { openStore } from '../../src/store/open';
import { part, tool, toolId, write } from '../support/exchange';
import { jisrOn } from '../support/jisr';

let folder: string;
let url: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
  url = `sqlite:${join(folder, 'jisr.db')}`;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const jisr = jisrOn(() => url);
const parsed = async (line: string, input?: string): Promise<Record<string, any>> => {
  const { code, out, err } = await jisr(`${line} --json`, input === undefined ? {} : { input });
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Record<string, unknown>;
};

test.each(VERBS.map((v) => v.name))('%s --help has a usage and an example', async (name) => {
  const { code, out } = await jisr(`${name} --help`);
  expect(code).toBe(0);
  expect(out).toContain(`jisr ${name}`);
  // Commands stand on lines of their own, to be pasted.
  expect(out.split('\n').filter((line) => line.length > 120 && !line.startsWith('  '))).toEqual([]);
});

test.each(VERBS.map((v) => [v.name, v.changes ?? false]))(
  '%s says --apply in its help if, and only if, it changes something (%s)',
  async (name, changes) => {
    expect((await jisr(`${name} --help`)).out.includes('--apply')).toBe(changes);
    if (changes) return;
    const { code, err } = await jisr(`${name} --apply`);
    expect({ code, err }).toEqual({
      code: 2,
      err: `jisr ${name} takes no --apply: it changes nothing that is kept here.\nSee: jisr ${name} --help`,
    });
  },
);

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
  ['import', 'what to import'],
  ['import feed.txt', '--to'],
  ['import feed.txt --to a/b --format xml', '--format'],
  ['export a/b --format xml', '--format'],
  ['export a/b --kind car', '--kind'],
  ['search a/b --limit 0', '--limit'],
  ['search', 'Name a collection'],
  ['export', 'Name a collection'],
  ['dedupe', 'Name a collection'],
  ['revoke', 'Name a collection'],
  ['expire', 'Name a collection'],
  ['copy a/b', '--to'],
  ['move a/b', '--to'],
  ['remove', 'jisr remove objects'],
  ['diff a/b', 'what to compare'],
  ['stats --format pie', '--format'],
  ['publish', 'jisr publish'],
  ['poll', 'jisr poll'],
  ['poll http://x/ --out y --limit none', '--limit'],
  ['jobs run nonsense', 'expiry, statistics'],
  ['jobs history --limit -1', '--limit'],
  ['check --nonsense', 'nonsense'],
  ['backup', 'jisr backup FILE'],
  ['restore', 'jisr restore FILE'],
  ['migrate --from sqlite:x', '--to'],
])('wrong use, "%s": exit code 2 and what is wrong', async (line, what) => {
  await (await openStore(url)).close();
  const { code, err } = await jisr(line);
  expect(code).toBe(2);
  expect(err).toContain(what);
});

test('without --apply nothing changes; apply is idempotent and shows the difference first', async () => {
  expect((await jisr('apply collections')).out).toContain('+ europe/indicators');
  expect(readdirSync(folder)).toEqual([]);
  expect((await jisr('apply collections --apply')).code).toBe(0);
  expect((await parsed('list collections')) as unknown as unknown[]).toHaveLength(31);
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
    'every member of europe may read, by collections/europe.json',
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
  const { code, out, err } = await jisr([...argv, '--json'], input === undefined ? {} : { input });
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
    expect(await jisr('list collections')).toMatchObject({
      code: 3,
      err: expect.stringContaining('no store') as string,
    });
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

describe('validate and ids', () => {
  const UUID = '3f9c1d2a-5b6e-4c7d-8e9f-0a1b2c3d4e5f';
  const sound = {
    type: 'tool',
    spec_version: '2.1',
    id: `tool--${UUID}`,
    name: 'a',
    created: '2024-01-01T00:00:00.000Z',
    modified: '2024-01-01T00:00:00.000Z',
  };
  const custom = { ...sound, id: sound.id.replace('3f', '4f'), x_a: 1 };
  const broken = { ...sound, id: sound.id.replace('3f', '5f'), name: null };
  const bundle = (...objects: object[]): object => ({ type: 'bundle', id: `bundle--${UUID}`, objects });
  const judged = async (
    argv: string[],
    input: unknown = '',
  ): Promise<Record<string, any> & { code: number }> => {
    const text = typeof input === 'string' ? input : JSON.stringify(input);
    const { code, out } = await jisr(['validate', '-', '--json', ...argv], { input: text });
    return { code, ...(JSON.parse(out) as object) };
  };

  test.each<[string, unknown, [number, number, number, number]]>([
    ['an object', sound, [0, 1, 0, 0]],
    ['a list', [sound, custom], [0, 1, 1, 0]],
    ['a bundle, judged itself too', bundle(sound, custom, broken), [1, 2, 1, 1]],
    ['an envelope', { objects: [sound, broken] }, [1, 1, 0, 1]],
    ['a bundle of nothing', { type: 'bundle', id: `bundle--${UUID}` }, [0, 1, 0, 0]],
    ['objects without names, one by one', { objects: [{ type: 'tool' }, {}, sound] }, [1, 1, 0, 2]],
    ['lines', [sound, custom, broken].map((o) => JSON.stringify(o)).join('\n'), [1, 1, 1, 1]],
    ['no JSON', '{"objects":[}', [1, 0, 0, 1]],
    ['an object with one name twice', '{"type":"tool","type":"tool"}', [1, 0, 0, 1]],
  ])('validate takes %s', async (_, input, [code, good, warned, refused]) => {
    expect(await judged([], input)).toMatchObject({
      code,
      sound: good,
      warned,
      refused,
      judged: good + warned + refused,
    });
  });

  test('a result names the object, the rules, the places, what was found and expected, and the code', async () => {
    const { results } = await judged([], bundle(custom, broken));
    expect(results).toEqual([
      expect.objectContaining({
        source: 'standard input',
        index: 0,
        id: custom.id,
        type: 'tool',
        outcome: 'warned',
        errors: [],
        warnings: [expect.objectContaining({ rule: 'N-CUSTPROP', pointer: '/x_a', code: 401 })],
      }),
      expect.objectContaining({
        outcome: 'refused',
        errors: [expect.objectContaining({ rule: 'T-NULL', pointer: '/name', found: 'null' })],
      }),
    ]);
    const { code, out } = await jisr(['validate', '-'], { input: JSON.stringify(bundle(custom, broken)) });
    expect(code).toBe(1);
    expect(out).toContain('error    T-NULL at /name: found null');
    expect(out).toContain('warning  N-CUSTPROP (401) at /x_a');
    expect(out).toContain('3 judged: 1 sound, 1 with warnings, 1 refused.');
  });

  test('the options of a collection, by name or by hand', async () => {
    expect((await judged(['--custom', 'refuse'], custom)).code).toBe(1);
    expect((await judged(['--strict', 'N-CUSTPROP'], custom)).code).toBe(1);
    expect(await judged(['--quiet', 'N-CUSTPROP'], custom)).toMatchObject({ code: 0, sound: 1 });
    expect((await judged(['--legacy', 'lenient'], { ...sound, labels: [] })).code).toBe(0);
    expect((await judged(['--stix20'], { ...sound, spec_version: undefined })).code).toBe(0);
    expect(
      (await judged(['--references'], bundle({ ...sound, created_by_ref: `identity--${UUID}` }))).code,
    ).toBe(1);
    await jisr('apply --apply');
    expect((await judged(['--collection', 'europe/indicators'], custom)).code).toBe(0);
  });

  test('files and folders; patterns; the rules and the registries with their versions', async () => {
    writeFileSync(join(folder, 'a.json'), JSON.stringify(sound));
    writeFileSync(join(folder, 'b.jsonl'), `${JSON.stringify(custom)}\n\n${JSON.stringify(broken)}\n`);
    const { code, out } = await jisr(['validate', folder, '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ judged: 3, sound: 1, warned: 1, refused: 1 });
    expect(out).toContain('b.jsonl:3');
    expect((await jisr(['validate', '--pattern', "[file:name = 'x']"])).code).toBe(0);
    expect((await jisr(['validate', '--pattern', '[file:name]'])).code).toBe(1);
    const { rules, registries } = await parsed('validate --rules');
    expect(rules).toHaveLength(165);
    for (const version of Object.values(registries as object)) expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test.each([
    ['validate', 'which files'],
    ['validate x --strict NO-RULE', 'NO-RULE'],
    ['validate x --custom maybe', '--custom'],
    ['ids', 'one file'],
  ])('%s is wrong use', async (line, message) => {
    const { code, err } = await jisr(line);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test('a file that is not there: could not (3)', async () => {
    expect(await jisr('validate /nowhere.json')).toMatchObject({
      code: 3,
      err: expect.stringContaining('/nowhere.json') as string,
    });
  });

  test('ids fills in what is missing, keeps the form, and follows what it replaces (§2.9)', async () => {
    const fill = async (input: unknown, ...argv: string[]): Promise<any> => {
      const { code, out } = await jisr(['ids', '-', ...argv], { input: JSON.stringify(input) });
      expect(code).toBe(0);
      return JSON.parse(out);
    };
    const address = { type: 'ipv4-addr', value: '198.51.100.3' };
    const known = 'ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4';
    expect(await fill(address)).toEqual({ ...address, id: known });
    expect(await fill([address, sound])).toEqual([{ ...address, id: known }, sound]);
    const old = `ipv4-addr--${UUID}`;
    const traffic = {
      type: 'network-traffic',
      id: `network-traffic--${UUID}`,
      src_ref: old,
      protocols: ['tcp'],
    };
    const before = bundle({ ...address, id: old }, traffic, { ...sound, x_ref: traffic.id });
    expect(await fill(before)).toEqual(before);
    const after = await fill(before, '--replace');
    expect(after.objects[0].id).toBe(known);
    expect(after.objects[1].src_ref).toBe(known);
    expect(after.objects[2].x_ref).toBe(after.objects[1].id);
    expect((await judged([], after.objects[1])).rules['I-DET']).toBeUndefined();
  });
});
