/** What no index answers is examined off the thread that answers polls, with the same answers. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseObjectQuery } from '../../src/domain/query';
import { examineApart } from '../../src/threads/read';
import { openStore } from '../../src/store/open';
import { applied, collection, part, read, toolId, write } from '../support/exchange';
import { make } from '../support/stix';

const LIMITS = { pageSize: 100, maxPageSize: 100, maxFilterValues: 10, strictFilters: false };

test('an examined page is the same in the thread, for objects and manifest, and nothing is begun for who hung up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-read-thread-'));
  const url = `sqlite:${join(folder, 'jisr.db')}`;
  const store = await openStore(url);
  const c = collection();
  await applied(store, c);
  const objects = ['a', 'b', 'a'].map((name) => make('tool', { name, id: toolId() }));
  await store.objects.append(write(c), part(objects));

  const apart = examineApart(store.objects, url, () => undefined);
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
