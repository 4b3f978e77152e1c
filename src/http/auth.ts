/** Who asks: HTTP Basic (RFC 7617), with verified credentials remembered for a minute. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Principal } from '../domain/access';
import { TaxiiError } from '../domain/errors';
import type { Micros } from '../domain/timestamp';
import { generatePassword, hashPassword, verifyPassword } from '../passwords';
import type { PeopleStore } from '../store/store';

/** @throws {TaxiiError} 401; 503 when too many unknown credentials wait to be verified. */
export type Authenticate = (authorization: string | undefined) => Promise<Principal>;

export interface AuthDeps {
  readonly people: Pick<PeopleStore, 'credentials'>;
  readonly clock: () => Micros;
  /** Replaced in tests. */
  readonly verify?: (phc: string, password: string) => Promise<boolean>;
}

const TTL: Micros = 60e6;
const MOST_REMEMBERED = 10_000;
/** A verify takes 12 ms and 19 MiB of one thread of the pool, which files need too. */
const MOST_AT_ONCE = 3;
const MOST_WAITING = 500;

const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="Jisr", charset="UTF-8"' };
const refuse = (why: string): TaxiiError => new TaxiiError('unauthenticated', why, CHALLENGE);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface Login {
  readonly name: string;
  readonly password: string;
}

/** @returns undefined for anything that is not well-formed Basic credentials (T-106). */
export function parseBasic(authorization: string): Login | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  try {
    const text = utf8.decode(Buffer.from(encoded, 'base64'));
    const colon = text.indexOf(':');
    // eslint-disable-next-line no-control-regex -- RFC 7617 §2: no control characters in either
    if (colon < 1 || /[\x00-\x1f\x7f]/.test(text)) return undefined;
    return { name: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return undefined;
  }
}

/** At most `most` at a time; the others wait in line, and a full line is a 503. */
function atMost(most: number, waiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  const line: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= most) {
      if (line.length >= waiting) {
        throw new TaxiiError('unavailable', 'Too many logins at once. Try again in a second.', {
          'Retry-After': '1',
        });
      }
      await new Promise<void>((resolve) => line.push(resolve));
    } else running++;
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next) next();
      else running--;
    }
  };
}

/** Remembers which password matched which hash, never the password: the key of the map is a keyed digest. */
function rememberingVerify(clock: () => Micros, verify: (phc: string, password: string) => Promise<boolean>) {
  const secret = randomBytes(32);
  const remembered = new Map<string, { readonly hash: string; readonly until: Micros }>();
  const underWay = new Map<string, Promise<boolean>>();
  const inLine = atMost(MOST_AT_ONCE, MOST_WAITING);

  return async (login: Login, hash: string): Promise<boolean> => {
    const key = createHmac('sha256', secret).update(`${login.name}\0${login.password}`).digest('base64');
    const now = clock();
    const known = remembered.get(key);
    // The second comparison: a clock that stepped back must not prolong anything.
    if (known?.hash === hash && now < known.until && known.until - now <= TTL) return true;
    remembered.delete(key);
    const work = `${key}${hash}`;
    const shared =
      underWay.get(work) ?? inLine(() => verify(hash, login.password)).finally(() => underWay.delete(work));
    underWay.set(work, shared);
    const matches = await shared;
    if (matches) {
      remembered.delete(key);
      const oldest = remembered.size < MOST_REMEMBERED ? undefined : remembered.keys().next().value;
      if (oldest !== undefined) remembered.delete(oldest);
      remembered.set(key, { hash, until: clock() + TTL });
    }
    return matches;
  };
}

export function createAuthenticate({ people, clock, verify = verifyPassword }: AuthDeps): Authenticate {
  const matches = rememberingVerify(clock, verify);
  // Unknown names are verified too, against this, so that the time of a refusal does not tell who has an account.
  let dummy: Promise<string> | undefined;

  return async (authorization) => {
    if (authorization === undefined) {
      throw refuse('This server wants credentials. Send HTTP Basic credentials with every request.');
    }
    const login = parseBasic(authorization);
    if (!login)
      throw refuse(
        'The Authorization header holds no HTTP Basic credentials: "Basic " and base64 of name:password.',
      );
    const found = await people.credentials(login.name);
    const hash = found?.passwordHash ?? '';
    const sound = await matches(
      login,
      hash === '' ? await (dummy ??= hashPassword(generatePassword())) : hash,
    );
    if (
      !found ||
      hash === '' ||
      !sound ||
      found.principal.disabled ||
      found.principal.organisation.disabled
    ) {
      throw refuse('The name or the password is wrong, or the account is disabled.');
    }
    return found.principal;
  };
}
