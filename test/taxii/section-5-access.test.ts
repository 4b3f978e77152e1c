/** Sections 4 to 6: data types, authentication, authorisation, error messages. */
import { basic, COLLECTIONS, json, serveExchange, url, type Account, type Exchange } from '../support/http';
import { day, tool, toolId } from '../support/exchange';

let x: Exchange;
const id = toolId();
beforeAll(async () => {
  x = await serveExchange();
  await x.add('main', [tool(id, 1, 0)]);
});
afterAll(() => x.close());

const EVERY_GET = [
  '/taxii2/',
  '/europe/',
  '/europe/status/2d086da7-4bdc-4f91-900e-d77486753710/',
  '/europe/collections/',
  url('main'),
  url('main', 'manifest/'),
  url('main', 'objects/'),
  url('main', `objects/${id}/`),
  url('main', `objects/${id}/versions/`),
];

describe('authentication', () => {
  test.each(EVERY_GET)(
    '%s without or with wrong credentials: 401 with a challenge (T-103, T-104, T-105, T-288, T-403, T-403a)',
    async (path) => {
      const attempts = [
        undefined,
        basic('desk', 'wrong'),
        basic('nobody'),
        'Basic %%%',
        'Basic',
        'Bearer x',
        'Digest y',
        basic('desk', ''),
      ];
      for (const authorization of attempts) {
        const response = await x.get(path, {
          as: null,
          headers: authorization === undefined ? {} : { Authorization: authorization },
        });
        expect(response.status).toBe(401);
        expect(response.headers['www-authenticate']).toMatch(/^Basic realm="[^"]+"/);
        expect(json(response)['title']).toBe('Unauthorized');
      }
    },
  );
  test('POST and DELETE too (T-104, T-106)', async () => {
    expect((await x.send('POST', url('main', 'objects/'), { as: null, body: '{}' })).status).toBe(401);
    expect((await x.send('DELETE', url('main', `objects/${id}/`), { as: null })).status).toBe(401);
  });
  test('HTTP Basic is served (T-100, T-102, T-404)', async () =>
    expect((await x.get('/taxii2/')).status).toBe(200));
  test('a disabled account and a changed password count at once, whatever is cached', async () => {
    const found = (await x.store.people.credentials('member'))!;
    expect((await x.get('/taxii2/', { as: 'member' })).status).toBe(200);
    await x.store.people.savePrincipal({ ...found.principal, disabled: true });
    expect((await x.get('/taxii2/', { as: 'member' })).status).toBe(401);
    await x.store.people.savePrincipal(found.principal, found.passwordHash.replace(/.$/, 'x'));
    expect((await x.get('/taxii2/', { as: 'member' })).status).toBe(401);
    await x.store.people.savePrincipal(found.principal, found.passwordHash);
    expect((await x.get('/taxii2/', { as: 'member' })).status).toBe(200);
  });
});

test('the order of checks: route, method, authentication, Accept, visibility, permission, type, body (T-108)', async () => {
  const none = { Accept: 'text/html', 'Content-Type': 'text/html' };
  const send = (
    method: string,
    path: string,
    as: Account | null,
    headers: Record<string, string>,
    body = 'x',
  ) => x.send(method, path, { as, headers, ...(method === 'POST' ? { body } : {}) }).then((r) => r.status);
  const objects = 'objects/';
  expect(await send('POST', '/no/such/path', null, none)).toBe(404);
  expect(await send('PUT', url('hidden', objects), null, none)).toBe(405);
  expect(await send('POST', url('hidden', objects), null, none)).toBe(401);
  expect(await send('POST', url('hidden', objects), 'desk', none)).toBe(406);
  expect(await send('POST', url('hidden', objects), 'desk', { 'Content-Type': 'text/html' })).toBe(404);
  expect(await send('POST', url('readonly', objects), 'desk', { 'Content-Type': 'text/html' })).toBe(403);
  expect(await send('POST', url('main', objects), 'desk', { 'Content-Type': 'text/html' })).toBe(415);
  expect(await send('POST', url('main', objects), 'desk', {})).toBe(422);
  expect((await x.get(url('hidden', objects), { query: 'limit=0' })).status).toBe(404);
  expect((await x.get(url('inbox', objects), { query: 'limit=0' })).status).toBe(403);
  expect((await x.get(url('main', objects), { query: 'limit=0' })).status).toBe(400);
});

test('absent and hidden look the same (T-107a, T-259, T-298, T-424)', async () => {
  const of = async (path: string, as: Account) => {
    const response = await x.get(path, { as });
    const { error_id: _, ...rest } = json(response);
    return { status: response.status, rest };
  };
  const absent = await of('/europe/collections/d021ecc8-ab8e-41ab-815e-911c7e329f88/', 'desk');
  expect(absent.status).toBe(404);
  expect(await of(url('hidden'), 'desk')).toEqual(absent);
  expect(await of(url('hidden', 'objects/'), 'desk')).toEqual(absent);
  expect(await of('/europe/', 'stranger')).toEqual(await of('/nowhere/', 'stranger'));
});

describe('can_read and can_write', () => {
  test('are the requester’s own (T-107b, T-110, T-117, T-118, T-408, T-416, T-417, T-418, T-419)', async () => {
    const flags = async (as: Account): Promise<Record<string, [boolean, boolean]>> =>
      Object.fromEntries(
        (
          json(await x.get('/europe/collections/', { as }))['collections'] as {
            alias: string;
            can_read: boolean;
            can_write: boolean;
          }[]
        ).map((c): [string, [boolean, boolean]] => [c.alias, [c.can_read, c.can_write]]),
      );
    expect(await flags('desk')).toEqual({
      main: [true, true],
      readonly: [true, false],
      inbox: [false, true],
      seen: [false, false],
      mixed: [true, true],
    });
    expect(await flags('member')).toEqual({ main: [true, false], mixed: [true, false] });
    for (const name of ['readonly', 'inbox', 'seen'] as const)
      expect((await x.get(url(name))).status).toBe(200);
  });
  test('reading without can_read is 403 (T-111, T-420)', async () => {
    for (const name of ['inbox', 'seen'] as const) {
      for (const rest of ['manifest/', 'objects/', `objects/${id}/`, `objects/${id}/versions/`]) {
        expect((await x.get(url(name, rest))).status).toBe(403);
      }
    }
  });
  test('writing without can_write is 403 (T-112, T-392, T-421)', async () => {
    for (const name of ['readonly', 'seen'] as const) {
      expect((await x.send('POST', url(name, 'objects/'), { body: '{"objects":[{}]}' })).status).toBe(403);
    }
  });
  test('DELETE: neither right 404, one of them 403, whatever the object (T-113, T-114, T-115, T-422, T-423)', async () => {
    for (const object of [id, toolId()]) {
      const status = async (name: keyof typeof COLLECTIONS) =>
        (await x.send('DELETE', url(name, `objects/${object}/`))).status;
      expect(await status('seen')).toBe(404);
      expect(await status('readonly')).toBe(403);
      expect(await status('inbox')).toBe(403);
    }
  });
  test('DELETE with both rights: 200, 400 or 404 by content (T-116)', async () => {
    const own = toolId();
    await x.add('main', [tool(own, 1, 0)]);
    const status = async (object: string, query?: string) =>
      (await x.send('DELETE', url('main', `objects/${object}/`), query === undefined ? {} : { query }))
        .status;
    expect(await status(own, 'match[version]=x')).toBe(400);
    expect(await status(own)).toBe(200);
    expect(await status(own)).toBe(404);
    // Another organisation's object: not theirs to remove (D8a).
    const theirs = toolId();
    await x.add('main', [tool(theirs, 1, 0)], 'otherDesk');
    expect(await status(theirs)).toBe(404);
    expect((await x.get(url('main', `objects/${theirs}/`))).status).toBe(200);
  });
});

test('clearance holds on every path: objects, manifest, object, versions, delete (promise 3, T-388)', async () => {
  const secret = toolId();
  await x.add('main', [tool(secret, 1, 0), tool(secret, 2, 4)]);
  const green = { as: 'green' } as const;
  const query = `match[id]=${secret}&match[version]=all`;
  const manifest = json(await x.get(url('main', 'manifest/'), { ...green, query }))['objects'] as {
    version: string;
  }[];
  expect(manifest.map((m) => m.version)).toEqual([day(1)]);
  expect(
    (json(await x.get(url('main', 'objects/'), { ...green, query }))['objects'] as unknown[]).length,
  ).toBe(1);
  expect(json(await x.get(url('main', `objects/${secret}/versions/`), green))['versions']).toEqual([day(1)]);
  const last = json(await x.get(url('main', `objects/${secret}/`), green))['objects'] as {
    modified: string;
  }[];
  expect(last.map((o) => o.modified)).toEqual([day(1)]);
  expect(
    (
      await x.send('DELETE', url('main', `objects/${secret}/`), {
        ...green,
        query: `match[version]=${day(2)}`,
      })
    ).status,
  ).toBe(404);
});

describe('error messages and data types', () => {
  test('title, description, error_id, error_code, http_status as a string; nothing internal (T-089, T-120, T-121, T-122, T-123, T-124, T-125)', async () => {
    const body = json(await x.get(url('main', 'objects/'), { query: 'limit=abc' }));
    expect(Object.keys(body).sort()).toEqual([
      'description',
      'error_code',
      'error_id',
      'http_status',
      'title',
    ]);
    expect(body['http_status']).toBe('400');
    expect(body['description']).toContain('limit');
    expect(JSON.stringify(body)).not.toMatch(/\/src\/|sqlite|at Object/i);
  });
  test('resources carry the tables’ names, no empty lists, no nulls (T-080 to T-086, T-088): the helper checks each answer against schemas/taxii-2.1', async () => {
    for (const path of EVERY_GET.filter((p) => !p.includes('/status/'))) {
      const response = await x.get(path);
      expect(response.status).toBe(200);
      expect((response.body as Buffer).toString()).not.toMatch(/:null|\[\]/);
    }
  });
  test('versions are the STIX timestamps as written, not TAXII’s six digits (T-087, T-361)', async () => {
    expect(json(await x.get(url('main', `objects/${id}/versions/`)))['versions']).toEqual([day(1)]);
  });
});

test('unauthenticated discovery is an option (T-101, T-250)', async () => {
  const open = await serveExchange({ JISR_PUBLIC_DISCOVERY: 'true' });
  expect((await open.get('/taxii2/', { as: null })).status).toBe(200);
  expect((await open.get('/europe/', { as: null })).status).toBe(401);
  expect(
    (await open.get('/taxii2/', { as: null, headers: { Authorization: basic('desk', 'wrong') } })).status,
  ).toBe(401);
  await open.close();
});
