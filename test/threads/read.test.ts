/** What no index answers is examined off the thread that answers polls, with the same answers. */
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseObjectQuery } from '../../src/domain/query';
import { examineApart } from '../../src/threads/read';
import { StoreUnavailable } from '../../src/domain/errors';
import { openStore } from '../../src/store/open';
import { applied, collection, part, read, toolId, write } from '../support/exchange';
import { make } from '../support/stix';

const LIMITS = { pageSize: 100, maxPageSize: 100, maxFilterValues: 10, strictFilters: false };

const fail = (why: unknown): void => {
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

  const apart = examineApart(store.objects, url, fail, fail);
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
  const apart = examineApart(store.objects, `sqlite:${file}`, fail, (error, pause) => {
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
