/** Guessing is slow, a flood of it stops nobody, and no refusal tells who has an account. */
import fc from 'fast-check';
import type { Principal } from '../../src/domain/access';
import { TaxiiError } from '../../src/domain/errors';
import { createAuthenticate, type Authenticate } from '../../src/http/auth';
import { MOST_OF_NETWORK, MOST_OF_PAIR, MOST_WAITING } from '../../src/http/sign-in/line';
import { networksOf } from '../../src/http/sign-in/networks';
import { fail, failuresOf, NEAR, PAIR, Standings, untilDue } from '../../src/http/sign-in/standing';
import { hashPassword, verifyPassword } from '../../src/identity/passwords';
import { principal } from '../support/exchange';
import { basic } from '../support/http';

describe('an address belongs to networks', () => {
  test.each([
    ['192.0.2.77', '192.0.2.77/32', '192.0.2.0/24', false],
    ['::ffff:192.0.2.77', '192.0.2.77/32', '192.0.2.0/24', false],
    ['::ffff:c000:24d', '192.0.2.77/32', '192.0.2.0/24', false],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48', false],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64', '2001:db8:1::/48', false],
    ['2001:db8::1', '2001:db8:0:0::/64', '2001:db8:0::/48', false],
    ['fe80::1%eth0', 'fe80:0:0:0::/64', 'fe80:0:0::/48', false],
    ['127.0.0.1', '127.0.0.1/32', '127.0.0.0/24', true],
    ['::ffff:127.0.0.1', '127.0.0.1/32', '127.0.0.0/24', true],
    ['::1', '0:0:0:0::/64', '0:0:0::/48', true],
    ['::', '0:0:0:0::/64', '0:0:0::/48', false],
    ['nonsense', 'unknown', 'unknown', false],
    [undefined, 'unknown', 'unknown', false],
  ])('%s', (address, near, wide, loopback) => {
    expect(networksOf(address)).toEqual({ near, wide, loopback });
  });

  test('any two addresses of a /64 are one network, however they are written', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    const four = fc.tuple(group, group, group, group);
    fc.assert(
      fc.property(four, four, four, (prefix, a, b) => {
        const [one, two] = [a, b].map((rest) =>
          networksOf([...prefix, ...rest].map((g) => g.toString(16)).join(':')),
        );
        expect(one!.wide).toBe(two!.wide);
        if (prefix.some((g) => g !== 0)) expect(one!.near).toBe(two!.near);
      }),
    );
  });
});

/** One exchange whose accounts are `member0`, `member1`, …, with passwords like `secret0`. */
async function setUp(verify?: (hash: string, password: string) => Promise<boolean>) {
  const state = { now: 1_700_000_000_000_000 };
  /** What was done, in the order in which it was begun. */
  const done: string[] = [];
  const people = new Map<string, Principal>();
  const timers = new Set<() => void>();
  const hashes = new Map<string, string>();
  const authenticate: Authenticate = createAuthenticate({
    people: {
      token: async () => undefined,
      byCertificate: async () => undefined,
      credentials: async (name) => {
        done.push(`read ${name}`);
        const found = people.get(name);
        const digits = name.replace(/\D/g, '');
        return found && { principal: found, passwordHash: hashes.get(name) ?? `hash of secret${digits}` };
      },
    },
    clock: () => state.now,
    verify: async (hash, password) => {
      done.push(`verify ${password}`);
      if (verify) return verify(hash, password);
      await new Promise((resolve) => setImmediate(resolve));
      return hash === `hash of ${password}`;
    },
    later: (_ms, work) => {
      timers.add(work);
      return () => timers.delete(work);
    },
  });
  // The hash that unknown names are verified against takes real time to make.
  await outcome(authenticate(basic('first', 'first'), { address: '10.255.0.1' }));
  done.length = 0;
  return {
    state,
    done,
    hashes,
    authenticate,
    join: (name: string, properties: Partial<Principal> = {}) =>
      people.set(name, principal(4, { name, ...properties })),
    verified: () => done.filter((d) => d.startsWith('verify ')).map((d) => d.slice(7)),
    /** Lets time pass, and whoever waited for it go on. */
    pass: async (micros: number) => {
      state.now += micros;
      for (const work of [...timers]) {
        timers.delete(work);
        work();
      }
      await settled();
    },
    ask: (name: string, password: string, address = '192.0.2.1') =>
      outcome(authenticate(basic(name, password), { address })),
  };
}

/** 200, or the status of the refusal. */
const outcome = (asking: Promise<unknown>): Promise<number> =>
  asking.then(
    () => 200,
    (error: unknown) => (error as TaxiiError).status,
  );

async function settled(): Promise<void> {
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
}

const count = (statuses: readonly number[], status: number): number =>
  statuses.filter((s) => s === status).length;

test('700 wrong sign-ins of one network wait, 100 honest first ones of others come: all 100 succeed, with the real argon2', async () => {
  const x = await setUp(verifyPassword);
  const hash = await hashPassword('secret');
  for (let i = 0; i < 100; i++) {
    x.join(`member${i}`);
    x.hashes.set(`member${i}`, hash);
  }
  let refused = 0;
  for (let i = 0; i < 700; i++)
    void x.ask(`guess${i}`, `wrong${i}`, '198.51.100.7').then((s) => (refused += Number(s !== 200)));
  const honest = await Promise.all(
    Array.from({ length: 100 }, (_, i) => x.ask(`member${i}`, 'secret', `192.0.${i}.1`)),
  );
  expect(count(honest, 200)).toBe(100);
  expect(refused).toBeLessThan(700);
});

test('turns go round: between networks, then between hosts, then between accounts', async () => {
  const x = await setUp();
  const asked = [
    ...Array.from({ length: 9 }, (_, i) => ['loud', `a${i}`, '198.51.100.7'] as const),
    ['quiet', 'b0', '198.51.100.7'] as const,
    ['neighbour', 'c0', '198.51.100.8'] as const,
    ['far', 'd0', '2001:db8::1'] as const,
    ['farther', 'e0', '2001:db8:7::1'] as const,
  ];
  await Promise.all(asked.map(([name, password, address]) => x.ask(name, password, address)));
  const order = x.verified();
  const at = (password: string): number => order.indexOf(password);
  // Three are served at once; whoever comes from elsewhere needs to wait for one turn of the loud one at most.
  expect(order.slice(0, 3)).toEqual(['a0', 'a1', 'a2']);
  expect([at('d0'), at('e0')].sort()).toEqual([3, 4]);
  expect(at('c0')).toBeLessThan(at('a3'));
  expect(at('b0')).toBeLessThan(at('a4'));
});

test('700 wrong ones in line from the same address as 100 honest first ones: all 100 succeed, each before 200 turns', async () => {
  const x = await setUp();
  for (let i = 0; i < 100; i++) x.join(`member${i}`);
  const wrong = Array.from({ length: 700 }, (_, i) => x.ask('member100', `wrong${i}`, '127.0.0.1'));
  const honest = await Promise.all(
    Array.from({ length: 100 }, (_, i) => x.ask(`member${i}`, `secret${i}`, '127.0.0.1')),
  );
  expect(count(honest, 200)).toBe(100);
  const order = x.verified();
  expect(Math.max(...honest.map((_, i) => order.indexOf(`secret${i}`)))).toBeLessThan(200);
  expect(count(await Promise.all(wrong.slice(-600)), 503)).toBe(600);
});

test('a full line takes the place of who has most in it; its network gets 503 with Retry-After', async () => {
  const x = await setUp();
  x.join('member1');
  const flood = Array.from({ length: 3 * MOST_WAITING }, (_, i) =>
    x.authenticate(basic(`guess${i}`, 'wrong'), { address: `203.0.${i % 3}.7` }).catch((e: unknown) => e),
  );
  await expect(x.ask('member1', 'secret1', '192.0.2.1')).resolves.toBe(200);
  expect(x.verified().indexOf('secret1')).toBeLessThan(10);
  const first = (await Promise.race(flood.slice(-1))) as TaxiiError;
  expect([first.status, first.headers['Retry-After']]).toEqual([503, '1']);
  expect(MOST_OF_NETWORK).toBeLessThan(MOST_WAITING);
});

describe('a flood of guesses at a member’s name does not stop the member', () => {
  const flood = (x: Awaited<ReturnType<typeof setUp>>, networks: number, each: number): void => {
    for (let i = 0; i < networks * each; i++)
      void x.ask('member1', `wrong${i}`, `10.${(i % networks) >> 8}.${(i % networks) & 255}.1`);
  };

  test('from a fresh network, the first time', async () => {
    const x = await setUp();
    x.join('member1');
    flood(x, 100, 20);
    await settled();
    // Time stands still: none of those who must pause is served, and the member is.
    await expect(x.ask('member1', 'secret1', '192.0.2.9')).resolves.toBe(200);
  });

  test('with credentials that were right lately: before all who wait, from wherever', async () => {
    const x = await setUp();
    x.join('member1');
    await x.ask('member1', 'secret1', '192.0.2.9');
    x.state.now += 3600e6;
    flood(x, 200, 1);
    const before = x.verified().length;
    await expect(x.ask('member1', 'secret1', '10.0.1.1')).resolves.toBe(200);
    expect(x.verified().indexOf('secret1', 1) - before).toBeLessThanOrEqual(3);
  });

  test('nor from the very host of who guesses, once they were there', async () => {
    const x = await setUp();
    x.join('member1');
    await x.ask('member1', 'secret1');
    for (let i = 0; i < 40; i++) void x.ask('member1', `wrong${i}`);
    await settled();
    x.state.now += 61e6;
    await expect(x.ask('member1', 'secret1')).resolves.toBe(200);
  });
});

describe('guessing is slowed', () => {
  test('at one account from one network: eight are free, then the pauses grow to 8 s', async () => {
    const x = await setUp();
    for (let i = 0; i < MOST_OF_PAIR; i++) void x.ask('member1', `wrong${i}`);
    await settled();
    const served: number[] = [x.verified().length];
    for (let second = 0; second < 60; second++) {
      await x.pass(1e6);
      served.push(x.verified().length);
    }
    expect(served[0]).toBeLessThanOrEqual(8 + 3);
    expect(served.at(-1)).toBe(MOST_OF_PAIR);
    expect(served[8]).toBeLessThan(MOST_OF_PAIR);
  });

  test('at many accounts from one network: 64 are free, then ten a second', async () => {
    const x = await setUp();
    for (let i = 0; i < 160; i++) void x.ask(`guess${i}`, 'wrong', '192.0.2.1');
    await settled();
    const before = x.verified().length;
    expect(before).toBeLessThanOrEqual(64 + 3);
    for (let tenth = 0; tenth < 10; tenth++) await x.pass(100_000);
    expect(x.verified().length - before).toBeLessThanOrEqual(10);
    expect(x.verified().length).toBeGreaterThan(before);
  });

  test('at many accounts from all addresses of an IPv6 /64: as one network', async () => {
    const x = await setUp();
    for (let i = 0; i < 160; i++) void x.ask(`guess${i}`, 'wrong', `2001:db8::${i.toString(16)}`);
    await settled();
    expect(x.verified().length).toBeLessThanOrEqual(64 + 3);
  });

  test('at one account from very many networks: each has one guess, then pauses', async () => {
    const x = await setUp();
    for (let i = 0; i < 40; i++) await x.ask('member1', `first${i}`, `10.0.${i}.1`);
    for (let i = 0; i < 12; i++) void x.ask('member1', `again${i}`, '10.9.9.1');
    await settled();
    expect(x.verified().filter((p) => p.startsWith('again')).length).toBeLessThanOrEqual(1 + 3);
  });

  test('the same wrong password once more is no new guess: a tool that was not told of the new one slows nobody', async () => {
    const x = await setUp();
    for (let i = 0; i < 100; i++) expect(await x.ask('member1', 'old password')).toBe(401);
    expect(await x.ask('member1', 'another')).toBe(401);
  });

  test('what would wait for more than ten seconds is told to come again', async () => {
    const x = await setUp();
    for (let i = 0; i < 400; i++) void x.ask(`guess${i}`, 'wrong', '192.0.2.1');
    await settled();
    const error = (await x
      .authenticate(basic('one', 'more'), { address: '192.0.2.1' })
      .catch((e: unknown) => e)) as TaxiiError;
    expect(error.status).toBe(503);
    expect(Number(error.headers['Retry-After'])).toBeGreaterThanOrEqual(10);
  });

  test('a clock that stepped back neither holds up who must pause nor lets them go on without pauses', async () => {
    const x = await setUp();
    for (let i = 0; i < 9; i++) await x.ask('member1', `wrong${i}`);
    for (let i = 0; i < 9; i++) void x.ask('member1', `more${i}`);
    x.state.now -= 3600e6;
    await x.pass(0);
    const before = x.verified().length;
    expect(before).toBeGreaterThan(9);
    await settled();
    expect(x.verified().length).toBe(before);
    await x.pass(8e6);
    expect(x.verified().length).toBeGreaterThan(before);
  });

  test('failures are forgiven, and a clock that steps back prolongs no pause', () => {
    const [standing] = [new Standings(10).of('x')];
    for (let i = 0; i < 100; i++) fail(standing, PAIR, 1e15);
    expect(failuresOf(standing, PAIR, 1e15)).toBe(PAIR.free + PAIR.most);
    expect(failuresOf(standing, PAIR, 1e15 + 20 * PAIR.forgiven)).toBe(0);
    standing.notBefore = 1e15;
    expect(untilDue(standing, NEAR, 1e15 - 3600e6)).toBe(0);
    expect(untilDue(standing, NEAR, 1e15 - 1000)).toBe(1000);
  });
});

test('unknown and known names, wrong passwords, disabled accounts and accounts without a password take the same steps (T-107a)', async () => {
  const steps = async (name: string, password: string): Promise<string[]> => {
    const x = await setUp();
    x.join('member1');
    x.join('member2', { disabled: true });
    x.join('member3');
    x.hashes.set('member3', '');
    expect(await x.ask(name, password)).toBe(401);
    return x.done.map((d) => d.split(' ')[0] ?? '');
  };
  for (const [name, password] of [
    ['nobody', 'secret1'],
    ['member1', 'wrong'],
    ['member2', 'secret2'],
    ['member3', ''],
  ] as const)
    expect([name, await steps(name, password)]).toEqual([name, ['read', 'verify']]);
});

test('who waits costs the store nothing: it is asked when their turn comes', async () => {
  const x = await setUp();
  for (let i = 0; i < 500; i++) void x.ask(`guess${i}`, 'wrong');
  await settled();
  expect(x.done.filter((d) => d.startsWith('read')).length).toBe(x.verified().length);
  expect(x.verified().length).toBeLessThan(70);
});

test('nobody is verified for who has hung up, unless somebody else waits for the same', async () => {
  const x = await setUp();
  x.join('member1');
  const hangUps: (() => void)[] = [];
  const from = {
    address: '192.0.2.1',
    onHangUp: (left: () => void) => {
      hangUps.push(left);
      return () => undefined;
    },
  };
  for (let i = 0; i < 50; i++)
    void outcome(x.authenticate(basic('gone', `wrong${i}`), { ...from, address: `10.0.${i}.1` }));
  const two = [0, 1].map(() => outcome(x.authenticate(basic('member1', 'secret1'), from)));
  await new Promise((resolve) => setImmediate(resolve)); // three are verified, the others wait
  for (const left of hangUps.slice(0, 51)) left();
  expect(await Promise.all(two)).toEqual([200, 200]);
  await settled();
  expect(x.verified()).toHaveLength(3 + 1);
});

test('what is remembered of strangers is bounded', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (keys, most) => {
      const standings = new Standings(most);
      for (const key of keys) {
        const standing = standings.of(key);
        expect(standings.of(key)).toBe(standing);
      }
      expect(standings.size).toBeLessThanOrEqual(most);
    }),
  );
});
