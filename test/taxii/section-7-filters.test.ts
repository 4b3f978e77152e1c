/** Section 7: filters, limits, cursors and the date headers; the interoperability document's filters (T-450 to T-461). */
import { v4 as uuid } from 'uuid';
import { json, serveExchange, STAMP, url, type Exchange, type SendOptions } from '../support/http';
import { day, TLP2, tool, toolId } from '../support/exchange';

let x: Exchange;
const opened: Exchange[] = [];
const fresh = async (): Promise<Exchange> => {
  const exchange = await serveExchange();
  opened.push(exchange);
  return exchange;
};
beforeAll(async () => {
  x = await fresh();
});
afterAll(() => Promise.all(opened.map((exchange) => exchange.close())));

const OBJECTS = url('main', 'objects/');
const ask = async (query: string, options: SendOptions = {}, path = OBJECTS) => {
  const response = await x.get(path, { ...options, query });
  return {
    status: response.status,
    headers: response.headers as Record<string, string>,
    body: json(response),
  };
};
const names = (body: Record<string, unknown>): string[] =>
  ((body['objects'] ?? []) as { name: string }[]).map((o) => o.name);
const ids = (body: Record<string, unknown>): string[] =>
  ((body['objects'] ?? []) as { id: string }[]).map((o) => o.id);

describe('malformed parameters are 400 and name the parameter (T-130)', () => {
  test.each([
    ['added_after=yesterday', 'added_after', 'T-150'],
    ['added_after=2021-13-45T00:00:00Z', 'added_after', 'T-150'],
    ['added_after=', 'added_after', 'T-150'],
    ['added_after=2024-01-01T00:00:00Z&added_after=2024-01-01T00:00:00Z', 'added_after', 'T-134'],
    ['added_after=2024-01-01T00:00:00Z,2024-01-01T00:00:00Z', 'added_after', 'T-134'],
    ['limit=0', 'limit', 'T-155'],
    ['limit=-1', 'limit', 'T-155'],
    ['limit=1.5', 'limit', 'T-155'],
    ['limit=abc', 'limit', 'T-155'],
    ['limit=', 'limit', 'T-155'],
    ['limit=000', 'limit', 'T-155'],
    ['limit=1&limit=1', 'limit', 'T-135'],
    ['next=garbage', 'next', 'T-178'],
    ['next=a&next=a', 'next', 'T-135'],
    ['match[type]=a&match[type]=b', 'match[type]', 'T-133, T-436'],
    ['match[type]=', 'match[type]', 'T-139'],
    ['match[id]=a,,b', 'match[id]', 'T-139'],
    ['match=x', 'match', 'T-140'],
    ['match[=x', 'match', 'T-140'],
    ['match[]=x', 'match', 'T-140'],
    ['match[version]=all,first', 'match[version]', 'T-213'],
    ['match[version]=first,first', 'match[version]', 'T-214'],
    ['match[version]=2020-01-01', 'match[version]', 'T-216'],
    ['match[version]=newest', 'match[version]', 'T-216'],
    ['match[confidence]=high', 'match[confidence]', 'T-458'],
    ['match[modified-gte]=x', 'match[modified-gte]', 'T-458'],
    ['match[revoked]=maybe', 'match[revoked]', 'T-458'],
    ['match[tlp]=purple', 'match[tlp]', 'T-455'],
    [`match[id]=${Array.from({ length: 300 }, () => 'x').join(',')}`, 'match[id]', 'T-385'],
  ])('%s', async (query, name) => {
    const { status, body } = await ask(query);
    expect(status).toBe(400);
    expect(body['description']).toContain(name);
  });
});

test('unknown fields and parameters are ignored (T-136, T-460), and refused in strict mode', async () => {
  expect((await ask('match[foo]=bar&foo=bar&page=2')).status).toBe(200);
  const strict = await serveExchange({ JISR_STRICT_FILTERS: 'true' });
  expect((await strict.get(OBJECTS, { query: 'match[foo]=bar' })).status).toBe(400);
  await strict.close();
});

test('filters that an endpoint does not define are ignored there (T-131, T-137, T-138)', async () => {
  const id = toolId();
  await x.add('main', [tool(id, 1, 0), tool(id, 2, 0)]);
  expect(
    (await ask('match[type]=campaign&match[id]=x', {}, url('main', `objects/${id}/`))).body['objects'],
  ).toHaveLength(1);
  expect(
    (await ask('match[version]=first', {}, url('main', `objects/${id}/versions/`))).body['versions'],
  ).toHaveLength(2);
  for (const path of ['/taxii2/', '/europe/', '/europe/collections/', url('main')]) {
    expect((await ask('limit=0&added_after=x&match[type]=', {}, path)).status).toBe(200);
  }
});

describe('added_after', () => {
  test('is strictly later than, of date_added and nothing else (T-145, T-146, T-147), future ones are empty (T-152, T-314)', async () => {
    const object = tool(toolId(), 1, 0);
    await x.add('main', [object]);
    const manifest = await x.get(url('main', 'manifest/'), { query: `match[id]=${object.id as string}` });
    const [record] = json(manifest)['objects'] as [{ date_added: string }];
    expect(
      ids((await ask(`added_after=${record.date_added}&match[id]=${object.id as string}`)).body),
    ).toEqual([]);
    const before = new Date(Date.parse(record.date_added) - 1000).toISOString();
    expect(ids((await ask(`added_after=${before}&match[id]=${object.id as string}`)).body)).toEqual([
      object.id,
    ]);
    const future = await ask('added_after=2200-01-01T00:00:00Z');
    expect(future.body).toEqual({ more: false });
    expect(future.headers['x-taxii-date-added-last']).toBe('2200-01-01T00:00:00.000000Z');
  });
  test.each([
    ['2024-01-17T16:11:20.183201Z', '2024-01-17T16:11:20.183201Z'],
    ['2024-01-17T16:11:20Z', '2024-01-17T16:11:20.000000Z'],
    ['2024-01-17T16:11:20.1Z', '2024-01-17T16:11:20.100000Z'],
    ['2024-01-17T16:11:20.1832019Z', '2024-01-17T16:11:20.183201Z'],
    ['2024-01-17T18:11:20.5%2B02:00', '2024-01-17T16:11:20.500000Z'],
    ['2024-01-17T16:11:20.183201 00:00', '2024-01-17T16:11:20.183201Z'],
    ['2024-01-17T16:11:20.183201+00:00', '2024-01-17T16:11:20.183201Z'],
  ])('%s is read as %s (T-148, T-149, T-151)', async (text, instant) => {
    const { status, headers } = await ask(`added_after=${text.replaceAll(' ', '%20')}&match[type]=campaign`);
    expect(status).toBe(200);
    expect(headers['x-taxii-date-added-first']).toBe(instant);
  });
});

describe('pages', () => {
  const all: string[] = [];
  beforeAll(async () => {
    x = await fresh();
    const objects = Array.from({ length: 45 }, (_, i) => tool(toolId(), 1, (i % 5) as 0));
    // What is published together is dated in the order of its ranks (D9a).
    for (const rank of [0, 1, 2, 3, 4])
      all.push(...objects.filter((_, i) => i % 5 === rank).map((o) => o['id'] as string));
    await x.add('main', objects);
  });

  const follow = async (
    first: string,
    path: string,
    how: 'next' | 'headers',
    limits = [10],
  ): Promise<string[]> => {
    const seen: string[] = [];
    let query = `${first}limit=${limits[0]!}`;
    for (let i = 1; ; i++) {
      const { body, headers } = await ask(query, {}, path);
      const limit = limits[(i - 1) % limits.length]!;
      expect((body['objects'] as unknown[]).length).toBeLessThanOrEqual(limit);
      seen.push(...ids(body));
      expect('next' in body).toBe(body['more']);
      if (!body['more']) return seen;
      const continued =
        how === 'next'
          ? `next=${body['next'] as string}`
          : `added_after=${headers['x-taxii-date-added-last']!}`;
      query = `${first}${continued}&limit=${limits[i % limits.length]!}`;
    }
  };

  test('next alone visits everything once, in order (T-156, T-159, T-170, T-171, T-172, T-173), also with other limits (T-180)', async () => {
    for (const path of [OBJECTS, url('main', 'manifest/')]) {
      expect(await follow('', path, 'next')).toEqual(all);
      expect(await follow('', path, 'next', [7, 1, 20])).toEqual(all);
    }
  });
  test('the headers alone as well (T-174, T-443), on 1 object a page', async () => {
    expect(await follow('', OBJECTS, 'headers')).toEqual(all);
    expect(await follow('', url('main', 'manifest/'), 'headers', [1])).toEqual(all);
  });
  test('what fits in one page is one page (T-157); a limit above the maximum is clamped (T-158); there is a default (T-160, T-161)', async () => {
    expect((await ask('limit=45')).body).toMatchObject({ more: false });
    for (const limit of ['1000000', '9007199254740991', '9'.repeat(300), '+9007199254740993'])
      expect((await ask(`limit=${encodeURIComponent(limit)}`)).body['objects']).toHaveLength(45);
    const small = await serveExchange({ JISR_PAGE_SIZE: '2', JISR_MAX_PAGE_SIZE: '1000' });
    await small.add(
      'main',
      Array.from({ length: 5 }, () => tool(toolId(), 1, 0)),
    );
    expect(json(await small.get(OBJECTS))['objects']).toHaveLength(2);
    expect(json(await small.get(OBJECTS, { query: 'limit=5' }))['objects']).toHaveLength(5);
    expect(json(await small.get(OBJECTS, { query: 'limit=100000' }))['objects']).toHaveLength(5);
    await small.close();
  });
  test('a cursor works again and again, without limit and added_after (T-179, T-181), and is short and URL-safe (T-186)', async () => {
    const first = (await ask('limit=10')).body;
    const next = first['next'] as string;
    expect(next).toMatch(/^[A-Za-z0-9_-]{1,511}$/);
    const again = await Promise.all([ask(`next=${next}`), ask(`next=${next}`)]);
    for (const { body } of again) expect(ids(body)).toEqual(all.slice(10));
    expect(ids((await ask('next=')).body)).toEqual(all); // T-184
  });
  test('a continuation without filters goes on under those of its cursor; with filters under its own (T-182)', async () => {
    await x.add('main', [{ ...tool(toolId(), 1, 0), type: 'x-police-case', id: `x-police-case--${uuid()}` }]);
    const first = (await ask('match[type]=tool&limit=40')).body;
    expect(ids((await ask(`next=${first['next'] as string}`)).body)).toEqual(all.slice(40));
    expect(
      (await ask(`next=${first['next'] as string}&match[type]=x-police-case`)).body['objects'],
    ).toHaveLength(1);
  });
  test('filters that are too long for a cursor must be repeated: nothing is widened in silence (T-182, T-186)', async () => {
    const many = `match[id]=${all.slice(0, 20).join(',')}`;
    const first = (await ask(`${many}&limit=5`)).body;
    expect((await ask(`next=${first['next'] as string}`)).status).toBe(400);
    expect(ids((await ask(`${many}&next=${first['next'] as string}`)).body)).toEqual(all.slice(5, 20));
  });
  test('next and added_after together: the later one wins (T-183)', async () => {
    const first = (await ask('limit=10')).body;
    expect(ids((await ask(`next=${first['next'] as string}&added_after=1970-01-01T00:00:00Z`)).body)).toEqual(
      all.slice(10).concat(ids((await ask('match[type]=x-police-case')).body)),
    );
    expect((await ask(`next=${first['next'] as string}&added_after=2200-01-01T00:00:00Z`)).body).toEqual({
      more: false,
    });
  });
  test('a cursor of another collection, or a changed one, is 400; it shows nobody more than they may see (T-177, T-178, T-386)', async () => {
    const next = (await ask('limit=10')).body['next'] as string;
    expect((await ask(`next=${next}`, {}, url('mixed', 'objects/'))).status).toBe(400);
    for (const bad of [
      next.slice(1),
      `${next}A`,
      next.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')),
      '____',
      '0'.repeat(600),
    ]) {
      expect((await ask(`next=${bad}`)).status).toBe(400);
    }
    const green = (await ask(`next=${next}&match[type]=tool`, { as: 'green' })).body;
    expect(ids(green)).toEqual(all.slice(10, 18));
  });
  test('after removals a cursor stays good, and an empty page has no more (T-185, T-373)', async () => {
    const own = await serveExchange();
    const some = Array.from({ length: 3 }, () => tool(toolId(), 1, 0));
    await own.add('main', some);
    const { next } = json(await own.get(OBJECTS, { query: 'limit=1' })) as { next: string };
    for (const o of some.slice(1)) await own.send('DELETE', url('main', `objects/${o.id as string}/`));
    const rest = await own.get(OBJECTS, { query: `next=${next}` });
    expect(json(rest)).toEqual({ more: false });
    expect(rest.headers['x-taxii-date-added-last']).toMatch(STAMP);
    await own.close();
  });
  test('the headers are the dates of this response’s own first and last member (T-190, T-191, T-192, T-194, T-307)', async () => {
    const { body, headers } = await ask('limit=10', {}, url('main', 'manifest/'));
    const dates = (body['objects'] as { date_added: string }[]).map((o) => o.date_added);
    expect([headers['x-taxii-date-added-first'], headers['x-taxii-date-added-last']]).toEqual([
      dates[0],
      dates.at(-1),
    ]);
    expect([...dates].sort()).toEqual(dates);
    expect(new Set(dates).size).toBe(dates.length);
  });
  test('an empty answer echoes the lower bound (T-193)', async () => {
    const empty = await ask('match[type]=campaign');
    expect(empty.headers['x-taxii-date-added-first']).toBe('1970-01-01T00:00:00.000000Z');
    const early = '0001-02-03T00:00:00.000000Z';
    const first = await ask(`match[type]=campaign&added_after=${early}`);
    expect(first.headers['x-taxii-date-added-first']).toBe(early);
  });
  test.each([
    ['2024-01-31T08:00:00.123456Z', '2024-01-31T08:00:00.123456Z'],
    ['2255-06-06T00:00:00.000001Z', '2255-06-06T00:00:00.000001Z'],
    ['2300-01-01T00:00:00.123457Z', '2300-01-01T00:00:00.123457Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
    ['9999-12-31T23:59:59.999999-01:00', '9999-12-31T23:59:59.999999Z'],
    ['3000-01-01T00:00:00Z', '3000-01-01T00:00:00.000000Z'],
  ])(
    'also one beyond what microseconds can count (the year 2255), as it came: %s (T-193)',
    async (after, told) => {
      const query = `match[type]=campaign&added_after=${encodeURIComponent(after)}`;
      for (const path of [OBJECTS, url('main', 'manifest/')]) {
        const { headers } = await ask(query, {}, path);
        expect(headers['x-taxii-date-added-first']).toBe(told);
        expect(headers['x-taxii-date-added-last']).toBe(told);
      }
    },
  );
});

describe('match', () => {
  const id = toolId();
  const actor = `threat-actor--${uuid()}`;
  beforeAll(async () => {
    x = await fresh();
    const base = { spec_version: '2.1', created: day(1), modified: day(1) };
    await x.add('main', [
      tool(id, 1, 0, { name: 'v1', created: day(1) }),
      tool(id, 3, 0, { name: 'v3' }),
      tool(id, 2, 0, { name: 'v2' }),
      {
        ...base,
        type: 'threat-actor',
        id: actor,
        name: 'Amber Heron',
        aliases: ['Heron', 'G-7'],
        confidence: 80,
        labels: ['a'],
        sophistication: 'expert',
      },
      {
        ...base,
        type: 'campaign',
        id: `campaign--${uuid()}`,
        name: 'Spring',
        confidence: 20,
        revoked: true,
        object_marking_refs: [TLP2[3]],
      },
      {
        ...base,
        type: 'relationship',
        id: `relationship--${uuid()}`,
        relationship_type: 'uses',
        source_ref: actor,
        target_ref: id,
      },
      {
        ...base,
        type: 'indicator',
        id: `indicator--${uuid()}`,
        name: 'indicator',
        pattern: "[url:value = 'x']",
        pattern_type: 'stix',
        valid_from: '2024-01-05T00:00:00Z',
        valid_until: '2024-06-01T00:00:00Z',
        indicator_types: ['benign'],
        kill_chain_phases: [{ kill_chain_name: 'k', phase_name: 'delivery' }],
        external_references: [
          {
            source_name: 'cve',
            external_id: 'CVE-2024-0001',
            hashes: { MD5: 'd41d8cd98f00b204e9800998ecf8427e' },
          },
        ],
        granular_markings: [
          { marking_ref: 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da', selectors: ['name'] },
        ],
      },
      { type: 'autonomous-system', id: `autonomous-system--${uuid()}`, number: 64500, name: 'AS' },
      {
        type: 'network-traffic',
        id: `network-traffic--${uuid()}`,
        protocols: ['tcp'],
        src_port: 1000,
        dst_port: 443,
        src_ref: `ipv4-addr--${uuid()}`,
        extensions: { 'socket-ext': { address_family: 'AF_INET', socket_type: 'SOCK_STREAM' } },
      },
    ]);
  });
  const types = (body: Record<string, unknown>): string[] =>
    ((body['objects'] ?? []) as { type: string }[]).map((o) => o.type).sort();

  test('id and type: exact, several by comma, ORed and ANDed (T-132, T-200, T-201, T-203, T-204, T-205, T-433, T-434, T-435)', async () => {
    expect(names((await ask(`match[id]=${id},tool--${uuid()}`)).body)).toEqual(['v3']);
    expect(types((await ask('match[type]=campaign, threat-actor')).body)).toEqual([
      'campaign',
      'threat-actor',
    ]);
    expect((await ask('match[type]=Campaign,x-none')).body).toEqual({ more: false });
    expect((await ask(`match[type]=campaign&match[id]=${id}`)).body).toEqual({ more: false });
    expect(ids((await ask('match[type]=tool', {}, url('main', 'manifest/'))).body)).toEqual([id]);
  });
  test('no STIX type is an error (T-202)', async () => {
    for (const type of [
      'marking-definition',
      'language-content',
      'extension-definition',
      'sighting',
      'x509-certificate',
    ]) {
      expect((await ask(`match[type]=${type}`)).status).toBe(200);
    }
  });
  test.each([
    ['', ['v3'], 'T-210'],
    ['match[version]=last', ['v3'], 'T-211'],
    ['match[version]=first', ['v1'], 'T-211'],
    ['match[version]=all', ['v1', 'v3', 'v2'], 'T-211, T-219'],
    [`match[version]=${day(2)}`, ['v2'], 'T-211'],
    ['match[version]=2024-01-02T00:00:00Z', ['v2'], 'T-217'],
    ['match[version]=first,last', ['v1', 'v3'], 'T-215'],
    [`match[version]=${day(2)},${day(1)}`, ['v1', 'v2'], 'T-215'],
    [`match[version]=first,${day(1)},last`, ['v1', 'v3'], 'T-215'],
    [`match[version]=${day(9)}`, [], 'T-218'],
  ])('%s selects %j (%s)', async (query, expected) => {
    expect(names((await ask(`match[type]=tool&${query}`)).body)).toEqual(expected);
    expect(names((await ask(query, {}, url('main', `objects/${id}/`))).body)).toEqual(expected);
  });
  test('last is a property of the collection, not of what added_after leaves (T-220, T-221)', async () => {
    const records = json(
      await x.get(url('main', 'manifest/'), { query: 'match[version]=all&match[type]=tool' }),
    )['objects'] as { date_added: string }[];
    expect((await ask(`match[type]=tool&added_after=${records[1]!.date_added}`)).body).toEqual({
      more: false,
    });
  });

  test.each([
    ['match[name]=Amber Heron', ['threat-actor']],
    ['match[confidence]=80', ['threat-actor']],
    ['match[sophistication]=expert', ['threat-actor']],
    ['match[number]=64500', ['autonomous-system']],
    ['match[revoked]=true', ['campaign']],
    ['match[pattern_type]=stix', ['indicator']],
    ['match[dst_port]=443', ['network-traffic']],
    ['match[relationship_type]=uses', ['relationship']],
  ])('tier 1, %s (T-437, T-450)', async (query, expected) =>
    expect(types((await ask(query)).body)).toEqual(expected),
  );
  test('revoked=false also matches objects without the property (T-451)', async () => {
    expect(types((await ask('match[revoked]=false&match[type]=campaign,tool')).body)).toEqual(['tool']);
  });
  test.each([
    ['match[aliases]=G-7', ['threat-actor']],
    ['match[labels]=a,b', ['threat-actor']],
    ['match[indicator_types]=benign', ['indicator']],
  ])('tier 2, %s (T-438, T-452)', async (query, expected) =>
    expect(types((await ask(query)).body)).toEqual(expected),
  );
  test.each([
    ['match[external_id]=CVE-2024-0001', ['indicator']],
    ['match[source_name]=cve', ['indicator']],
    ['match[phase_name]=delivery', ['indicator']],
    ['match[MD5]=d41d8cd98f00b204e9800998ecf8427e', ['indicator']],
    ['match[address_family]=AF_INET', ['network-traffic']],
    ['match[socket_type]=SOCK_STREAM', ['network-traffic']],
    ['match[tlp]=green', ['indicator']],
    ['match[tlp]=amber%2Bstrict', ['campaign']],
  ])('tier 3, %s (T-439, T-453, T-454, T-455)', async (query, expected) =>
    expect(types((await ask(query)).body)).toEqual(expected),
  );
  test('relationships-all: who references the id, not the object itself (T-440, T-456)', async () => {
    expect(types((await ask(`match[relationships-all]=${actor}`)).body)).toEqual(['relationship']);
    const marked = 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da';
    expect(types((await ask(`match[relationships-all]=${marked}`)).body)).toEqual(['indicator']);
  });
  test.each([
    ['match[confidence-gte]=80', ['threat-actor']],
    ['match[confidence-lte]=20', ['campaign']],
    ['match[number-gte]=1', ['autonomous-system']],
    ['match[src_port-lte]=1000', ['network-traffic']],
    ['match[modified-gte]=2024-01-03T00:00:00Z', ['tool']],
    ['match[valid_until-gte]=2024-06-01T00:00:00.000Z', ['indicator']],
    ['match[valid_from-lte]=2024-01-05T00:00:00Z', ['indicator']],
  ])('calculation, %s, inclusive (T-441, T-457)', async (query, expected) =>
    expect(types((await ask(query)).body)).toEqual(expected),
  );
  test('they combine with all others, on the manifest too (T-459); a comma is always OR (T-461)', async () => {
    expect(
      (await ask('match[confidence-gte]=1&match[type]=campaign', {}, url('main', 'manifest/'))).body[
        'objects'
      ],
    ).toHaveLength(1);
    expect(types((await ask('match[name]=Spring,Amber Heron')).body)).toEqual(['campaign', 'threat-actor']);
    expect(types((await ask('match[name]=Spring%2CAmber Heron')).body)).toEqual(['campaign', 'threat-actor']);
  });
});

describe('match[spec_version]', () => {
  const id = toolId();
  beforeAll(async () => {
    x = await fresh();
    await x.add('mixed', [
      tool(id, 7, 0, { name: 'A of 2.1', spec_version: '2.1' }),
      { type: 'tool', id, created: day(1), modified: day(8), name: 'B of 2.0' },
      { type: 'ipv4-addr', id: `ipv4-addr--${uuid()}`, value: '192.0.2.9', name: 'an observable' },
    ]);
  });
  test.each([
    ['', ['A of 2.1', 'an observable'], 'T-226, T-227'],
    ['match[spec_version]=2.1', ['A of 2.1', 'an observable'], 'T-225'],
    ['match[spec_version]=2.0', ['B of 2.0'], 'T-225'],
    ['match[spec_version]=2.0,2.1', ['B of 2.0', 'an observable'], 'T-225'],
    ['match[spec_version]=3.0', [], 'T-230'],
    ['match[spec_version]=new', [], 'T-230'],
  ])('%s gives %j (%s)', async (query, expected) =>
    expect(names((await ask(query, {}, url('mixed', 'objects/'))).body)).toEqual(expected),
  );
  test('a specification version is inferred (T-228), never added (T-229), and told by the manifest’s media type (T-305)', async () => {
    const [old] = (await ask('match[spec_version]=2.0', {}, url('mixed', 'objects/'))).body[
      'objects'
    ] as object[];
    expect(old).not.toHaveProperty('spec_version');
    const [record] = (await ask('match[spec_version]=2.0', {}, url('mixed', 'manifest/'))).body[
      'objects'
    ] as { media_type: string }[];
    expect(record!.media_type).toBe('application/stix+json;version=2.0');
    expect(json(await x.get(url('mixed')))['media_types']).toContain(record!.media_type);
    const status = await x.add('main', [
      { type: 'tool', id: toolId(), created: day(1), modified: day(1), name: 'old' },
    ]);
    expect(status.failures![0]!.message).toContain('SPEC at /spec_version');
  });
});
