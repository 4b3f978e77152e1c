/** Retention: whole objects that nobody renews. */
import fc from 'fast-check';
import { v4 as uuid } from 'uuid';
import type { Micros } from '../../../src/domain/timestamp';
import {
  applied,
  collection,
  day,
  everything,
  found,
  part,
  read,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { clockAt, type Open, storesOf } from './stores';

export function describeRetire(name: string, open: Open): void {
  const { withCollection } = storesOf(open);

  describe(`${name}: retention`, () => {
    test('takes whole objects of which nothing was added since; dry runs count the same and change nothing', async () => {
      const clock = clockAt(1_700_000_000_000_000);
      const { store, c } = await withCollection({}, { clock: clock.read });
      const [old, renewed, held] = [toolId(), toolId(), toolId()];
      await store.objects.append(
        write(c),
        part([tool(old, 1, 0), tool(old, 2, 4), tool(renewed, 1, 0), tool(held, 1, 0)]),
      );
      clock.now += 1000e6;
      await store.objects.append(write(c), part([tool(renewed, 2, 0)]));
      const retirement = { types: ['SDO'], before: clock.now, held: [held] };
      for (const apply of [false, true])
        expect(await store.objects.retire(c.id, retirement, 'a test', apply)).toEqual({
          objects: 1,
          versions: 2,
        });
      expect(await store.objects.retire(c.id, retirement, 'a test', true)).toEqual({
        objects: 0,
        versions: 0,
      });
      const left = (await found(store, read(c, 4), everything)).map(
        (o) => `${o['id'] as string} ${o['modified'] as string}`,
      );
      expect(left.sort()).toEqual(
        [`${renewed} ${day(1)}`, `${renewed} ${day(2)}`, `${held} ${day(1)}`].sort(),
      );
      expect(await store.records.audit(10, 'retire')).toMatchObject([{ principal: 'a test', subject: old }]);
      expect(await store.house.check(() => undefined)).toEqual([]);
      expect(await store.objects.retire(uuid(), retirement, 'a test', true)).toEqual({
        objects: 0,
        versions: 0,
      });
    });

    test('any history, any rule: what goes is what a naive model says', async () => {
      const step = fc.record({ id: fc.nat(5), version: fc.integer({ min: 1, max: 9 }), wait: fc.nat(5) });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), fc.nat(40), async (steps, cut) => {
          const clock = clockAt(1_700_000_000_000_000);
          const start = clock.now;
          const store = await open({ clock: clock.read });
          try {
            const c = collection();
            await applied(store, c);
            const ids = Array.from({ length: 6 }, toolId);
            const last = new Map<string, Micros>();
            for (const { id, version, wait } of steps) {
              clock.now += wait * 1e6;
              const before = (await found(store, read(c, 4), everything)).length;
              await store.objects.append(write(c), part([tool(ids[id]!, version, 0)]));
              if ((await found(store, read(c, 4), everything)).length > before) last.set(ids[id]!, clock.now);
            }
            const before = start + cut * 1e6 + 500_000;
            const gone = [...last].filter(([, at]) => at < before).map(([id]) => id);
            await store.objects.retire(c.id, { types: ['tool'], before, held: [] }, 'a test', true);
            const left = new Set((await found(store, read(c, 4), everything)).map((o) => o['id']));
            expect([...left].sort()).toEqual([...last.keys()].filter((id) => !gone.includes(id)).sort());
            expect(await store.house.check(() => undefined)).toEqual([]);
          } finally {
            await store.close();
          }
        }),
        { numRuns: 30 },
      );
    });
  });
}
