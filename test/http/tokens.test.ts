/** API tokens over HTTP: in each way that clients send one, no more than they say, and gone at once. */
import type { ApiToken } from '../../src/domain/tokens';
import { generateToken } from '../../src/identity/tokens';
import { tool, toolId } from '../support/exchange';
import { basic, COLLECTIONS, json, serveExchange, url, type Exchange } from '../support/http';

const NOW = Date.now() * 1000;
const DAY = 24 * 3600e6;

let x: Exchange;
beforeAll(async () => {
  // A request says where it comes from.
  x = await serveExchange({ JISR_BEHIND_PROXY: 'true' });
});
afterAll(() => x.close());

/** A token of an account of the exchange. */
async function tokenFor(
  login: string,
  properties: Partial<ApiToken> = {},
): Promise<{ text: string; token: ApiToken }> {
  const who = (await x.store.people.principals()).find((p) => p.name === login)!;
  const { id, text, hash } = generateToken();
  const token = { id, principalId: who.id, name: id, created: NOW, expires: NOW + DAY, ...properties };
  await x.store.people.addToken(token, hash);
  return { text, token };
}
const get = (path: string, authorization: string) =>
  x.get(path, { as: null, headers: { Authorization: authorization } });
const statusOf = async (path: string, text: string): Promise<number> =>
  (await get(path, `Bearer ${text}`)).status;
const post = (authorization: string, collection: keyof typeof COLLECTIONS = 'main') =>
  x.send('POST', url(collection, 'objects/'), {
    as: null,
    headers: { Authorization: authorization },
    body: JSON.stringify({ objects: [tool(toolId(), 1, 0)] }),
  });

test.each([
  ['Bearer', (text: string) => `Bearer ${text}`],
  ['bearer, the scheme has no case', (text: string) => `bearer ${text} `],
  ['Token', (text: string) => `Token ${text}`],
  ['the password of Basic', (text: string) => basic('desk', text)],
])('a token is taken as %s', async (_how, header) => {
  const { text } = await tokenFor('desk');
  expect((await get('/europe/collections/', header(text))).status).toBe(200);
});

test.each([
  ['another secret', (text: string) => `Bearer ${text.slice(0, -4)}AAAA`],
  ['another id', (text: string) => `Bearer ${text.replace(/^jisr_..../, 'jisr_AAAA')}`],
  ['the password of another account', (text: string) => basic('member', text)],
  ['the password of nobody', (text: string) => basic('nobody', text)],
  ['the login name', (text: string) => basic(text, 'x')],
  ['a part of it', (text: string) => `Bearer ${text.slice(0, 17)}`],
  ['nothing', () => 'Bearer '],
  ['another scheme', (text: string) => `Digest ${text}`],
])('T-403a refused: %s; nothing in the answer tells which part was wrong', async (_how, header) => {
  const { text } = await tokenFor('desk');
  const refused = await get('/europe/collections/', header(text));
  expect(refused.status).toBe(401);
  expect(refused.headers['www-authenticate']).toBe(
    'Basic realm="Jisr", charset="UTF-8", Bearer realm="Jisr"',
  );
  expect((refused.body as Buffer).toString()).not.toContain(text.slice(17));
});

test('refusals of a token that never was, one that ended and one from elsewhere are the same', async () => {
  const tokens = [
    generateToken().text,
    (await tokenFor('desk', { expires: NOW - 1 })).text,
    (await tokenFor('desk', { networks: ['192.0.2.0/24'] })).text,
  ];
  const answers = await Promise.all(tokens.map((text) => get('/europe/collections/', `Bearer ${text}`)));
  const told = answers.map((answer) => ({ ...json(answer), error_id: '' }));
  expect(new Set(told.map((t) => JSON.stringify(t))).size).toBe(1);
  expect(answers.map((a) => a.status)).toEqual([401, 401, 401]);
});

test('one that is removed is refused from the next request on, however lately it was verified; so is a disabled account', async () => {
  const { text, token } = await tokenFor('desk');
  const objects = url('main', 'objects/');
  expect([await statusOf(objects, text), await statusOf(objects, text)]).toEqual([200, 200]);
  await x.store.people.removeToken(token.id);
  expect(await statusOf(objects, text)).toBe(401);

  const { text: ofOther } = await tokenFor('otherDesk');
  const other = (await x.store.people.principals()).find((p) => p.name === 'otherDesk')!;
  expect(await statusOf(objects, ofOther)).toBe(200);
  await x.store.people.savePrincipal({ ...other, disabled: true });
  expect(await statusOf(objects, ofOther)).toBe(401);
  await x.store.people.savePrincipal(other);
  expect(await statusOf(objects, ofOther)).toBe(200);
});

test('a token that only reads does not write, and one that only writes does not read; can_read and can_write say so', async () => {
  const reader = (await tokenFor('desk', { rights: ['read'] })).text;
  const writer = (await tokenFor('desk', { rights: ['write'] })).text;
  const objects = url('main', 'objects/');
  expect([await statusOf(objects, reader), (await post(`Bearer ${reader}`)).status]).toEqual([200, 403]);
  expect([await statusOf(objects, writer), (await post(`Bearer ${writer}`)).status]).toEqual([403, 202]);
  const shown = async (text: string) => json(await get(url('main'), `Bearer ${text}`));
  expect(await shown(reader)).toMatchObject({ can_read: true, can_write: false });
  expect(await shown(writer)).toMatchObject({ can_read: false, can_write: true });
  const id = toolId();
  await x.add('main', [tool(id, 1, 0)]);
  const removing = await x.send('DELETE', url('main', `objects/${id}/`), {
    as: null,
    headers: { Authorization: `Bearer ${writer}` },
  });
  expect(removing.status).toBe(403);
});

test('T-107a what a token does not open is not there: collections, API Roots, statuses', async () => {
  const { text } = await tokenFor('desk', { collections: [COLLECTIONS.main.id] });
  expect(await statusOf(url('main', 'objects/'), text)).toBe(200);
  expect(await statusOf(url('mixed', 'objects/'), text)).toBe(404);
  expect(await statusOf(url('mixed'), text)).toBe(404);
  const listed = json(await get('/europe/collections/', `Bearer ${text}`));
  expect(listed['collections']).toMatchObject([{ id: COLLECTIONS.main.id }]);

  const other = (await tokenFor('desk', { channels: ['mena'] })).text;
  expect(await statusOf('/europe/', other)).toBe(404);
  expect(json(await get('/taxii2/', `Bearer ${other}`))).not.toHaveProperty('default');
  const own = json(await post(basic('desk'), 'mixed'));
  const status = `/europe/status/${String(own['id'])}/`;
  expect((await x.get(status)).status).toBe(200);
  expect([await statusOf(status, text), await statusOf(status, other)]).toEqual([404, 404]);
});

test('what the door decides again is decided for the token, not for its account', async () => {
  const { token } = await tokenFor('desk', { rights: ['read'] });
  const request = () => ({
    principalId: token.principalId,
    tokenId: token.id,
    collectionId: COLLECTIONS.main.id,
    body: Buffer.from(JSON.stringify({ objects: [tool(toolId(), 1, 0)] })),
  });
  await expect(x.door.publish(request())).rejects.toThrow('may not add objects');
  await x.store.people.removeToken(token.id);
  await expect(x.door.publish(request())).rejects.toThrow('the token, does not exist any more');
});

test('a publication that waits fails once the token that brought it is removed', async () => {
  const { token } = await tokenFor('desk');
  const objects = Array.from({ length: 1001 }, () => tool(toolId(), 1, 0));
  const taken = await x.door.publish({
    principalId: token.principalId,
    tokenId: token.id,
    collectionId: COLLECTIONS.main.id,
    body: Buffer.from(JSON.stringify({ objects })),
  });
  // At this moment at most its first part is worked off.
  await x.store.people.removeToken(token.id);
  for (;;) {
    const now = json(await x.get(`/europe/status/${taken.id}/`));
    if (now['status'] !== 'complete') continue;
    expect(now['failures']).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining('the token, does not exist') as string }),
    );
    return;
  }
});

test('a token for some networks is looked at anew for each request, also for a page that is kept', async () => {
  const { text } = await tokenFor('desk', { networks: ['192.0.2.0/24'] });
  await x.add('main', [tool(toolId(), 1, 0)]);
  const from = async (address: string): Promise<number> => {
    const headers = { Authorization: `Bearer ${text}`, 'X-Forwarded-For': address };
    return (await x.get(url('main', 'objects/?limit=1'), { as: null, headers })).status;
  };
  for (let i = 0; i < 3; i++) expect(await from('192.0.2.7')).toBe(200);
  expect(await from('198.51.100.7')).toBe(401);
  expect(await from('192.0.2.8')).toBe(200);
  // Who holds it elsewhere does not shut out who may use it, however often and at the same time they try.
  const tried = await Promise.all(
    Array.from({ length: 20 }, (_, i) => from(i % 2 ? '198.51.100.7' : `192.0.2.${i}`)),
  );
  expect(tried).toEqual(tried.map((_, i) => (i % 2 ? 401 : 200)));
});

test('it is noted when a token was used, and only of one that was right', async () => {
  x.uses.take();
  const { text, token } = await tokenFor('desk');
  const wrong = await tokenFor('desk');
  await statusOf('/europe/', text);
  await statusOf('/europe/', `${wrong.text.slice(0, -1)}${wrong.text.endsWith('A') ? 'B' : 'A'}`);
  const uses = x.uses.take();
  expect(uses.map((use) => use.id)).toEqual([token.id]);
  expect(uses[0]!.at).toBeGreaterThanOrEqual(NOW);
  expect(x.uses.take()).toEqual([]);
});
