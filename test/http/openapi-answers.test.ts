/** Real answers are what /openapi.json says of them, and each status that it says of an operation is one that it gives. */
import request from 'supertest';
import { described, DOCUMENT } from '../support/described';
import { tool, toolId } from '../support/exchange';
import { basic, json, serveExchange, TAXII, url, type Exchange } from '../support/http';

let x: Exchange;
const id = toolId();
let status: string;
beforeAll(async () => {
  x = await serveExchange({ JISR_MAX_BODY_BYTES: '1048576' });
  status = (await x.add('main', [tool(id, 1, 0)])).id;
});
afterAll(() => x.close());

interface Asked {
  readonly as?: 'desk' | null;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
const ENVELOPE = (): string => JSON.stringify({ objects: [tool(toolId(), 1, 0)] });

/** @returns the operation and the status, once the answer is found to be described. */
async function ask(
  method: string,
  path: string,
  { as = 'desk', headers = {}, body }: Asked = {},
): Promise<string> {
  const agent = request(x.server);
  const sending = agent[method.toLowerCase() as 'get'](path).ok(() => true);
  const fields = { Accept: TAXII, ...(as && { Authorization: basic(as) }), ...headers };
  for (const [name, value] of Object.entries(fields)) void sending.set(name, value);
  if (body !== undefined) void sending.serialize((text: unknown) => text as string).send(body);
  sending.buffer(true).parse((response, done) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => done(null, Buffer.concat(chunks)));
  });
  const response = await sending;
  return `${described(method, path, response)} ${response.status}`;
}

const NOWHERE = '00000000-0000-4000-8000-000000000000';
const own = (rest = ''): string => url('main', rest);
const POSTED = { headers: { 'Content-Type': TAXII } };

/** What only a server in trouble says, or one that could not read a request: other suites have them. */
const ELSEWHERE = new Set(['400', '408', '431', '500', '503']);

test('each operation answers as described, and gives each status that it is said to give', async () => {
  const gets: readonly (readonly [path: string, absent?: string, forbidden?: string])[] = [
    ['/taxii2/'],
    ['/europe/', '/nowhere/'],
    [`/europe/status/${status}/`, `/europe/status/${NOWHERE}/`],
    ['/europe/collections/', '/nowhere/collections/'],
    [own(), url('hidden')],
    [own('my-access/'), url('hidden', 'my-access/')],
    [own('manifest/'), url('hidden', 'manifest/'), url('inbox', 'manifest/')],
    [own('objects/'), url('hidden', 'objects/'), url('inbox', 'objects/')],
    [own(`objects/${id}/`), own(`objects/${toolId()}/`), url('inbox', `objects/${id}/`)],
    [own(`objects/${id}/versions/`), own(`objects/x/versions/`), url('inbox', `objects/${id}/versions/`)],
    ['/health/live'],
    ['/health/ready'],
    ['/openapi.json'],
  ];
  const seen: string[] = [];
  for (const method of ['GET', 'HEAD']) {
    for (const [path, absent, forbidden] of gets) {
      const first = await ask(method, path);
      expect(first).toMatch(/ 200$/);
      seen.push(first, await ask(method, path, { headers: { 'If-None-Match': '*' } }));
      if (absent !== undefined) seen.push(await ask(method, absent));
      if (forbidden !== undefined) seen.push(await ask(method, forbidden));
      seen.push(
        await ask(method, path, { as: null }),
        await ask(method, path, { headers: { Accept: 'text/html' } }),
      );
    }
  }
  const objects = own('objects/');
  const asked: readonly (readonly [method: string, path: string, asked: Asked])[] = [
    ['POST', objects, { ...POSTED, body: ENVELOPE() }],
    ['POST', objects, { headers: { 'Content-Type': 'application/stix+json;version=2.1' }, body: ENVELOPE() }],
    ['POST', objects, { ...POSTED, as: null, body: ENVELOPE() }],
    ['POST', objects, { headers: { ...POSTED.headers, Accept: 'text/html' }, body: ENVELOPE() }],
    ['POST', url('readonly', 'objects/'), { ...POSTED, body: ENVELOPE() }],
    ['POST', url('hidden', 'objects/'), { ...POSTED, body: ENVELOPE() }],
    ['POST', objects, { ...POSTED, body: ' '.repeat(1_048_577) }],
    ['POST', objects, { headers: { 'Content-Type': 'text/plain' }, body: ENVELOPE() }],
    ['POST', objects, { ...POSTED, body: '{}' }],
    ['DELETE', own(`objects/${id}/`), { as: null }],
    ['DELETE', own(`objects/${id}/`), { headers: { Accept: 'text/html' } }],
    ['DELETE', url('readonly', `objects/${id}/`), {}],
    ['DELETE', own(`objects/${id}/`), {}],
    ['DELETE', own(`objects/${id}/`), {}],
  ];
  for (const one of asked) seen.push(await ask(...one));

  const said = Object.values(DOCUMENT.paths)
    .flatMap((operations) => Object.values(operations))
    // It has a suite of its own (account.test.ts), whose answers are held to the document too.
    .filter(({ operationId }) => operationId !== 'changePassword')
    .flatMap(({ operationId, responses }) =>
      Object.keys(responses)
        .filter((code) => !ELSEWHERE.has(code))
        .map((code) => `${operationId} ${code}`),
    );
  expect(said.filter((one) => !seen.includes(one))).toEqual([]);
});

test('a page, a bundle and what is wrong in a query are described too', async () => {
  await x.add('main', [tool(toolId(), 1, 0), tool(toolId(), 1, 0)]);
  const page = await x.get(own('objects/'), { query: 'limit=1' });
  expect(json(page)).toHaveProperty('next');
  const bundle = { type: 'bundle', id: `bundle--${NOWHERE}`, objects: [tool(toolId(), 1, 0)] };
  expect(await ask('POST', own('objects/'), { ...POSTED, body: JSON.stringify(bundle) })).toBe(
    'addObjects 202',
  );
  expect(await ask('GET', `${own('manifest/')}?limit=0`)).toBe('manifest 400');
});
