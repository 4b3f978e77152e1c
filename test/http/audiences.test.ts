/** Originator control over HTTP (D14): kept answers, tags and pages are for whom they were made. */
import { v4 as uuid } from 'uuid';
import type { StixObject } from '../../src/domain/stix';
import { ORIGINATOR_CONTROL } from '../../src/validation/originator-control';
import { collection, tool, toolId } from '../support/exchange';
import { json, serveExchange, type Account, type Exchange } from '../support/http';

const c = collection();
let x: Exchange;
beforeAll(async () => {
  x = await serveExchange({}, [c]);
});
afterAll(() => x.close());

const path = (rest: string): string => `/europe/collections/${c.id}/${rest}`;
const saying = (audience: object): StixObject => ({
  extensions: { [ORIGINATOR_CONTROL]: { extension_type: 'property-extension', audience } },
});
const publish = async (as: Account, ...objects: StixObject[]): Promise<Record<string, unknown>> =>
  json(await x.send('POST', path('objects/'), { as, body: JSON.stringify({ objects }) }));
const ids = async (as: Account, query = ''): Promise<string[]> =>
  ((json(await x.get(path('objects/'), { as, query }))['objects'] ?? []) as { id: string }[]).map(
    ({ id }) => id,
  );

test('a wrong audience is refused with the place and what may stand there, and nothing is stored', async () => {
  for (const [audience, place, what] of [
    [{}, '/audience', 'fewer than 1'],
    [{ only: { countries: ['fr'] } }, '/audience/only/countries/0', 'pattern'],
    [{ only: { kinds: ['friends'] } }, '/audience/only/kinds/0', 'member, partner, desk, operator'],
    [{ alone: {} }, '/audience/alone', 'additional properties'],
  ] as const) {
    const { failures } = await publish('member', tool(toolId(), 1, 0, saying(audience)));
    const [{ message }] = failures as [{ message: string }];
    expect(message).toContain(`X-DEF at /extensions/${ORIGINATOR_CONTROL}${place}: found`);
    expect(message).toContain(what);
  }
  expect(await ids('member')).toEqual([]);
});

test('digits of its id may be in either case; twice is refused, and so is an audience of a marking definition', async () => {
  const control = { extension_type: 'property-extension', audience: { only: {} } };
  const upper = ORIGINATOR_CONTROL.replace(/[0-9a-f-]+$/, (digits) => digits.toUpperCase());
  const own = toolId();
  expect(await publish('member', tool(own, 1, 0, { extensions: { [upper]: control } }))).toMatchObject({
    success_count: 1,
  });
  expect(await ids('green')).not.toContain(own);
  expect(await ids('member')).toContain(own);
  await x.send('DELETE', path(`objects/${own}/`), { as: 'member' });
  const twice = { [upper]: control, [ORIGINATOR_CONTROL]: control };
  const marking = {
    type: 'marking-definition',
    spec_version: '2.1',
    id: `marking-definition--${uuid()}`,
    created: '2024-01-01T00:00:00.000Z',
    definition_type: 'statement',
    definition: { statement: 'x' },
    ...saying({ only: {} }),
  };
  const refused = await publish('member', tool(toolId(), 1, 0, { extensions: twice }), marking);
  expect((refused['failures'] as { message: string }[]).map(({ message }) => message)).toEqual([
    expect.stringContaining('an audience of a marking definition'),
    expect.stringContaining('found it twice'),
  ]);
});

test('what is kept for some is not given to others, while audiences are named, narrowed and widened', async () => {
  const kinds = (...some: string[]): object => ({ only: { kinds: some } });
  const [open, narrow] = [toolId(), toolId()];
  await publish('member', tool(open, 1, 0));
  // Asked for twice each, so that both are kept; the same question of all.
  const all = async (): Promise<(string[] | undefined)[]> => {
    const found = [];
    for (const as of ['member', 'desk', 'green', 'member', 'desk', 'green'] as const)
      found.push(await ids(as, 'limit=50'));
    expect(found.slice(3)).toEqual(found.slice(0, 3));
    return found.slice(0, 3);
  };
  expect(await all()).toEqual([[open], [open], [open]]);
  await publish('member', tool(narrow, 1, 0, saying({ only: {} })));
  expect(await all()).toEqual([[open, narrow], [open], [open]]);
  await publish('member', tool(narrow, 2, 0, saying(kinds('desk'))));
  expect((await all()).map((some) => some?.length)).toEqual([2, 2, 2]);
  await publish('member', tool(narrow, 3, 0, saying(kinds('operator'))));
  expect((await all()).map((some) => some?.length)).toEqual([2, 1, 1]);
  for (const as of ['desk', 'green'] as const) {
    expect((await x.get(path(`objects/${narrow}/`), { as })).status).toBe(404);
    expect((await x.get(path(`objects/${narrow}/versions/`), { as })).status).toBe(404);
    expect(json(await x.get(path('manifest/'), { as, query: '' }))['objects']).toHaveLength(1);
  }
});

test('a tag says nothing of what is not meant for who has it, and changes with what is', async () => {
  const tag = async (as: Account): Promise<string | undefined> =>
    (await x.get(path('objects/'), { as, query: 'match[version]=all' })).headers['etag'];
  const before = [await tag('green'), await tag('member')];
  await publish('member', tool(`tool--${uuid()}`, 1, 0, saying({ only: {} })));
  const after = [await tag('green'), await tag('member')];
  expect(after[0]).toBe(before[0]);
  expect(after[1]).not.toBe(before[1]);
});
