/** What a client has already, and in which encoding it gets the rest (RFC 9110). */
import type { AddressInfo } from 'node:net';
import { encodingFor } from '../../../src/http/kept/encoding';
import { has } from '../../../src/http/kept/answer';
import { basic, serveExchange, TAXII, url, type Exchange } from '../../support/http';

test.each<[string | undefined, string | undefined]>([
  [undefined, undefined],
  ['', undefined],
  ['identity', undefined],
  ['gzip', 'gzip'],
  ['gzip, deflate', 'gzip'],
  ['GZIP', 'gzip'],
  ['gzip, deflate, br', 'br'],
  ['br;q=0.5, gzip', 'gzip'],
  ['br;q=0, gzip;q=0', undefined],
  ['*', 'br'],
  ['*;q=0', undefined],
  ['br;q=0, *', 'gzip'],
  ['gzip;q=0.5, identity', undefined],
  ['gzip;q=1.5', undefined],
  ['gzip;q=', undefined],
  ['zstd', undefined],
])('§12.5.3: "Accept-Encoding: %s" gives %s', (header, encoding) => {
  expect(encodingFor(header)).toBe(encoding);
});

test.each<[string | undefined, boolean]>([
  [undefined, false],
  ['W/"a"', true],
  ['"a"', true],
  ['W/"b", W/"a"', true],
  ['*', true],
  ['W/"b"', false],
  ['a', false],
])('§13.1.2: "If-None-Match: %s"', (header, expected) => {
  expect(has(header, 'W/"a"')).toBe(expected);
});

describe('conditional requests', () => {
  let exchange: Exchange;
  beforeAll(async () => {
    exchange = await serveExchange();
    await exchange.add('main', [
      {
        type: 'identity',
        spec_version: '2.1',
        id: 'identity--3f9c1d2a-5b6e-4c7d-8e9f-000000000001',
        created: '2024-01-01T00:00:00.000Z',
        modified: '2024-01-01T00:00:00.000Z',
        name: 'An identity',
      },
    ]);
  });
  afterAll(() => exchange.close());

  const object = url('main', 'objects/identity--3f9c1d2a-5b6e-4c7d-8e9f-000000000001/');
  test.each([
    '/taxii2/',
    '/europe/',
    '/europe/collections/',
    url('main'),
    url('main', 'objects/'),
    url('main', 'manifest/'),
    object,
    `${object}versions/`,
  ])('%s: 304 for who has it, with its tag and dates and without a body (§15.4.5)', async (path) => {
    const first = await exchange.get(path);
    const tag = first.headers['etag'] as string;
    expect(tag).toMatch(/^W\/"[\w-]{22}"$/);
    const { port } = exchange.server.address() as AddressInfo;
    const headers = { authorization: basic('desk'), accept: TAXII, 'if-none-match': tag };
    const second = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    expect({ status: second.status, body: await second.text() }).toEqual({ status: 304, body: '' });
    for (const name of ['etag', 'vary', 'x-taxii-date-added-first', 'x-taxii-date-added-last'])
      expect(second.headers.get(name) ?? undefined).toBe(first.headers[name]);
    const other = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { ...headers, 'if-none-match': 'W/"another"' },
    });
    expect(await other.text()).toBe((first.body as Buffer).toString());
  });
});
