/** The text of an API token: `jisr_`, 12 characters that it is found by, 43 that nobody guesses (256 bits). */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP, isIPv4 } from 'node:net';

/** For scanners that look for secrets in places where none belongs. */
export const TOKEN_PATTERN = /^jisr_([A-Za-z0-9_-]{12})[A-Za-z0-9_-]{43}$/;

/** @returns the token, to be shown once, and what is kept of it. */
export function generateToken(): { readonly id: string; readonly text: string; readonly hash: string } {
  const id = randomBytes(9).toString('base64url');
  const text = `jisr_${id}${randomBytes(32).toString('base64url')}`;
  return { id, text, hash: hashToken(text) };
}

/** @returns what it is found by; undefined for anything that is no token. */
export const tokenId = (text: string): string | undefined => TOKEN_PATTERN.exec(text)?.[1];

/** A fast hash will do: what is guessed at is 256 random bits. */
export const hashToken = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Compares in constant time. @param kept undefined: there is no such token, which is a "no" that takes as long. */
export function tokenMatches(text: string, kept: string | undefined): boolean {
  const given = Buffer.from(hashToken(text));
  const known = Buffer.from(kept ?? '');
  const same = timingSafeEqual(given, known.length === given.length ? known : Buffer.alloc(given.length));
  return same && kept !== undefined;
}

/** @returns the network with its length, as `192.0.2.0/24`; undefined for what is none. */
export function readNetwork(text: string): string | undefined {
  const [address = '', said, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return undefined;
  const most = version === 4 ? 32 : 128;
  const length = said ?? String(most);
  return /^\d{1,3}$/.test(length) && Number(length) <= most ? `${address}/${Number(length)}` : undefined;
}

/** Whether an address, as a socket or a declared proxy gives it, lies in one of the networks. */
export function liesIn(networks: readonly string[], address: string | undefined): boolean {
  const plain = (address ?? '').replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  const version = isIP(plain);
  if (version === 0) return false;
  const list = new BlockList();
  for (const network of networks) {
    const [prefix = '', length] = network.split('/');
    list.addSubnet(prefix, Number(length), isIPv4(prefix) ? 'ipv4' : 'ipv6');
  }
  return list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
}
