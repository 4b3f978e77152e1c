/** Showing an object: as each collection has it, and as if what is above the reader's clearance were not there. */
import { showObject } from '../../src/operations/show';
import { day, tool } from '../support/exchange';
import {
  afterHistory,
  closeAll,
  desk,
  ids,
  indicators,
  low,
  relationship,
  reports,
  stand,
  tellsNothingAbove,
} from './stand';

afterEach(closeAll);

test('what is above the clearance is not told: versions, rivals, relationships, titles of ends, collections', async () => {
  const told = await tellsNothingAbove(async ({ store }) => [
    await showObject(store, low, ids.changed),
    await showObject(store, low, ids.squatted),
    await showObject(store, low, ids.secret),
    await showObject(store, low, ids.elsewhere),
  ]);
  const [changed, squatted] = told.map(([first]) => first);
  expect(told.slice(2)).toEqual([[], []]);
  expect(changed).toMatchObject({
    collection: { id: indicators.id, apiRoot: 'europe', alias: 'indicators' },
    object: { name: 'as all know it' },
    versions: [{ version: day(1), rank: 1, publisher: 'desk house', revoked: false }],
    relationships: [
      { direction: 'to', other: ids.plain, title: 'tool of day 2' },
      { direction: 'to', other: ids.secret, title: undefined },
    ],
    readers: ['desk', 'low', 'member'],
  });
  expect(squatted).toMatchObject({ object: { name: 'its own' }, versions: [{ rank: 1 }], rivals: [] });
});

test('who is cleared for more is told more: who reads the newest, what others published under the id', async () => {
  const { store } = await afterHistory();
  const [changed] = await showObject(store, desk, ids.changed);
  expect(changed).toMatchObject({
    object: { name: 'as few know it' },
    versions: [
      { version: day(1), revoked: false },
      { version: day(2), rank: 4, revoked: true },
    ],
    readers: ['desk', 'member'],
  });
  expect(changed!.relationships.map((r) => [r.direction, r.other, r.title])).toEqual([
    ['to', ids.plain, 'tool of day 2'],
    ['to', ids.secret, 'undercover'],
    ['from', ids.secret, 'undercover'],
  ]);
  const [squatted] = await showObject(store, desk, ids.squatted);
  expect(squatted!.rivals.map((r) => [r.publisher, r.rank])).toEqual([
    ['member house', 4],
    ['low house', 1],
  ]);
});

test('the newest is the newest by instant, whatever the digits (T-217)', async () => {
  const { store, put } = await stand();
  await put(desk, tool(ids.plain, 1, 4, { modified: '2024-01-02T00:00:00.5Z', name: 'newest' }));
  await put(desk, tool(ids.plain, 1, 0, { modified: '2024-01-02T00:00:00Z', name: 'older' }));
  const [shown] = await showObject(store, desk, ids.plain);
  expect([shown!.object['name'], shown!.readers]).toEqual(['newest', ['desk', 'member']]);
});

test('as each collection has it; a sighting is an end of its own', async () => {
  const { store, put } = await stand();
  await put(desk, tool(ids.plain, 1, 0), reports);
  await put(desk, tool(ids.plain, 2, 0));
  const sighting = 'sighting--00000000-0000-4000-8000-000000000001';
  const { created, modified } = relationship(1, ids.plain, ids.plain, 0);
  const seen = { type: 'sighting', spec_version: '2.1', id: sighting, created, modified };
  await put(desk, { ...seen, sighting_of_ref: ids.plain });
  const shown = await showObject(store, low, ids.plain);
  expect(new Map(shown.map((s) => [s.collection.alias, s.object['modified']]))).toEqual(
    new Map([
      ['indicators', day(2)],
      ['reports', day(1)],
    ]),
  );
  expect(shown.find((s) => s.collection.alias === 'indicators')!.relationships).toEqual([
    { id: sighting, relationship: 'sighting-of', direction: 'from', other: sighting, title: sighting },
  ]);
});
