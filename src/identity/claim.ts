/** What a request says of who asks, whatever kind of credentials it says it by: each kind is a file of this room. */
import type { Principal } from '../domain/access';
import type { Micros } from '../domain/timestamp';

/** Whom credentials stand for, as the store knows them now. */
export interface Holder {
  readonly principal: Principal;
  /** What is kept of the secret: what was verified once counts while this stays the same. */
  readonly kept: string;
  /** They count from then on no more. */
  readonly until?: Micros;
  /** Whether they count from one place and not from another. */
  readonly placed?: true;
}

export interface Claim {
  /** What it is laid to if it is wrong, and no secret: a login name, the beginning of a token. */
  readonly account: string;
  readonly secret: string;
  /** What the log calls it. */
  readonly tried: string;
  /** It costs little to verify, without the holder, and cannot be guessed at: it need not stand in line. */
  readonly quick?: true;
  /** Whose it is; undefined: nobody's, or not here, or not any more. */
  find(): Promise<Holder | undefined>;
  /** Whether the secret is the holder's. Takes the same time for nobody's. */
  matches(holder: Holder | undefined): Promise<boolean>;
}

/** Where and when a request comes from. */
export interface Circumstances {
  readonly address: string | undefined;
  readonly now: Micros;
}

export interface CredentialKind {
  /** A challenge of RFC 9110 §11.6.1. */
  readonly challenge: string;
  /** @returns undefined for credentials of another kind, and for what is not well formed. */
  read(authorization: string, where: Circumstances): Claim | undefined;
}
