/** One's own password: changed by who has it, never by less; passwords that end, and hashes that are out of date. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import { jisrOn } from '../support/jisr';
import { isCurrent, hashPassword } from '../../src/identity/passwords';
import { generateToken } from '../../src/identity/tokens';
import type { Principal } from '../../src/domain/access';
import { basic, json, PASSWORD, serveExchange, type Exchange } from '../support/http';

const DAY = 24 * 3600e6;
const NEW = 'four quiet bridges over sand';
let x: Exchange;
beforeEach(async () => (x = await serveExchange()));
afterEach(() => x.close());

const desk = async (): Promise<Principal> =>
  (await x.store.people.principals()).find((p) => p.name === 'desk')!;
const change = (body: unknown, authorization = basic('desk'), type = 'application/json') =>
  x.send('POST', '/account/password', {
    as: null,
    headers: { Authorization: authorization, 'Content-Type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const enters = async (password: string): Promise<number> =>
  (await x.get('/europe/', { as: null, headers: { Authorization: basic('desk', password) } })).status;

test('the new one counts at once, the old one no more, and the audit says who did it and no secret', async () => {
  await x.store.people.savePrincipal({
    ...(await desk()),
    firstPassword: true,
    passwordUntil: Date.now() * 1000 + DAY,
  });
  expect([await enters(PASSWORD), await enters(NEW)]).toEqual([200, 401]);
  expect((await change({ password: NEW })).status).toBe(204);
  expect([await enters(PASSWORD), await enters(NEW)]).toEqual([401, 200]);
  const settled = await desk();
  expect(settled).not.toHaveProperty('passwordUntil');
  expect(settled).not.toHaveProperty('firstPassword');
  const audit = await x.store.records.audit(10, 'change-principal');
  expect(audit[0]).toMatchObject({
    principal: 'desk',
    subject: 'desk',
    detail: expect.stringContaining('password: none → "a new one"') as string,
  });
  expect(JSON.stringify(audit)).not.toContain(NEW);
});

test.each<[string, unknown, string]>([
  ['no JSON', 'four quiet bridges', 'no JSON'],
  ['no text', { password: 7 }, '/password: is no text'],
  ['nothing', {}, '/password: is no text'],
  ['null', null, '/password: is no text'],
  ['something more', { password: NEW, admin: true }, '/admin'],
  ['too short', { password: 'short' }, 'shorter than 12'],
  ['too common', { password: 'password1234' }, 'tried first'],
  ['its own name', { password: 'desk desk desk desk' }, 'little more than the name'],
  ['the same', { password: PASSWORD }, 'that it replaces'],
])('422 names what is wrong, and the old one stays: %s', async (_what, body, said) => {
  const refused = await change(body);
  expect([refused.status, json(refused)['description']]).toEqual([422, expect.stringContaining(said)]);
  expect(await enters(PASSWORD)).toBe(200);
});

test('by a token nobody takes the account over, nor by another type of body, nor by a long one', async () => {
  const { id, text, hash: tokenHash } = generateToken();
  const now = Date.now() * 1000;
  await x.store.people.addToken(
    { id, principalId: (await desk()).id, name: 't', created: now, expires: now + DAY },
    tokenHash,
  );
  for (const authorization of [`Bearer ${text}`, basic('desk', text)])
    expect((await change({ password: NEW }, authorization)).status).toBe(403);
  expect((await change({ password: NEW }, basic('desk', 'wrong'))).status).toBe(401);
  expect((await change({ password: NEW }, basic('desk'), 'text/plain')).status).toBe(415);
  expect((await change({ password: 'x'.repeat(9000) })).status).toBe(413);
  expect(await enters(PASSWORD)).toBe(200);
});

test('the verb does the same for who has the old one, and says the server’s words where it does not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
  const [old, chosen] = [join(folder, 'old'), join(folder, 'new')];
  writeFileSync(old, `${PASSWORD}\n`);
  writeFileSync(chosen, 'password1234\n');
  const address = `http://127.0.0.1:${(x.server.address() as AddressInfo).port}`;
  const jisr = jisrOn(() => 'sqlite::memory:');
  const argv = ['password', address, '--user', 'desk', '--password-file', old, '--new-password-file', chosen];
  const weak = await jisr(argv);
  expect([weak.code, weak.err]).toEqual([3, expect.stringMatching(/tried first.*as it was/)]);
  writeFileSync(chosen, `${NEW}\n`);
  expect((await jisr(argv)).out).toBe('The password of desk is changed.');
  expect([await enters(PASSWORD), await enters(NEW)]).toEqual([401, 200]);
  expect((await jisr(argv)).err).toContain('wrong');
  expect((await jisr(['password', 'http://taxii.example.org', ...argv.slice(2)])).err).toContain(
    'plain http',
  );
  expect((await jisr(['password', address, '--user', 'desk', '--new-password-file', chosen])).code).toBe(2);
  rmSync(folder, { recursive: true });
});

test('a password that has ended signs nobody in, however lately it was verified', async () => {
  expect(await enters(PASSWORD)).toBe(200);
  await x.store.people.savePrincipal({ ...(await desk()), passwordUntil: Date.now() * 1000 - 1 });
  expect(await enters(PASSWORD)).toBe(401);
  expect((await change({ password: NEW })).status).toBe(401);
});

test('a hash of other parameters is made anew by the first sign-in, once, and nothing else changes', async () => {
  const old = await hash(PASSWORD, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
  const before = await desk();
  await x.store.people.savePrincipal({ ...before, passwordUntil: Date.now() * 1000 + DAY }, old);
  expect(isCurrent(old)).toBe(false);
  expect(await enters('wrong')).toBe(401);
  expect((await x.store.people.credentials('desk'))?.passwordHash).toBe(old);
  expect(await enters(PASSWORD)).toBe(200);
  for (;;) {
    const now = await x.store.people.credentials('desk');
    if (now?.passwordHash === old) {
      await new Promise((resolve) => setImmediate(resolve));
      continue;
    }
    expect(isCurrent(now?.passwordHash ?? '')).toBe(true);
    expect(now?.principal.passwordUntil).toBeDefined();
    break;
  }
  expect(await enters(PASSWORD)).toBe(200);
  expect((await x.store.records.audit(10, 'change-principal'))[0]).toMatchObject({
    principal: 'server',
    detail: 'password: none → "hashed anew"',
  });
  expect(isCurrent(await hashPassword('x'))).toBe(true);
});
