/** What a read may load, look at and tell (src/store/objects.ts: ReadLimits, `through`, lookup). */
import fc from 'fast-check';
import { v4 as uuid } from 'uuid';
import { scopeFor } from '../../../src/domain/access';
import type { Collection } from '../../../src/domain/channel';
import { manifestRecord } from '../../../src/domain/manifest';
import { ALL, type ObjectQuery } from '../../../src/domain/query';
import { instantKey } from '../../../src/domain/timestamp';
import { MOST_HELD_BYTES, type Page } from '../../../src/store/objects';
import type { Store, StoreOptions } from '../../../src/store/store';
import {
  applied,
  collection,
  day,
  found,
  part,
  principal,
  query,
  read,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { type Open, storesOf } from './stores';

const idsOf = ({ items }: Page<Buffer>): string[] =>
  (JSON.parse(`[${items.toString()}]`) as { id: string }[]).map(({ id }) => id);

/** Follows `through` to the end. @returns every page. */
async function pagesOf(store: Store, c: Collection, q: ObjectQuery): Promise<Page<Buffer>[]> {
  const pages: Page<Buffer>[] = [];
  for (let after = q.after; ;) {
    const page = await store.objects.find(read(c, 4), { ...q, after });
    pages.push(page);
    expect(page.through !== undefined).toBe(page.more);
    if (page.through === undefined) return pages;
    expect(page.through).toBeGreaterThan(after ?? -1);
    expect(page.through).toBeGreaterThanOrEqual(page.last ?? -1);
    after = page.through;
  }
}

const large = (id: string, bytes: number): ReturnType<typeof tool> =>
  tool(id, 1, 0, { description: 'x'.repeat(bytes) });
const NAMED = { properties: new Map([['name', ['wanted']]]) };
const wanted = (id: string): ReturnType<typeof tool> => tool(id, 1, 0, { name: 'wanted' });

const recordsIn = (items: Buffer): unknown => JSON.parse(`[${items.toString()}]`);

export function describeReads(name: string, open: Open): void {
  const stores = storesOf(open);
  const withCollection = (reads: StoreOptions['reads'] = {}, properties: Partial<Collection> = {}) =>
    stores.withCollection(properties, { reads });

  describe(`${name}: what a read may load`, () => {
    test.each<[string, Partial<ObjectQuery>]>([
      ['no filter', {}],
      ['match[id]', { ids: undefined }],
      ['match[name]', NAMED],
    ])('%s: a page ends where its bodies would be too large, and a larger one comes alone', async (by, q) => {
      const { store, c } = await withCollection({ bytes: 3500 });
      const ids = Array.from({ length: 6 }, toolId);
      const sizes = [1000, 1000, 9000, 1000, 1000, 1000];
      await store.objects.append(
        write(c),
        part(ids.map((id, i) => ({ ...large(id, sizes[i]!), name: 'wanted' }))),
      );
      const ask = query({ ...q, ...(by === 'match[id]' ? { ids } : {}) });
      const pages = await pagesOf(store, c, ask);
      expect(pages.map(idsOf)).toEqual([ids.slice(0, 2), [ids[2]], ids.slice(3, 5), ids.slice(5)]);
      // T-306: the manifest has the same pages, and `inspect` too.
      const one = await store.objects.list(read(c, 4), ask);
      expect(one).toMatchObject({ count: 2, more: true, through: pages[0]!.through });
      expect(await store.objects.inspect(read(c, 4), ask)).toMatchObject({ count: 2, more: true });
      const { items, ...about } = await store.objects.manifest(read(c, 4), ask);
      expect({ ...about, items: recordsIn(items) }).toEqual({
        ...one,
        items: one.items.map((listed) => manifestRecord(listed, c)),
      });
    });

    test('a manifest says of each version what is known of it, whatever the date (T-082, T-305)', async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 4e15 }), fc.boolean(), async (now, both) => {
          const store = await open({ clock: () => now });
          const c = collection({ specVersions: both ? ['2.0', '2.1'] : ['2.1'] });
          await applied(store, c);
          await store.objects.append(write(c), part(Array.from({ length: 5 }, () => tool(toolId(), 1, 0))));
          const { items } = await store.objects.list(read(c, 4), query());
          const { items: records } = await store.objects.manifest(read(c, 4), query());
          expect(recordsIn(records)).toEqual(items.map((listed) => manifestRecord(listed, c)));
          await store.close();
        }),
        { numRuns: name === 'sqlite' ? 40 : 2 },
      );
    });

    test('a page that is not full goes out when enough was examined, with its own last date (T-385)', async () => {
      const { store, c } = await withCollection({ examinedRows: 1, patience: 1e9 });
      const ids = Array.from({ length: 2500 }, toolId);
      for (let i = 0; i < ids.length; i += 500)
        await store.objects.append(
          write(c),
          part(ids.slice(i, i + 500).map((id, j) => ((i + j) % 1200 === 7 ? wanted(id) : tool(id, 1, 0)))),
        );
      const pages = await pagesOf(store, c, query(NAMED));
      // No page before the last is empty: some clients stop there.
      expect(pages.slice(0, -1).every((page) => page.count > 0)).toBe(true);
      expect(pages.length).toBeGreaterThan(1);
      expect(pages.flatMap(idsOf)).toEqual([ids[7], ids[1207], ids[2407]]);
      const listed = (await store.objects.list(read(c, 4), query({ ids: [ids[7]!] }))).items[0]!;
      expect(pages[0]).toMatchObject({ first: listed.date, last: listed.date });
      expect(pages[0]!.through).toBeGreaterThan(listed.date);
    });

    test('without anything found, examining ends too, and goes on where it ended', async () => {
      const { store, c } = await withCollection({ examinedBytes: 1, patience: 1 });
      const ids = Array.from({ length: 2100 }, toolId);
      for (let i = 0; i < ids.length; i += 700)
        await store.objects.append(
          write(c),
          part(ids.slice(i, i + 700).map((id, j) => (i + j === 2050 ? wanted(id) : tool(id, 1, 0)))),
        );
      const pages = await pagesOf(store, c, query(NAMED));
      expect(pages[0]).toMatchObject({ count: 0, more: true, first: undefined, last: undefined });
      expect(pages.flatMap(idsOf)).toEqual([ids[2050]]);
    });

    test('work ends when nobody waits for it any more', async () => {
      const { store, c } = await withCollection();
      for (let i = 0; i < 3; i++)
        await store.objects.append(write(c), part(Array.from({ length: 800 }, () => tool(toolId(), 1, 0))));
      const hangUp = new AbortController();
      const reason = new Error('hung up');
      const reads = [
        store.objects.find(read(c, 4), query(NAMED), hangUp.signal),
        store.objects.list(read(c, 4), query(NAMED), hangUp.signal),
        store.objects.inspect(read(c, 4), query(NAMED), hangUp.signal),
      ];
      hangUp.abort(reason);
      expect(await Promise.allSettled(reads)).toEqual(reads.map(() => ({ status: 'rejected', reason })));
    });
  });

  describe(`${name}: what a publisher sees of an id`, () => {
    test("visible means up to one's clearance, one's own organisation's or not (D8b)", async () => {
      const { store, c } = await withCollection();
      const high = principal(4);
      const low = { ...principal(1), organisation: high.organisation };
      const id = toolId();
      await store.objects.append(write(c, high), part([tool(id, 1, 1), tool(id, 2, 4)]));
      const seen = await store.objects.lookup(write(c, low), [id]);
      expect(seen.get(id)!.map(({ text }) => (JSON.parse(text) as { modified: string }).modified)).toEqual([
        day(1),
      ]);
      const secret = toolId();
      await store.objects.append(write(c, high), part([tool(secret, 1, 4)]));
      expect(await store.objects.lookup(write(c, low), [secret])).toEqual(new Map());
      expect(await store.objects.known(write(c, low), [id, secret])).toEqual(new Set([id]));
    });

    test('nothing on a write-only grant, not even what the account published itself', async () => {
      const { store, c } = await withCollection(
        {},
        { grants: [{ source: 'test', to: {}, rights: ['see', 'write'] }] },
      );
      const who = principal(4);
      const scope = scopeFor(who, c, 'write');
      const id = toolId();
      await store.objects.append(scope, part([tool(id, 1, 0)]));
      expect(await store.objects.lookup(scope, [id])).toEqual(new Map());
      expect(await store.objects.known(scope, [id])).toEqual(new Set());
    });

    test('lookup gives the newest versions as far as their bytes fit, and nothing older in their place', async () => {
      const { store, c } = await withCollection();
      const [id, huge] = [toolId(), toolId()];
      const half = { description: 'x'.repeat(MOST_HELD_BYTES * 0.6) };
      await store.objects.append(
        write(c),
        part([tool(id, 1, 0, half), tool(id, 2, 0), tool(id, 3, 0, half)]),
      );
      await store.objects.append(write(c), part([tool(huge, 1, 0), large(huge, MOST_HELD_BYTES)]));
      await store.objects.append(
        write(c),
        part([tool(huge, 2, 0, { description: 'x'.repeat(MOST_HELD_BYTES) })]),
      );
      const seen = await store.objects.lookup(write(c), [id, huge]);
      expect(seen.get(id)!.map(({ text }) => (JSON.parse(text) as { modified: string }).modified)).toEqual([
        day(3),
        day(2),
      ]);
      expect(seen.has(huge)).toBe(false);
      expect(await store.objects.known(write(c), [huge])).toEqual(new Set([huge]));
    });

    test('an id of which there is none, or only what is hidden, is absent in every way', async () => {
      const { store, c } = await withCollection();
      const [hidden, absent] = [toolId(), toolId()];
      await store.objects.append(write(c), part([tool(hidden, 1, 4), tool(hidden, 2, 3)]));
      for (const id of [hidden, absent]) {
        expect(await found(store, read(c, 2), query({ ids: [id], version: ALL }))).toEqual([]);
        expect(await store.objects.presence(read(c, 2), id, [instantKey(day(1))!])).toBe('absent');
        expect(await store.objects.known(write(c, principal(2)), [id, `identity--${uuid()}`])).toEqual(
          new Set(),
        );
      }
    });
  });
}
