/** Organisations, accounts and channels through the jisr command: identities, the audit, names, what is said of mistakes. */
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-argument */
import { ORIGINATOR_CONTROL } from '../../src/validation/originator-control';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { distance, nearest } from '../../scripts/nearest';
import { describeAll } from '../../src/publish/describe';
import { mayReadStatus } from '../../src/domain/access';
import { differences } from '../../src/domain/differences';
import { withoutSecrets } from '../../src/domain/errors';
import { firstOperator } from '../../src/startup/first-start';
import { openDoor } from '../../src/publish/publish';
import { openStore } from '../../src/store/open';
import type { Store } from '../../src/store/store';
import { checkObject } from '../../src/validation/object';
import { collection, organisation, principal, tool, toolId } from '../support/exchange';
import { serveExchange, type Account } from '../support/http';
import { jisrOn, NOW } from '../support/jisr';

let folder: string;
let url: string;
let now = NOW;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
  url = `sqlite:${join(folder, 'jisr.db')}`;
  now = NOW;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const jisr = jisrOn(
  () => url,
  () => now,
);
const done = async (argv: readonly string[], input = ''): Promise<any> => {
  const { code, out, err } = await jisr([...argv, '--json', '--apply'], { input });
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as unknown;
};
const asked = async (line: string): Promise<any> => JSON.parse((await jisr(`${line} --json`)).out) as unknown;
/** What search finds: a line of JSON each. */
const searched = async (line: string): Promise<any[]> => {
  const { out, err } = await jisr(`search ${line} --json`);
  expect(err).toBe('');
  return out
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as unknown);
};
const organisationOf = (name: string, kind: string, ...more: string[]): Promise<any> =>
  done(['add', 'organisation', name, '--kind', kind, '--region', 'europe', ...more]);
const account = (name: string, house: string, role = 'curator', clearance = 'red'): Promise<any> =>
  done(
    [
      'add',
      'principal',
      name,
      '--organisation',
      house,
      '--kind',
      'service',
      '--role',
      role,
      '--clearance',
      clearance,
      '--password-stdin',
    ],
    `the password of ${name}\n`,
  );

/** An operator and two desks, none of them with an identity of its own. */
async function twoDesks(): Promise<void> {
  await done(['apply', 'collections']);
  for (const [name, kind] of [
    ['operator', 'operator'],
    ['one', 'desk'],
    ['two', 'desk'],
  ] as const) {
    await organisationOf(`House ${name}`, kind);
    await account(name, `House ${name}`);
  }
}
const inDirectory = (as = 'operator'): Promise<any[]> => searched(`global/organisations --as ${as}`);

describe('identity (D8a)', () => {
  test('an address that one desk revoked is reported by another, and stands in the block list', async () => {
    await twoDesks();
    const feed = join(folder, 'feed.txt');
    writeFileSync(feed, '198.51.100.7\n');
    const bring = (as: string) => done(['import', feed, '--to', 'europe/indicators', '--as', as]);
    expect(await bring('one')).toMatchObject({ accepted: 1 });
    await done(['revoke', 'europe/indicators', '--value', '198.51.100.7', '--as', 'one']);
    expect((await jisr('export europe/indicators --format list --kind address')).out).not.toContain('198.');
    expect(await bring('two')).toMatchObject({ accepted: 1, already_there: 0 });
    expect(await bring('two')).toMatchObject({ accepted: 0, already_there: 1 });
    expect((await jisr('export europe/indicators --format list --kind address')).out).toContain(
      '198.51.100.7',
    );
    const found = await searched('europe/indicators');
    const houses = (await asked('list organisations')) as any[];
    const identities = ['House one', 'House two'].map((n) => houses.find((h) => h.name === n).identity);
    expect(found.map((f) => f.object.created_by_ref).sort()).toEqual([...identities].sort());
  });

  test('what describes an organisation is sound STIX, and stands where the readers of its objects can read it', async () => {
    await done(['apply', 'collections']);
    await organisationOf('Operators', 'operator');
    await account('operator', 'Operators');
    await organisationOf(
      'Police of Examplia',
      'member',
      '--country',
      'FR',
      '--name-in',
      'ar=شرطة',
      '--sector',
      'government',
    );
    await organisationOf('Example Payments', 'partner');
    await account('reader', 'Police of Examplia', 'reader', 'amber');
    await account('paying', 'Example Payments', 'reader', 'amber');
    const objects = (await inDirectory()).map((f) => f.object);
    for (const object of objects) {
      const { errors, warnings } = checkObject(object);
      // Ids that follow from others say so by their version (§2.9); the identities’ own are random.
      expect([...errors, ...warnings].filter((f) => f.rule !== 'I-V4' || object.type === 'identity')).toEqual(
        [],
      );
    }
    const police = objects.find((o) => o.name === 'Police of Examplia');
    expect(police).toMatchObject({
      type: 'identity',
      spec_version: '2.1',
      identity_class: 'organization',
      sectors: ['government'],
      created: '2023-11-14T22:13:20.000Z',
      modified: '2023-11-14T22:13:20.000Z',
    });
    expect(objects).toContainEqual(
      expect.objectContaining({
        type: 'language-content',
        object_ref: police.id,
        contents: { ar: { name: 'شرطة' } },
      }),
    );
    const place = objects.find((o) => o.type === 'location');
    expect(place).toMatchObject({ country: 'FR', name: 'France' });
    expect(objects).toContainEqual(
      expect.objectContaining({
        relationship_type: 'located-at',
        source_ref: police.id,
        target_ref: place.id,
      }),
    );
    // Members read of partners; partners do not read of each other.
    expect((await inDirectory('reader')).map((f) => f.object.name)).toContain('Example Payments');
    expect((await inDirectory('paying')).map((f) => f.object.name)).not.toContain('Example Payments');
    expect((await inDirectory('paying')).map((f) => f.object.name)).toContain('Police of Examplia');
  });

  test('a new name is a new version; nothing is published where nothing changed', async () => {
    await twoDesks();
    const before = (await asked('audit --action publish --limit 100')) as any[];
    await done(['change', 'organisation', 'House one', '--country', 'DE']);
    now += 60e6;
    await done(['change', 'organisation', 'House one', '--new-name', 'Desk One']);
    await done(['change', 'principal', 'one', '--clearance', 'amber']);
    const versions = (await searched('global/organisations --type identity --versions'))
      .map((f) => f.object)
      .filter((o) => ['House one', 'Desk One'].includes(o.name));
    expect(versions.map((o) => [o.name, o.created, o.modified])).toEqual([
      ['House one', '2023-11-14T22:13:20.000Z', '2023-11-14T22:13:20.000Z'],
      ['House one', '2023-11-14T22:13:20.000Z', '2023-11-14T22:13:20.001Z'],
      ['Desk One', '2023-11-14T22:13:20.000Z', '2023-11-14T22:14:20.000Z'],
    ]);
    const after = (await asked('audit --action publish --limit 100')) as any[];
    expect(after.length - before.length).toBe(2);
  });

  const mended = async (store: Store): Promise<void> => {
    const door = openDoor(store, {
      clock: () => now,
      limits: { depth: 16, objects: 1000 },
      report: () => undefined,
    });
    expect(await describeAll(store, door, now, { by: 'server' })).toEqual([]);
  };
  test('a store from before is mended, once: each organisation has its own identity afterwards', async () => {
    await done(['apply', 'collections']);
    const store = await openStore(url, { clock: () => now });
    const [old, own] = [
      organisation({ kind: 'operator', name: 'Old operators' }),
      organisation({ name: 'Own', identity: 'identity--2d6f0e8b-91c3-4f57-8a24-60b5d1e7c935' }),
    ];
    for (const o of [old, own]) await store.people.saveOrganisation(o);
    await store.people.savePrincipal(principal(4, { name: 'operator', organisation: old }), 'hash');
    await mended(store);
    const all = await store.people.organisations();
    expect(all.map((o) => o.identity)).toEqual([`identity--${old.id}`, own.identity]);
    const records = (await store.records.audit(100)).length;
    now += 60e6;
    await mended(store);
    expect(await store.people.organisations()).toEqual(all);
    expect(await store.records.audit(100)).toHaveLength(records);
    await store.close();
    // And Jisr's own extension beside them.
    expect((await inDirectory()).map((f) => f.id).sort()).toEqual(
      [ORIGINATOR_CONTROL, ...all.map((o) => o.identity)].sort(),
    );
  });

  test('the first operator’s organisation has one too, and its account a password to be changed', async () => {
    const store = await openStore(url);
    await firstOperator(store, now);
    const [house] = await store.people.organisations();
    await store.close();
    expect(house!.identity).toBe(`identity--${house!.id}`);
    expect((await jisr('list principals')).out).toContain('password to be changed');
    await done(['change', 'principal', 'operator', '--new-password']);
    expect((await jisr('list principals')).out).not.toContain('to be changed');
  });
});

describe('accounts are audited: who did what, and for whom; no secrets', () => {
  test('organisations, principals, clearances, passwords, grants, channels', async () => {
    await twoDesks();
    await done(['change', 'principal', 'one', '--clearance', 'amber', '--as', 'operator']);
    await done(['change', 'principal', 'two', '--password-stdin'], 'another very secret one\n');
    await done(['disable', 'organisation', 'House two']);
    const { id } = await done([
      'add',
      'grant',
      'africa/indicators',
      '--principal',
      'one',
      '--rights',
      'read',
    ]);
    await done(['remove', 'grant', id as string, '--as', 'operator']);
    const records = (await asked('audit --limit 200')) as any[];
    const of = (action: string): any[] => records.filter((r) => r.action === action).reverse();
    expect(of('add-collection')).toHaveLength(31);
    expect(of('add-channel')).toHaveLength(6);
    expect(of('add-organisation').map((r) => [r.principal, r.subject])).toEqual(
      ['operator', 'one', 'two'].map((n) => ['local:tester', `House ${n}`]),
    );
    expect(of('add-principal').map((r) => r.subject)).toEqual(['operator', 'one', 'two']);
    expect(of('change-principal')).toMatchObject([
      { principal: 'local:tester', behalf: 'operator', subject: 'one', detail: 'clearance: "red" → "amber"' },
      { principal: 'local:tester', subject: 'two', detail: 'password: none → "a new one"' },
    ]);
    expect(of('change-organisation')).toMatchObject([
      { subject: 'House two', detail: 'disabled: false → true' },
    ]);
    expect(of('add-grant')).toMatchObject([{ subject: id, collection: 'africa/indicators' }]);
    expect(of('remove-grant')).toMatchObject([{ subject: id, behalf: 'operator' }]);
    expect(JSON.stringify(records)).not.toMatch(/secret|argon2|the password of/);
    expect((await jisr('audit')).out).toContain('local:tester');
  });

  test('what is published and removed with --as names who did it and for whom', async () => {
    await twoDesks();
    const feed = join(folder, 'feed.txt');
    writeFileSync(feed, '198.51.100.7\n');
    await done(['import', feed, '--to', 'europe/indicators', '--as', 'one']);
    await done(['remove', 'objects', 'europe/indicators', '--all', '--as', 'one']);
    expect(await asked('audit --limit 2')).toMatchObject([
      { action: 'remove', principal: 'local:tester', behalf: 'one' },
      { action: 'publish', principal: 'local:tester', behalf: 'one' },
    ]);
  });

  test('a dry run and a change of nothing leave no record', async () => {
    await twoDesks();
    const before = (await asked('audit --limit 200')) as any[];
    expect((await jisr('change principal one --clearance amber')).code).toBe(0);
    await done(['change', 'principal', 'one', '--clearance', 'red']);
    await done(['apply', 'collections']);
    expect(await asked('audit --limit 200')).toEqual(before);
  });
});

describe('operators curate and read statuses by role and clearance (T-278)', () => {
  test('the right to curate is the curators’ in every channel file', async () => {
    await done(['apply', 'collections']);
    await organisationOf('Operators', 'operator');
    for (const role of ['reader', 'contributor', 'curator']) await account(role, 'Operators', role);
    for (const { apiRoot, alias } of (await asked('list collections')) as any[]) {
      const { principals } = await asked(`explain ${apiRoot}/${alias}`);
      const may = (name: string): string[] => principals.find((p: any) => p.principal === name).rights;
      expect(may('reader')).toEqual(['see', 'read']);
      expect(may('contributor')).not.toContain('curate');
      expect(may('curator')).toEqual(['see', 'read', 'write', 'curate']);
    }
  });

  test('a status is for who submitted it, and for an operator who curates and is cleared for all of it', () => {
    const operator = { organisation: organisation({ kind: 'operator' }) };
    const grants = [
      { source: 'a', to: {}, rights: ['see', 'read'] as const },
      { source: 'b', to: { role: 'curator' }, rights: ['curate'] as const },
    ];
    const c = collection({ grants: grants as any, maxTlp: 3 });
    const may = (who: ReturnType<typeof principal>, where = true) =>
      mayReadStatus(who, 'x', where ? c : undefined);
    expect(may(principal(0, { id: 'x', role: 'reader' }), false)).toBe(true);
    expect(may(principal(3, operator))).toBe(true);
    expect(may(principal(2, operator))).toBe(false);
    expect(may(principal(4, { ...operator, role: 'contributor' }))).toBe(false);
    expect(may(principal(4))).toBe(false);
    expect(may(principal(4, operator), false)).toBe(false);
    expect(may(principal(4, { ...operator, disabled: true }))).toBe(false);
  });
});

test('over HTTP, a status is hidden from an operator who is not cleared for all that the collection takes (T-278)', async () => {
  const x = await serveExchange();
  try {
    const { id } = await x.add('main', [tool(toolId(), 1, 0)]);
    const ask = async (as: Account): Promise<number> => (await x.get(`/europe/status/${id}/`, { as })).status;
    expect([await ask('desk'), await ask('operator'), await ask('otherDesk')]).toEqual([200, 200, 404]);
    const found = (await x.store.people.credentials('operator'))!;
    await x.store.people.savePrincipal({ ...found.principal, clearance: 3 });
    expect(await ask('operator')).toBe(404);
  } finally {
    await x.close();
  }
});

describe('apply says only what changes', () => {
  const edited = (change: (file: any) => void, name = 'elsewhere'): string => {
    const copy = join(folder, name, 'collections');
    cpSync('collections', copy, { recursive: true });
    const path = join(copy, 'europe.json');
    const file: unknown = JSON.parse(readFileSync(path, 'utf8'));
    change(file);
    writeFileSync(path, JSON.stringify(file));
    return copy;
  };

  test('the same files in another folder, or their grants in another order, are no difference', async () => {
    await done(['apply', 'collections']);
    const copy = edited((f) => f.collections.forEach((c: any) => c.grants.reverse()));
    expect((await jisr(`apply ${copy}`)).out).toBe('Nothing differs.');
  });

  test('differences are short, sorted, before → after, in the words of the files', async () => {
    await done(['apply', 'collections']);
    const copy = edited((f) => {
      const [c] = f.collections;
      c.title.ar = 'آخر';
      c.default_tlp = 'red';
      c.types = [...c.types.filter((t: string) => t !== 'tool'), 'report'];
      c.grants = c.grants.filter((g: any) => g.to.kind !== 'partner');
      c.grants.push({
        to: { kind: 'member', region: 'mena' },
        rights: ['see', 'read'],
        read_ceiling: 'green',
      });
    });
    const { out } = await jisr(`apply ${copy}`);
    expect(out.split('\n')).toEqual([
      '~ europe/indicators',
      '    default_tlp: "amber" → "red"',
      expect.stringMatching(/^ {4}grants: - every partner/),
      '    grants: + every member of mena may read up to GREEN',
      '    title.ar: "مؤشرات الاختراق" → "آخر"',
      '    types: - tool',
      '    types: + report',
      '1 change. Nothing was changed. Say --apply to do it.',
    ]);
  });

  test('a dry run refuses what --apply refuses: a collection that holds objects', async () => {
    await twoDesks();
    const feed = join(folder, 'feed.txt');
    writeFileSync(feed, '198.51.100.7\n');
    await done(['import', feed, '--to', 'europe/indicators']);
    const copy = edited((f) => f.collections.shift());
    const dry = await jisr(`apply ${copy}`);
    expect([dry.code, dry.err]).toEqual([3, expect.stringContaining('--drop-objects')]);
    expect(await jisr(`apply ${copy} --apply`)).toEqual(dry);
    expect((await jisr(`apply ${copy} --drop-objects`)).code).toBe(0);
  });

  test('differences of a value and itself are none; of two, they name the paths that differ (law)', () => {
    const value = fc.dictionary(
      fc.constantFrom('a', 'b', 'c'),
      fc.oneof(fc.integer(), fc.array(fc.string())),
    );
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(differences(a, a)).toEqual([]);
        const paths = new Set(differences(a, b).map((line) => line.slice(0, line.indexOf(':'))));
        for (const name of ['a', 'b', 'c']) {
          const set = (v: unknown): unknown => (Array.isArray(v) ? [...new Set(v as string[])].sort() : v);
          const same = JSON.stringify(set(a[name])) === JSON.stringify(set(b[name]));
          expect(paths.has(name)).toBe(!same);
        }
      }),
    );
  });
});

describe('names, mistakes, and stores that are not there', () => {
  test('a name is a word or an option alike', async () => {
    await twoDesks();
    for (const line of ['show principal one', 'show principal --name one'])
      expect(await asked(line)).toMatchObject({ name: 'one' });
    for (const line of ['list principals one', 'list principals --name one', 'list principal one'])
      expect(await asked(line)).toMatchObject([{ name: 'one' }]);
    for (const line of ['change principal one --role reader', 'change principal --name one --role reader'])
      expect(await asked(line)).toMatchObject({ principal: { name: 'one', role: 'reader' } });
    for (const line of ['explain europe/indicators', 'explain --collection europe/indicators'])
      expect((await asked(line)).principals).toHaveLength(3);
    expect((await jisr('disable principal --name one')).out).toContain('disable the principal one');
    const both = await jisr('change principal one --name two');
    expect([both.code, both.err]).toEqual([2, expect.stringContaining('--new-name')]);
  });

  test.each([
    ['aply', 2, 'Did you mean apply?'],
    ['list organizations', 2, 'Did you mean organisations?'],
    ['add organization x', 2, 'Did you mean organisation?'],
    ['apply --dropobjects', 2, 'Did you mean --drop-objects?'],
    ['apply --nonsense', 2, 'jisr apply takes --apply, --as, --drop-objects, --help, --json, --store.'],
    ['explain europe/indicators --right raed', 2, 'Did you mean read?'],
    ['show principal oen', 3, 'Did you mean one?'],
    ['show collection europe/indicator', 3, 'Did you mean europe/indicators?'],
    ['explain europe/indicators --principal oen', 3, 'Did you mean one?'],
    ['list principals oen', 3, 'Did you mean one?'],
    ['disable principal one --as oen', 3, 'Did you mean one?'],
    ['change principal one --role reader --as oen', 3, 'Did you mean one?'],
    ['change principal one --password-file /nowhere', 3, '/nowhere: cannot be read'],
    ['list principals --store mongodb://jisr:secret@127.0.0.1/x', 2, 'JISR_STORE'],
  ])('"%s": exit code %d and %s', async (line, code, said) => {
    await twoDesks();
    const ran = await jisr(line);
    expect([ran.code, ran.err]).toEqual([code, expect.stringContaining(said)]);
    expect(ran.err).not.toContain('secret');
  });

  test('the distance of two words is symmetric, and 0 for one word alone; a swap is one mistake (law)', () => {
    const word = fc.string({ maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(distance(a, b)).toBe(distance(b, a));
        expect(distance(a, b) === 0).toBe(a === b);
        expect(distance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
        expect(distance(`${a}xy`, `${a}yx`)).toBe(1);
      }),
    );
    expect(nearest('revok', ['remove', 'revoke', 'list'])).toEqual(['revoke']);
  });

  test('a verb without a store says so and makes none; a trial of one that may make it makes none either', async () => {
    for (const line of ['list principals', 'audit', 'search a/b', 'stats', 'check', 'jobs', 'export a/b']) {
      const { code, err } = await jisr(line);
      expect([line, code, err]).toEqual([line, 3, expect.stringContaining('There is no store at')]);
    }
    expect((await jisr('apply collections')).code).toBe(0);
    expect((await jisr('add organisation A --kind desk --region europe')).code).toBe(0);
    expect(existsSync(join(folder, 'jisr.db'))).toBe(false);
  });

  test('a store is set up by script alone, operator and all: the server’s start makes no account', async () => {
    await organisationOf('Operators', 'operator');
    const store = await openStore(url);
    // The account that a start makes belongs to the operators that a script has made.
    await store.close();
    await account('chief', 'Operators');
    const again = await openStore(url);
    expect(await firstOperator(again, now)).toBeUndefined();
    await again.close();
  });

  test('a dry run finds that a name is taken', async () => {
    await twoDesks();
    for (const line of [
      'add organisation --name one-more --kind desk --region europe',
      'change principal one --new-name uno',
    ])
      expect((await jisr(line)).code).toBe(0);
    for (const argv of [
      ['add', 'organisation', 'House one', '--kind', 'desk', '--region', 'europe'],
      ['change', 'organisation', 'House one', '--new-name', 'House two'],
      ['change', 'principal', 'one', '--new-name', 'two'],
      ['add', 'principal', 'one', '--organisation', 'House one', '--kind', 'service', '--clearance', 'red'],
    ]) {
      const dry = await jisr(argv);
      expect([dry.code, dry.err]).toEqual([3, expect.stringContaining('is taken')]);
      expect(await jisr([...argv, '--apply'])).toEqual(dry);
    }
  });

  test('jisr --version', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(await jisr('--version')).toEqual({ code: 0, out: `jisr ${version}`, err: '' });
  });
});

describe('secrets', () => {
  test('no password of a URL is in what is said, however it is written (law)', () => {
    const secret = fc.string({ minLength: 6 }).filter((s) => !/[\n]/.test(s) && s.trim() !== '');
    fc.assert(
      fc.property(secret, (s) => {
        expect(withoutSecrets(`Cannot reach mongodb://jisr:${s}@db.example/x`)).toBe(
          'Cannot reach mongodb://…@db.example/x',
        );
      }),
    );
  });

  test.each([
    'mongodb://jisr:geheim@',
    'mongodb://jisr:ge/heim@127.0.0.1/x',
    'mongodb://jisr:geheim@127.0.0.1:99999/x',
    'mongodb+srv://jisr:geheim@localhost/x',
    'postgres://jisr:geheim@127.0.0.1/x',
  ])('%s is refused at once, in one line without the password', async (wrong) => {
    url = wrong;
    const { code, err } = await jisr('list principals');
    expect(code).toBe(3);
    expect(err).toContain('JISR_STORE');
    expect(err).not.toMatch(/geheim|heim@|\n/);
  });
});
