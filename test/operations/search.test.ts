/** Finding and selecting objects: what fits, and nothing above the reader's clearance. */
import type { Principal } from '../../src/domain/access';
import type { Collection } from '../../src/domain/channel';
import { searchCollection, type Found } from '../../src/operations/search';
import type { Selection } from '../../src/operations/select';
import { IDENTITY } from '../support/desk';
import { day, TLP2, tool } from '../support/exchange';
import {
  afterHistory,
  closeAll,
  closed,
  desk,
  ids,
  indicators,
  low,
  SECOND,
  stand,
  START,
  tellsNothingAbove,
  type Stand,
} from './stand';

afterEach(closeAll);

async function search(
  { store }: Stand,
  who: Principal,
  selection: Selection = {},
  of: Collection = indicators,
): Promise<Found[]> {
  const all: Found[] = [];
  for await (const found of searchCollection(store, who, of, selection)) all.push(found);
  return all;
}
const names = (found: readonly Found[]): unknown[] => found.map((f) => f.object['name'] ?? f.type);

test('what is above the clearance is not found, whatever is asked: the newest below it stands in its place', async () => {
  const told = await tellsNothingAbove(async (all) => [
    await search(all, low),
    await search(all, low, { versions: true }),
    await search(all, low, { text: 'undercover' }),
    await search(all, low, { marking: 'red' }),
    await search(all, low, { revoked: true }),
    await search(all, low, { name: 'few' }),
    await search(all, low, { ids: [ids.changed, ids.secret] }),
  ]);
  expect(told.map((found) => found.length)).toEqual([5, 6, 0, 0, 0, 0, 1]);
  expect(names(told[6]!)).toEqual(['as all know it']);
  expect(names(await search(await afterHistory(), desk, { name: 'few' }))).toEqual(['as few know it']);
});

test('the oldest arrival first, each with when and by whom it came', async () => {
  const [first] = await search(await afterHistory(), low);
  expect(first).toEqual({
    id: ids.changed,
    type: 'tool',
    version: day(1),
    date: expect.closeTo(START + SECOND, -4) as number,
    rank: 1,
    publisher: 'desk house',
    object: tool(ids.changed, 1, 1, { name: 'as all know it' }),
  });
});

test('a collection that may not be read is refused like one that is not there', async () => {
  await expect(search(await stand(), low, {}, closed)).rejects.toMatchObject({ code: 'not-found' });
});

test.each<[string, Selection, string[]]>([
  ['nothing is asked', {}, ['Alpha', 'beta', 'indicator']],
  ['a type', { types: ['tool'] }, ['Alpha', 'beta']],
  ['a group of types', { types: ['SDO'] }, ['Alpha', 'beta', 'indicator']],
  ['an id', { ids: [ids.plain] }, ['beta']],
  ['part of a name in another case', { name: 'ALPH' }, ['Alpha']],
  ['part of an alias', { name: 'other' }, ['beta']],
  ['a word anywhere', { text: 'DOMAIN-name' }, ['indicator']],
  ['a label', { label: 'bank' }, ['Alpha']],
  ['a constant of a pattern', { value: 'bad.example' }, ['indicator']],
  ['part of a constant', { value: 'bad' }, []],
  ['a level', { marking: 'green' }, ['beta']],
  ['the id of a marking', { marking: TLP2[1] }, ['beta']],
  ['the identity that created it', { producer: IDENTITY.desk }, ['beta']],
  ['the organisation that published it', { producer: 'desk house' }, ['Alpha', 'beta', 'indicator']],
  ['a confidence', { confidence: 50 }, ['Alpha']],
  ['revoked ones', { revoked: true }, ['beta']],
  ['what has expired by then', { expired: START }, ['indicator']],
  ['what has expired before', { expired: START - 1 }, []],
  ['since an instant', { since: START + 2 * SECOND }, ['beta', 'indicator']],
  ['until an instant', { until: START + 2 * SECOND }, ['Alpha']],
  ['two things at once', { label: 'bank', types: ['indicator'] }, []],
])('a selection by %s', async (_, selection, fits) => {
  const all = await stand();
  await all.put(desk, tool(ids.changed, 1, 0, { name: 'Alpha', labels: ['bank'], confidence: 50 }));
  await all.put(
    desk,
    tool(ids.plain, 1, 1, { name: 'beta', aliases: ['Other'], created_by_ref: IDENTITY.desk, revoked: true }),
  );
  await all.put(desk, {
    type: 'indicator',
    spec_version: '2.1',
    id: 'indicator--00000000-0000-4000-8000-000000000001',
    created: day(1),
    modified: day(1),
    pattern: "[domain-name:value = 'bad.example']",
    pattern_type: 'stix',
    valid_from: '2020-01-01T00:00:00Z',
    valid_until: '2023-11-14T22:13:20Z',
  });
  expect(names(await search(all, desk, selection))).toEqual(fits);
});
