/** Ids that somebody took above the clearance of whose they are (D7a). */
import { ALL, LAST } from '../../../src/domain/query';
import type { StixObject } from '../../../src/domain/stix';
import { instantKey } from '../../../src/domain/timestamp';
import type { Rank } from '../../../src/domain/tlp';
import {
  day,
  everything,
  found,
  part,
  query,
  read,
  removal,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { CONTRIBUTORS, curator, member } from './members';
import { type Open, storesOf } from './stores';

export function describeSquatted(name: string, open: Open): void {
  const { withCollection } = storesOf(open, { grants: CONTRIBUTORS });

  describe(`${name}: an id that somebody holds above one's clearance (D7a, D8b)`, () => {
    test('a squatted id hides nothing: the genuine object is there for all who cannot see the other', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      const [squatter, genuine] = [member(4), member(2)];
      await store.objects.append(write(c, squatter), part([tool(id, 1, 4, { name: 'squatted' })]));
      const object = tool(id, 1, 2, { name: 'genuine' });
      const status = await store.objects.append(write(c, genuine), part([object]));
      expect(status.successes).toEqual([{ id, version: day(1) }]);
      expect(await store.objects.presence(read(c, 2), id, [])).toBe('present');
      for (const rank of [2, 3] as const)
        expect(await found(store, read(c, rank), everything)).toEqual([object]);
      // Who sees both keeps what was there first, and gets nothing twice.
      expect((await found(store, read(c, 4), everything)).map((o) => o['name'])).toEqual(['squatted']);
      expect(await store.records.audit(10, 'conflict')).toMatchObject([{ subject: id }]);
      // The squatter's goes: the genuine one is gained by those who lacked it, once.
      const past = (await store.objects.list(read(c, 3), everything)).last!;
      await store.objects.remove(removal(c, squatter), id, { version: LAST, specVersions: undefined });
      expect(await found(store, read(c, 4), query({ after: past }))).toEqual([object]);
      expect(await found(store, read(c, 3), query({ after: past }))).toEqual([]);
      expect(await store.house.check(() => undefined)).toEqual([]);
    });

    test('who sees both of one instant is shown both, and takes out either (D7a)', async () => {
      for (const goes of ['squatted', 'genuine'] as const) {
        const { store, c } = await withCollection();
        const id = toolId();
        const publishers = { squatted: member(4), genuine: member(2) };
        await store.objects.append(
          write(c, publishers.squatted),
          part([tool(id, 1, 4, { name: 'squatted' }), tool(id, 2, 4)]),
        );
        await store.objects.append(write(c, publishers.genuine), part([tool(id, 1, 2, { name: 'genuine' })]));
        const rivals = async (rank: Rank): Promise<unknown[]> =>
          (await store.objects.rivals(read(c, rank), id)).map(({ version, rank: r, publisher, text }) => ({
            version,
            rank: r,
            publisher,
            name: (JSON.parse(text) as StixObject)['name'],
          }));
        expect(await rivals(3)).toEqual([]);
        expect(await rivals(4)).toEqual([
          { version: day(1), rank: 4, publisher: publishers.squatted.organisation.id, name: 'squatted' },
          { version: day(1), rank: 2, publisher: publishers.genuine.organisation.id, name: 'genuine' },
        ]);
        const before = (await store.objects.list(read(c, 4), everything)).last!;
        const instants = [instantKey(day(1)) as string];
        const of = publishers[goes].organisation.id;
        const one = {
          version: { all: false, keywords: [], instants },
          specVersions: undefined,
          publisher: of,
        } as const;
        // Neither somebody who sees one only, nor one whose it is not.
        expect(await store.objects.remove(removal(c, member(1)), id, one)).toBe('absent');
        expect(await store.objects.remove(removal(c, member(4)), id, one)).toBe('not-theirs');
        expect(await store.objects.remove(removal(c, curator()), id, one)).toEqual({ removed: 1 });
        expect(await rivals(4)).toEqual([]);
        const stays = goes === 'squatted' ? 'genuine' : 'squatted';
        const first = query({ version: one.version });
        expect((await found(store, read(c, 4), first)).map((o) => o['name'])).toEqual([stays]);
        // Gained once by who had the other, and by nobody else.
        const gained = await found(store, read(c, 4), query({ version: ALL, after: before }));
        expect(gained.map((o) => o['name'])).toEqual(goes === 'squatted' ? ['genuine'] : []);
        expect(await store.house.check(() => undefined)).toEqual([]);
      }
    });

    test('its publisher revises what it published under a squatted id, the squatter does not', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      const [squatter, genuine] = [member(4), member(2)];
      await store.objects.append(write(c, squatter), part([tool(id, 1, 4)]));
      await store.objects.append(write(c, genuine), part([tool(id, 2, 2)]));
      const revised = tool(id, 3, 2);
      expect(await store.objects.append(write(c, genuine), part([revised]))).toMatchObject({
        success_count: 1,
      });
      expect(await store.objects.append(write(c, squatter), part([tool(id, 4, 2)]))).toMatchObject({
        failure_count: 1,
      });
      expect(await found(store, read(c, 4))).toEqual([revised]);
    });
  });
}
