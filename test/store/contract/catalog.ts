/** Channels: every change is audited with it, and no object goes unsaid. */
import type { Store } from '../../../src/store/store';
import { applied, channel, collection, part, tool, toolId, write } from '../../support/exchange';
import { auditOf, BY, ticking, told } from './audited';
import type { Open } from './stores';

export function describeCatalog(name: string, open: Open): void {
  describe(`${name}: accounts and channels`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open({ clock: ticking() });
    });
    afterEach(() => store.close());

    test('channels: each difference, and none where only the places of grants differ', async () => {
      const c = collection({ alias: 'one' });
      const apply = (...collections: (typeof c)[]) =>
        store.catalog.apply([channel(collections)], { apply: true, dropObjects: false, by: BY });
      await apply(c);
      const moved = { ...c, grants: c.grants.map((g) => ({ ...g, source: 'elsewhere' })) };
      expect(await apply(moved)).toEqual([]);
      expect((await store.catalog.channels())[0]?.collections).toEqual([moved]);
      await apply({ ...c, defaultTlp: 2 });
      await apply();
      expect(
        await auditOf(store, 'add-channel', 'add-collection', 'change-collection', 'remove-collection'),
      ).toEqual([
        { ...told, action: 'add-channel', collection: '', subject: 'europe', detail: '' },
        { ...told, action: 'add-collection', collection: 'europe/one', subject: 'europe/one', detail: '' },
        {
          ...told,
          action: 'change-collection',
          collection: 'europe/one',
          subject: 'europe/one',
          detail: 'default_tlp: "clear" → "amber"',
        },
        { ...told, action: 'remove-collection', collection: 'europe/one', subject: 'europe/one', detail: '' },
      ]);
    });

    test('whether or not it is to be applied, a collection that holds objects does not go unsaid', async () => {
      const c = collection();
      await applied(store, c);
      await store.objects.append(write(c), part([tool(toolId(), 1, 0)]));
      for (const apply of [false, true])
        await expect(store.catalog.apply([channel([])], { apply, dropObjects: false })).rejects.toThrow(
          '--drop-objects',
        );
      expect(await store.catalog.apply([channel([])], { apply: false, dropObjects: true })).toHaveLength(1);
      expect((await store.catalog.channels())[0]?.collections).toHaveLength(1);
    });
  });
}
