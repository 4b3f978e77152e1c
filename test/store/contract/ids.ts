/** The case of a UUID (STIX 2.1 §2.9 asks for lower case, and none is refused): one object, however it is spelt. */
import { ALL } from '../../../src/domain/query';
import type { Store } from '../../../src/store/store';
import {
  applied,
  collection,
  found,
  part,
  query,
  read,
  removal,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import type { Open } from './stores';

/** With letters at the end. */
const lettered = (): string => `${toolId().slice(0, -2)}af`;
const upper = (id: string): string => id.slice(0, -36) + id.slice(-36).toUpperCase();

export function describeIds(name: string, open: Open): void {
  describe(`${name}: an id whose UUID is in upper case`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    test('names the same object, of which each version goes by its own spelling', async () => {
      const c = collection();
      await applied(store, c);
      const id = lettered();
      const [first, second] = [tool(id, 1, 0), tool(upper(id), 2, 0)];
      for (const object of [first, second]) await store.objects.append(write(c), part([object]));
      // Versions of one object: the second is its last, and the first its first.
      expect(await found(store, read(c, 4), query())).toEqual([second]);
      for (const [asked, own, other] of [
        [id, first, []],
        [upper(id), second, [second]],
      ] as const) {
        const of = (properties: object) => found(store, read(c, 4), query({ ids: [asked], ...properties }));
        expect(await of({ version: ALL })).toEqual([own]);
        expect(await of({})).toEqual(other);
        expect(await store.objects.presence(read(c, 4), asked, [])).toBe('present');
        expect(await store.objects.known(write(c), [asked])).toEqual(new Set([asked]));
        const held = await store.objects.lookup(write(c), [asked]);
        expect(held.get(asked)?.map(({ text }) => JSON.parse(text) as object)).toEqual([own]);
      }
      const unknown = `${id.slice(0, -2)}aF`;
      expect(await store.objects.presence(read(c, 4), unknown, [])).toBe('absent');
      expect(await store.objects.known(write(c), [unknown])).toEqual(new Set());
      expect((await store.objects.lookup(write(c), [unknown])).size).toBe(0);
      expect(await store.house.check(() => undefined)).toEqual([]);
    });

    test('is held already if only the spelling differs, goes by either, is held back by either, and is retired whole', async () => {
      const c = collection();
      await applied(store, c);
      const id = lettered();
      for (const spelt of [id, upper(id)]) await store.objects.append(write(c), part([tool(spelt, 1, 0)]));
      expect(await found(store, read(c, 4), query({ version: ALL }))).toHaveLength(1);
      await store.objects.append(write(c), part([tool(upper(id), 2, 0)]));
      const all = { version: ALL, specVersions: undefined, publisher: undefined };
      const retire = (held: string[]) =>
        store.objects.retire(c.id, { types: ['tool'], before: Number.MAX_SAFE_INTEGER, held }, 'test', true);
      for (const held of [id, upper(id)]) expect(await retire([held])).toEqual({ objects: 0, versions: 0 });
      expect(await retire([])).toEqual({ objects: 1, versions: 2 });
      expect(await found(store, read(c, 4), query())).toEqual([]);
      for (const [n, spelt] of [id, upper(id)].entries())
        await store.objects.append(write(c), part([tool(spelt, 3 + n, 0)]));
      expect(await store.objects.remove(removal(c), upper(id), all)).toEqual({ removed: 2 });
      expect(await store.objects.presence(read(c, 4), id, [])).toBe('absent');
    });
  });
}
