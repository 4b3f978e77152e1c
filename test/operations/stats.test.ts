/** Counting: every object once in every dimension, and none above the reader's clearance. */
import { formatTimestamp, parseTimestamp } from '../../src/domain/timestamp';
import { countObjects, DIMENSIONS, weekOf } from '../../src/operations/stats';
import { day, tool } from '../support/exchange';
import {
  afterHistory,
  closeAll,
  closed,
  DAY,
  desk,
  ids,
  indicators,
  low,
  member,
  reports,
  stand,
  tellsNothingAbove,
} from './stand';

afterEach(closeAll);

test('what is above the clearance is counted nowhere, in no state and in no collection', async () => {
  const told = await tellsNothingAbove(async ({ store, now }) => [
    await countObjects(store, low, [indicators], {}, now()),
    await countObjects(store, low, undefined, { versions: true }, now()),
  ]);
  expect(told.map((t) => t.total)).toEqual([5, 7]);
  expect(told[0]!.by.marking).toEqual([['green', 5]]);
  expect(told[0]!.by.state).toEqual([
    ['active', 5],
    ['never read', 5],
  ]);
  const { store, now } = await afterHistory();
  expect((await countObjects(store, desk, undefined, {}, now())).by.marking).toEqual([
    ['red', 6],
    ['green', 3],
    ['clear', 1],
  ]);
});

test('of all collections those that may not be read are left out; one that was named is refused', async () => {
  const { store, now } = await afterHistory();
  const [all, named] = [
    await countObjects(store, low, undefined, {}, now()),
    await countObjects(store, low, [indicators, reports], {}, now()),
  ];
  expect(all).toEqual(named);
  await expect(countObjects(store, low, [closed], {}, now())).rejects.toMatchObject({ code: 'not-found' });
});

test('numbers, names and their order: ages by time, the rest by number; read is what another organisation polled', async () => {
  const { store, put, wait, now } = await stand();
  const indicator = {
    type: 'indicator',
    spec_version: '2.1',
    id: 'indicator--00000000-0000-4000-8000-000000000001',
    created: day(1),
    modified: day(1),
    pattern: "[domain-name:value = 'bad.example']",
    pattern_type: 'stix',
    valid_from: '2020-01-01T00:00:00Z',
    valid_until: '2023-12-01T00:00:00Z',
  };
  await put(desk, tool(ids.changed, 1, 2));
  const readUntil = now();
  wait(30 * DAY);
  await put(member, tool(ids.plain, 1, 1, { revoked: true }));
  await put(member, indicator);
  const collectionId = indicators.id;
  await store.house.noteReadings([
    { collectionId, organisationId: low.organisation.id, lastDate: readUntil + DAY },
    // Its own poll does not make it read.
    { collectionId, organisationId: member.organisation.id, lastDate: now() + DAY },
  ]);
  wait(DAY);
  expect(await countObjects(store, desk, [indicators], {}, now())).toEqual({
    total: 3,
    by: {
      type: [
        ['tool', 2],
        ['indicator', 1],
      ],
      marking: [
        ['amber', 1],
        ['green', 1],
        ['clear', 1],
      ],
      producer: [
        ['member house', 2],
        ['desk house', 1],
      ],
      country: [
        ['africa', 2],
        ['FR', 1],
      ],
      age: [
        ['up to 7 days', 2],
        ['up to 90 days', 1],
      ],
      week: [
        ['2023-W46', 1],
        ['2023-W50', 2],
      ],
      state: [
        ['never read', 2],
        ['active', 1],
        ['revoked', 1],
        ['expired', 1],
      ],
    },
  });
});

test('nothing is nothing in every dimension', async () => {
  const { store, now } = await stand();
  const { total, by } = await countObjects(store, desk, undefined, {}, now());
  expect([total, ...DIMENSIONS.map((d) => by[d].length)]).toEqual([0, ...DIMENSIONS.map(() => 0)]);
});

test.each([
  ['2024-01-01', '2024-W01'],
  ['2023-01-01', '2022-W52'],
  ['2020-12-31', '2020-W53'],
  ['2021-01-03', '2020-W53'],
  ['0050-06-15', '0050-W24'],
])('%s is in the ISO week %s', (date, week) => {
  const at = parseTimestamp(`${date}T00:00:00Z`)!;
  expect([formatTimestamp(at).slice(0, 10), weekOf(at).padStart(8, '0')]).toEqual([date, week]);
});
