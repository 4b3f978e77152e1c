import fc from 'fast-check';
import { drawDates } from '../../src/domain/dates';

const units = fc.array(
  fc.record({
    lows: fc.array(fc.nat(5), { minLength: 1, maxLength: 20 }),
    passed: fc.integer({ min: -50, max: 5000 }),
  }),
  { minLength: 1, maxLength: 30 },
);

test('dates increase strictly, whatever the clock does, and are above it (T-174, T-176)', () => {
  fc.assert(
    fc.property(
      units,
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (list, draws) => {
        let [now, last] = [1_700_000_000_000_000, 0];
        const random = (): number => draws.next().value as number;
        for (const { lows, passed } of list) {
          now += passed;
          for (const date of drawDates(lows.sort(), last, now, random)) {
            expect(date).toBeGreaterThan(last);
            expect(date).toBeGreaterThan(now);
            last = date;
          }
        }
      },
    ),
  );
});

test('what one rank sees of a unit ends on a whole millisecond, unless dates would run away from the clock (D9a)', () => {
  const now = 1_700_000_000_000_000;
  const dates = drawDates([0, 0, 2, 4, 4], now - 5, now, () => 0.5);
  expect(dates.map((d) => d % 1000 === 0)).toEqual([false, true, true, false, true]);
  let last = now;
  for (let i = 0; i < 100_000; i++) last = drawDates([0], last, now, () => 0.5)[0]!;
  expect(last - now).toBeLessThan(2_000_000);
});
