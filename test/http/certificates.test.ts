/** Client certificates as identity: alone, beside a secret, from a proxy that proved itself; and what is none. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import type { Principal } from '../../src/domain/access';
import { readConfig } from '../../src/config';
import { watchCertificates } from '../../src/http/certificate-watch';
import { readTls } from '../../src/http/tls';
import { isMatch, matchesOf } from '../../src/identity/certificate';
import { generateToken } from '../../src/identity/tokens';
import { createLogger } from '../../src/log';
import { Authority, newKeys, pinOfKeys, type Issued } from '../support/certificates';
import { basic, serveExchange, TAXII, url, type Exchange } from '../support/http';

const DAY = 24 * 3600e3;
let folder: string;
let authority: Authority;
let stranger: Authority;
let soc: Issued;
let proxy: Issued;
let x: Exchange;
let env: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
  authority = await Authority.make();
  stranger = await Authority.make('CN=Authority of strangers');
  const own = await authority.issue({
    subject: 'CN=localhost',
    names: [{ type: 'dns', value: 'localhost' }],
  });
  soc = await authority.issue({
    subject: 'C=FR, O=Police of Examplia, CN=soc-1',
    names: [
      { type: 'dns', value: 'soc.example.org' },
      { type: 'email', value: 'soc@example.org' },
    ],
  });
  proxy = await authority.issue({ subject: 'CN=proxy' });
  env = {
    JISR_TLS_CERT_FILE: file('cert.pem', own.cert),
    JISR_TLS_KEY_FILE: file('key.pem', own.key),
    JISR_TLS_CLIENT_CERTIFICATES: 'true',
    JISR_TLS_CLIENT_CA_FILE: file('ca.pem', authority.pem),
    JISR_TLS_CLIENT_CRL_FILE: file('crl.pem', await authority.revoke([])),
    JISR_PROXY_PIN: await pinOfKeys(proxy.keys),
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  file('crl.pem', await authority.revoke([]));
  x = await serveExchange(env);
});
afterEach(async () => {
  x.server.closeAllConnections();
  await x.close();
});

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content, { mode: 0o600 });
  return join(folder, name);
}
async function desk(
  certificate?: Principal['certificate'],
  properties: Partial<Principal> = {},
): Promise<void> {
  const { certificate: _, ...who } = (await x.store.people.principals()).find((p) => p.name === 'desk')!;
  await x.store.people.savePrincipal({
    ...who,
    ...(certificate && { certificate }),
    disabled: false,
    ...properties,
  });
}
interface Asked {
  readonly as?: Pick<Issued, 'cert' | 'key'> | undefined;
  readonly headers?: Record<string, string>;
  readonly path?: string;
  readonly agent?: https.Agent;
}
const ask = ({ as, headers = {}, path = '/europe/', agent }: Asked = {}): Promise<number> =>
  new Promise((resolve, reject) => {
    const request = https.get(
      {
        port: (x.server.address() as AddressInfo).port,
        host: '127.0.0.1',
        servername: 'localhost',
        path,
        ca: authority.pem,
        agent: agent ?? false,
        headers: { accept: TAXII, ...headers },
        ...(as && { cert: as.cert, key: as.key }),
      },
      (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      },
    );
    request.on('error', reject);
  });
const password = { authorization: basic('desk') };
const matches = (certificate: Issued): readonly string[] =>
  matchesOf(new X509Certificate(certificate.der), true);

test('a certificate is known by its key, its exact subject and its names; each is a match that may be kept', async () => {
  expect(matches(soc)).toEqual([
    await pinOfKeys(soc.keys),
    'subject:C=FR,O=Police of Examplia,CN=soc-1',
    'san:DNS:soc.example.org',
    'san:email:soc@example.org',
  ]);
  expect(matches(soc).every(isMatch)).toBe(true);
  expect(matchesOf(new X509Certificate(soc.der), false)).toEqual([await pinOfKeys(soc.keys)]);
  // A comma in a name is no end of it, so that nobody writes somebody else's name into their own.
  const sly = await authority.issue({
    subject: 'CN=x',
    names: [{ type: 'url', value: 'https://a.example, DNS:soc.example.org' }],
  });
  expect(matches(sly)).toHaveLength(2);
  expect(['subject:', 'san:IP:1', 'pin:abc', 'x', ''].some(isMatch)).toBe(false);
});

test.each([0, 1, 2, 3])(
  'it signs its account in alone, by what it is known by (%i), without any header',
  async (which) => {
    expect(await ask({ as: soc })).toBe(401);
    await desk({ matches: [matches(soc)[which]!] });
    expect(await ask({ as: soc })).toBe(200);
    expect(await ask()).toBe(401);
    expect(
      await ask({ as: await authority.issue({ subject: 'C=FR, O=Police of Examplia, CN=soc-2' }) }),
    ).toBe(401);
    // Who asks is who the header says, if it says anything.
    expect(await ask({ as: soc, headers: { authorization: basic('desk', 'wrong') } })).toBe(401);
  },
);

test('a renewed certificate with the same key is the same; with another key it is by its name', async () => {
  const renewed = await authority.issue({ subject: 'CN=anything', keys: soc.keys });
  const rekeyed = await authority.issue({
    subject: 'CN=anything',
    names: [{ type: 'dns', value: 'soc.example.org' }],
  });
  await desk({ matches: [await pinOfKeys(soc.keys)] });
  expect([await ask({ as: renewed }), await ask({ as: rekeyed })]).toEqual([200, 401]);
  await desk({ matches: ['san:DNS:soc.example.org'] });
  expect([await ask({ as: renewed }), await ask({ as: rekeyed })]).toEqual([401, 200]);
});

test('by subject and name only what our authority says counts: nobody signs these for themselves', async () => {
  const wish = {
    subject: 'C=FR, O=Police of Examplia, CN=soc-1',
    names: [{ type: 'dns' as const, value: 'soc.example.org' }],
  };
  await desk({ matches: matches(soc).slice(1) });
  expect(await ask({ as: await stranger.issue(wish) })).toBe(401);
  expect(await ask({ as: await authority.issue({ ...wish, serverOnly: true }) })).toBe(401);
  const [yesterday, tomorrow] = [new Date(Date.now() - DAY), new Date(Date.now() + DAY)];
  expect(
    await ask({
      as: await authority.issue({ ...wish, from: new Date(Date.now() - 2 * DAY), until: yesterday }),
    }),
  ).toBe(401);
  expect(await ask({ as: await authority.issue({ ...wish, from: tomorrow }) })).toBe(401);
  expect(await ask({ as: await authority.issue(wish) })).toBe(200);
});

test('a pinned key is its own proof, whoever signed the certificate; but not out of its time', async () => {
  const keys = await newKeys();
  await desk({ matches: [await pinOfKeys(keys)] });
  expect(await ask({ as: await stranger.issue({ subject: 'CN=x', keys }) })).toBe(200);
  const over = {
    subject: 'CN=x',
    keys,
    from: new Date(Date.now() - 2 * DAY),
    until: new Date(Date.now() - DAY),
  };
  expect(await ask({ as: await stranger.issue(over) })).toBe(401);
});

test('beside a secret: neither is enough without the other, also for what was verified or kept a moment ago', async () => {
  await desk({ matches: matches(soc), beside: true });
  const { id, text, hash } = generateToken();
  const who = (await x.store.people.principals()).find((p) => p.name === 'desk')!;
  const now = Date.now() * 1000;
  await x.store.people.addToken(
    { id, principalId: who.id, name: 't', created: now, expires: now + 3600e6 },
    hash,
  );
  const path = url('main', 'objects/');
  for (const headers of [password, { authorization: `Bearer ${text}` }]) {
    for (let i = 0; i < 3; i++) expect(await ask({ as: soc, headers, path })).toBe(200);
    expect(await ask({ headers, path })).toBe(401);
    expect(await ask({ as: proxy, headers, path })).toBe(401);
  }
  expect(await ask({ as: soc, path })).toBe(401);
});

test('an account without certificates is served as before to who shows one', async () => {
  expect(await ask({ as: soc, headers: password })).toBe(200);
  expect(await ask({ headers: password })).toBe(200);
});

test('disabled, or its certificate taken from it: refused from the next request on, on the same connection', async () => {
  await desk({ matches: matches(soc) });
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
  expect(await ask({ as: soc, agent })).toBe(200);
  await desk({ matches: matches(soc) }, { disabled: true });
  expect(await ask({ as: soc, agent })).toBe(401);
  await desk({ matches: matches(soc) });
  expect(await ask({ as: soc, agent })).toBe(200);
  await desk();
  expect(await ask({ as: soc, agent })).toBe(401);
  agent.destroy();
});

test('one that its authority took back is refused once the list says so, also on connections that were open', async () => {
  await desk({ matches: matches(soc) });
  const files = readConfig(env).tls!;
  if (!(x.server instanceof https.Server)) throw new Error('no HTTPS');
  const watch = watchCertificates(x.server, files, await readTls(files), { log: createLogger('silent') });
  const port = (x.server.address() as AddressInfo).port;
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: authority.pem,
    cert: soc.cert,
    key: soc.key,
  });
  await once(socket, 'secureConnect');
  expect(await ask({ as: soc })).toBe(200);
  file('crl.pem', await authority.revoke([soc.serial]));
  const closed = once(socket, 'close');
  await watch.look();
  await closed;
  expect(await ask({ as: soc })).toBe(401);
  expect(await ask({ as: await authority.issue({ subject: 'CN=x', keys: soc.keys }) })).toBe(200);
  watch.stop();
});

describe('D17 from a proxy', () => {
  const header = ({ der }: Issued): Record<string, string> => ({
    'client-cert': `:${der.toString('base64')}:`,
  });

  test('one that proved itself says which certificate its client showed', async () => {
    await desk({ matches: matches(soc).slice(1) });
    expect(await ask({ as: proxy, headers: header(soc) })).toBe(200);
    expect(await ask({ as: proxy })).toBe(401);
    const other = await authority.issue({ subject: 'CN=other' });
    expect(await ask({ as: proxy, headers: header(other) })).toBe(401);
  });

  test.each(['', ':', '::', ':AAAA:', 'AAAA', ':not base64:'])(
    'what is no certificate says nothing: "%s"',
    async (text) => {
      await desk({ matches: matches(soc) });
      expect(await ask({ as: proxy, headers: { 'client-cert': text } })).toBe(401);
    },
  );

  test('a header from anybody else says nothing: without a certificate, with one of a member, with one of strangers', async () => {
    await desk({ matches: matches(soc) });
    const member = await authority.issue({ subject: 'CN=proxy' });
    for (const as of [undefined, member, await stranger.issue({ subject: 'CN=proxy' })])
      expect(await ask({ as, headers: header(soc) })).toBe(401);
  });

  test('the proxy is nobody by itself, even if an account had its key', async () => {
    await desk({ matches: [await pinOfKeys(proxy.keys)] });
    expect(await ask({ as: proxy })).toBe(401);
  });
});

test('over plain HTTP a header says nothing', async () => {
  const plain = await serveExchange({ JISR_BEHIND_PROXY: 'true' });
  const who = (await plain.store.people.principals()).find((p) => p.name === 'desk')!;
  await plain.store.people.savePrincipal({ ...who, certificate: { matches: matches(soc) } });
  const headers = { 'Client-Cert': `:${soc.der.toString('base64')}:` };
  expect((await plain.get('/europe/', { as: null, headers })).status).toBe(401);
  await plain.close();
});
