/** API tokens through the jisr command: given, listed, explained, taken away. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthenticate } from '../../src/http/auth';
import { openStore } from '../../src/store/open';
import { jisrOn, NOW } from '../support/jisr';

const DAY = 24 * 3600e6;
let folder: string;
let url: string;
let now = NOW;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
  url = `sqlite:${join(folder, 'jisr.db')}`;
  now = NOW;
  await done('apply', 'collections');
  await done('add', 'organisation', 'Police', '--kind', 'member', '--region', 'europe');
  await done(
    'add',
    'principal',
    'soc-1',
    '--organisation',
    'Police',
    '--kind',
    'service',
    '--clearance',
    'amber',
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const jisr = jisrOn(
  () => url,
  () => now,
);
async function done(...argv: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await jisr([...argv, '--json', '--apply']);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Record<string, unknown>;
}
const listed = async (): Promise<Record<string, unknown>[]> =>
  JSON.parse((await jisr('list tokens --json')).out) as Record<string, unknown>[];

test('a dry run gives nothing out; the token is shown once, signs its account in, and stands nowhere', async () => {
  const dry = await jisr(['add', 'token', 'soc-1', 'poller of the SOC']);
  expect(dry.out).toContain('Would do: add the token "poller of the SOC" of soc-1, until 2024-11-13T');
  expect(dry.out).not.toContain('jisr_');
  expect(await listed()).toEqual([]);

  const { out } = await jisr(['add', 'token', 'soc-1', 'poller of the SOC', '--apply']);
  const text = /jisr_\S{55}/.exec(out)![0];
  expect(out).toContain('shown this once');
  const store = await openStore(url);
  const authenticate = createAuthenticate({ people: store.people, clock: () => now });
  expect((await authenticate(`Bearer ${text}`, { address: '192.0.2.1' })).name).toBe('soc-1');
  now += 365 * DAY;
  await expect(authenticate(`Bearer ${text}`, { address: '192.0.2.1' })).rejects.toThrow('ended');
  await store.close();
  for (const file of readdirSync(folder))
    expect(readFileSync(join(folder, file)).includes(text.slice(17))).toBe(false);
});

test('what it may is listed in words, and explained; use and end are shown', async () => {
  const args = [
    '--days',
    '20',
    '--rights',
    'read',
    '--channel',
    'europe',
    '--collection',
    'global/indicators',
  ];
  const { token } = (await done(
    'add',
    'token',
    'soc-1',
    'narrow',
    ...args,
    '--network',
    '192.0.2.7,2001:db8::/32',
  )) as {
    token: { id: string };
  };
  const store = await openStore(url);
  await store.house.noteUses([{ id: token.id, at: NOW + DAY }]);
  await store.close();
  now += 15 * DAY;
  const table = (await jisr('list tokens')).out;
  expect(table).toMatch(
    /narrow +soc-1 .* read +europe, global\/indicators +192\.0\.2\.7\/32, 2001:db8::\/32 .*\(in 5 days\)/,
  );
  expect(await listed()).toMatchObject([
    { id: token.id, principal: 'soc-1', used: expect.any(String) as string },
  ]);

  const explained = async (place: string): Promise<unknown[]> =>
    (JSON.parse((await jisr(`explain ${place} --token ${token.id} --json`)).out) as { principals: unknown[] })
      .principals;
  expect(await explained('europe/indicators')).toMatchObject([
    {
      principal: 'soc-1',
      rights: ['see', 'read'],
      because: expect.arrayContaining(['the token "narrow" may only read']) as unknown,
    },
  ]);
  expect(await explained('mena/indicators')).toMatchObject([
    { rights: [], because: ['the token "narrow" does not open this collection'] },
  ]);
  expect((await jisr(`explain europe/indicators --token ${token.id} --principal soc-1`)).code).toBe(2);
  expect((await jisr('explain europe/indicators --token nothing')).err).toContain('jisr list tokens');
});

test('one is removed by its id, and the audit tells both', async () => {
  const { token } = (await done('add', 'token', 'soc-1', 'old')) as { token: { id: string } };
  expect((await jisr(`remove token ${token.id}`)).out).toContain('Nothing was changed');
  expect(await listed()).toHaveLength(1);
  await done('remove', 'token', token.id);
  expect(await listed()).toEqual([]);
  expect((await jisr(`remove token ${token.id} --apply`)).err).toContain('There is no token');
  const audit = (await jisr('audit --json')).out;
  expect(audit).toContain('add-token');
  expect(audit).toContain('remove-token');
});

test.each([
  ['no account', ['nobody', 'x'], 'no principal "nobody"'],
  ['no name', ['soc-1'], 'what it is for'],
  ['a name that moves the cursor', ['soc-1', 'a\nb'], 'what it is for'],
  ['a right that there is not', ['soc-1', 'x', '--rights', 'curate'], '--rights'],
  ['a channel that there is not', ['soc-1', 'x', '--channel', 'europa'], 'no channel "europa". Did you mean'],
  ['a collection that there is not', ['soc-1', 'x', '--collection', 'europe/nothing'], 'no collection'],
  ['no network', ['soc-1', 'x', '--network', '192.0.2.0/40'], '--network: "192.0.2.0/40"'],
  ['no end', ['soc-1', 'x', '--days', '9999'], '--days'],
])('refused, naming what is wrong: %s', async (_what, argv, said) => {
  const { code, err } = await jisr(['add', 'token', ...argv, '--apply']);
  expect(code).toBeGreaterThan(1);
  expect(err).toContain(said);
  expect(await listed()).toEqual([]);
});

test('a name that the account has already is refused before anything is made', async () => {
  await done('add', 'token', 'soc-1', 'same');
  expect((await jisr('add token soc-1 same')).err).toContain('has a token "same" already');
});
