/** Promise 4: the cost of a page depends neither on its depth nor on what the collection holds. Shown by the plans. */
import type { ObjectQuery } from '../../src/domain/query';
import { sqliteCatalog } from '../../src/store/sqlite/catalog';
import { connect, type Connection } from '../../src/store/sqlite/connection';
import { sqliteObjects } from '../../src/store/sqlite/objects';
import { channel, collection, everything, part, query, read, tool, toolId, write } from '../support/exchange';

const FIRST = { all: false, keywords: ['first'], instants: [] } as const;

test.each<[string, Partial<ObjectQuery>]>([
  ['no filter', {}],
  ['added_after', { after: 1 }],
  ['match[type]', { types: ['tool', 'campaign'] }],
  ['match[version]=all', everything],
  ['match[version]=first', { version: FIRST }],
  ['match[id]', { ids: [toolId()] }],
])(
  '%s: every look at the entries is a seek that ends at the page, no scan and no sort of the collection (T-187)',
  async (_, filter) => {
    const inner = connect(':memory:');
    const texts: string[] = [];
    const connection: Connection = {
      ...inner,
      sql: (text) => {
        texts.push(text);
        return inner.sql(text);
      },
    };
    const c = collection();
    await sqliteCatalog(inner).apply([channel([c])], { apply: true, dropObjects: false });
    const objects = sqliteObjects(connection);
    for (const rank of [0, 1, 3] as const) await objects.append(write(c), part([tool(toolId(), 1, rank)]));
    texts.length = 0;
    await objects.find(read(c, 4), query({ limit: 2, ...filter }));
    const looks = texts.filter((text) => text.includes('entries'));
    expect(looks.length).toBeGreaterThan(0);
    for (const text of looks) {
      const parameters = Object.fromEntries([...text.matchAll(/@(\w+)/g)].map(([, name]) => [name!, 1]));
      const positional = text.split('?').length - 1;
      const plan = inner.db.prepare(`EXPLAIN QUERY PLAN ${text}`);
      const rows = (
        positional > 0 ? plan.all(...Array<number>(positional).fill(1)) : plan.all(parameters)
      ) as { detail: string }[];
      const scans = rows.map((r) => r.detail).filter((d) => /^SCAN (e|entries|v|versions)\b/.test(d));
      expect([text, scans]).toEqual([text, []]);
    }
    inner.db.close();
  },
);
