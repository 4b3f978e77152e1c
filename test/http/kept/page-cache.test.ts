/** How much is kept, and what happens to what was kept and is not any more. */
import { readerOf } from '../../../src/domain/audience';
import { finish, type Answer } from '../../../src/http/kept/answer';
import { PageCache, type Kept } from '../../../src/http/kept/page-cache';
import { Encoded } from '../../../src/http/kept/encoding';
import type { ChangeStore } from '../../../src/store/changes';
import { collection, query, read } from '../../support/exchange';

const MB = 1024 * 1024;
const still: ChangeStore = {
  pulse: () => PULSE,
  cutsSince: () => [],
  readerOf: ({ clearance }) => readerOf(clearance ?? -1),
};
const PULSE = { written: 1, policy: 1, cut: 0 };
const about = { count: 1, first: 1, last: 1, more: false, through: undefined };
const answer = (bytes: number): Answer =>
  finish('q', { ...about, items: undefined }, { after: undefined }, [Buffer.alloc(bytes)]);

test('no more bytes are kept than may be: who asks for many pages drives out what was asked for longest ago', () => {
  const cache = new PageCache(still, 8 * MB);
  const scope = read(collection(), 0);
  const kept = Array.from(
    { length: 20 },
    (_, i) => cache.keep(`${i}`, scope, query(), answer(MB), PULSE) as Kept,
  );
  // What is sent holds on to no body that was let go.
  const held = kept.map((entry) => entry.answer !== undefined);
  expect(held.filter(Boolean)).toHaveLength(5);
  expect(held.slice(-5)).toEqual(Array(5).fill(true));
  expect(cache.get('19')).toBe(kept[19]);
  expect(cache.get('0')).toBeUndefined();
});

test('a body larger than all that may be kept is not kept', () => {
  const cache = new PageCache(still, MB);
  const kept = cache.keep('q', read(collection(), 0), query(), answer(2 * MB), PULSE);
  expect(kept).toBeUndefined();
  expect(cache.get('q')).toBeUndefined();
});

test('few bodies wait to be compressed: who asks twice for very many holds up no memory, and gets them as they are', async () => {
  const bodies = Array.from({ length: 100 }, () => ({ encoded: new Encoded(), body: Buffer.alloc(100_000) }));
  const ask = (): number =>
    bodies.filter(({ encoded, body }) => encoded.as('gzip', [body], body.length) !== undefined).length;
  expect([ask(), ask()]).toEqual([0, 0]);
  let made = 0;
  while (made < bodies.length) {
    const before = made;
    made = ask();
    // At most those that waited, and those that were asked for since.
    expect(made - before).toBeLessThanOrEqual(9);
    await new Promise((resolve) => setImmediate(resolve));
  }
});
