/** Turns: how many at once, of whom, in which order, and what becomes of who waits too long or goes. */
import fc from 'fast-check';
import { Turns } from '../../src/http/turns';

const never = new AbortController().signal;
/** Work that ends when it is told to. */
function work(): { readonly run: () => Promise<void>; end: () => void } {
  let end = (): void => undefined;
  const done = new Promise<void>((resolve) => (end = resolve));
  return { run: () => done, end };
}
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('never more at once than allowed, of one account neither, and everybody gets a turn in the end', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ who: fc.constantFrom('a', 'b', 'c'), ticks: fc.nat(4) }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      async (all, atOnce, each) => {
        const turns = new Turns({ atOnce, each, waiting: 100, waitingEach: 100 });
        const running: string[] = [];
        let done = 0;
        await Promise.all(
          all.map(({ who, ticks }) =>
            turns.run(who, never, async () => {
              running.push(who);
              expect(running.length).toBeLessThanOrEqual(atOnce);
              expect(running.filter((w) => w === who).length).toBeLessThanOrEqual(each);
              for (let i = 0; i < ticks; i++) await settled();
              running.splice(running.indexOf(who), 1);
              done++;
            }),
          ),
        );
        expect(done).toBe(all.length);
      },
    ),
  );
});

test('who waits longest begins, but not before another account has had its turn', async () => {
  const turns = new Turns({ atOnce: 2, each: 1, waiting: 10, waitingEach: 10 });
  const begun: string[] = [];
  const works = ['a1', 'a2', 'a3', 'b1', 'c1'].map((name) => ({ name, ...work() }));
  const all = works.map(({ name, run }) =>
    turns.run(name.slice(0, 1), never, () => {
      begun.push(name);
      return run();
    }),
  );
  await settled();
  expect(begun).toEqual(['a1', 'b1']);
  works[3]!.end();
  await settled();
  expect(begun).toEqual(['a1', 'b1', 'c1']);
  for (const { end } of works) end();
  await Promise.all(all);
  expect(begun).toEqual(['a1', 'b1', 'c1', 'a2', 'a3']);
});

test('beyond those who may wait: 503 with Retry-After; a failure and a hang-up give the turn on', async () => {
  const turns = new Turns({ atOnce: 1, each: 1, waiting: 3, waitingEach: 2 });
  const first = work();
  const failing = turns.run('a', never, async () => {
    await first.run();
    throw new Error('no');
  });
  const hangUp = new AbortController();
  const gone = turns.run('a', hangUp.signal, async () => 'gone');
  const waits = turns.run('a', never, async () => 'had its turn');
  const refused = { code: 'unavailable', headers: { 'Retry-After': '5' } };
  await expect(turns.run('a', never, async () => 1)).rejects.toMatchObject(refused);
  const other = turns.run('b', never, async () => 'the other');
  await expect(turns.run('c', never, async () => 1)).rejects.toMatchObject(refused);
  hangUp.abort(new Error('hung up'));
  await expect(gone).rejects.toThrow('hung up');
  await expect(turns.run('c', hangUp.signal, async () => 1)).rejects.toThrow('hung up');
  first.end();
  await expect(failing).rejects.toThrow('no');
  expect(await Promise.all([waits, other])).toEqual(['had its turn', 'the other']);
});
