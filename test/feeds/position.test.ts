/** Polling held against a naive model of servers as they are: each version exactly once, in requests linear in pages. */
import fc from 'fast-check';
import type { StixObject } from '../../src/domain/stix';
import { formatTimestamp } from '../../src/domain/timestamp';
import {
  askOf,
  BEGINNING,
  beginPoll,
  takePage,
  versionName,
  type Answer,
  type Polling,
  type Position,
} from '../../src/feeds/position';
import { BASE, Model, type Kind } from '../support/taxii-model';

const kinds: fc.Arbitrary<Kind> = fc
  .record({
    next: fc.constantFrom('cursor', 'offset', 'same', 'none'),
    dates: fc.option(
      fc.record({ digits: fc.constantFrom(0, 3, 6), way: fc.constantFrom('cut', 'round', 'up') }),
      { nil: null },
    ),
    reads: fc.constantFrom(3, 6),
    // Smaller than one date has objects, and nothing but its date to go on by: nobody can get such a list.
    cap: fc.constantFrom(3, 7, 1000),
    repeats: fc.nat(2),
    forgets: fc.constantFrom(0, 0, 3),
  })
  .map((kind) => (kind.next === 'none' || kind.forgets > 0 ? { ...kind, cap: 1e9 } : kind));

const steps = fc.array(
  fc.record({ step: fc.constantFrom(0, 0, 1, 7, 900, 1_000_000), versionless: fc.boolean() }),
  { maxLength: 80 },
);
/** Polls one after the other: how many objects come before each, its page size, after how many pages it breaks. */
const polls = fc.array(
  fc.record({ share: fc.nat(40), limit: fc.integer({ min: 1, max: 30 }), breakAfter: fc.nat(6) }),
  {
    minLength: 1,
    maxLength: 5,
  },
);

test('each version is emitted exactly once and none is missed, on every kind of server, however a poll is interrupted', () => {
  fc.assert(
    fc.property(kinds, steps, polls, (kind, given, runs) => {
      const server = new Model(kind);
      const waiting = [...given];
      const emitted: string[] = [];
      let position: Position = BEGINNING;
      for (const [i, { share, limit, breakAfter }] of [
        ...runs,
        { share: 80, limit: 5, breakAfter: Infinity },
      ].entries()) {
        for (const { step, versionless } of waiting.splice(0, share)) server.add(step, versionless);
        // As it is kept in a file.
        let polling: Polling = beginPoll(JSON.parse(JSON.stringify(position)) as Position, limit);
        for (let page = 0; ; page++) {
          if (i < runs.length && page >= breakAfter) break;
          const turn = takePage(polling, server.answer(askOf(polling)));
          expect(turn.then).not.toBe('stuck');
          emitted.push(...turn.objects.map(versionName));
          ({ polling } = turn);
          ({ position } = polling);
          if (turn.then === 'end') break;
        }
      }
      expect(emitted).toEqual(server.held.map((h) => versionName(h.object)));
    }),
    { numRuns: 3000 },
  );
});

test('the number of requests is linear in pages, whatever the server gives to go on by', () => {
  fc.assert(
    fc.property(
      kinds,
      fc.integer({ min: 0, max: 1500 }),
      fc.integer({ min: 1, max: 200 }),
      (kind, count, limit) => {
        const server = new Model({ ...kind, forgets: 0, repeats: 0 });
        for (let i = 0; i < count; i++) server.add(i % 3 === 2 ? 0 : 2500, false);
        let polling = beginPoll(BEGINNING, limit);
        let emitted = 0;
        for (;;) {
          const turn = takePage(polling, server.answer(askOf(polling)));
          emitted += turn.objects.length;
          ({ polling } = turn);
          if (turn.then !== 'go on') break;
        }
        expect(emitted).toBe(count);
        // Dates to the second say of whole seconds that they may come again: pages twice as large, and as many.
        expect(server.requests).toBeLessThanOrEqual(3 * Math.ceil(count / Math.min(limit, kind.cap)) + 2);
      },
    ),
    { numRuns: 200 },
  );
});

test('what is remembered does not grow with the list where a server says dates', () => {
  const server = new Model({
    next: 'none',
    dates: { digits: 6, way: 'cut' },
    reads: 6,
    cap: 100,
    repeats: 0,
    forgets: 0,
  });
  for (let i = 0; i < 5000; i++) server.add(10, false);
  let polling = beginPoll(BEGINNING, 100);
  for (let turn = takePage(polling, server.answer(askOf(polling))); turn.then === 'go on';) {
    ({ polling } = turn);
    expect(polling.position.known.reduce((n, k) => n + k.versions.length, 0)).toBeLessThanOrEqual(300);
    turn = takePage(polling, server.answer(askOf(polling)));
  }
  expect(server.requests).toBeLessThanOrEqual(52);
});

const one: StixObject = { type: 'tool', id: 'tool--1', modified: '2024-01-01T00:00:00Z' };
const hostile: [string, (i: number) => Answer][] = [
  ['the same page again and again', () => ({ objects: [one], more: true, next: 'same', last: undefined })],
  [
    'a new next each time, and nothing else',
    (i) => ({ objects: [], more: true, next: String(i), last: undefined }),
  ],
  ['more, and no way to get it', () => ({ objects: [], more: true, next: undefined, last: undefined })],
  [
    'a next that is forgotten at once',
    (i) => (i % 2 === 1 ? 'forgotten' : { objects: [one], more: true, next: String(i), last: undefined }),
  ],
  [
    'one object as often as is asked for',
    () => ({
      objects: Array.from({ length: 5000 }, () => one),
      more: true,
      next: undefined,
      last: undefined,
    }),
  ],
  [
    'dates that go on, and nothing new',
    (i) => ({ objects: [one], more: true, next: undefined, last: formatTimestamp(BASE + i * 1e6) }),
  ],
];
test.each(hostile)('a hostile server cannot hold a poll for ever: %s', (_, answer) => {
  let polling = beginPoll(BEGINNING, 10);
  let then = 'go on';
  let requests = 0;
  for (; then === 'go on' && requests < 1000; requests++) {
    const turn = takePage(polling, answer(requests));
    [polling, then] = [turn.polling, turn.then];
  }
  expect(then).toBe('stuck');
  expect(requests).toBeLessThan(100);
});
