/** §2: passwords stand in no argument, and what strangers wrote moves nobody's terminal. */
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config';
import { cell, printable, quoted } from '../../src/domain/printable';
import { holdsPassword, withPassword } from '../../src/store/url';
import { furnish } from '../support/desk';
import { jisrOn } from '../support/jisr';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'jisr-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const jisr = jisrOn(() => `sqlite:${join(folder, 'jisr.db')}`);
function secret(text: string): string {
  writeFileSync(join(folder, 'secret'), text);
  return join(folder, 'secret');
}

test.each([
  ['list organisations --store mongodb://me:hidden@127.0.0.1/x', '--store'],
  ['migrate --from mongodb://me:hidden@127.0.0.1/x --to sqlite:y.db', '--from'],
  ['migrate --from sqlite:x.db --to mongodb+srv://me:hidden@example.org/x', '--to'],
])('%s is refused, and not repeated', async (line, option) => {
  const { code, out, err } = await jisr(line);
  expect([code, err]).toEqual([2, expect.stringMatching(new RegExp(`^${option}: holds a password`))]);
  expect(out + err).not.toContain('hidden');
});

test('a password comes out of a file into a URL that names a user alone', () => {
  const file = secret('p@ss:/wörd\n');
  const url = withPassword('mongodb://me@h1,h2/db?authSource=admin', file, 'X');
  expect(url).toBe('mongodb://me:p%40ss%3A%2Fw%C3%B6rd@h1,h2/db?authSource=admin');
  expect([holdsPassword(url), holdsPassword('mongodb://me@h/db'), holdsPassword('sqlite:a@b')]).toEqual([
    true,
    false,
    false,
  ]);
  for (const wrong of ['mongodb://h/db', 'sqlite:x.db', url])
    expect(() => withPassword(wrong, file, 'X')).toThrow(/X: the store's URL must name a user/);
  const env = { JISR_STORE: 'mongodb://me@h/db?tls=true', JISR_STORE_PASSWORD_FILE: file };
  expect(readConfig(env).store).toBe('mongodb://me:p%40ss%3A%2Fw%C3%B6rd@h/db?tls=true');
  expect(() => readConfig({ ...env, JISR_STORE_PASSWORD_FILE: '/nowhere' })).toThrow(
    /JISR_STORE_PASSWORD_FILE: \/nowhere cannot/,
  );
});

// eslint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066\u2067\ufeff]/;
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...Array.from('\u001b\u009b\u202e\u2066\u2068\u2069\r\n\t\u0007[a"\\')),
    fc.string({ maxLength: 1 }),
  ),
});

test('whatever was written, what is printed moves no cursor and turns no line round; JSON stays the same value', () => {
  fc.assert(
    fc.property(text, (given) => {
      for (const line of printable(given).split('\n')) {
        expect(line).not.toMatch(UNSAFE);
        expect(line.split('\u2068')).toHaveLength(line.split('\u2069').length);
      }
      expect(JSON.parse(printable(JSON.stringify({ given })))).toEqual({ given });
      for (const safe of [quoted(given), cell(given)]) expect(safe).not.toMatch(/[\u2066-\u2069\n]/);
    }),
  );
});

test('verbs print what was published with its escapes made visible', async () => {
  await furnish(jisr);
  const name = 'x\u001b[2J\u009b1m\u202e';
  const object = {
    type: 'tool',
    spec_version: '2.1',
    id: 'tool--5a5b0a36-6a29-4f7a-9c5a-000000000001',
    name,
    created: '2024-01-01T00:00:00.000Z',
    modified: '2024-01-01T00:00:00.000Z',
  };
  const file = join(folder, 'o.json');
  writeFileSync(file, JSON.stringify(object));
  expect((await jisr(['import', file, '--to', 'europe/indicators', '--apply'])).code).toBe(0);
  for (const line of [
    'search europe/indicators',
    'search europe/indicators --json',
    `show object ${object.id}`,
  ]) {
    const { code, out } = await jisr(line);
    expect([line, code, UNSAFE.test(out)]).toEqual([line, 0, false]);
  }
  expect(
    (JSON.parse((await jisr('search europe/indicators --json')).out) as { name?: string }).name ?? name,
  ).toBe(name);
});
