/** Comparing: of a collection what its reader sees, and nothing of what is above. */
import { compare, newestAmong, newestIn } from '../../src/operations/diff';
import { tool } from '../support/exchange';
import {
  afterHistory,
  closeAll,
  closed,
  desk,
  ids,
  indicators,
  low,
  reports,
  stand,
  tellsNothingAbove,
} from './stand';

afterEach(closeAll);
const keys = (found: ReadonlyMap<string, unknown>): string[] => [...found.keys()];

test('a newer version above the clearance makes no difference: the one below it is compared', async () => {
  const known = newestAmong([
    { id: ids.changed, object: tool(ids.changed, 1, 1, { name: 'as all know it' }) },
    { id: ids.secret, object: tool(ids.secret, 1, 4, { name: 'undercover' }) },
  ]);
  const told = await tellsNothingAbove(async ({ store }) => [
    compare(known, await newestIn(store, low, indicators)),
    compare(await newestIn(store, low, reports), await newestIn(store, low, indicators)),
  ]);
  const [first] = told;
  expect([first!.changed, keys(first!.missing)]).toEqual([[], [ids.secret]]);
  const { store } = await afterHistory();
  expect(compare(known, await newestIn(store, desk, indicators)).changed.map((c) => c.id)).toEqual([
    ids.changed,
  ]);
});

test('added, missing, and changed property by property, with null for what one of them lacks', async () => {
  const { store, put } = await stand();
  await put(desk, tool(ids.plain, 1, 0));
  await put(desk, tool(ids.changed, 1, 0, { name: 'before', labels: ['x'] }));
  await put(desk, tool(ids.squatted, 1, 0), reports);
  await put(desk, tool(ids.changed, 1, 0, { name: 'after', aliases: ['y'] }), reports);
  const found = compare(await newestIn(store, desk, indicators), await newestIn(store, desk, reports));
  expect([keys(found.added), keys(found.missing)]).toEqual([[ids.squatted], [ids.plain]]);
  expect(found.changed.map(({ id, properties }) => ({ id, properties }))).toEqual([
    {
      id: ids.changed,
      properties: [
        { name: 'name', before: 'before', after: 'after' },
        { name: 'labels', before: ['x'], after: null },
        { name: 'aliases', before: null, after: ['y'] },
      ],
    },
  ]);
});

test('of a list the newest by instant counts, not by text, and of one instant the later', () => {
  const [early, late] = ['2024-01-02T00:00:00Z', '2024-01-02T00:00:00.5Z'];
  const at = (modified: string, name: string) => ({
    id: ids.plain,
    object: tool(ids.plain, 1, 0, { modified, name }),
  });
  const newest = (...members: ReturnType<typeof at>[]): unknown =>
    newestAmong(members).get(ids.plain)?.['name'];
  expect(newest(at(late, 'late'), at(early, 'early'))).toBe('late');
  expect(newest(at(early, 'first'), at('2024-01-02T00:00:00.000Z', 'second'))).toBe('second');
});

test('a collection that may not be read is refused', async () => {
  const { store } = await stand();
  await expect(newestIn(store, low, closed)).rejects.toMatchObject({ code: 'not-found' });
});
