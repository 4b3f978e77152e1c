/** Sections 1 to 3: HTTP basics, URLs, content negotiation. */
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { basic, json, serveExchange, TAXII, url, type Exchange } from '../support/http';
import { tool, toolId } from '../support/exchange';

let x: Exchange;
const id = toolId();
beforeAll(async () => {
  x = await serveExchange();
  await x.add('main', [tool(id, 1, 0)]);
});
afterAll(() => x.close());

/** Sends bytes as they are: what no well-behaved client would. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = net.connect((x.server.address() as AddressInfo).port, '127.0.0.1', () => socket.end(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });

test('discovery is at /taxii2/ at the root of the host (T-009), and an API Root exists (T-010, T-011)', async () => {
  const discovery = json(await x.get('/taxii2/'));
  expect((discovery['api_roots'] as string[]).map((root) => root.replace(/^http:..[^/]+/, ''))).toEqual([
    '/europe/',
  ]);
  expect((await x.get('/europe/')).status).toBe(200);
});

test('a request without User-Agent is served (T-012), and logged when there is one (T-401)', async () => {
  expect((await x.get('/taxii2/', { headers: { 'User-Agent': '' } })).status).toBe(200);
});

describe('known path, unsupported method: 405 with Allow; unknown path: 404 (T-014)', () => {
  test.each([
    ['POST', '/taxii2/', 'GET, HEAD'],
    ['PUT', '/europe/', 'GET, HEAD'],
    ['PATCH', url('main', 'objects/'), 'GET, HEAD, POST'],
    ['OPTIONS', url('main', 'objects/'), 'GET, HEAD, POST'],
    ['DELETE', url('main', 'objects/'), 'GET, HEAD, POST'],
    ['POST', url('main', `objects/${id}/`), 'GET, HEAD, DELETE'],
    ['POST', url('main', 'manifest/'), 'GET, HEAD'],
    ['DELETE', '/europe/status/x/', 'GET, HEAD'],
  ])('%s %s', async (method, path, allow) => {
    const response = await x.send(method, path, { as: null });
    expect(response.status).toBe(405);
    expect(response.headers['allow']!.split(/, */).sort()).toEqual(allow.split(', ').sort());
  });
  test.each([
    '/',
    '/europe/x/y/z/',
    '/europe/collection/',
    url('main', 'object/'),
    url('main', `objects/${id}/versions/x`),
  ])('GET %s', async (path) => expect((await x.get(path, { as: null })).status).toBe(404));
});

test('HEAD answers like GET, without a body (T-015)', async () => {
  for (const path of [
    '/taxii2/',
    '/europe/',
    '/europe/collections/',
    url('main'),
    url('main', 'objects/'),
    url('main', 'manifest/'),
  ]) {
    const [head, get] = [await x.send('HEAD', path), await x.get(path)];
    expect(head.status).toBe(200);
    for (const name of [
      'content-type',
      'content-length',
      'x-taxii-date-added-first',
      'x-taxii-date-added-last',
    ]) {
      expect(head.headers[name]).toBe(get.headers[name]);
    }
  }
});

test('every answer carries a Date (T-016) and no CORS headers by default (T-017)', async () => {
  const response = await x.get('/taxii2/', { headers: { Origin: 'https://evil.example' } });
  expect(response.headers['date']).toBeDefined();
  expect(response.headers['access-control-allow-origin']).toBeUndefined();
});

test('without the trailing slash a request is served in place like the slashed one (T-030, T-031), with the plural path word (T-035)', async () => {
  for (const path of [
    '/taxii2',
    '/europe',
    '/europe/collections',
    url('main').slice(0, -1),
    url('main', 'objects'),
    url('main', `objects/${id}/versions`),
  ]) {
    expect((await x.get(path)).status).toBe(200);
  }
  const posted = await x.send('POST', url('main', 'objects'), {
    body: JSON.stringify({ objects: [tool(toolId(), 1, 0)] }),
  });
  expect(posted.status).toBe(202);
});

test('every URL that the server emits ends in a slash (T-032)', async () => {
  const { api_roots, default: byDefault } = json(await x.get('/taxii2/')) as {
    api_roots: string[];
    default: string;
  };
  for (const root of [...api_roots, byDefault]) expect(root.endsWith('/')).toBe(true);
});

test('percent-encoded brackets are the same parameter (T-033)', async () => {
  const plain = await x.get(url('main', 'objects/'), { query: 'match[type]=campaign' });
  const encoded = await x.get(url('main', 'objects/'), { query: 'match%5Btype%5D=campaign' });
  expect(json(encoded)).toEqual(json(plain));
  expect(json(plain)).toEqual({ more: false });
});

test.each([
  '/europe//collections/',
  '/europe/../taxii2/',
  '/europe/%00/',
  '/europe/%2e%2e/',
  '/%zz/',
  '/europe/collections/%ff/',
  '/europe/collections/..%2f..%2fx/',
])('path %s: 404, never a way out (T-034, T-036, T-387)', async (path) => {
  const answer = await raw(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic('desk')}\r\nConnection: close\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  expect(answer).toContain(`Content-Type: ${TAXII}\r\n`);
});

test.each([
  '/europe/status/not-a-uuid/',
  '/europe/collections/unknown-name/',
  `/europe/collections/unknown/objects/x/`,
])('malformed identifier %s: 404 (T-036)', async (path) => expect((await x.get(path)).status).toBe(404));

test('what is no HTTP, or too long in its header, gets a TAXII error and the server goes on (T-075, T-385)', async () => {
  expect(await raw('NONSENSE\r\n\r\n')).toContain(`Content-Type: ${TAXII}`);
  expect(await raw(`GET /taxii2/?x=${'y'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toContain(
    `Content-Type: ${TAXII}`,
  );
  expect((await x.get('/taxii2/')).status).toBe(200);
});

describe('Accept', () => {
  test.each([
    TAXII,
    'application/taxii+json',
    `${TAXII},application/stix+json;version=2.1`,
    'application/taxii+json; version=2.1',
    'APPLICATION/TAXII+JSON;VERSION="2.1"',
    'application/taxii+json;version=2.0, application/taxii+json;version=2.1;q=0.5',
    'application/taxii+json;version=2.1;charset=utf-8',
    '*/*',
    'application/*',
    'application/json, text/plain, */*',
    'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    '',
  ])('%s is served with TAXII 2.1 (T-050 to T-055)', async (accept) => {
    for (const path of ['/taxii2/', url('main', 'manifest/')])
      expect((await x.get(path, { headers: { Accept: accept } })).status).toBe(200);
  });
  test.each([
    'application/vnd.oasis.taxii+json; version=2.0',
    'application/vnd.oasis.stix+json; version=2.0',
    'application/taxii+json;version=2.0',
    'application/taxii+json;version=2.2',
    'application/taxii+json;version=abc',
    'application/json',
    'text/html',
    'application/stix+json',
    'xml',
    'application/taxii+json;version=2.1;q=0, */*',
  ])(
    '%s alone is 406 on every method, with the TAXII media type (T-056, T-057, T-058, T-059, T-060)',
    async (accept) => {
      const headers = { Accept: accept };
      expect((await x.get('/taxii2/', { headers })).status).toBe(406);
      expect((await x.send('POST', url('main', 'objects/'), { headers, body: '{}' })).status).toBe(406);
      expect((await x.send('DELETE', url('main', `objects/${id}/`), { headers })).status).toBe(406);
    },
  );
});

describe('Content-Type', () => {
  const body = (): string => JSON.stringify({ objects: [tool(toolId(), 1, 0)] });
  test.each([
    TAXII,
    'application/taxii+json',
    'Application/Taxii+JSON; version="2.1"; charset=utf-8',
    'application/stix+json;version=2.1',
  ])('%s is accepted (T-065, T-066, T-067)', async (type) => {
    expect(
      (await x.send('POST', url('main', 'objects/'), { headers: { 'Content-Type': type }, body: body() }))
        .status,
    ).toBe(202);
  });
  test.each(['application/json', 'text/plain', 'application/taxii+json;version=2.0', 'nonsense'])(
    '%s is 415 (T-068, T-327)',
    async (type) => {
      expect(
        (await x.send('POST', url('main', 'objects/'), { headers: { 'Content-Type': type }, body: body() }))
          .status,
      ).toBe(415);
    },
  );
  test('application/stix+json can be switched off (T-067)', async () => {
    const strict = await serveExchange({ JISR_ACCEPT_STIX_TYPE: 'false' });
    const headers = { 'Content-Type': 'application/stix+json;version=2.1' };
    expect((await strict.send('POST', url('main', 'objects/'), { headers, body: body() })).status).toBe(415);
    await strict.close();
  });
  test('none at all is 415 (T-068)', async () => {
    const answer = await raw(
      `POST ${url('main', 'objects/')} HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic('desk')}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 415 /);
  });
  test('on GET and DELETE it is ignored (T-069)', async () => {
    expect((await x.get('/taxii2/', { headers: { 'Content-Type': 'text/html' } })).status).toBe(200);
    const gone = await x.send('DELETE', url('main', `objects/${toolId()}/`), {
      headers: { 'Content-Type': 'text/html' },
    });
    expect(gone.status).toBe(404);
  });
  test('every answer, errors too, has exactly the TAXII media type (T-075, T-076): checked by the helper on all requests', async () => {
    for (const response of [
      await x.get('/nowhere/at/all'),
      await x.get('/taxii2/', { as: null }),
      await x.send('PUT', '/taxii2/'),
    ]) {
      expect(response.headers['content-type']).toBe('application/taxii+json;version=2.1');
    }
  });
});
