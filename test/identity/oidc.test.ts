/** Access tokens of OpenID Connect, of a real provider; and of hostile ones, which are made here. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, exportJWK, exportSPKI, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import type { Principal } from '../../src/domain/access';
import { TaxiiError } from '../../src/domain/errors';
import { createAuthenticate, type Authenticate } from '../../src/http/auth';
import { accountOf, oidcCredentials, type Issuer } from '../../src/identity/oidc';
import { readIssuers } from '../../src/identity/oidc-file';
import type { Credentials } from '../../src/store/people';
import { principal } from '../support/exchange';
import { kill, LISTENING, runServer } from '../support/server';

const AUDIENCE = 'https://taxii.example.org';
const NOW = Date.now() * 1000;

const issuerOf = (issuer: string, properties: Partial<Issuer> = {}): Issuer => ({
  issuer,
  audience: [AUDIENCE],
  algorithms: ['ES256'],
  type: 'at+jwt',
  skewSeconds: 30,
  rules: [{ claims: { client_id: 'soc-1', scope: 'taxii' }, account: 'soc-1' }],
  ...properties,
});

/** One exchange with the account soc-1, which has no password, and these providers. */
function exchangeOf(...issuers: Issuer[]) {
  const state = { now: NOW, soc: principal(3, { name: 'soc-1' }), reports: [] as string[], looked: 0 };
  const credentials = async (name: string): Promise<Credentials | undefined> => {
    state.looked++;
    return name === 'soc-1' ? { principal: state.soc, passwordHash: '' } : undefined;
  };
  const clock = (): number => state.now;
  const kind = oidcCredentials({ credentials }, issuers, clock, (_issuer, why) => state.reports.push(why));
  const authenticate: Authenticate = createAuthenticate({
    people: { credentials, token: async () => undefined, byCertificate: async () => undefined },
    clock,
    others: [kind],
  });
  const ask = (token: string): Promise<Principal> =>
    authenticate(`Bearer ${token}`, { address: '192.0.2.1' });
  const statusOf = (token: string): Promise<number> =>
    ask(token).then(
      () => 200,
      (error: unknown) => (error as TaxiiError).status,
    );
  return { state, ask, statusOf, authenticate };
}

describe('a real provider', () => {
  let provider: ChildProcess;
  let issuer: string;
  beforeAll(async () => {
    provider = fork(join(process.cwd(), 'test/support/oidc-provider.mjs'), {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const [said] = (await once(provider, 'message')) as [{ issuer: string }];
    issuer = said.issuer;
  });
  afterAll(() => provider.kill());

  async function order(what: 'rotate' | 'drop' | 'serve'): Promise<void> {
    provider.send(what);
    await once(provider, 'message');
  }
  async function tokenOf(client: string, scope = 'taxii', resource = AUDIENCE): Promise<string> {
    const login = Buffer.from(`${client}:${encodeURIComponent(`secret of ${client}`)}`).toString('base64');
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${login}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource }),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  }

  test('its access token is the account that the claims stand for; another client, scope or audience is nobody', async () => {
    const x = exchangeOf(issuerOf(issuer));
    expect(await x.ask(await tokenOf('soc-1'))).toBe(x.state.soc);
    expect(await x.statusOf(await tokenOf('stranger'))).toBe(401);
    expect(await x.statusOf(await tokenOf('soc-1', 'other'))).toBe(401);
    expect(await x.statusOf(await tokenOf('soc-1', 'taxii', 'https://elsewhere.example.org'))).toBe(401);
    expect(await exchangeOf(issuerOf('http://127.0.0.1:9')).statusOf(await tokenOf('soc-1'))).toBe(401);
    expect(x.state.reports).toEqual([]);
  });

  test('a byte that was changed, a cut signature, another key: 401', async () => {
    const x = exchangeOf(issuerOf(issuer));
    const token = await tokenOf('soc-1');
    const [head = '', claims = '', signature = ''] = token.split('.');
    const richer = Buffer.from(
      JSON.stringify({ ...(JSON.parse(Buffer.from(claims, 'base64url').toString()) as object), x: 1 }),
    );
    const bare = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })).toString('base64url');
    for (const forged of [
      `${head}.${richer.toString('base64url')}.${signature}`,
      `${head}.${claims}.${signature.slice(0, -2)}`,
      `${bare}.${claims}.${signature}`,
      `${bare}.${claims}.`,
      `${head}.${claims}`,
    ])
      expect([forged, await x.statusOf(forged)]).toEqual([forged, 401]);
    expect(await x.statusOf(token)).toBe(200);
  });

  test('it counts until it ends, and the skew longer; a disabled account counts at once', async () => {
    const x = exchangeOf(issuerOf(issuer));
    const token = await tokenOf('soc-1');
    const { exp = 0 } = decodeJwt(token);
    x.state.now = (exp - 1) * 1e6;
    expect(await x.statusOf(token)).toBe(200);
    x.state.now = (exp + 29) * 1e6;
    expect(await x.statusOf(token)).toBe(200);
    x.state.now = (exp + 31) * 1e6;
    expect(await x.statusOf(token)).toBe(401);

    const y = exchangeOf(issuerOf(issuer));
    expect(await y.statusOf(token)).toBe(200);
    y.state.soc = { ...y.state.soc, disabled: true };
    expect(await y.statusOf(token)).toBe(401);
  });

  test('its keys rotate: the new one is found at once, but not asked for more often than every 30 s', async () => {
    const x = exchangeOf(issuerOf(issuer));
    const before = await tokenOf('soc-1');
    expect(await x.statusOf(before)).toBe(200);
    await order('rotate');
    const after = await tokenOf('soc-1');
    x.state.now += 10e6;
    expect(await x.statusOf(after)).toBe(401);
    x.state.now += 25e6;
    expect(await x.statusOf(after)).toBe(200);
    x.state.now += 61e6;
    expect(await x.statusOf(before)).toBe(401);
  });

  test('while it cannot be reached: 503 to who needs a key, known keys go on for an hour, it is asked every 10 s at most', async () => {
    const token = await tokenOf('soc-1');
    await order('drop');
    const x = exchangeOf(issuerOf(issuer));
    expect(await x.statusOf(token)).toBe(503);
    await Promise.all(Array.from({ length: 20 }, () => x.statusOf(token)));
    expect(x.state.reports).toHaveLength(1);
    await order('serve');
    expect(await x.statusOf(token)).toBe(503);
    x.state.now += 11e6;
    expect(await x.statusOf(token)).toBe(200);

    await order('drop');
    x.state.now += 60e6;
    expect(await x.statusOf(token)).toBe(200);
    await order('serve');
  });

  test('a server takes them with the file that names them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
    const file = join(folder, 'oidc.json');
    writeFileSync(
      file,
      JSON.stringify({
        issuers: [
          { issuer, audience: [AUDIENCE], accounts: [{ claims: { sub: 'soc-1' }, account: 'operator' }] },
        ],
      }),
    );
    const server = runServer({ JISR_STORE: `sqlite:${join(folder, 'jisr.db')}`, JISR_OIDC_FILE: file });
    await server.says(LISTENING);
    const asked = async (token: string): Promise<number> =>
      (await fetch(`${server.origin()}/taxii2/`, { headers: { authorization: `Bearer ${token}` } })).status;
    const token = await tokenOf('soc-1');
    expect(await asked(token)).toBe(200);
    expect(await asked(`${token.slice(0, -3)}AAA`)).toBe(401);
    expect(server.said.out).not.toContain(token.slice(-20));
    await kill(server);
    rmSync(folder, { recursive: true });
  });
});

describe('tokens that are made to deceive', () => {
  let server: Server;
  let issuer: string;
  let pair: Awaited<ReturnType<typeof generateKeyPair>>;
  let answers: Record<string, () => { status?: number; location?: string; body: string }>;
  beforeAll(async () => {
    pair = await generateKeyPair('ES256', { extractable: true });
    server = createServer((request, response) => {
      const { status = 200, location, body } = answers[request.url ?? '']?.() ?? { status: 404, body: '{}' };
      response.writeHead(status, location === undefined ? {} : { location }).end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(async () => {
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k', alg: 'ES256', use: 'sig' };
    answers = {
      '/.well-known/openid-configuration': () => ({
        body: JSON.stringify({ issuer, jwks_uri: `${issuer}/jwks` }),
      }),
      '/jwks': () => ({ body: JSON.stringify({ keys: [jwk] }) }),
    };
  });
  afterAll(() => server.close());

  const seconds = NOW / 1e6;
  const right = (): JWTPayload => ({
    iss: issuer,
    aud: AUDIENCE,
    exp: Math.floor(seconds) + 300,
    client_id: 'soc-1',
    scope: 'taxii',
  });
  const signed = (
    claims: JWTPayload,
    header: object = {},
    key: Parameters<SignJWT['sign']>[0] = pair.privateKey,
  ): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 'at+jwt', ...header }).sign(key);

  test('all is well: 200', async () => {
    expect(await exchangeOf(issuerOf(issuer)).statusOf(await signed(right()))).toBe(200);
  });

  test.each<[string, () => Promise<string>]>([
    ['an ID token', () => signed(right(), { typ: 'JWT' })],
    ['no end', () => signed({ ...right(), exp: undefined } as unknown as JWTPayload)],
    ['an end in words', () => signed({ ...right(), exp: 'never' } as unknown as JWTPayload)],
    [
      'a subject and an issuer that are no text',
      () => signed({ ...right(), sub: 7, iss: [issuer] } as never),
    ],
    ['a subject that is an object', () => signed({ ...right(), sub: {}, client_id: 'x' } as never)],
    ['not yet', () => signed({ ...right(), nbf: Math.floor(seconds) + 100 })],
    ['no audience', () => signed({ ...right(), aud: undefined } as unknown as JWTPayload)],
    ['an audience that begins so', () => signed({ ...right(), aud: `${AUDIENCE}.evil.example` })],
    ['an issuer with a slash more', () => signed({ ...right(), iss: `${issuer}/` })],
    [
      'a key of the same name, not theirs',
      async () => signed(right(), {}, (await generateKeyPair('ES256')).privateKey),
    ],
    [
      'another algorithm',
      async () => signed(right(), { alg: 'ES384' }, (await generateKeyPair('ES384')).privateKey),
    ],
    [
      'their public key as a secret',
      async () => signed(right(), { alg: 'HS256' }, Buffer.from(await exportSPKI(pair.publicKey))),
    ],
    [
      'a key that it brings along',
      async () => signed(right(), { kid: 'mine', jwk: await exportJWK(pair.publicKey) }),
    ],
    ['a claim that is a list where a word is wanted', () => signed({ ...right(), client_id: [['soc-1']] })],
  ])('%s: 401', async (_what, forged) => {
    expect(await exchangeOf(issuerOf(issuer)).statusOf(await forged())).toBe(401);
  });

  test.each<[string, () => void]>([
    [
      'its discovery says another issuer',
      () =>
        (answers['/.well-known/openid-configuration'] = () => ({
          body: JSON.stringify({ issuer: 'https://evil.example', jwks_uri: `${issuer}/jwks` }),
        })),
    ],
    [
      'its keys are elsewhere, over plain http',
      () =>
        (answers['/.well-known/openid-configuration'] = () => ({
          body: JSON.stringify({ issuer, jwks_uri: 'http://192.0.2.1/jwks' }),
        })),
    ],
    [
      'its keys are a redirect',
      () => (answers['/jwks'] = () => ({ status: 302, location: `${issuer}/other`, body: '' })),
    ],
    ['its keys have no end', () => (answers['/jwks'] = () => ({ body: ' '.repeat(1e6) }))],
    ['its keys are none', () => (answers['/jwks'] = () => ({ body: '{"keys":7}' }))],
    ['it answers 500', () => (answers['/jwks'] = () => ({ status: 500, body: '{}' }))],
  ])('T-107a a provider that fails is no "yes": %s', async (_what, fail) => {
    fail();
    const x = exchangeOf(issuerOf(issuer));
    expect(await x.statusOf(await signed(right()))).toBe(503);
    expect(x.state.reports).toHaveLength(1);
  });

  test('keys that cannot be renewed go on for an hour, and no longer', async () => {
    const x = exchangeOf(issuerOf(issuer));
    const token = await signed({ ...right(), exp: Math.floor(seconds) + 9999 });
    expect(await x.statusOf(token)).toBe(200);
    answers = {};
    x.state.now += 3500e6;
    expect(await x.statusOf(token)).toBe(200);
    x.state.now += 200e6;
    expect(await x.statusOf(token)).toBe(503);
  });

  test('a flood of tokens with keys that nobody knows is one question to the provider', async () => {
    let asked = 0;
    const jwks = answers['/jwks']!;
    answers['/jwks'] = () => (asked++, jwks());
    const x = exchangeOf(issuerOf(issuer));
    const flood = await Promise.all(Array.from({ length: 50 }, (_, i) => signed(right(), { kid: `k${i}` })));
    expect(new Set(await Promise.all(flood.map(x.statusOf)))).toEqual(new Set([401]));
    expect(await x.statusOf(await signed(right()))).toBe(200);
    expect(asked).toBe(1);
    // What was never signed does not reach the store.
    const { looked } = x.state;
    for (const token of flood) expect(await x.statusOf(token)).toBe(401);
    expect(x.state.looked).toBe(looked);
  });
});

test('the first rule whose claims are all there says the account; acr may be demanded', () => {
  const rules = [
    { claims: { sub: 'a', acr: 'mfa' }, account: 'strong' },
    { claims: { groups: 'desk' }, account: 'desk' },
    { claims: { scope: 'taxii.read' }, account: 'reader' },
  ];
  expect(accountOf({ rules }, { sub: 'a', acr: 'mfa' })).toBe('strong');
  expect(accountOf({ rules }, { sub: 'a' })).toBeUndefined();
  expect(accountOf({ rules }, { groups: ['x', 'desk'] })).toBe('desk');
  expect(accountOf({ rules }, { groups: 'desks' })).toBeUndefined();
  expect(accountOf({ rules }, { scope: 'openid taxii.read' })).toBe('reader');
  expect(accountOf({ rules }, { scope: 'openid taxii.reader' })).toBeUndefined();
});

describe('the file', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'jisr-test-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const one = {
    issuer: 'https://id.example.org',
    audience: ['a'],
    accounts: [{ claims: { sub: 's' }, account: 'soc-1' }],
  };
  const readFrom = async (content: unknown): Promise<readonly Issuer[]> => {
    const file = join(folder, 'oidc.json');
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    return readIssuers(file);
  };

  test('what it leaves out has a safe default', async () => {
    expect(await readFrom({ issuers: [one] })).toEqual([
      {
        issuer: 'https://id.example.org',
        audience: ['a'],
        algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
        type: undefined,
        skewSeconds: 30,
        rules: one.accounts,
      },
    ]);
  });

  test.each<[string, unknown, string]>([
    ['no JSON', '{', '/: JSON'],
    ['no https', { issuers: [{ ...one, issuer: 'http://id.example.org' }] }, '/issuers/0/issuer: pattern'],
    [
      'a host that only begins like this one',
      { issuers: [{ ...one, issuer: 'http://localhost.evil.example' }] },
      '/issuers/0/issuer',
    ],
    ['a shared secret', { issuers: [{ ...one, algorithms: ['HS256'] }] }, '/issuers/0/algorithms/0: enum'],
    ['no signature', { issuers: [{ ...one, algorithms: ['none'] }] }, '/issuers/0/algorithms/0: enum'],
    ['no audience', { issuers: [{ ...one, audience: [] }] }, '/issuers/0/audience'],
    [
      'a rule that everybody fits',
      { issuers: [{ ...one, accounts: [{ claims: {}, account: 'x' }] }] },
      '/issuers/0/accounts/0/claims',
    ],
    ['one issuer twice', { issuers: [one, one] }, '/issuers/1/issuer: unique'],
    ['a word that nobody knows', { issuers: [{ ...one, audiences: 'x' }] }, 'audiences'],
  ])('refused whole, with path, place and rule: %s', async (_what, content, said) => {
    await expect(readFrom(content)).rejects.toThrow(said);
    await expect(readFrom(content)).rejects.toThrow('oidc.json');
  });

  test('one that is not there names the variable', async () => {
    await expect(readIssuers(join(folder, 'nothing.json'))).rejects.toThrow('JISR_OIDC_FILE');
  });
});
