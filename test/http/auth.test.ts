import type { Principal } from '../../src/domain/access';
import { TaxiiError } from '../../src/domain/errors';
import { createAuthenticate } from '../../src/http/auth';
import { parseBasic } from '../../src/identity/basic';
import type { Credentials } from '../../src/store/people';

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

const desk: Principal = {
  id: 'p1',
  name: 'desk',
  kind: 'service',
  role: 'reader',
  clearance: 2,
  disabled: false,
  organisation: { id: 'o1', name: 'Desk', kind: 'desk', region: 'europe', disabled: false },
};

/** A hash is the password behind "hash of "; what was verified is written down. */
function setUp(principal: Principal = desk) {
  const state = { now: 1e15, principal, passwordHash: 'hash of secret' };
  const verified: string[] = [];
  const credentials = async (name: string): Promise<Credentials | undefined> =>
    name === state.principal.name
      ? { principal: state.principal, passwordHash: state.passwordHash }
      : undefined;
  const ask = createAuthenticate({
    people: { credentials, token: async () => undefined, byCertificate: async () => undefined },
    clock: () => state.now,
    verify: async (hash, password) => {
      verified.push(hash);
      await new Promise((resolve) => setImmediate(resolve));
      return hash === `hash of ${password}`;
    },
  });
  const authenticate = (authorization: string | undefined): Promise<Principal> =>
    ask(authorization, { address: '192.0.2.1' });
  return { state, verified, authenticate };
}

async function refusal(promise: Promise<unknown>): Promise<TaxiiError> {
  const error = await promise.then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof TaxiiError)) throw new Error(`not refused: ${String(error)}`);
  return error;
}

test.each([
  ['T-106 no base64', 'Basic %%%'],
  ['T-106 another scheme', 'Bearer abc'],
  ['T-106 nothing', 'Basic '],
  ['T-106 no colon', basic('desk')],
  ['T-106 no name', basic(':secret')],
  ['T-106 a control character', basic('desk\0x:secret')],
  ['T-106 not UTF-8', `Basic ${Buffer.from([0x61, 0xff, 0x3a, 0x62]).toString('base64')}`],
])('%s are no credentials', (_line, header) => {
  expect(parseBasic(header)).toBeUndefined();
});

test('T-100 the password begins after the first colon, both are UTF-8, the scheme has no case', () => {
  expect(parseBasic(basic('مكتب:a:ü'))).toEqual({ name: 'مكتب', password: 'a:ü' });
  expect(parseBasic(basic('desk:').replace('Basic', 'bAsIc'))).toEqual({ name: 'desk', password: '' });
});

test.each([
  ['T-403 missing', undefined],
  ['T-403a a wrong password', basic('desk:wrong')],
  ['T-403a an unknown name', basic('nobody:secret')],
  ['T-106 broken', 'Basic %%%'],
])('T-103 %s credentials: 401 with a challenge', async (_line, header) => {
  const error = await refusal(setUp().authenticate(header));
  expect(error.status).toBe(401);
  expect(error.headers['WWW-Authenticate']).toBe('Basic realm="Jisr", charset="UTF-8", Bearer realm="Jisr"');
});

test('T-404 right credentials name the principal', async () => {
  await expect(setUp().authenticate(basic('desk:secret'))).resolves.toBe(desk);
});

test('T-107a an unknown name costs one verify, as a wrong password does, and is told the same', async () => {
  const { authenticate, verified } = setUp();
  const unknown = await refusal(authenticate(basic('nobody:secret')));
  expect(verified).toHaveLength(1);
  expect(verified[0]).toMatch(/^\$argon2id\$/);
  expect((await refusal(authenticate(basic('desk:wrong')))).message).toBe(unknown.message);
  expect(verified).toHaveLength(2);
});

test.each([
  ['account', { ...desk, disabled: true }],
  ['organisation', { ...desk, organisation: { ...desk.organisation, disabled: true } }],
])('a disabled %s is refused at once, also with remembered credentials', async (_what, disabled) => {
  const { authenticate, state } = setUp();
  await authenticate(basic('desk:secret'));
  state.principal = disabled;
  expect((await refusal(authenticate(basic('desk:secret')))).status).toBe(401);
});

describe('verified credentials are remembered', () => {
  test('for 60 s, and not longer', async () => {
    const { authenticate, state, verified } = setUp();
    await authenticate(basic('desk:secret'));
    state.now += 59e6;
    await authenticate(basic('desk:secret'));
    expect(verified).toHaveLength(1);
    state.now += 2e6;
    await authenticate(basic('desk:secret'));
    expect(verified).toHaveLength(2);
  });

  test('not longer because the clock stepped back', async () => {
    const { authenticate, state, verified } = setUp();
    await authenticate(basic('desk:secret'));
    state.now -= 3600e6;
    await authenticate(basic('desk:secret'));
    expect(verified).toHaveLength(2);
  });

  test('until the password changes', async () => {
    const { authenticate, state } = setUp();
    await authenticate(basic('desk:secret'));
    state.passwordHash = 'hash of other';
    expect((await refusal(authenticate(basic('desk:secret')))).status).toBe(401);
    await expect(authenticate(basic('desk:other'))).resolves.toBe(desk);
  });

  test('but a wrong password never is', async () => {
    const { authenticate, verified } = setUp();
    await refusal(authenticate(basic('desk:wrong')));
    await refusal(authenticate(basic('desk:wrong')));
    expect(verified).toHaveLength(2);
  });
});

test('one verify serves all that wait for the same credentials', async () => {
  const { authenticate, verified } = setUp();
  await Promise.all(Array.from({ length: 50 }, () => authenticate(basic('desk:secret'))));
  expect(verified).toHaveLength(1);
});
