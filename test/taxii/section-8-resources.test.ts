/** Sections 8 to 14: discovery, API Roots, status, collections, manifest, objects, versions, lifecycle. */
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { v4 as uuid } from 'uuid';
import {
  basic,
  json,
  serveExchange,
  STAMP,
  TAXII,
  url,
  type Account,
  type Exchange,
  type SendOptions,
} from '../support/http';
import type { StixObject } from '../../src/domain/stix';
import { scopeFor } from '../../src/domain/access';
import type { Channel, Region } from '../../src/domain/channel';
import { channel, collection, day, tool, toolId } from '../support/exchange';

const UUID4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
let x: Exchange;
beforeEach(async () => {
  x = await serveExchange();
});
afterEach(() => x.close());

const post = (body: string | Buffer, options: SendOptions = {}) =>
  x.send('POST', url('main', 'objects/'), { body, ...options });
const envelope = (...objects: object[]): string => JSON.stringify({ objects });
const objectsOf = async (path: string, query?: string) => {
  const response = await x.get(path, query === undefined ? {} : { query });
  return { status: response.status, objects: (json(response)['objects'] ?? []) as Record<string, unknown>[] };
};

describe('discovery and API Roots', () => {
  test('discovery: title, roots that this caller can open, a default that is one of them (T-240 to T-243, T-247, T-390, T-391, T-405)', async () => {
    const body = json(await x.get('/taxii2/'));
    expect(typeof body['title']).toBe('string');
    expect(body['api_roots']).toContain(body['default']);
  });
  test('who can open none gets no list at all (T-246, T-249)', async () => {
    expect(json(await x.get('/taxii2/', { as: 'stranger' }))).not.toHaveProperty('api_roots');
  });
  test('roots are absolute under the configured address, or on loopback under the address that was asked; never under a foreign Host header (T-244, T-245, T-248, T-008)', async () => {
    const { port } = x.server.address() as AddressInfo;
    const roots = async (headers: Record<string, string>, of: Exchange = x): Promise<unknown> =>
      json(await of.get('/taxii2/', { headers }))['api_roots'];
    expect(await roots({})).toEqual([`http://127.0.0.1:${port}/europe/`]);
    expect(await roots({ Host: `LOCALHOST:${port}` })).toEqual([`http://localhost:${port}/europe/`]);
    for (const Host of [
      'evil.example',
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
      `localhost:${port + 1}`,
      'localhost',
      `me@localhost:${port}`,
      `localhost:${port}/evil`,
    ])
      expect([Host, await roots({ Host })]).toEqual([Host, ['/europe/']]);
    // A proxy that was not declared stands between: its own address helps nobody.
    expect(await roots({ 'X-Forwarded-For': '192.0.2.1' })).toEqual(['/europe/']);
    const proxied = await serveExchange({ JISR_BEHIND_PROXY: 'true' });
    expect(await roots({}, proxied)).toEqual(['/europe/']);
    await proxied.close();
    const open = await serveExchange({ JISR_PUBLIC_URL: 'https://taxii.example.org' });
    expect(await roots({}, open)).toEqual(['https://taxii.example.org/europe/']);
    await open.close();
  });
  test('the default is the API Root of the caller’s own region, else the global one, else the first', async () => {
    const granted = [{ source: 'test', to: {}, rights: ['see', 'read'] as const }];
    const made = (apiRoot: string, region: Region) => {
      const own = collection({ apiRoot, grants: granted });
      return { ...channel([own], apiRoot), region };
    };
    const roots = [
      made('africa', 'africa'),
      made('all', 'global'),
      made('mena', 'mena'),
      made('asia', 'asia-pacific'),
    ];
    const by = async (channels: Channel[]): Promise<unknown> => {
      await x.store.catalog.apply(channels, { apply: true, dropObjects: true });
      return json(await x.get('/taxii2/', { headers: { 'X-Forwarded-For': '192.0.2.1' } }))['default'];
    };
    const europe = made('zeurope', 'europe');
    expect(await by([...roots, europe])).toBe('/zeurope/');
    expect(await by(roots)).toBe('/all/');
    expect(await by(roots.filter(({ region }) => region !== 'global'))).toBe('/africa/');
  });
  test('an API Root: title, versions, max_content_length; unknown and hidden ones are 404 (T-255, T-256, T-257, T-259, T-406, T-407)', async () => {
    const body = json(await x.get('/europe/'));
    expect(body['versions']).toEqual(['application/taxii+json;version=2.1']);
    expect(body['max_content_length']).toBeGreaterThan(0);
    expect((await x.get('/api3/')).status).toBe(404);
    expect((await x.get('/europe/', { as: 'stranger' })).status).toBe(404);
  });
  test('titles come in the language that the client prefers, English by default', async () => {
    const language = async (accept: string) =>
      (await x.get('/europe/', { headers: { 'Accept-Language': accept } })).headers['content-language'];
    expect(await language('ar')).toBe('ar');
    expect(await language('de, fr;q=0.5')).toBe('fr');
    expect(await language('de')).toBe('en');
  });
});

describe('collections', () => {
  test('sorted by id, the same every time, without pagination (T-285, T-286, T-287, T-402a)', async () => {
    const [one, two] = [await x.get('/europe/collections/'), await x.get('/europe/collections/')];
    const ids = (json(one)['collections'] as { id: string }[]).map((c) => c.id);
    expect(ids).toEqual([...ids].sort());
    expect(json(two)).toEqual(json(one));
  });
  test('one collection equals its entry in the list, by id and by alias (T-290, T-291, T-292, T-293, T-295, T-296, T-297)', async () => {
    for (const entry of json(await x.get('/europe/collections/'))['collections'] as {
      id: string;
      alias: string;
      media_types: string[];
    }[]) {
      expect(entry.id).toMatch(UUID4);
      expect(entry.media_types).toContain('application/stix+json;version=2.1');
      for (const name of [entry.id, entry.alias])
        expect(json(await x.get(`/europe/collections/${name}/`))).toEqual(entry);
    }
  });
  test('an alias works on all collection endpoints, exactly and case-sensitively (T-293, T-294)', async () => {
    const id = toolId();
    expect(
      (await x.send('POST', '/europe/collections/main/objects/', { body: envelope(tool(id, 1, 0)) })).status,
    ).toBe(202);
    for (const rest of ['manifest/', 'objects/', `objects/${id}/`, `objects/${id}/versions/`]) {
      expect((await x.get(`/europe/collections/main/${rest}`)).status).toBe(200);
    }
    expect((await x.get('/europe/collections/MAIN/')).status).toBe(404);
    expect((await x.send('DELETE', `/europe/collections/main/objects/${id}/`)).status).toBe(200);
  });
});

describe('Add Objects and status', () => {
  test('202 with a status, whose counts add up; the status URL gives the same (T-265 to T-275, T-279, T-320, T-321, T-335, T-430, T-431)', async () => {
    const good = tool(toolId(), 1, 0);
    const bad = { ...tool(toolId(), 1, 0), id: toolId(), name: 5 };
    const response = await post(envelope(good, bad));
    expect(response.status).toBe(202);
    const status = json(response);
    expect(status).toMatchObject({
      status: 'complete',
      total_count: 2,
      success_count: 1,
      failure_count: 1,
      pending_count: 0,
    });
    expect(status['id']).toMatch(UUID4);
    expect(status['request_timestamp']).toMatch(STAMP);
    expect(status['successes']).toEqual([{ id: good['id'], version: day(1) }]);
    expect(status['failures']).toEqual([
      {
        id: bad.id,
        version: day(1),
        message: expect.stringMatching(/^T-STR at \/name: found 5, expected/) as string,
      },
    ]);
    expect(json(await x.get(`/europe/status/${status['id'] as string}/`))).toEqual(status);
  });
  test('only the submitter and operators see a status, under its own root; unknown ones are 404 (T-277, T-278)', async () => {
    const { id } = await x.add('main', [tool(toolId(), 1, 0)]);
    const code = async (path: string, as: Account) => (await x.get(path, { as })).status;
    expect(await code(`/europe/status/${id}/`, 'operator')).toBe(200);
    expect(await code(`/europe/status/${id}/`, 'otherDesk')).toBe(404);
    expect(await code(`/other/status/${id}/`, 'desk')).toBe(404);
    expect(await code(`/europe/status/${uuid()}/`, 'desk')).toBe(404);
  });
  test('a large publication is pending with its bytes and status safe, then complete by itself (T-334, T-431)', async () => {
    await x.door.resume(); // as every server does at its start, with nothing left to do
    const objects = Array.from({ length: 2500 }, () => tool(toolId(), 1, 0));
    let status = json(await post(envelope(...objects)));
    expect(status).toMatchObject({ status: 'pending', total_count: 2500, pending_count: 2500 });
    expect(status['pendings']).toHaveLength(2500);
    let before = 0;
    while (status['status'] === 'pending') {
      status = json(await x.get(`/europe/status/${status['id'] as string}/`));
      expect(status['success_count']).toBeGreaterThanOrEqual(before);
      before = status['success_count'] as number;
      expect((status['success_count'] as number) + (status['pending_count'] as number)).toBe(2500);
    }
    expect(status['success_count']).toBe(2500);
    expect((await objectsOf(url('main', 'objects/'), 'limit=5000')).objects).toEqual(objects);
  });
  test('an unfinished publication outlives the process that accepted it (T-276, T-402b)', async () => {
    const seed = { id: uuid(), requested: 1_700_000_000_000_000, total: 1 };
    const { principal } = (await x.store.people.credentials('desk'))!;
    const collection = (await x.store.catalog.channels())[0]!.collections.find((c) => c.alias === 'main')!;
    const object = tool(toolId(), 1, 0);
    await x.store.records.begin(
      scopeFor(principal, collection, 'write'),
      seed,
      Buffer.from(envelope(object)),
      [{ id: object['id'] as string, version: day(1) }],
    );
    expect(json(await x.get(`/europe/status/${seed.id}/`))).toMatchObject({
      status: 'pending',
      pendings: [{ id: object['id'], version: day(1) }],
    });
    await x.door.resume();
    let status;
    do status = json(await x.get(`/europe/status/${seed.id}/`));
    while (status['status'] === 'pending');
    expect(status).toMatchObject({ success_count: 1, pending_count: 0 });
    expect(await x.store.records.expireStatuses(seed.requested, true)).toBe(0);
  });
  test('bundles, unknown and custom properties of the envelope are welcome (T-322, T-380, T-381, T-444)', async () => {
    const bundle = {
      type: 'bundle',
      id: `bundle--${uuid()}`,
      spec_version: '2.0',
      objects: [tool(toolId(), 1, 0)],
      x_vendor_note: 1,
    };
    expect(json(await post(JSON.stringify(bundle)))).toMatchObject({ success_count: 1 });
    const interop = await serveExchange({ JISR_INTEROP_STATUS_PROPERTY: 'true' });
    const status = json(
      await interop.send('POST', url('main', 'objects/'), { body: envelope(tool(toolId(), 1, 0)) }),
    );
    expect(Object.keys(status).some((name) => /^x_jisr_[a-z_]+$/.test(name))).toBe(true); // T-382
    await interop.close();
  });
  test('custom properties inside STIX objects come back as they were (T-090, T-229, T-383)', async () => {
    const object: StixObject = {
      ...tool(toolId(), 1, 0),
      x_police_number: 1.5,
      x_text: 'زرقاء \u0000 "q" \\ 😀',
      x_map: { 'a.b': 1, $c: true, '%d': ['x'] },
    };
    await x.add('main', [object]);
    expect((await objectsOf(url('main', `objects/${object['id'] as string}/`))).objects).toEqual([object]);
    const text = `{"objects":[{"type":"x-exact","spec_version":"2.1","id":"x-exact--${uuid()}", "x_number": 1.50, "x_big":1e2, "x_s":"\\u0041"}]}`;
    expect((await post(text)).status).toBe(202);
    const response = await x.get(url('main', 'objects/'), { query: 'match[type]=x-exact' });
    expect((response.body as Buffer).toString()).toContain('"x_number":1.50,"x_big":1e2,"x_s":"\\u0041"');
  });
  test('an exact duplicate is a success; changed content under one version fails (T-323, T-324, T-332, T-333)', async () => {
    const id = toolId();
    const status = await x.add('main', [
      tool(id, 1, 0),
      tool(id, 1, 0),
      tool(id, 2, 0),
      { ...tool(id, 2, 0), name: 'other' },
    ]);
    expect(status).toMatchObject({ total_count: 4, success_count: 3, failure_count: 1 });
    const { objects } = await objectsOf(url('main', 'manifest/'), 'match[version]=all');
    expect(objects.map((o) => o['version'])).toEqual([day(1), day(2)]);
    expect(new Set(objects.map((o) => o['date_added'])).size).toBe(2);
  });

  const LIMIT = 4096;
  test('max_content_length counts real bytes: at it 202, above it 413, chunked or compressed alike (T-258, T-325, T-326)', async () => {
    const small = await serveExchange({ JISR_MAX_BODY_BYTES: String(LIMIT) });
    const padded = (length: number): string => {
      const text = envelope(tool(toolId(), 1, 0));
      return text + ' '.repeat(length - Buffer.byteLength(text));
    };
    const send = (body: string | Buffer, headers: Record<string, string> = {}) =>
      small.send('POST', url('main', 'objects/'), { body, headers });
    expect(json(await small.get('/europe/'))['max_content_length']).toBe(LIMIT);
    expect((await send(padded(LIMIT))).status).toBe(202);
    expect((await send(padded(LIMIT + 1))).status).toBe(413);
    const { port } = small.server.address() as AddressInfo;
    const chunked = await fetch(`http://127.0.0.1:${port}${url('main', 'objects/')}`, {
      method: 'POST',
      headers: { authorization: basic('desk'), 'content-type': TAXII },
      body: new Blob([padded(LIMIT + 1)]).stream(),
      duplex: 'half',
    });
    expect([chunked.status, chunked.headers.get('content-type')]).toEqual([413, TAXII]);
    expect((await send(gzipSync(padded(LIMIT)), { 'Content-Encoding': 'gzip' })).status).toBe(202);
    expect((await send(gzipSync(padded(LIMIT + 1)), { 'Content-Encoding': 'gzip' })).status).toBe(413);
    await small.close();
  });

  test.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['no JSON', '{"objects": ['],
    ['trailing garbage', `${envelope(tool(toolId(), 1, 0))} x`],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['no objects', '{}'],
    ['empty objects', '{"objects":[]}'],
    ['objects that are no list', '{"objects":{}}'],
    ['a bare STIX object', JSON.stringify(tool(toolId(), 1, 0))],
    ['a member that is no object', '{"objects":[1]}'],
    ['a member without id', '{"objects":[{"type":"tool"}]}'],
    ['a member with an empty id', '{"objects":[{"type":"tool","id":""}]}'],
    ['a member with an empty type', `{"objects":[{"type":"","id":"${toolId()}"}]}`],
    ['a member without type', `{"objects":[{"id":"${toolId()}"}]}`],
    ['duplicate keys', `{"objects":[{"type":"tool","type":"tool","id":"${toolId()}"}]}`],
    ['duplicate keys behind escapes', `{"objects":[{"type":"tool","\\u0074ype":"tool","id":"x"}]}`],
    ['100,000 levels', `{"objects":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['100,000 levels that never close', `{"objects":[{"a":${'{"a":'.repeat(100_000)}`],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a byte-order mark', Buffer.from(`\ufeff${envelope(tool(toolId(), 1, 0))}`)],
  ])(
    '%s: 422 with a reason, and the server goes on (T-080, T-091, T-328, T-329, T-330, T-385)',
    async (_, body) => {
      const response = await post(body);
      expect(response.status).toBe(422);
      expect(json(response)['description']).not.toBe('');
      expect((await x.get('/taxii2/')).status).toBe(200);
    },
  );

  test('what only one member has wrong fails that member alone (T-331): surrogates, numbers, __proto__, other specification versions', async () => {
    const id = toolId();
    const base = (more: string): string =>
      `{"type":"tool","spec_version":"2.1","id":"${toolId()}","created":"${day(1)}","modified":"${day(1)}","name":"n"${more}}`;
    const body = `{"objects":[${[
      base(',"x_text":"\\ud800"'),
      base(',"x_number":9007199254740993'),
      base(',"x_number":1e400'),
      base(',"__proto__":{"polluted":true}'),
      base('').replace('"2.1"', '"9.9"'),
      JSON.stringify(tool(id, 1, 0)),
    ].join(',')}]}`;
    const status = json(await post(body));
    expect(status).toMatchObject({ success_count: 1, failure_count: 5 });
    const rules = (status['failures'] as { message: string }[]).map((f) => f.message.split(' ')[0]);
    expect(rules).toEqual(['T-UNI', 'T-INT', 'T-FLOAT', 'N-PROP', 'SPEC']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect((await objectsOf(url('main', 'objects/'))).objects).toEqual([tool(id, 1, 0)]);
  });
  test('publishing above the ceiling of the account fails that object (D6)', async () => {
    const status = await x.add('main', [tool(toolId(), 1, 1), tool(toolId(), 1, 4)], 'green');
    expect(status).toMatchObject({ success_count: 1, failure_count: 1 });
    expect(status.failures![0]!.message).toMatch(/^TLP at \/object_marking_refs/);
  });
});

describe('manifest, objects, versions', () => {
  test('manifest and objects list the same records in the same order (T-205, T-300, T-302, T-303, T-304, T-305, T-306, T-308, T-310, T-312, T-425, T-426)', async () => {
    const id = toolId();
    const address = { type: 'ipv4-addr', id: `ipv4-addr--${uuid()}`, value: '192.0.2.7' };
    await x.add('main', [tool(id, 1, 0), tool(id, 2, 0), address, tool(toolId(), 1, 3)]);
    for (const query of ['', 'match[version]=all', 'match[type]=tool', 'match[version]=all&limit=2']) {
      const [m, o] = [
        await x.get(url('main', 'manifest/'), { query }),
        await x.get(url('main', 'objects/'), { query }),
      ];
      const [records, objects] = [json(m), json(o)];
      expect((records['objects'] as { id: string }[]).map((r) => r.id)).toEqual(
        (objects['objects'] as { id: string }[]).map((r) => r.id),
      );
      expect([records['more'], records['next']]).toEqual([objects['more'], objects['next']]);
      expect(m.headers['x-taxii-date-added-last']).toBe(o.headers['x-taxii-date-added-last']);
      for (const r of records['objects'] as { media_type: string }[])
        expect(r.media_type).toBe('application/stix+json;version=2.1');
    }
  });
  test('nothing to list: {"more":false}, with headers (T-301, T-311, T-313, T-314, T-427)', async () => {
    for (const rest of ['objects/', 'manifest/']) {
      const response = await x.get(url('main', rest));
      expect((response.body as Buffer).toString()).toBe('{"more":false}');
    }
  });
  test('one object: an envelope of its last version; unknown 404; filtered to nothing 200 (T-340 to T-346, T-428)', async () => {
    const id = toolId();
    await x.add('main', [tool(id, 1, 0), tool(id, 2, 0), tool(id, 3, 0)]);
    const path = url('main', `objects/${id}/`);
    expect((await objectsOf(path)).objects).toEqual([tool(id, 3, 0)]);
    expect((await objectsOf(url('main', `objects/${toolId()}/`))).status).toBe(404);
    expect(await objectsOf(path, `match[version]=${day(9)}`)).toEqual({ status: 200, objects: [] });
    expect(await objectsOf(path, 'match[spec_version]=2.0')).toEqual({ status: 200, objects: [] });
    const first = json(await x.get(path, { query: 'match[version]=all&limit=2' }));
    expect(first['objects']).toHaveLength(2);
    expect(
      (await objectsOf(path, `match[version]=all&limit=2&next=${first['next'] as string}`)).objects,
    ).toEqual([tool(id, 3, 0)]);
  });
  test('versions: ascending by date_added, paged by next and by headers, unknown 404 (T-336, T-360 to T-366, T-429, T-443)', async () => {
    const id = toolId();
    await x.add('main', [tool(id, 2, 0), tool(id, 1, 0), tool(id, 3, 0)]);
    const path = url('main', `objects/${id}/versions/`);
    expect(json(await x.get(path))['versions']).toEqual([day(2), day(1), day(3)]);
    const page = await x.get(path, { query: 'limit=2' });
    const rest = { more: false, versions: [day(3)] };
    expect(json(await x.get(path, { query: `limit=2&next=${json(page)['next'] as string}` }))).toEqual(rest);
    expect(
      json(await x.get(path, { query: `added_after=${page.headers['x-taxii-date-added-last'] as string}` })),
    ).toEqual(rest);
    expect(json(await x.get(path, { query: 'added_after=2200-01-01T00:00:00Z' }))).toEqual({ more: false });
    expect((await x.get(url('main', `objects/${toolId()}/versions/`))).status).toBe(404);
  });
});

describe('Delete an Object', () => {
  const remove = (id: string, query?: string) =>
    x.send('DELETE', url('main', `objects/${id}/`), query === undefined ? {} : { query });
  test('200 without payload; then the object is gone everywhere (T-315, T-350, T-352, T-354, T-357, T-432)', async () => {
    const id = toolId();
    await x.add('main', [tool(id, 1, 0), tool(id, 2, 0)]);
    const response = await remove(id);
    expect([response.status, (response.body as Buffer).length, response.headers['content-type']]).toEqual([
      200,
      0,
      TAXII,
    ]);
    expect((await x.get(url('main', `objects/${id}/`))).status).toBe(404);
    for (const rest of ['objects/', 'manifest/'])
      expect((await objectsOf(url('main', rest), 'match[version]=all')).objects).toEqual([]);
    expect((await remove(id)).status).toBe(404);
  });
  test('single versions by match[version]; the rest stays and last falls back (T-351, T-353, T-355)', async () => {
    const id = toolId();
    await x.add('main', [tool(id, 1, 0), tool(id, 2, 0), tool(id, 3, 0), tool(id, 4, 0)]);
    expect((await remove(id, 'match[version]=last')).status).toBe(200);
    expect((await objectsOf(url('main', `objects/${id}/`))).objects).toEqual([tool(id, 3, 0)]);
    expect((await remove(id, `match[version]=first,${day(2)}`)).status).toBe(200);
    expect(json(await x.get(url('main', `objects/${id}/versions/`)))['versions']).toEqual([day(3)]);
    expect((await objectsOf(url('main', `objects/${id}/`), `match[version]=${day(4)}`)).status).toBe(404);
    expect((await remove(id, `match[version]=${day(4)}`)).status).toBe(404);
    expect((await remove(id, 'match[spec_version]=2.0')).status).toBe(404);
  });
  test('a malformed match removes nothing (T-358); other collections keep theirs (T-356, T-375)', async () => {
    const object = tool(toolId(), 1, 0);
    await x.add('main', [object]);
    await x.add('mixed', [object]);
    expect((await remove(object['id'] as string, 'match[version]=all,last')).status).toBe(400);
    expect((await objectsOf(url('main', 'objects/'))).objects).toEqual([object]);
    expect((await remove(object['id'] as string)).status).toBe(200);
    expect((await objectsOf(url('mixed', 'objects/'))).objects).toEqual([object]);
  });
  test('adding it again is a fresh addition with a new date_added (T-359, T-376)', async () => {
    const object = tool(toolId(), 1, 0);
    await x.add('main', [object]);
    const [before] = (await objectsOf(url('main', 'manifest/'))).objects;
    await remove(object['id'] as string);
    await x.add('main', [object]);
    const [after] = (await objectsOf(url('main', 'manifest/'))).objects;
    expect((after!['date_added'] as string) > (before!['date_added'] as string)).toBe(true);
  });
});

test('observables: one version everywhere, the date of arrival; changed content is a new record (T-212, T-274, T-370, T-371)', async () => {
  const address = { type: 'ipv4-addr', id: `ipv4-addr--${uuid()}`, value: '192.0.2.8' };
  const { successes } = await x.add('main', [address]);
  const [record] = (await objectsOf(url('main', 'manifest/'))).objects;
  expect(record!['version']).toBe(successes![0]!.version);
  expect(json(await x.get(url('main', `objects/${address.id}/versions/`)))['versions']).toEqual([
    record!['version'],
  ]);
  expect(
    (await objectsOf(url('main', 'objects/'), `match[version]=${record!['version'] as string}`)).objects,
  ).toEqual([address]);
  await x.add('main', [{ ...address, defanged: true }]);
  expect((await objectsOf(url('main', 'objects/'), 'match[version]=all')).objects).toHaveLength(2);
});

test('a revocation is an ordinary new version (T-374)', async () => {
  const id = toolId();
  const revoked = tool(id, 2, 0, { revoked: true });
  await x.add('main', [tool(id, 1, 0), revoked]);
  expect((await objectsOf(url('main', 'objects/'))).objects).toEqual([revoked]);
});

test('the limits of a body, its depth and its objects are configured (T-385)', async () => {
  const small = await serveExchange({ JISR_MAX_OBJECTS: '2' });
  const three = envelope(tool(toolId(), 1, 0), tool(toolId(), 1, 0), tool(toolId(), 1, 0));
  expect((await small.send('POST', url('main', 'objects/'), { body: three })).status).toBe(422);
  await small.close();
});
