/**
 * Who asks. Each kind of credentials (src/identity) reads its own; they are verified in a fair line (sign-in/line.ts) and
 * remembered for a minute.
 */
import type { Principal } from '../domain/access';
import { TaxiiError } from '../domain/errors';
import type { Micros } from '../domain/timestamp';
import { basicCredentials, isActive } from '../identity/basic';
import { tokenCredentials } from '../identity/bearer';
import { certificateClaim, satisfies } from '../identity/certificate';
import type { PasswordRequest } from '../identity/own-password';
import type { Circumstances, Claim, CredentialKind } from '../identity/claim';
import type { PeopleStore } from '../store/people';
import { laterByTimer, Line, type Later, type Place } from './sign-in/line';
import { networksOf } from './sign-in/networks';
import { Remembered } from './sign-in/remembered';

/** Where a request comes from. */
export interface From {
  readonly address: string | undefined;
  /** What the client's certificate is known by (src/identity/certificate.ts). */
  readonly certificate?: readonly string[];
  /** Calls when the client hangs up, until it is told to stop: nobody is verified for who is gone. */
  readonly onHangUp?: (left: () => void) => () => void;
  /**
   * Told until when these credentials are taken, from wherever they come, without being verified again, unless the policy
   * changes.
   */
  readonly onTaken?: (until: Micros) => void;
  /** Told what the log calls a claim that was wrong ({@link Claim.tried}). */
  readonly onRefused?: (tried: string) => void;
}

/** @throws {TaxiiError} 401; 503 with Retry-After when there is no place in line. */
export type Authenticate = (authorization: string | undefined, from: From) => Promise<Principal>;

export interface AuthDeps {
  readonly people: Pick<PeopleStore, 'credentials' | 'token' | 'byCertificate'>;
  readonly clock: () => Micros;
  /** Beside passwords and tokens. */
  readonly others?: readonly CredentialKind[];
  /** Told of a password that was verified, and is kept in a way that is out of date. */
  readonly outdated?: (request: PasswordRequest) => void;
  /** Told of each token that was verified. */
  readonly used?: (tokenId: string, at: Micros) => void;
  /** Replaced in tests. */
  readonly verify?: (phc: string, password: string) => Promise<boolean>;
  readonly later?: Later;
}

/** What the first kind that knows these credentials reads in them. */
function readBy(
  kinds: readonly CredentialKind[],
  authorization: string,
  where: Circumstances,
): Claim | undefined {
  for (const kind of kinds) {
    const claim = kind.read(authorization, where);
    if (claim) return claim;
  }
  return undefined;
}

/** Who waits for one verify: several requests that came with the same credentials share it. */
interface Shared {
  readonly place: Place;
  wanted: number;
}

export function createAuthenticate({
  people,
  clock,
  others = [],
  outdated,
  used = () => undefined,
  verify,
  later = laterByTimer,
}: AuthDeps): Authenticate {
  // A token may come as the password of Basic: it is looked for first.
  const kinds = [tokenCredentials(people), basicCredentials(people, verify, outdated), ...others];
  // Basic first, which is what most clients know.
  const challenges = [...new Set(kinds.map(({ challenge }) => challenge))].sort();
  const remembered = new Remembered(clock);
  const line = new Line(clock, later);
  const underWay = new Map<string, Shared>();

  const refuse = (why: string): TaxiiError =>
    new TaxiiError('unauthenticated', why, { 'WWW-Authenticate': challenges.join(', ') });

  /**
   * The store is asked when it is their turn, or once the claim has proved itself, not before: who floods the line, or sends
   * what was never signed, does not flood the store.
   */
  async function judge(claim: Claim, account: string, key: string): Promise<boolean> {
    if (claim.quick && !(await claim.matches(undefined))) return false;
    const holder = await claim.find();
    if ((!claim.quick && !(await claim.matches(holder))) || !holder || !isActive(holder.principal))
      return false;
    remembered.keep(account, key, holder.kept);
    if (holder.principal.token) used(holder.principal.token.id, clock());
    return true;
  }

  async function verified(claim: Claim, key: string, from: From): Promise<boolean> {
    const account = remembered.digest(claim.account);
    if (claim.quick) return judge(claim, account, key);
    let shared = underWay.get(key);
    if (!shared) {
      const attempt = {
        networks: networksOf(from.address),
        account,
        guess: key,
        known: remembered.wasRightLately(account, key),
      };
      shared = { place: line.enter(attempt, () => judge(claim, account, key)), wanted: 0 };
      underWay.set(key, shared);
    }
    const own = shared;
    own.wanted++;
    const stay = from.onHangUp?.(() => {
      if (--own.wanted === 0) own.place.leave();
    });
    try {
      return await own.place.verdict;
    } finally {
      stay?.();
      if (underWay.get(key) === own) underWay.delete(key);
    }
  }

  /** What became of an account or a token counts at once, however lately the credentials were verified. */
  async function recall(claim: Claim, key: string, from: From): Promise<Principal | undefined> {
    const matched = remembered.matched(key);
    if (matched === undefined) return undefined;
    const holder = await claim.find();
    if (holder && isActive(holder.principal) && holder.kept === matched.hash) {
      if (!holder.placed && !holder.principal.certificate?.beside)
        from.onTaken?.(Math.min(matched.until, holder.until ?? Infinity));
      return holder.principal;
    }
    remembered.forget(key);
    return undefined;
  }

  return async (authorization, from) => {
    const { certificate = [] } = from;
    if (authorization === undefined && certificate.length === 0) {
      throw refuse(
        'This server wants credentials. Send HTTP Basic credentials, or an API token as Bearer, with every request, or a client certificate that is known here.',
      );
    }
    const where = { address: from.address, now: clock() };
    const claim =
      authorization === undefined
        ? certificateClaim(people, certificate)
        : readBy(kinds, authorization, where);
    if (!claim)
      throw refuse(
        'The Authorization header holds neither HTTP Basic credentials ("Basic " and base64 of name:password) nor an API token ("Bearer " and the token).',
      );
    const key = remembered.digest(claim.account, claim.secret);
    const principal =
      (await recall(claim, key, from)) ??
      ((await verified(claim, key, from)) ? await recall(claim, key, from) : undefined);
    if (!principal || !satisfies(principal, certificate)) {
      from.onRefused?.(claim.tried);
      throw refuse(
        'The name, the password or the token is wrong, or it has ended or is not for use from here, or the account is disabled, or wants a certificate that did not come along.',
      );
    }
    return principal;
  };
}
