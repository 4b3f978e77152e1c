import { readConfig } from '../../src/config';

test('without any variable: loopback, SQLite, T-161 pages of 1,000 and at most 5,000', () => {
  const config = readConfig({});
  expect(config).toMatchObject({
    host: '127.0.0.1',
    port: 6100,
    store: 'sqlite:data/jisr.db',
    maxBodyBytes: 104857600,
  });
  expect(config).toMatchObject({
    publicDiscovery: false,
    acceptStixType: true,
    statusDays: 7,
    publicUrl: undefined,
  });
  expect(config.limits).toEqual({
    pageSize: 1000,
    maxPageSize: 5000,
    maxFilterValues: 200,
    strictFilters: false,
  });
});

test('JISR_PORT goes before PORT, and an empty variable counts as absent', () => {
  expect(readConfig({ PORT: '7000' }).port).toBe(7000);
  expect(readConfig({ PORT: '7000', JISR_PORT: '7001' }).port).toBe(7001);
  expect(readConfig({ PORT: '7000', JISR_PORT: '' }).port).toBe(7000);
});

test('every bad variable is named at once', () => {
  const bad = {
    JISR_PORT: '70000',
    JISR_MAX_PAGE_SIZE: '999',
    JISR_STRICT_FILTERS: 'maybe',
    JISR_LOG_LEVEL: 'loud',
    JISR_STATUS_DAYS: '0',
    JISR_PUBLIC_URL: 'http://example.org',
  };
  let message = '';
  try {
    readConfig({ ...bad, JISR_PROT: '1' });
  } catch (error) {
    message = String(error);
  }
  for (const name of [...Object.keys(bad), 'JISR_PROT']) expect(message).toContain(name);
});

test('a page is never larger than the largest page', () => {
  expect(() => readConfig({ JISR_PAGE_SIZE: '3000', JISR_MAX_PAGE_SIZE: '2000' })).toThrow('JISR_PAGE_SIZE');
});

test('the headers may not take longer than the request', () => {
  expect(() => readConfig({ JISR_HEADERS_TIMEOUT_MS: '5000', JISR_REQUEST_TIMEOUT_MS: '1000' })).toThrow(
    'JISR_HEADERS_TIMEOUT_MS',
  );
});

test.each([
  'https://example.org/prefix',
  'https://example.org/?a=b',
  'https://me:secret@example.org',
  'example.org',
  '//example.org',
])('T-009, T-244, T-245 the public URL is an https origin: %s is not', (url) => {
  expect(() => readConfig({ JISR_PUBLIC_URL: url })).toThrow('JISR_PUBLIC_URL');
});

test('T-244 the public URL is kept without its last slash', () => {
  expect(readConfig({ JISR_PUBLIC_URL: 'https://taxii.example.org/' }).publicUrl).toBe(
    'https://taxii.example.org',
  );
});

describe('T-008 plain HTTP', () => {
  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('is served on %s', (host) => {
    expect(readConfig({ JISR_HOST: host }).host).toBe(host);
  });
  test.each(['0.0.0.0', '::', '10.0.0.1', '127.example.org'])('is not served on %s by itself', (host) => {
    expect(() => readConfig({ JISR_HOST: host })).toThrow('JISR_HOST');
  });
  test.each(['JISR_BEHIND_PROXY', 'JISR_ALLOW_PLAIN_HTTP'])('is served anywhere with %s', (name) => {
    expect(readConfig({ JISR_HOST: '0.0.0.0', [name]: 'true' }).host).toBe('0.0.0.0');
  });
});

test.each([
  ['mongodb://db.example.org/jisr', false],
  ['mongodb://u@db.example.org:27017/jisr?replicaSet=x', false],
  ['mongodb://127.0.0.1:27017,db.example.org/jisr', false],
  ['mongodb://db.example.org/jisr?tls=false', false],
  ['mongodb://127.0.0.1.example.org/jisr', false],
  ['mongodb://db.example.org/jisr?tls=true', true],
  ['mongodb://db.example.org,other.example.org/jisr?ssl=true', true],
  ['mongodb+srv://db.example.org/jisr', true],
  ['mongodb://127.0.0.1:27017,[::1]:27018,localhost/jisr', true],
  ['mongodb://%2Ftmp%2Fmongodb-27017.sock/jisr', true],
  ['sqlite:data/jisr.db', true],
])('%s may be spoken to: %s', (store, may) => {
  const read = (more = {}): unknown => readConfig({ JISR_STORE: store, ...more });
  if (may) expect(read()).toMatchObject({ store });
  else {
    expect(() => read()).toThrow('tls=true');
    expect(read({ JISR_ALLOW_PLAIN_MONGODB: 'true' })).toMatchObject({ store });
  }
});
