/** Promise 1 over HTTP: readers beside writers. bench/never-miss.ts does the same for longer, with real processes. */
import { json, serveExchange, url, type Exchange } from '../support/http';
import { tool, toolId } from '../support/exchange';

let x: Exchange;
beforeAll(async () => {
  x = await serveExchange();
});
afterAll(() => x.close());

test('a reader who follows next, and one who follows the headers, see exactly what eight writers added, in order (T-173, T-174, T-175)', async () => {
  const acknowledged = new Set<string>();
  let done = false;
  const write = async (): Promise<void> => {
    for (let i = 0; i < 12; i++) {
      const objects = Array.from({ length: 1 + (i % 5) }, () => tool(toolId(), 1, 0));
      const status = await x.add('main', objects);
      expect(status.success_count).toBe(objects.length);
      for (const o of objects) acknowledged.add(o['id'] as string);
    }
  };
  const tail = async (how: 'next' | 'headers'): Promise<{ id: string; date_added: string }[]> => {
    const seen: { id: string; date_added: string }[] = [];
    let position = '';
    for (;;) {
      const last = done;
      const response = await x.get(url('main', 'manifest/'), { query: `limit=7${position}` });
      const page = json(response) as { more: boolean; next?: string; objects?: typeof seen };
      seen.push(...(page.objects ?? []));
      const headers = `&added_after=${response.headers['x-taxii-date-added-last'] as string}`;
      position = how === 'next' && page.next !== undefined ? `&next=${page.next}` : headers;
      if (!page.more && last) return seen;
    }
  };
  const readers = [tail('next'), tail('headers')];
  await Promise.all(Array.from({ length: 8 }, write));
  done = true;
  for (const seen of await Promise.all(readers)) {
    expect(seen.map((s) => s.id).sort()).toEqual([...acknowledged].sort());
    const dates = seen.map((s) => s.date_added);
    expect(dates).toEqual([...new Set(dates)].sort());
  }
});
