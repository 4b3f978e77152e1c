/** Whose word ranks an object that cites a marking (D5a). */
import type { Collection } from '../../../src/domain/channel';
import { TLP_NAMES, type Rank } from '../../../src/domain/tlp';
import type { Store } from '../../../src/store/store';
import { applied, collection, found, organisation, part, query, read, write } from '../../support/exchange';
import { citing, CONTRIBUTORS, curator, defining, INBOX, markingId, member } from './members';
import { type Open, storesOf } from './stores';

export function describeMarkings(name: string, open: Open): void {
  const { fresh, withCollection } = storesOf(open, { grants: CONTRIBUTORS });

  const ranksThatSee = async (store: Store, c: Collection, type = 'tool'): Promise<number[]> => {
    const seen = await Promise.all(
      TLP_NAMES.map((_, rank) => found(store, read(c, rank as Rank), query({ types: [type] }))),
    );
    return seen.flatMap((objects, rank) => (objects.length > 0 ? [rank] : []));
  };

  describe(`${name}: whose word ranks (D5a)`, () => {
    test('a curator of another collection raises who cites a marking, and never lowers', async () => {
      const store = await fresh();
      const [here, there] = [
        collection({ grants: CONTRIBUTORS, defaultTlp: 2 }),
        collection({ grants: CONTRIBUTORS }),
      ];
      await applied(store, here, there);
      const [low, high] = [markingId(), markingId()];
      const [loose, tight] = [citing(low), citing(high)];
      await store.objects.append(write(here, member(4)), part([loose, tight]));
      await store.objects.append(write(there, curator()), part([defining(low, 0), defining(high, 4)]));
      expect(await found(store, read(here, 1))).toEqual([]);
      expect(await found(store, read(here, 3))).toEqual([loose]);
      expect(await found(store, read(here, 4))).toHaveLength(2);
      // What comes later is ranked by the same word.
      const later = citing(low);
      await store.objects.append(write(here, member(4)), part([later]));
      expect(await found(store, read(here, 1))).toEqual([]);
    });

    test('the originator lowers its own objects, a curator of the collection everybody’s', async () => {
      const { store, c } = await withCollection({ defaultTlp: 4 });
      const [own, others] = [member(4), member(4)];
      const marking = markingId();
      const [mine, theirs] = [citing(marking), citing(marking)];
      await store.objects.append(write(c, own), part([mine]));
      await store.objects.append(write(c, others), part([theirs]));
      await store.objects.append(write(c, own), part([defining(marking, 1)]));
      expect(await found(store, read(c, 1), query({ types: ['tool'] }))).toEqual([mine]);
      await store.objects.append(write(c, curator()), part([defining(marking, 1)]));
      expect(await found(store, read(c, 1), query({ types: ['tool'] }))).toHaveLength(2);
    });

    test('no account opens by a definition what it may not see: a colleague’s, or a low curator’s, only raises', async () => {
      const { store, c } = await withCollection({ defaultTlp: 4 });
      const org = organisation({ kind: 'member' });
      const [high, low] = [member(4, { organisation: org }), member(1, { organisation: org })];
      const marking = markingId();
      await store.objects.append(write(c, high), part([citing(marking)]));
      await store.objects.append(write(c, low), part([defining(marking, 0)]));
      await store.objects.append(write(c, curator(2)), part([defining(marking, 0)]));
      expect(await ranksThatSee(store, c)).toEqual([4]);
      // Nor of what comes later.
      await store.objects.append(write(c, high), part([citing(marking)]));
      expect(await found(store, read(c, 3), query({ types: ['tool'] }))).toEqual([]);
      await store.objects.append(write(c, high), part([defining(marking, 0)]));
      expect(await found(store, read(c, 0), query({ types: ['tool'] }))).toHaveLength(2);
    });

    test('a partner who may only write opens its own by its definition, as high as the collection takes', async () => {
      const { store, c } = await withCollection({ grants: INBOX, defaultTlp: 4 });
      const partner = member(0);
      const marking = markingId();
      await store.objects.append(write(c, partner), part([citing(marking)]));
      expect(await found(store, read(c, 3), query({ types: ['tool'] }))).toEqual([]);
      await store.objects.append(write(c, partner), part([defining(marking, 1)]));
      expect(await found(store, read(c, 1), query({ types: ['tool'] }))).toHaveLength(1);
    });

    test('of several definitions the highest counts, whichever came first', async () => {
      for (const order of [
        [1, 3],
        [3, 1],
      ] as const) {
        const store = await fresh();
        const [here, there] = [collection({ grants: CONTRIBUTORS }), collection({ grants: CONTRIBUTORS })];
        await applied(store, here, there);
        const marking = markingId();
        await store.objects.append(write(here, member(4)), part([citing(marking)]));
        await store.objects.append(write(here, curator()), part([defining(marking, order[0])]));
        await store.objects.append(write(there, curator()), part([defining(marking, order[1])]));
        await store.objects.append(write(here, member(4)), part([citing(marking)]));
        expect(await found(store, read(here, 2), query({ types: ['tool'] }))).toEqual([]);
        expect(await found(store, read(here, 3), query({ types: ['tool'] }))).toHaveLength(2);
      }
    });

    test('a definition that is refused counts for nothing, also not for the objects beside it', async () => {
      const { store, c } = await withCollection({ defaultTlp: 3, maxTlp: 3 });
      const marking = markingId();
      const object = citing(marking);
      const status = await store.objects.append(write(c, member(4)), part([object, defining(marking, 0, 4)]));
      expect(status).toMatchObject({ success_count: 1, failure_count: 1 });
      expect(await ranksThatSee(store, c)).toEqual([3, 4]);
    });

    test('a definition in the same part ranks who cites it, wherever it stands in the part', async () => {
      const { store, c } = await withCollection({ defaultTlp: 4 });
      const marking = markingId();
      await store.objects.append(write(c, member(4)), part([citing(marking), defining(marking, 1)]));
      expect(await ranksThatSee(store, c)).toEqual([1, 2, 3, 4]);
    });
  });
}
