/** TLS of one's own: what is spoken, what is refused, and certificates that are renewed while connections stay. */
import { once } from 'node:events';
import { chmodSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync, mkdirSync } from 'node:fs';
import https from 'node:https';
import { connect as connectPlain, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { readConfig, type Config } from '../../src/config';
import { watchCertificates } from '../../src/http/certificate-watch';
import { readTls } from '../../src/http/tls';
import { createLogger } from '../../src/log';
import { Writable } from 'node:stream';
import { Authority, type Issued } from '../support/certificates';
import { basic, serveExchange, TAXII, type Exchange } from '../support/http';
import { LISTENING, runServer, kill } from '../support/server';

let folder: string;
let authority: Authority;
let first: Issued;
beforeAll(async () => {
  authority = await Authority.make();
  first = await authority.issue({ subject: 'CN=localhost', names: [{ type: 'dns', value: 'localhost' }] });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
  put(first);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string): string => join(folder, name);
function put({ cert, key }: Pick<Issued, 'cert' | 'key'>): void {
  writeFileSync(path('cert.pem'), cert);
  writeFileSync(path('key.pem'), key, { mode: 0o600 });
}
const env = (more: Record<string, string> = {}): Record<string, string> => ({
  JISR_TLS_CERT_FILE: path('cert.pem'),
  JISR_TLS_KEY_FILE: path('key.pem'),
  ...more,
});
const tlsOf = (config: Config): NonNullable<Config['tls']> => config.tls!;

const open: Exchange[] = [];
afterEach(async () => {
  for (const x of open.splice(0)) {
    x.server.closeAllConnections();
    await x.close();
  }
});
async function serve(more: Record<string, string> = {}): Promise<Exchange> {
  const x = await serveExchange(env(more));
  open.push(x);
  return x;
}
const portOf = (x: Exchange): number => (x.server.address() as AddressInfo).port;

async function shake(x: Exchange, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({
    port: portOf(x),
    host: '127.0.0.1',
    servername: 'localhost',
    ca: authority.pem,
    ...options,
  });
  await once(socket, 'secureConnect');
  return socket;
}
/** The status line and headers of a GET of discovery; the connection stays. */
async function get(socket: TLSSocket, more = ''): Promise<string> {
  socket.write(
    `GET /taxii2/ HTTP/1.1\r\nHost: localhost\r\nAccept: ${TAXII}\r\nAuthorization: ${basic('desk')}\r\n${more}\r\n`,
  );
  let said = '';
  while (!/\r\n\r\n.*\}/s.test(said)) said += String((await once(socket, 'data'))[0]);
  return said;
}

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  '%s is spoken, HTTP/1.1 over it, also to who would rather speak h2',
  async (version) => {
    const x = await serve();
    const socket = await shake(x, {
      minVersion: version,
      maxVersion: version,
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    expect([socket.getProtocol(), socket.alpnProtocol, socket.authorized]).toEqual([
      version,
      'http/1.1',
      true,
    ]);
    expect(await get(socket)).toMatch(/^HTTP\/1\.1 200/);
    socket.destroy();
  },
);

test.each<[string, ConnectionOptions, string]>([
  [
    'TLS 1.1',
    { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  ],
  [
    'a cipher without forward secrecy',
    { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' },
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  ],
  [
    'a cipher that does not authenticate',
    { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' },
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  ],
])('%s is refused, by the server', async (_what, options, code) => {
  const x = await serve();
  await expect(shake(x, options)).rejects.toMatchObject({ code });
});

test('keys are not agreed on anew within a connection: renegotiation is refused', async () => {
  const socket = await shake(await serve(), { maxVersion: 'TLSv1.2' });
  const outcome = await new Promise((resolve) => {
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code));
    socket.renegotiate({ rejectUnauthorized: false }, () => resolve('agreed on'));
    socket.resume();
  });
  socket.destroy();
  expect(outcome).toBe('ERR_SSL_NO_RENEGOTIATION');
});

test('what is no TLS, a handshake that breaks off and one that never comes hold nobody up, and end', async () => {
  const x = await serve({ JISR_HEADERS_TIMEOUT_MS: '300' });
  const plain = ['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\x16\x03\x01\xff\xff garbage', ''].map((text) => {
    const socket = connectPlain({ port: portOf(x), host: '127.0.0.1' });
    if (text !== '') socket.write(text);
    socket.on('error', () => undefined);
    return once(socket.resume(), 'close');
  });
  const socket = await shake(x);
  expect(await get(socket)).toMatch(/^HTTP\/1\.1 200/);
  socket.destroy();
  await Promise.all(plain);
});

test('a request that a client breaks off over TLS is as over plain HTTP; garbage inside it is told what it is (T-075)', async () => {
  const x = await serve();
  const socket = await shake(x);
  socket.write('this is no HTTP\r\n\r\n');
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 400[^]*not a request/);
  socket.destroy();
});

test('RFC 6797 §7.2 the word about HTTPS is said over HTTPS, or where a proxy speaks it, and never over plain HTTP', async () => {
  const socket = await shake(await serve());
  expect(await get(socket)).toMatch(/strict-transport-security: max-age=\d{8}/i);
  socket.destroy();
  for (const [env, said] of [
    [{}, false],
    [{ JISR_BEHIND_PROXY: 'true' }, true],
  ] as const) {
    const x = await serveExchange(env);
    open.push(x);
    const { headers } = await x.get('/taxii2/');
    expect('strict-transport-security' in headers).toBe(said);
  }
});

test('no page of another origin is let in: no CORS header, whatever is asked', async () => {
  const x = await serveExchange();
  open.push(x);
  for (const method of ['GET', 'OPTIONS'])
    for (const as of ['desk', null] as const) {
      const headers = { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' };
      const response = await x.send(method, '/europe/collections/', { as, headers });
      expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
});

describe('renewal', () => {
  const lines: { level: number; msg: string; why?: string }[] = [];
  const log = createLogger(
    'info',
    new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        lines.push(JSON.parse(chunk.toString()) as (typeof lines)[number]);
        done();
      },
    }),
  );
  const said = (): string[] => lines.splice(0).map(({ msg }) => msg);
  beforeEach(() => lines.splice(0));

  async function watched(more: Record<string, string> = {}, now?: () => number) {
    const x = await serve(more);
    const files = tlsOf(readConfig(env(more)));
    if (!(x.server instanceof https.Server)) throw new Error('no HTTPS');
    const watch = watchCertificates(x.server, files, await readTls(files), now ? { log, now } : { log });
    watch.stop();
    return { x, look: watch.look };
  }
  const serialOf = async (x: Exchange): Promise<string> => {
    const socket = await shake(x);
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber.toLowerCase();
  };
  const second = (): Promise<Issued> =>
    authority.issue({ subject: 'CN=localhost', names: [{ type: 'dns', value: 'localhost' }] });

  test('a new pair counts for new connections; those that are open go on', async () => {
    const { x, look } = await watched();
    const socket = await shake(x);
    expect(await get(socket)).toMatch(/^HTTP\/1\.1 200/);
    const renewed = await second();
    put(renewed);
    await look();
    expect(said()).toEqual(['a new certificate is in force']);
    expect(await serialOf(x)).toBe(renewed.serial);
    expect(await get(socket)).toMatch(/^HTTP\/1\.1 200/);
    expect(socket.getPeerCertificate().serialNumber.toLowerCase()).toBe(first.serial);
    socket.destroy();
    await look();
    expect(said()).toEqual([]);
  });

  test('half a pair, no PEM, a file that is gone: what was read before goes on, and it is said once for each', async () => {
    const { x, look } = await watched();
    const renewed = await second();
    const broken: [() => void, RegExp][] = [
      [
        () => writeFileSync(path('cert.pem'), renewed.cert),
        /key\.pem is not the key of the first certificate/,
      ],
      [() => writeFileSync(path('cert.pem'), 'nothing'), /cert\.pem is not what it should be/],
      [() => rmSync(path('key.pem')), /key\.pem cannot be read/],
    ];
    for (const [breakIt, why] of broken) {
      put(first);
      breakIt();
      await look();
      await look();
      expect(lines.map((line) => line.why)).toEqual([expect.stringMatching(why)]);
      expect(JSON.stringify(lines)).not.toContain('PRIVATE');
      said();
      expect(await serialOf(x)).toBe(first.serial);
    }
    put(renewed);
    await look();
    expect(await serialOf(x)).toBe(renewed.serial);
  });

  test('links that turn all at once are followed', async () => {
    const renewed = await second();
    for (const [name, pair] of [
      ['one', first],
      ['two', renewed],
    ] as const) {
      mkdirSync(path(name));
      writeFileSync(join(path(name), 'cert.pem'), pair.cert);
      writeFileSync(join(path(name), 'key.pem'), pair.key, { mode: 0o600 });
    }
    for (const file of ['cert.pem', 'key.pem']) {
      rmSync(path(file));
      symlinkSync(join(path('current'), file), path(file));
    }
    symlinkSync(path('one'), path('current'));
    const { x, look } = await watched();
    symlinkSync(path('two'), path('next'));
    renameSync(path('next'), path('current'));
    await look();
    expect(await serialOf(x)).toBe(renewed.serial);
  });

  test('one that ends within three weeks is spoken of once a day, one that has ended as an error', async () => {
    let now = Date.now();
    const { look } = await watched({}, () => now);
    expect(said()).toEqual([]);
    now += 70 * 24 * 3600e3;
    await look();
    await look();
    expect(said()).toEqual([expect.stringContaining('ends soon')]);
    now += 25 * 24 * 3600e3;
    await look();
    expect(lines).toMatchObject([{ level: 50, msg: expect.stringContaining('has ended') as string }]);
  });

  test('a key that others may read is spoken of', async () => {
    chmodSync(path('key.pem'), 0o644);
    await watched();
    expect(said()).toEqual([expect.stringContaining('others may read the private key')]);
  });
});

test('the real server speaks HTTPS, and says so; a pair that does not fit is said with the file, and what to do', async () => {
  const store = { JISR_STORE: `sqlite:${path('jisr.db')}` };
  const server = runServer({ ...store, ...env() });
  await server.says(LISTENING);
  expect(server.origin()).toMatch(/^https:/);
  const status = await new Promise((resolve, reject) => {
    https
      .get(
        `${server.origin()}/taxii2/`,
        { ca: authority.pem, servername: 'localhost', auth: `operator:${server.password()}` },
        (res) => resolve(res.statusCode),
      )
      .on('error', reject);
  });
  expect(status).toBe(200);
  await kill(server);

  writeFileSync(path('key.pem'), (await authority.issue({ subject: 'CN=other' })).key);
  const wrong = runServer({ ...store, ...env() });
  await expect(wrong.says(LISTENING)).rejects.toThrow('JISR_TLS_KEY_FILE');
});

test.each<[string, Record<string, string>, string]>([
  ['a certificate alone', { JISR_TLS_CERT_FILE: 'x' }, 'come together'],
  ['clients are asked over plain HTTP', { JISR_TLS_CLIENT_CERTIFICATES: 'true' }, 'JISR_TLS_CERT_FILE'],
  [
    'authorities, and nobody is asked',
    { JISR_TLS_CERT_FILE: 'x', JISR_TLS_KEY_FILE: 'x', JISR_TLS_CLIENT_CA_FILE: 'x' },
    'JISR_TLS_CLIENT_CERTIFICATES=true',
  ],
  [
    'a proxy that cannot prove itself',
    { JISR_PROXY_PIN: `pin:${'A'.repeat(43)}=` },
    'JISR_TLS_CLIENT_CERTIFICATES',
  ],
  ['a pin that is none', { JISR_PROXY_PIN: 'sha256//abc' }, 'pin: and 44'],
])('D11 refused: %s', (_what, env, said) => {
  expect(() => readConfig(env)).toThrow(said);
});

test('D11 with TLS of its own a server may listen anywhere', () => {
  expect(() => readConfig({ JISR_HOST: '0.0.0.0' })).toThrow('JISR_TLS_CERT_FILE');
  expect(readConfig({ JISR_HOST: '0.0.0.0', JISR_TLS_CERT_FILE: 'c', JISR_TLS_KEY_FILE: 'k' }).tls).toEqual({
    certFile: 'c',
    keyFile: 'k',
    clients: undefined,
  });
});
