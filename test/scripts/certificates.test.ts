/** Client certificates of accounts through the jisr command. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority, pinOfKeys, type Issued } from '../support/certificates';
import { jisrOn, NOW } from '../support/jisr';

let folder: string;
let soc: Issued;
const file = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};
const jisr = jisrOn(
  () => `sqlite:${join(folder, 'jisr.db')}`,
  () => NOW,
);
const done = async (...argv: string[]): Promise<void> => {
  const { code, err } = await jisr([...argv, '--apply']);
  expect([code, err]).toEqual([0, '']);
};
const held = async (name = 'soc-1'): Promise<unknown> =>
  (JSON.parse((await jisr(`show principal ${name} --json`)).out) as { certificate?: unknown }).certificate;
const add = (name: string, ...more: string[]): Promise<void> =>
  done(
    'add',
    'principal',
    name,
    '--organisation',
    'Police',
    '--kind',
    'service',
    '--clearance',
    'amber',
    ...more,
  );

beforeAll(async () => {
  const names = [{ type: 'dns' as const, value: 'soc.example.org' }];
  soc = await (await Authority.make()).issue({ subject: 'C=FR, CN=soc-1', names });
});
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
  await done('apply', 'collections');
  await done('add', 'organisation', 'Police', '--kind', 'member', '--region', 'europe');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a file gives its key, or its subject, or its names; two while one is renewed; none takes them away', async () => {
  const pem = file('soc.pem', soc.cert);
  const pin = await pinOfKeys(soc.keys);
  await add('soc-1', '--certificate', pem, '--beside');
  expect(await held()).toEqual({ matches: [pin], beside: true });
  await done('change', 'principal', 'soc-1', '--certificate', pem, '--known-by', 'subject');
  expect(await held()).toEqual({ matches: ['subject:C=FR,CN=soc-1'] });
  await done('change', 'principal', 'soc-1', '--clearance', 'red');
  expect(await held()).toEqual({ matches: ['subject:C=FR,CN=soc-1'] });
  await done(
    'change',
    'principal',
    'soc-1',
    '--certificate',
    pem,
    '--certificate',
    'san:DNS:new.example.org',
    '--known-by',
    'names',
  );
  expect(await held()).toEqual({ matches: ['san:DNS:soc.example.org', 'san:DNS:new.example.org'] });
  await done('change', 'principal', 'soc-1', '--certificate', 'none');
  expect(await held()).toBeUndefined();
});

test('what is of another account is refused, with whose it is', async () => {
  const pem = file('soc.pem', soc.cert);
  await add('soc-1', '--certificate', pem);
  await add('soc-2');
  const { code, err } = await jisr(['change', 'principal', 'soc-2', '--certificate', pem, '--apply']);
  expect([code, err]).toEqual([3, expect.stringContaining('is of the account soc-1')]);
  expect(await held('soc-2')).toBeUndefined();
});

test.each([
  ['a file that is not there', ['--certificate', 'nothing.pem'], 'nothing.pem cannot be read'],
  ['no certificate', ['--certificate', 'package.json'], 'holds no certificate'],
  ['no pin', ['--certificate', 'pin:abc'], 'none of pin:BASE64'],
  ['another way to know one', ['--certificate', 'pin:abc', '--known-by', 'name'], '--known-by'],
  ['beside nothing', ['--beside'], 'Say that too'],
])('refused: %s', async (_what, argv, said) => {
  await add('soc-1');
  const { code, err } = await jisr(['change', 'principal', 'soc-1', ...argv]);
  expect([code, err]).toEqual([2, expect.stringContaining(said)]);
});
