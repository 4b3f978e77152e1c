/** backup, restore, migrate: the same store elsewhere, or nothing. */
import { generateIdentity, identityToRecipient } from 'age-encryption';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { MongoClient } from 'mongodb';
import { v4 as uuid } from 'uuid';
import { Summary } from '../../src/store/archive';
import { openStore } from '../../src/store/open';
import { furnish } from '../support/desk';
import { databaseAt } from '../support/mongo-url';
import { jisrOn, type Jisr } from '../support/jisr';

let folder: string;
let one: Jisr;
const file = (name: string): string => join(folder, name);
const url = (name: string): string => `sqlite:${file(name)}`;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
  one = jisrOn(() => url('one.db'));
  await furnish(one);
  writeFileSync(file('feed.txt'), Array.from({ length: 700 }, (_, i) => `n${i}.example`).join('\n'));
  await one(['import', file('feed.txt'), '--to', 'europe/indicators', '--apply']);
  await one(['revoke', 'europe/indicators', '--name', 'n7.example', '--apply']);
  await one(['remove', 'objects', 'europe/indicators', '--name', 'n8.example', '--apply']);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** All that a reader can be given, with its dates. */
async function answers(jisr: Jisr): Promise<string> {
  const { code, out } = await jisr('search europe/indicators --versions --limit 10000 --json');
  expect(code).toBe(0);
  return out;
}

test('a backup restored is the same store, with every date; it is only for its owner', async () => {
  const { code, out } = await one(['backup', file('b'), '--json']);
  expect(code).toBe(0);
  expect((JSON.parse(out) as { counts: unknown }).counts).toMatchObject({
    object: 704,
    organisation: 3,
    principal: 3,
  });
  expect(statSync(file('b')).mode & 0o777).toBe(0o600);
  const two = jisrOn(() => url('two.db'));
  expect((await two(['restore', file('b')])).out).toContain('Nothing was changed');
  expect((await two(['restore', file('b'), '--apply'])).code).toBe(0);
  expect(await answers(two)).toBe(await answers(one));
  expect((await two('check')).code).toBe(0);
  const again = await two(['restore', file('b'), '--apply']);
  expect([again.code, again.err]).toEqual([3, expect.stringContaining('not empty')]);
});

test('encrypted for a key or a passphrase: nothing of it is readable without, and nothing else is taken for it', async () => {
  const identity = await generateIdentity();
  writeFileSync(file('key'), `# created today\n${identity}\n`);
  writeFileSync(file('other'), `${await generateIdentity()}\n`);
  writeFileSync(file('words'), 'four quiet bridges over sand\n');
  const recipient = await identityToRecipient(identity);
  expect((await one(['backup', file('plain')])).code).toBe(0);
  expect((await one(['backup', file('sealed'), '--recipient', recipient])).code).toBe(0);
  expect((await one(['backup', file('said'), '--passphrase-file', file('words')])).code).toBe(0);
  for (const name of ['sealed', 'said']) {
    expect(readFileSync(file(name)).subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    expect(statSync(file(name)).mode & 0o777).toBe(0o600);
  }
  const two = jisrOn(() => url('two.db'));
  expect((await two(['restore', file('sealed'), '--identity-file', file('key'), '--apply'])).code).toBe(0);
  expect(await answers(two)).toBe(await answers(one));
  const three = jisrOn(() => url('three.db'));
  for (const [argv, said] of [
    [['sealed'], 'is encrypted'],
    [['sealed', '--identity-file', file('other')], 'not for this key'],
    [['said', '--identity-file', file('key')], 'not for this key'],
    [['plain', '--identity-file', file('key')], 'is not encrypted'],
    [['sealed', '--identity-file', file('words')], 'holds no key'],
    [['sealed', '--identity-file', file('key'), '--passphrase-file', file('words')], 'Say one'],
  ] as const) {
    const [name, ...rest] = argv;
    const { code, err } = await three(['restore', file(name), ...rest, '--apply']);
    expect([argv, code, err]).toEqual([argv, expect.any(Number), expect.stringContaining(said)]);
    expect(code).toBeGreaterThan(1);
  }
  const changed = readFileSync(file('sealed'));
  changed.writeUInt8(changed.readUInt8(changed.length - 100) ^ 1, changed.length - 100);
  writeFileSync(file('changed'), changed);
  expect(
    (await three(['restore', file('changed'), '--identity-file', file('key'), '--apply'])).err,
  ).toContain('cannot be read');
  expect((await three(['restore', file('said'), '--passphrase-file', file('words'), '--apply'])).code).toBe(
    0,
  );
  expect(await answers(three)).toBe(await answers(one));
});

test('§5: a backup that stands already stays, unless --overwrite is said; nothing else is left behind', async () => {
  writeFileSync(file('b'), 'precious', { mode: 0o644 });
  const { code, err } = await one(['backup', file('b')]);
  expect([code, err]).toEqual([3, expect.stringContaining('stands already, and was left as it is')]);
  expect(readFileSync(file('b'), 'utf8')).toBe('precious');
  expect((await one(['backup', file('b'), '--overwrite'])).code).toBe(0);
  expect((await one(['export', 'europe/indicators', '--out', file('e')])).code).toBe(0);
  for (const name of ['b', 'e']) expect(statSync(file(name)).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('a backup taken while others write is as of one moment', async () => {
  const writing = (async () => {
    for (let i = 0; i < 10; i++) {
      writeFileSync(file('more.txt'), Array.from({ length: 60 }, (_, k) => `m${i}-${k}.example`).join('\n'));
      await one(['import', file('more.txt'), '--to', 'europe/indicators', '--apply']);
    }
  })();
  expect((await one(['backup', file('b')])).code).toBe(0);
  await writing;
  const two = jisrOn(() => url('two.db'));
  expect((await two(['restore', file('b'), '--apply'])).code).toBe(0);
  expect((await two('check')).code).toBe(0);
  // It begins as the store does, and ends somewhere in it.
  expect((await answers(one)).startsWith(await answers(two))).toBe(true);
});

test.each<[string, (path: string) => void, RegExp]>([
  ['cut off', (p) => truncateSync(p, statSync(p).size - 200), /cannot be read|cut off/],
  [
    'of other bytes',
    (p) =>
      writeFileSync(p, gzipSync(gunzipSync(readFileSync(p)).toString().replace('n9.example', 'n0.example'))),
    /damaged/,
  ],
  ['no backup', (p) => writeFileSync(p, gzipSync('{"a":1}\n')), /no backup/],
  ['not gzipped', (p) => writeFileSync(p, 'hello'), /cannot be read/],
])('a backup that is %s restores nothing', async (_, spoil, message) => {
  await one(['backup', file('b')]);
  spoil(file('b'));
  const two = jisrOn(() => url('two.db'));
  const { code, err } = await two(['restore', file('b'), '--apply']);
  expect([code, err]).toEqual([3, expect.stringMatching(message)]);
  expect((await two(['restore', file('b'), '--apply'])).err).toMatch(message);
});

test('of the last dates that a collection tells while others write the newest counts, in whatever order', () => {
  const summaryOf = (...dates: number[]): object => {
    const summary = new Summary();
    for (const date of dates) summary.add({ kind: 'last', collection: 'c', date });
    return summary.toJSON();
  };
  for (const dates of [[3], [1, 3], [3, 1], [1, 3, 3, 2]]) expect(summaryOf(...dates)).toEqual(summaryOf(3));
  expect(summaryOf(1, 2)).not.toEqual(summaryOf(3));
});

test('migrate copies a store whole; an interrupted one goes on; another store in the way is refused', async () => {
  const argv = ['migrate', '--from', url('one.db'), '--to', url('two.db'), '--json'];
  expect(JSON.parse((await one(argv)).out)).toMatchObject({ applied: false, objects: 703 });
  expect(existsSync(file('two.db'))).toBe(false); // a dry run makes nothing
  // As an interruption after some records leaves it.
  const [source, target] = [await openStore(url('one.db')), await openStore(url('two.db'))];
  let count = 0;
  for await (const record of source.archive.dump()) {
    if (count++ >= 300) break;
    await target.archive.load([record]);
  }
  await source.close();
  const { createHash } = jest.requireActual<typeof import('node:crypto')>('node:crypto');
  const me = createHash('sha256').update(url('one.db')).digest('hex').slice(0, 16);
  await target.house.note('migration', me, '250');
  await target.close();
  const done = await one([...argv, '--apply']);
  expect(JSON.parse(done.out)).toMatchObject({ applied: true, resumed_at: 250, counts: { object: 704 } });
  const two = jisrOn(() => url('two.db'));
  expect(await answers(two)).toBe(await answers(one));
  const again = await one([...argv, '--apply']);
  expect([again.code, again.err]).toEqual([3, expect.stringContaining('not empty')]);
});

const server = process.env['JISR_TEST_MONGODB'];
const compatible = server === undefined ? test.skip : test;
compatible(
  `${server === undefined ? 'SKIPPED, JISR_TEST_MONGODB names no server: ' : ''}from SQLite to MongoDB and back: the same store`,
  async () => {
    const mongo = databaseAt(server!, `jisr-test-${uuid().slice(0, 8)}`);
    try {
      expect((await one(['migrate', '--from', url('one.db'), '--to', mongo, '--apply'])).err).toBe('');
      const there = jisrOn(() => mongo);
      expect(await answers(there)).toBe(await answers(one));
      expect((await there('check')).code).toBe(0);
      expect((await one(['migrate', '--from', mongo, '--to', url('two.db'), '--apply'])).err).toBe('');
      expect(await answers(jisrOn(() => url('two.db')))).toBe(await answers(one));
      expect((await there(['backup', file('m')])).code).toBe(0);
      const three = jisrOn(() => url('three.db'));
      expect((await three(['restore', file('m'), '--apply'])).err).toBe('');
      expect(await answers(three)).toBe(await answers(one));
    } finally {
      const client = await MongoClient.connect(mongo);
      await client.db().dropDatabase();
      await client.close();
    }
  },
  120_000,
);

compatible(
  'a backup of a store on MongoDB while others write: each object whole, nothing that was there before is missing',
  async () => {
    const mongo = databaseAt(server!, `jisr-test-${uuid().slice(0, 8)}`);
    try {
      const there = jisrOn(() => mongo);
      await furnish(there);
      const bring = async (name: string): Promise<void> => {
        writeFileSync(file(name), Array.from({ length: 40 }, (_, k) => `${name}-${k}.example`).join('\n'));
        const argv = ['import', file(name), '--format', 'list', '--to', 'europe/indicators', '--apply'];
        expect((await there(argv)).code).toBe(0);
      };
      await bring('before');
      const writing = (async () => {
        for (let i = 0; i < 4; i++) {
          await bring(`m${i}`);
          await there(['revoke', 'europe/indicators', '--name', `m${i}-`, '--apply']);
        }
      })();
      expect((await there(['backup', file('m')])).err).toBe('');
      await writing;
      const two = jisrOn(() => url('two.db'));
      expect((await two(['restore', file('m'), '--apply'])).err).toBe('');
      expect((await two('check')).out).toContain('Every promise holds');
      expect(await answers(two)).toContain('before-39.example');
    } finally {
      const client = await MongoClient.connect(mongo);
      await client.db().dropDatabase();
      await client.close();
    }
  },
  120_000,
);

test('shard prints each key with its reason and the commands; a store that is no cluster is refused', async () => {
  const at = jisrOn(() => 'mongodb://127.0.0.1:1/exchange');
  const { out } = await at('shard');
  expect(out).toContain('sh.shardCollection("exchange.entries", {"c":1,"u":1})');
  expect((await one('shard')).err).toContain('no mongodb:// URL');
});
compatible('shard --apply on a server that is no router changes nothing', async () => {
  const { code, err } = await jisrOn(() => databaseAt(server!, 'exchange'))('shard --apply');
  expect([code, err]).toEqual([3, expect.stringContaining('not the router')]);
});
