/** A token never does more than its account, and no less than it says. */
import fc from 'fast-check';
import { accessOf, mayReadStatus, scopeFor, type Principal } from '../../src/domain/access';
import type { Rank } from '../../src/domain/tlp';
import { daysUntil, TOKEN_RIGHTS, type ApiToken } from '../../src/domain/tokens';
import { collection, principal } from '../support/exchange';

const DAY = 24 * 3600e6;
const tokenOf = (who: Principal, properties: Partial<ApiToken> = {}): ApiToken => ({
  id: 'a token',
  principalId: who.id,
  name: 'for a test',
  created: 0,
  expires: DAY,
  ...properties,
});

const rank = fc.integer({ min: 0, max: 4 }) as fc.Arbitrary<Rank>;
const grants = fc.array(
  fc.record(
    {
      source: fc.constant('test'),
      to: fc.constant({}),
      rights: fc.subarray(['see', 'read', 'write', 'curate'] as const, { minLength: 1 }),
      readCeiling: rank,
      writeCeiling: rank,
    },
    { requiredKeys: ['source', 'to', 'rights'] },
  ),
  { maxLength: 3 },
);
const c = collection();
const narrowings = fc.record(
  {
    rights: fc.subarray([...TOKEN_RIGHTS]),
    channels: fc.subarray(['europe', 'mena']),
    collections: fc.subarray([c.id, 'another']),
  },
  { requiredKeys: [] },
);

test('whatever a token says: what it may, its account may, and not higher; what it does not narrow stays', () => {
  fc.assert(
    fc.property(rank, rank, grants, narrowings, (clearance, maxTlp, granted, narrowing) => {
      const place = { ...c, maxTlp, grants: granted };
      const who = principal(clearance);
      const whole = accessOf(who, place);
      const access = accessOf({ ...who, token: tokenOf(who, narrowing) }, place);
      for (const right of ['see', 'read', 'write', 'curate'] as const)
        if (access[right]) expect(whole[right]).toBe(true);
      expect(access.clearance ?? -1).toBeLessThanOrEqual(whole.clearance ?? -1);
      expect(access.ceiling ?? -1).toBeLessThanOrEqual(whole.ceiling ?? -1);

      const { rights, channels, collections } = narrowing;
      const opened =
        (!channels && !collections) ||
        channels?.includes('europe') === true ||
        collections?.includes(c.id) === true;
      expect(access.see).toBe(opened && whole.see);
      expect(access.read).toBe(opened && whole.read && (rights?.includes('read') ?? true));
      expect(access.write).toBe(opened && whole.write && (rights?.includes('write') ?? true));
      expect(access.curate).toBe(opened && whole.curate && (rights?.includes('write') ?? true));
      expect(access.clearance).toBe(access.read ? whole.clearance : undefined);
      expect(access.ceiling).toBe(access.write ? whole.ceiling : undefined);
    }),
  );
});

test('D6 a token that only writes does not publish above its account, as a write-only grant would', () => {
  const who = principal(1);
  const scope = scopeFor({ ...who, token: tokenOf(who, { rights: ['write'] }) }, c, 'write');
  expect([scope.ceiling, scope.clearance]).toEqual([1, undefined]);
});

test('D8 a place that a token does not open is not there; a right that it lacks is refused', () => {
  const who = principal(4);
  const elsewhere = { ...who, token: tokenOf(who, { channels: ['mena'] }) };
  expect(() => scopeFor(elsewhere, c, 'read')).toThrow('no such resource');
  const reader = { ...who, token: tokenOf(who, { rights: ['read'] }) };
  expect(() => scopeFor(reader, c, 'write')).toThrow('may not add objects');
});

test('T-278 a status is for a token that opens its collection; of a collection that is gone, for the account alone', () => {
  const who = principal(4);
  const [here, elsewhere] = [['europe'], ['mena']].map((channels) => ({
    ...who,
    token: tokenOf(who, { channels }),
  })) as [Principal, Principal];
  expect(mayReadStatus(who, who.id, c)).toBe(true);
  expect(mayReadStatus(here, who.id, c)).toBe(true);
  expect(mayReadStatus(elsewhere, who.id, c)).toBe(false);
  expect(mayReadStatus(who, who.id, undefined)).toBe(true);
  expect(mayReadStatus(here, who.id, undefined)).toBe(false);
});

test.each([
  [DAY, 1],
  [DAY - 1, 0],
  [0, 0],
  [-1, -1],
])('what ends in %i µs has %i whole days left', (left, days) => {
  expect(daysUntil(1e15 + left, 1e15)).toBe(days);
});
