/** What no index answers is examined off the thread that answers polls, with the same answers. */
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseObjectQuery } from '../../src/domain/query';
import { examineApart } from '../../src/threads/read';
import { StoreUnavailable } from '../../src/domain/errors';
import { v4 as uuid } from 'uuid';
import type { Status } from '../../src/domain/taxii';
import { openStore } from '../../src/store/open';
import { PART_SIZE } from '../../src/store/records';
import type { Store } from '../../src/store/store';
import { applied, collection, part, read, toolId, write } from '../support/exchange';
import { make } from '../support/stix';

const LIMITS = { pageSize: 100, maxPageSize: 100, maxFilterValues: 10, strictFilters: false };

const fail = (why: unknown): never => {
  throw new Error(String(why));
};

test('an examined page is the same in the thread, for objects and manifest, and nothing is begun for who hung up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-read-thread-'));
  const url = `sqlite:${join(folder, 'jisr.db')}`;
  const store = await openStore(url);
  const c = collection();
  await applied(store, c);
  const objects = ['a', 'b', 'a'].map((name) => make('tool', { name, id: toolId() }));
  await store.objects.append(write(c), part(objects));

  const apart = examineApart(store, url, fail, fail);
  const query = parseObjectQuery(new URLSearchParams('match[name]=a'), 'objects', c.id, LIMITS);
  const found = await apart.objects.find(read(c, 4), query);
  expect(found).toEqual(await store.objects.find(read(c, 4), query));
  expect(found.count).toBe(2);
  expect(await apart.objects.list(read(c, 4), query)).toEqual(await store.objects.list(read(c, 4), query));

  const hungUp = new AbortController();
  hungUp.abort(new Error('hung up'));
  await expect(apart.objects.find(read(c, 4), query, hungUp.signal)).rejects.toThrow('hung up');
  await apart.stop();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

test('nothing thrown in the background ends the process: a thread that examines and died is replaced, and who waits is told 503', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-read-thread-'));
  const [away, file] = [join(folder, 'away.db'), join(folder, 'jisr.db')];
  const store = await openStore(`sqlite:${away}`);
  const c = collection();
  await applied(store, c);
  await store.objects.append(write(c), part([make('tool', { name: 'a', id: toolId() })]));
  await store.close();

  const died: [Error, number][] = [];
  let tell: () => void;
  const told = new Promise<void>((resolve) => (tell = resolve));
  // A file that is not there cannot be opened to be read, and waiting does not mend that.
  const apart = examineApart(store, `sqlite:${file}`, fail, (error, pause) => {
    died.push([error, pause]);
    tell();
  });
  const query = parseObjectQuery(new URLSearchParams('match[name]=a'), 'objects', c.id, LIMITS);
  const ask = (): Promise<number> => apart.objects.find(read(c, 4), query).then(({ count }) => count);
  await expect(ask()).rejects.toThrow(StoreUnavailable);
  await told;
  await expect(ask()).rejects.toThrow(StoreUnavailable);
  expect(died.map(([{ message }, pause]) => [/CANTOPEN/.test(message), pause])).toEqual([[true, 1000]]);

  renameSync(away, file);
  let count: number | undefined;
  while (count === undefined) {
    count = await ask().catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(count).toBe(1);
  await apart.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a large status is put together off the thread that answers polls', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-read-thread-'));
  const url = `sqlite:${join(folder, 'jisr.db')}`;
  const c = collection();
  let store: Store;
  let apart: ReturnType<typeof examineApart>;
  const told = async (of: Pick<Store, 'records'>, id: string): Promise<string> => {
    const { pieces } = (await of.records.statusText(c.apiRoot, id))!;
    const bytes: Uint8Array[] = [];
    for await (const piece of pieces) bytes.push(Buffer.from(piece));
    return Buffer.concat(bytes).toString();
  };
  const publication = async (total: number): Promise<string> => {
    const status = { id: uuid(), requested: 1, total };
    const pendings = Array.from({ length: total }, () => ({ id: toolId(), version: '2024-01-01T00:00:00Z' }));
    await store.records.begin(write(c), status, Buffer.alloc(0), pendings);
    return status.id;
  };

  beforeAll(async () => {
    store = await openStore(url);
    await applied(store, c);
    const here: Store['records'] = {
      ...store.records,
      // Nothing of a large one is read here.
      statusText: async (root, id) => {
        const found = await store.records.statusText(root, id);
        if (!found || found.total <= PART_SIZE) return found;
        const pieces = { [Symbol.asyncIterator]: (): never => fail('read on the thread that answers polls') };
        return { ...found, pieces };
      },
    };
    apart = examineApart({ objects: store.objects, records: here }, url, fail, fail);
  });
  afterAll(async () => {
    await apart.stop();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('byte for byte, also for several who read in turns; a small one is told at once', async () => {
    const [large, small] = [await publication(6 * PART_SIZE), await publication(3)];
    const whole = await told(store, large);
    expect(whole.length).toBeGreaterThan(2 * 256 * 1024);
    expect((JSON.parse(whole) as Status).pendings).toHaveLength(6 * PART_SIZE);
    expect(await Promise.all([1, 2, 3].map(() => told(apart, large)))).toEqual([whole, whole, whole]);
    expect(await told(apart, small)).toBe(await told(store, small));
    expect(await apart.records.statusText('another', large)).toBeUndefined();
  });

  test('who hangs up leaves nothing behind, and what went meanwhile is no end', async () => {
    const large = await publication(6 * PART_SIZE);
    const { pieces } = (await apart.records.statusText(c.apiRoot, large))!;
    const some = pieces[Symbol.asyncIterator]();
    expect((await some.next()).done).toBe(false);
    await some.return!();
    expect(await some.next()).toEqual({ done: true, value: undefined });
    const gone = (await apart.records.statusText(c.apiRoot, large))!.pieces[Symbol.asyncIterator]();
    await store.records.abandon(large, 'enough', { by: 'a test' });
    await store.records.expireStatuses(Number.MAX_SAFE_INTEGER, true);
    await expect(gone.next()).rejects.toThrow(StoreUnavailable);
  });
});
