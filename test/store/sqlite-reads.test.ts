/** What a read of SQLite touches, counted: statements, rows that come back, bytes of bodies; and the plans of all of them. */
import type { RunResult, Statement } from 'better-sqlite3';
import { range } from '../../src/domain/regions';
import { ALL, LAST, type ObjectQuery, type VersionSelection } from '../../src/domain/query';
import { instantKey } from '../../src/domain/timestamp';
import type { Rank } from '../../src/domain/tlp';
import { sqliteCatalog } from '../../src/store/sqlite/catalog';
import { connect, type Connection } from '../../src/store/sqlite/connection';
import { sqliteObjects } from '../../src/store/sqlite/objects';
import { keyOf } from '../../src/store/sqlite/standing';
import type { ObjectStore } from '../../src/store/objects';
import {
  channel,
  collection,
  day,
  part,
  principal,
  query,
  read,
  removal,
  tool,
  toolId,
  write,
} from '../support/exchange';

interface Counted {
  /** Texts of the statements that ran, in order, with the number of rows that each gave or changed. */
  readonly ran: { readonly text: string; readonly rows: number; readonly bytes: number }[];
  readonly connection: Connection;
  readonly inner: Connection;
}

/** A real connection that writes down what runs on it. */
function counted(): Counted {
  const inner = connect(':memory:');
  const ran: Counted['ran'] = [];
  const bytesOf = (row: unknown): number =>
    typeof row === 'string' || Buffer.isBuffer(row)
      ? row.length
      : Object.values(row ?? {}).reduce<number>((sum, v) => sum + bytesOf(v), 0);
  const watched = (text: string, statement: Statement): Statement =>
    new Proxy(statement, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => {
          const result = (value as (...a: unknown[]) => unknown).apply(target, args);
          if (name === 'pluck') return watched(text, target);
          if (name === 'all') ran.push({ text, rows: (result as unknown[]).length, bytes: bytesOf(result) });
          if (name === 'get') ran.push({ text, rows: result === undefined ? 0 : 1, bytes: bytesOf(result) });
          if (name === 'run') ran.push({ text, rows: (result as RunResult).changes, bytes: 0 });
          return result;
        };
      },
    });
  return { inner, ran, connection: { ...inner, sql: (text) => watched(text, inner.sql(text)) } };
}

async function store(): Promise<Counted & { objects: ObjectStore; c: ReturnType<typeof collection> }> {
  const watched = counted();
  const c = collection({ specVersions: ['2.0', '2.1'] });
  await sqliteCatalog(watched.inner).apply([channel([c])], { apply: true, dropObjects: false });
  return { ...watched, objects: sqliteObjects(watched.connection), c };
}

/** Steps that a plan takes through tables of objects other than by a seek, or by sorting more than the page. */
function unbounded({ db }: Connection, text: string): string[] {
  const parameters = Object.fromEntries([...text.matchAll(/@(\w+)/g)].map(([, name]) => [name!, 1]));
  const positional = Array<number>(text.split('?').length - 1).fill(1);
  const plan = db.prepare(`EXPLAIN QUERY PLAN ${text}`);
  const rows = (positional.length > 0 ? plan.all(...positional) : plan.all(parameters)) as {
    detail: string;
  }[];
  return rows.map((row) => row.detail).filter((d) => /^SCAN (e|entries|v|versions)\b/.test(d));
}

/** Versions of one object, written as `append` leaves them: one more of them costs more than this test has time for. */
function manyVersions({ db }: Connection, id: string, count: number, rank: Rank): void {
  const shown = range(rank, 5);
  db.prepare(
    `INSERT INTO versions (collection, type, key, object_id, spec, version, version_key, digest, rank, unresolved, publisher, size, body)
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @count)
     SELECT 1, 'tool', @key, @id, '2.1', strftime('%Y-%m-%dT%H:%M:%S', i, 'unixepoch') || '.000Z',
       strftime('%Y-%m-%dT%H:%M:%S', i, 'unixepoch'), '', @rank, 0, '', 2, '{}' FROM n`,
  ).run({ count, key: keyOf(id), id, rank });
  db.prepare(
    `INSERT INTO entries (collection, date, version, type, key, latest_all, latest_last, latest_first, old_all, old_last, old_first, any_all, any_last, any_first)
     SELECT 1, 1000 + row, row, type, key, @shown, iif(newest, @shown, 0), iif(oldest, @shown, 0), 0, 0, 0,
       @shown, iif(newest, @shown, 0), iif(oldest, @shown, 0)
     FROM (SELECT *, row = max(row) OVER () AS newest, row = min(row) OVER () AS oldest FROM versions WHERE object_id = @id)`,
  ).run({ shown, id });
}

const FIRST: VersionSelection = { all: false, keywords: ['first'], instants: [] };
const exactly = (...keys: string[]): VersionSelection => ({ all: false, keywords: [], instants: keys });

describe('an object with 100,000 versions', () => {
  const id = toolId();
  let s: Awaited<ReturnType<typeof store>>;
  beforeAll(async () => {
    s = await store();
    manyVersions(s.inner, id, 100_000, 1);
  });
  afterAll(() => s.inner.db.close());

  test.each<[string, Partial<ObjectQuery>, number]>([
    ['GET versions', { version: ALL, after: 51_000 }, 10],
    ['match[id]', { version: LAST }, 1],
    ['match[version]=first', { version: FIRST }, 1],
    ['match[version]=<value>', { version: exactly('1970-01-02T00:00:00') }, 1],
    ['match[version]=first,last', { version: { all: false, keywords: ['first', 'last'], instants: [] } }, 2],
    ['match[spec_version]=2.1', { version: LAST, specVersions: ['2.1'] }, 1],
  ])('%s costs what its page costs', async (_, filter, count) => {
    s.ran.length = 0;
    const page = await s.objects.list(read(s.c, 2), query({ ids: [id], limit: 10, ...filter }));
    expect(page.count).toBe(count);
    expect(s.ran.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThan(60);
    expect(s.ran.length).toBeLessThan(20);
    for (const { text } of s.ran) expect([text, unbounded(s.inner, text)]).toEqual([text, []]);
    // No body is loaded for a list.
    expect(s.ran.filter(({ text }) => /\bbody\b/.test(text))).toEqual([]);
  });

  test('of 50 such reads the last costs what the first did, whichever page it is', async () => {
    const cost: number[] = [];
    for (let after = 0, n = 0; n < 50; n++, after += 2000) {
      s.ran.length = 0;
      await s.objects.list(read(s.c, 4), query({ ids: [id], version: ALL, limit: 100, after }));
      cost.push(s.ran.reduce((sum, { rows }) => sum + rows, 0));
    }
    expect(Math.max(...cost)).toBeLessThan(600);
  });

  test('lookup, known and presence look at no more than they give', async () => {
    s.ran.length = 0;
    expect((await s.objects.lookup(write(s.c), [id])).get(id)).toHaveLength(100);
    expect(await s.objects.known(write(s.c), [id])).toEqual(new Set([id]));
    expect(await s.objects.presence(read(s.c, 4), id, [])).toBe('present');
    expect(s.ran.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThan(300);
  });
});

describe('what is hidden costs what is absent costs (promise 3)', () => {
  test('200 hidden versions: the same statements and rows as an id of which there is none', async () => {
    const { objects, c, inner, ran } = await store();
    const [hidden, absent, shown] = [toolId(), toolId(), toolId()];
    manyVersions(inner, hidden, 200, 3);
    await objects.append(write(c), part([tool(shown, 1, 0), tool(shown, 2, 4), tool(shown, 3, 4)]));
    const who = principal(2);
    const selections = [
      LAST,
      FIRST,
      ALL,
      exactly('1970-01-01T00:00:07'),
      { ...LAST, instants: ['1970-01-01T00:00:07'] },
    ];
    const asks: readonly ((id: string) => Promise<unknown>)[] = [
      ...selections.flatMap((version) =>
        [undefined, ['2.0', '2.1'], ['2.0']].flatMap((specVersions) => [
          (id: string) => objects.find(read(c, 2), query({ ids: [id], version, specVersions })),
          (id: string) => objects.list(read(c, 2), query({ ids: [id, shown], version, specVersions })),
        ]),
      ),
      (id) => objects.find(read(c, 2), query({ ids: [id], properties: new Map([['name', ['x']]]) })),
      (id) => objects.presence(read(c, 2), id, [instantKey(day(1))!]),
      (id) => objects.lookup(write(c, who), [id]),
      (id) => objects.known(write(c, who), [id]),
      ...selections.flatMap((version) =>
        [undefined, ['2.0', '2.1'], ['2.0']].map((specVersions) => async (id: string) => {
          expect(await objects.remove(removal(c, who), id, { version, specVersions })).toBe('absent');
        }),
      ),
    ];
    for (const ask of asks) {
      const costs = [];
      for (const id of [hidden, absent]) {
        ran.length = 0;
        await ask(id);
        costs.push([...ran]);
      }
      expect(costs[0]).toEqual(costs[1]);
      // The rank is part of the seek: the index is never walked over what is hidden.
      for (const { text } of costs[0]!)
        if (/FROM versions\b/.test(text))
          expect(text).toMatch(/INDEXED BY versions_rank[^]*rank (?:= 0|IN \(0, 1, 2\)|<= @clearance)/);
    }
    expect(await objects.list(read(c, 3), query({ ids: [hidden], version: ALL }))).toMatchObject({
      count: 200,
    });
    inner.db.close();
  });

  test('DELETE of a hidden version of an object that one sees costs what DELETE of no version costs', async () => {
    const { objects, c, inner, ran } = await store();
    const id = toolId();
    await objects.append(write(c), part([tool(id, 1, 0), tool(id, 2, 4), tool(id, 3, 4)]));
    const costs = [];
    for (const n of [2, 9]) {
      ran.length = 0;
      const version = exactly(instantKey(day(n))!);
      const outcome = await objects.remove(removal(c, principal(2)), id, {
        version,
        specVersions: undefined,
      });
      expect(outcome).toBe('absent');
      costs.push([...ran]);
    }
    expect(costs[0]!.length).toBeGreaterThan(0);
    expect(costs[0]).toEqual(costs[1]);
    inner.db.close();
  });

  test('every look by id is a seek with the rank in it', async () => {
    const { objects, c, inner, ran } = await store();
    await objects.find(
      read(c, 2),
      query({
        ids: [toolId()],
        version: { all: false, keywords: ['first', 'last'], instants: ['2024-01-01T00:00:00'] },
      }),
    );
    await objects.find(read(c, 2), query({ ids: [toolId()], version: ALL }));
    await objects.find(read(c, 2), query({ ids: [toolId()], version: ALL, specVersions: ['2.0', '2.1'] }));
    await objects.remove(removal(c, principal(2)), toolId(), { version: ALL, specVersions: undefined });
    const seeks = ran
      .filter(({ text }) => text.includes('INDEXED BY versions_rank'))
      .flatMap(({ text }) => {
        const parameters = Object.fromEntries([...text.matchAll(/@(\w+)/g)].map(([, name]) => [name!, 1]));
        return (inner.db.prepare(`EXPLAIN QUERY PLAN ${text}`).all(parameters) as { detail: string }[]).map(
          ({ detail }) => detail,
        );
      })
      .filter((detail) => detail.includes('versions_rank'));
    expect(seeks.length).toBeGreaterThan(0);
    for (const seek of seeks)
      expect(seek).toMatch(/^SEARCH .*\(collection=\? AND key=\? AND type=\? AND spec=\? AND rank=\?/);
    inner.db.close();
  });
});

describe('bodies', () => {
  const NAMED = { properties: new Map([['name', ['tool of day 1']]]) };
  const large = (): ReturnType<typeof tool> => tool(toolId(), 1, 0, { description: 'x'.repeat(3_000_000) });

  test.each<[string, Partial<ObjectQuery>]>([
    ['no filter', {}],
    ['match[name]', NAMED],
    ['match[version]=first,last', { version: { all: false, keywords: ['first', 'last'], instants: [] } }],
  ])('of 12 objects of 3 MB, %s never has more than a page in memory', async (_, filter) => {
    const { connection, inner, ran, c } = await store();
    const objects = sqliteObjects(connection, { bytes: 7_000_000 });
    for (let i = 0; i < 12; i++) await objects.append(write(c), part([large()]));
    ran.length = 0;
    const page = await objects.find(read(c, 4), query(filter));
    expect(page).toMatchObject({ count: 2, more: true });
    expect(Math.max(...ran.map(({ bytes }) => bytes))).toBeLessThan(7_000_000);
    // Three are looked at to know that two are a page.
    expect(ran.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(3_000_100 * 5 + 10_000);
    ran.length = 0;
    await objects.list(read(c, 4), query({ ...filter, properties: new Map() }));
    expect(ran.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(10_000);
    inner.db.close();
  });

  test('a row number that is used again never puts a body on a page that was not picked', async () => {
    const { objects, c, inner } = await store();
    const ids = Array.from({ length: 700 }, toolId);
    await objects.append(write(c), part(ids.map((id) => tool(id, 1, 0))));
    const reading = objects.find(read(c, 0), query({ ...NAMED }));
    // The first rows were picked by now. All go, and a secret gets the number of the first.
    inner.db.exec('DELETE FROM entries; DELETE FROM versions;');
    await objects.append(write(c), part([tool(toolId(), 1, 4)]));
    expect(inner.db.prepare('SELECT row FROM versions').pluck().get()).toBe(1);
    expect(await reading).toMatchObject({ count: 0, more: false });
    inner.db.close();
  });

  test('what is ranked above the reader while the page is made is not on it', async () => {
    const { objects, c, inner } = await store();
    const ids = Array.from({ length: 700 }, toolId);
    await objects.append(write(c), part(ids.map((id) => tool(id, 1, 0))));
    const reading = objects.list(read(c, 0), query({ ...NAMED }));
    inner.db.exec('UPDATE versions SET rank = 4 WHERE row = 1');
    expect((await reading).items.map(({ id }) => id)).toEqual(ids.slice(1));
    inner.db.close();
  });
});

test('of two versions with one key and one rank, whichever is listed is found by id', async () => {
  for (const listed of ['min', 'max']) {
    const { objects, c, inner } = await store();
    const id = toolId();
    await objects.append(write(c), part([tool(id, 1, 0)]));
    inner.db.exec(
      `INSERT INTO versions SELECT row + 1, collection, type, key, object_id, spec, version, version_key, digest, rank, declared,
         unresolved, publisher, size, body FROM versions;
       UPDATE entries SET version = (SELECT ${listed}(row) FROM versions)`,
    );
    for (const version of [LAST, FIRST, ALL, exactly(instantKey(day(1))!)])
      expect(await objects.list(read(c, 0), query({ ids: [id], version }))).toMatchObject({ count: 1 });
    inner.db.close();
  }
});
