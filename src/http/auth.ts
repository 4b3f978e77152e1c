/** Who asks: HTTP Basic (RFC 7617). Passwords are verified in a fair line (sign-in/line.ts) and remembered for a minute. */
import type { Principal } from '../domain/access';
import { TaxiiError } from '../domain/errors';
import type { Micros } from '../domain/timestamp';
import { generatePassword, hashPassword, verifyPassword } from '../identity/passwords';
import type { Credentials, PeopleStore } from '../store/people';
import { laterByTimer, Line, type Later, type Place } from './sign-in/line';
import { networksOf } from './sign-in/networks';
import { Remembered } from './sign-in/remembered';

/** Where a request comes from. */
export interface From {
  readonly address: string | undefined;
  /** Calls when the client hangs up: nobody is verified for who is gone. */
  readonly onHangUp?: (left: () => void) => void;
  /** Told until when these credentials are taken without being verified again, unless the policy changes. */
  readonly onTaken?: (until: Micros) => void;
}

/** @throws {TaxiiError} 401; 503 with Retry-After when there is no place in line. */
export type Authenticate = (authorization: string | undefined, from: From) => Promise<Principal>;

export interface AuthDeps {
  readonly people: Pick<PeopleStore, 'credentials'>;
  readonly clock: () => Micros;
  /** Replaced in tests. */
  readonly verify?: (phc: string, password: string) => Promise<boolean>;
  readonly later?: Later;
}

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

const isActive = ({ principal, passwordHash }: Credentials): boolean =>
  passwordHash !== '' && !principal.disabled && !principal.organisation.disabled;

/** Who waits for one verify: several requests that came with the same credentials share it. */
interface Shared {
  readonly place: Place;
  wanted: number;
}

export function createAuthenticate({
  people,
  clock,
  verify = verifyPassword,
  later = laterByTimer,
}: AuthDeps): Authenticate {
  const remembered = new Remembered(clock);
  const line = new Line(clock, later);
  const underWay = new Map<string, Shared>();
  // Unknown names are verified too, against this, so that the time of a refusal does not tell who has an account.
  let standIn: Promise<string> | undefined;

  /** The store is asked when it is their turn, not before: who floods the line does not flood the store. */
  async function judge(login: Login, account: string, key: string): Promise<boolean> {
    const nobodys = await (standIn ??= hashPassword(generatePassword()));
    const found = await people.credentials(login.name);
    const hash = found && found.passwordHash !== '' ? found.passwordHash : nobodys;
    const matches = await verify(hash, login.password);
    if (!matches || !found || !isActive(found)) return false;
    remembered.keep(account, key, hash);
    return true;
  }

  async function verified(login: Login, key: string, from: From): Promise<boolean> {
    let shared = underWay.get(key);
    if (!shared) {
      const account = remembered.digest(login.name);
      const attempt = {
        networks: networksOf(from.address),
        account,
        guess: key,
        known: remembered.wasRightLately(account, key),
      };
      shared = { place: line.enter(attempt, () => judge(login, account, key)), wanted: 0 };
      underWay.set(key, shared);
    }
    const own = shared;
    own.wanted++;
    from.onHangUp?.(() => {
      if (--own.wanted === 0) own.place.leave();
    });
    try {
      return await own.place.verdict;
    } finally {
      if (underWay.get(key) === own) underWay.delete(key);
    }
  }

  /** A disabled account and a changed password count at once, however lately the credentials were verified. */
  async function recall(login: Login, key: string, from: From): Promise<Principal | undefined> {
    const matched = remembered.matched(key);
    if (matched === undefined) return undefined;
    const found = await people.credentials(login.name);
    if (found && isActive(found) && found.passwordHash === matched.hash) {
      from.onTaken?.(matched.until);
      return found.principal;
    }
    remembered.forget(key);
    return undefined;
  }

  return async (authorization, from) => {
    if (authorization === undefined) {
      throw refuse('This server wants credentials. Send HTTP Basic credentials with every request.');
    }
    const login = parseBasic(authorization);
    if (!login)
      throw refuse(
        'The Authorization header holds no HTTP Basic credentials: "Basic " and base64 of name:password.',
      );
    const key = remembered.digest(login.name, login.password);
    const principal =
      (await recall(login, key, from)) ??
      ((await verified(login, key, from)) ? await recall(login, key, from) : undefined);
    if (!principal) throw refuse('The name or the password is wrong, or the account is disabled.');
    return principal;
  };
}
