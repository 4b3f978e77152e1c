/** The house of the SQLite store: bounded steps, one look an object, private files, space given back. */
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { instantKey } from '../../src/domain/timestamp';
import { openStore } from '../../src/store/open';
import { connect, type Connection } from '../../src/store/sqlite/connection';
import { sqliteCatalog } from '../../src/store/sqlite/catalog';
import { check } from '../../src/store/sqlite/check';
import { maintain } from '../../src/store/sqlite/maintain';
import { mend } from '../../src/store/sqlite/mend';
import { sqliteObjects } from '../../src/store/sqlite/objects';
import { retire } from '../../src/store/sqlite/retire';
import { allOf, type ObjectKey } from '../../src/store/sqlite/standing';
import { STEP } from '../../src/store/sqlite/walk';
import { Work } from '../../src/store/sqlite/work';
import { channel, collection, day, part, tool, toolId, write } from '../support/exchange';

let folder: string;
const opened: Connection[] = [];
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'jisr-test-'))));
afterEach(() => {
  for (const { db } of opened.splice(0)) db.close();
  rmSync(folder, { recursive: true, force: true });
});
const fileOf = (name = 'jisr.db'): string => join(folder, name);
function open(file: string, options: Parameters<typeof connect>[1] = {}): Connection {
  const connection = connect(file, options);
  opened.push(connection);
  return connection;
}

/** A connection that counts what is fetched: the most rows in one step, all rows, and the transactions that write. */
function counting(inner: Connection): {
  connection: Connection;
  seen: { step: number; most: number; rows: number; writes: number };
} {
  const seen = { step: 0, most: 0, rows: 0, writes: 0 };
  const count = (rows: number): void => {
    seen.step += rows;
    seen.rows += rows;
    seen.most = Math.max(seen.most, seen.step);
  };
  const connection: Connection = {
    ...inner,
    sql: (text) => {
      const statement = inner.sql(text);
      return new Proxy(statement, {
        get: (target, name) => {
          const value = Reflect.get(target, name) as unknown;
          if (typeof value !== 'function') return value;
          return (...of: unknown[]) => {
            const found = (value as (...a: unknown[]) => unknown).apply(target, of);
            if (name === 'all') count((found as unknown[]).length);
            if (name === 'get') count(1);
            return found;
          };
        },
      });
    },
    write: (work) => {
      seen.writes++;
      return inner.write(work);
    },
  };
  return { connection, seen };
}

const PERMIT = {};
const HELD = { held: [], types: ['tool'] };

/** One object of many versions beside many objects of one. */
async function filled(versions: number, objects: number): Promise<Connection> {
  const inner = open(':memory:', { clock: () => 1_700_000_000_000_000 });
  const c = collection();
  await sqliteCatalog(inner).apply([channel([c])], { apply: true, dropObjects: false });
  const store = sqliteObjects(inner);
  await store.append(write(c), part(Array.from({ length: objects }, () => tool(toolId(), 1, 0))));
  const id = toolId();
  await store.append(write(c), part([tool(id, 1, 0)]));
  const { sql } = inner;
  const object = sql('SELECT collection, type, key FROM versions WHERE object_id = ?').get(id) as ObjectKey;
  const columns =
    'collection, type, key, object_id, spec, version, digest, rank, declared, unresolved, publisher, size, body';
  for (let i = 1; i < versions; i++)
    sql(
      `INSERT INTO versions (${columns}, version_key) SELECT ${columns}, ? FROM versions WHERE object_id = ? LIMIT 1`,
    ).run(instantKey(new Date(Date.parse(day(1)) + i).toISOString()), id);
  const work = new Work(inner, object.collection);
  work.take(id, allOf(inner, object));
  work.save();
  return inner;
}

/** The largest step between two turns, as the rows that were fetched in it. */
async function stepsOf(
  inner: Connection,
  work: (connection: Connection) => Promise<unknown>,
): Promise<ReturnType<typeof counting>['seen']> {
  const { connection, seen } = counting(inner);
  const ended = new AbortController();
  const turns = (async () => {
    while (!ended.signal.aborted) {
      seen.step = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  await work(connection);
  ended.abort();
  await turns;
  return seen;
}

test.each<[string, (connection: Connection) => Promise<unknown>]>([
  ['check', (connection) => check(connection, () => undefined, PERMIT)],
  ['mend', (connection) => mend(connection, PERMIT)],
  [
    'retention, told what it would take',
    (connection) => {
      const id = connection.sql('SELECT id FROM collections').pluck().get() as string;
      return retire(connection, id, { ...HELD, before: 1_800_000_000_000_000 }, 'a test', false);
    },
  ],
])(
  '%s goes over a store in bounded steps, whatever it holds, and looks at each version a fixed number of times',
  async (_, work) => {
    const [small, large] = [
      await stepsOf(await filled(100, 900), work),
      await stepsOf(await filled(200, 900), work),
    ];
    // An object is looked at whole; beside it a step holds as much as STEP rows and what leads to them.
    expect(small.most).toBeLessThanOrEqual(2 * 100 + 4 * STEP);
    expect(large.most).toBeLessThanOrEqual(2 * 200 + 4 * STEP);
    // Linear: 100 more versions cost a few rows each.
    expect(large.rows - small.rows).toBeLessThanOrEqual(6 * 100);
    expect(large.writes).toBeLessThanOrEqual(1);
  },
);

test('retention takes objects out in units of work of some hundred versions', async () => {
  const inner = await filled(100, 900);
  const id = inner.sql('SELECT id FROM collections').pluck().get() as string;
  const { connection, seen } = counting(inner);
  const whole = { ...HELD, before: 1_800_000_000_000_000 };
  expect(await retire(connection, id, whole, 'a test', true)).toEqual({ objects: 901, versions: 1000 });
  expect(seen.writes).toBeGreaterThanOrEqual(2);
  expect(seen.writes).toBeLessThanOrEqual(4);
  expect(inner.sql('SELECT count(*) FROM removed').pluck().get()).toBe(1000);
  expect(await check(inner, () => undefined)).toEqual([]);
});

test('retention that is ended in the middle has taken out whole objects, and goes on another time', async () => {
  const inner = await filled(1, 1500);
  const id = inner.sql('SELECT id FROM collections').pluck().get() as string;
  const stop = new AbortController();
  const write: Connection['write'] = (work) => {
    stop.abort(new Error('the server stops'));
    return inner.write(work);
  };
  const whole = { ...HELD, before: 1_800_000_000_000_000 };
  const ended = retire({ ...inner, write }, id, whole, 'a test', true, { signal: stop.signal });
  await expect(ended).rejects.toThrow('the server stops');
  const left = inner.sql('SELECT count(*) FROM versions').pluck().get();
  expect(left).toBe(1501 - STEP);
  expect(await check(inner, () => undefined)).toEqual([]);
  expect(await retire(inner, id, whole, 'a test', true)).toMatchObject({ objects: left });
});

test('planted defects of every kind are found, and those that can be are mended', async () => {
  const inner = await filled(3, 10);
  const { sql } = inner;
  sql("UPDATE entries SET type = 'campaign' WHERE date = (SELECT min(date) FROM entries)").run();
  sql('UPDATE entries SET latest_last = 0 WHERE date = (SELECT max(date) FROM entries)').run();
  sql(
    `INSERT INTO entries SELECT collection, date + 1000000, 99999, type, ${Array(9).fill(0).join(', ')}, key FROM entries LIMIT 1`,
  ).run();
  sql("INSERT INTO citations VALUES ('marking-definition--x', 99999, 1)").run();
  sql("INSERT INTO statuses VALUES ('s', 'europe', 'c', 'p', 1, 1, 0, 0, 0, 0)").run();
  sql("UPDATE versions SET body = '{}' WHERE row = 2").run();
  const promises = async (): Promise<string[]> => [
    ...new Set((await check(inner, () => undefined)).map((d) => d.promise)),
  ];
  expect((await promises()).sort()).toEqual([
    'a version is the JSON of its object, in a collection',
    'every entry lists a version that is held, where that version stands',
    'no date_added lies after the newest that was given',
    'the entries of an object are what its versions ask for',
    'what is not complete can go on',
    'who waits for a marking is held',
  ]);
  // The entry of another type makes its object incomplete once it is taken out: two objects are settled.
  expect(await mend(inner)).toEqual({ orphans: 3, objects: 2 });
  expect((await promises()).sort()).toEqual([
    'a version is the JSON of its object, in a collection',
    'what is not complete can go on',
  ]);
});

test('more than a hundred defects: the check tells a hundred and ends', async () => {
  const inner = await filled(1, 900);
  inner.sql('UPDATE entries SET latest_last = 0').run();
  expect(await check(inner, () => undefined)).toHaveLength(100);
});

test('a broken file is a defect, found in a process of its own', async () => {
  const file = fileOf();
  const store = await openStore(`sqlite:${file}`);
  expect(await store.house.check(() => undefined)).toEqual([]);
  await store.close();
  const db = new Database(file);
  db.unsafeMode(true);
  db.pragma('writable_schema = ON');
  // An index that lists nothing of its table.
  db.exec(
    "INSERT INTO audit (at, principal, action, collection, subject, detail) VALUES (1, '', 'x', '', '', '')",
  );
  db.exec(
    "UPDATE sqlite_schema SET sql = 'CREATE INDEX audit_action ON audit (row, action)' WHERE name = 'audit_action'",
  );
  db.close();
  const broken = await openStore(`sqlite:${file}`);
  expect(await broken.house.check(() => undefined)).toMatchObject([{ promise: 'the file is whole' }]);
  const ended = broken.house.check(() => undefined, { signal: AbortSignal.abort(new Error('enough')) });
  await expect(ended).rejects.toThrow('enough');
  await broken.close();
});

describe('private files', () => {
  const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

  test('the store, the two files beside it and the folder are made for their owner alone, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      const file = join(folder, 'data', 'deep', 'jisr.db');
      const store = await openStore(`sqlite:${file}`);
      for (const name of [file, `${file}-wal`, `${file}-shm`])
        expect([name, modeOf(name)]).toEqual([name, '600']);
      expect([modeOf(join(folder, 'data')), modeOf(join(folder, 'data', 'deep'))]).toEqual(['700', '700']);
      await store.close();
    } finally {
      process.umask(before);
    }
  });

  test('one that stands is tightened when it is opened to be written; a folder that stands is left as it is', async () => {
    const file = fileOf();
    await (await openStore(`sqlite:${file}`)).close();
    chmodSync(file, 0o644);
    chmodSync(folder, 0o755);
    const store = await openStore(`sqlite:${file}`);
    expect([modeOf(file), modeOf(folder)]).toEqual(['600', '755']);
    await store.house.note('a', 'note', 'in the log');
    chmodSync(`${file}-wal`, 0o640);
    expect(await store.house.check(() => undefined)).toMatchObject([
      { promise: 'only its owner reads the store', place: `${file}-wal`, found: 'mode 640' },
    ]);
    await store.close();
  });
});

describe('maintenance', () => {
  const bytesOf = (file: string): number => statSync(file).size;
  async function emptied(file: string): Promise<Connection> {
    const connection = open(file);
    connection.db.exec('CREATE TABLE ballast (x)');
    connection
      .sql(
        'INSERT INTO ballast WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT randomblob(8000) FROM n',
      )
      .run();
    connection.sql('DELETE FROM ballast').run();
    return connection;
  }

  test('gives space back in small units of work, and cuts the log', async () => {
    const inner = await emptied(fileOf());
    const { connection, seen } = counting(inner);
    const done = await maintain(connection);
    expect(done).toMatchObject({ checkpointed: 1, free_bytes: 0 });
    expect(done).not.toHaveProperty('note');
    expect(done['free_bytes_before']).toBeGreaterThan(20_000_000);
    expect(seen.writes).toBeGreaterThanOrEqual(5);
    expect(bytesOf(fileOf())).toBeLessThan(1_000_000);
    expect(bytesOf(`${fileOf()}-wal`)).toBe(0);
  });

  test('a store that is up to date is opened without the lock of writers', () => {
    const holder = open(fileOf());
    holder.db.exec('BEGIN IMMEDIATE');
    // A lock that is wanted would be waited for, and then be missed.
    const inner = open(fileOf());
    expect(inner.db.pragma('auto_vacuum', { simple: true })).toBe(2);
    holder.db.exec('ROLLBACK');
  });

  test('a store of an older version keeps its file, and is told what to do', async () => {
    const file = fileOf();
    const old = new Database(file);
    old.pragma('page_size = 8192');
    old.exec('CREATE TABLE first (x)');
    old.close();
    expect(await maintain(await emptied(file))).toMatchObject({
      note: expect.stringContaining('jisr restore') as string,
    });
  });

  test('a reader in the middle of a page holds neither the log nor the writers up', async () => {
    const inner = await emptied(fileOf());
    const reader = open(fileOf(), { readonly: true });
    reader.db.exec('BEGIN');
    reader.sql('SELECT count(*) FROM ballast').get();
    inner.sql('INSERT INTO ballast VALUES (1)').run();
    expect(await maintain(inner)).toMatchObject({ checkpointed: 0 });
    // The wait for locks is again what it was.
    expect(inner.db.pragma('busy_timeout', { simple: true })).toBe(10_000);
    reader.db.exec('COMMIT');
    expect(await maintain(inner)).toMatchObject({ checkpointed: 1 });
  });

  test('a reader writes nothing, and carries no log into the file', () => {
    const file = fileOf();
    const inner = open(file);
    inner.sql("UPDATE meta SET value = 7 WHERE name = 'policy'").run();
    const reader = open(file, { readonly: true });
    expect(() => reader.sql("UPDATE meta SET value = 8 WHERE name = 'policy'").run()).toThrow(/readonly/);
    expect(() => reader.db.pragma('wal_checkpoint(TRUNCATE)')).toThrow();
    expect(existsSync(`${file}-wal`)).toBe(true);
  });
});
