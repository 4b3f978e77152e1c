import fc from 'fast-check';
import {
  generateToken,
  hashToken,
  liesIn,
  readNetwork,
  tokenId,
  tokenMatches,
  TOKEN_PATTERN,
} from '../../src/identity/tokens';

test('a token is 256 random bits behind a name that scanners find; only its hash is kept', () => {
  const { id, text, hash } = generateToken();
  expect(text).toMatch(TOKEN_PATTERN);
  expect(Buffer.from(text.slice(-43), 'base64url')).toHaveLength(32);
  expect(tokenId(text)).toBe(id);
  expect(hash).toBe(hashToken(text));
  expect(hash).not.toContain(text.slice(-43));
  expect(new Set(Array.from({ length: 100 }, () => generateToken().text)).size).toBe(100);
});

test('a token matches what is kept of it, and nothing else', () => {
  const [one, two] = [generateToken(), generateToken()];
  expect(tokenMatches(one.text, one.hash)).toBe(true);
  expect(tokenMatches(one.text, two.hash)).toBe(false);
  expect(tokenMatches(one.text, undefined)).toBe(false);
  expect(tokenMatches(one.text, '')).toBe(false);
});

test.each([
  'jisr_',
  'jisr_short',
  `jisr_${'a'.repeat(54)}`,
  `jisr_${'a'.repeat(56)}`,
  `xisr_${'a'.repeat(55)}`,
  '',
])('no token: %s', (text) => {
  expect(tokenId(text)).toBeUndefined();
});

test.each([
  ['192.0.2.0/24', '192.0.2.0/24'],
  ['192.0.2.7', '192.0.2.7/32'],
  ['2001:db8::/32', '2001:db8::/32'],
  ['2001:db8::1', '2001:db8::1/128'],
  ['192.0.2.0/33', undefined],
  ['192.0.2.0/', undefined],
  ['192.0.2.0/24/1', undefined],
  ['192.0.2', undefined],
  ['example.org/24', undefined],
  ['', undefined],
])('the network %s', (text, read) => {
  expect(readNetwork(text)).toBe(read);
});

test.each([
  ['192.0.2.77', true],
  ['::ffff:192.0.2.77', true],
  ['192.0.3.1', false],
  ['2001:db8:1::5', true],
  ['2001:db8:1::5%eth0', true],
  ['2001:db9::5', false],
  ['unknown', false],
  [undefined, false],
])('%s lies in the networks: %s', (address, inside) => {
  expect(liesIn(['192.0.2.0/24', '2001:db8::/32'], address)).toBe(inside);
});

test('an IPv4 address lies in a network exactly if it begins with its bits', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const address = fc.tuple(byte, byte, byte, byte);
  const number = (a: readonly number[]): number => a.reduce((n, b) => n * 256 + b, 0);
  fc.assert(
    fc.property(address, address, fc.integer({ min: 0, max: 32 }), (network, one, length) => {
      const size = 2 ** (32 - length);
      const same = Math.floor(number(network) / size) === Math.floor(number(one) / size);
      expect(liesIn([`${network.join('.')}/${length}`], one.join('.'))).toBe(same);
    }),
  );
});
