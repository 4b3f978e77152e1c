/** The port, people: organisations, principals, grants made by hand. */
import type { Organisation, Principal } from '../domain/access';
import type { PasswordHow } from '../domain/account-changes';
import type { Actor } from '../domain/actor';
import type { Grant } from '../domain/channel';
import type { Micros } from '../domain/timestamp';
import type { ApiToken } from '../domain/tokens';

export interface Credentials {
  readonly principal: Principal;
  /** argon2id, in PHC string format. */
  readonly passwordHash: string;
}

/** Who signs in by a token, with it ({@link Principal.token}), and what is kept of it. */
export interface TokenHolder {
  readonly principal: Principal & { readonly token: ApiToken };
  /** SHA-256 of the token (src/identity/tokens.ts). */
  readonly tokenHash: string;
}

/** A token as operators see it. */
export interface IssuedToken {
  readonly token: ApiToken;
  /** When it was last used, to the minute or so; undefined: never. */
  readonly used: Micros | undefined;
}

/** A grant that an operator made by hand, beside those of the channel files. */
export interface HandGrant {
  readonly id: string;
  readonly collectionId: string;
  readonly grant: Grant;
}

/**
 * Changes are audited in the same unit of work, without secrets (src/domain/account-changes.ts); `by` is who is named,
 * the server unless told otherwise.
 */
export interface PeopleStore {
  organisations(): Promise<readonly Organisation[]>;
  principals(): Promise<readonly Principal[]>;
  principal(id: string): Promise<Principal | undefined>;
  credentials(name: string): Promise<Credentials | undefined>;
  /** Whose certificate is known by one of these ({@link Principal.certificate}); undefined: nobody's, or of several. */
  byCertificate(matches: readonly string[]): Promise<Principal | undefined>;
  /** Adds it, or replaces the one with its id. @throws {OperatorError} the name or identity is taken. */
  saveOrganisation(organisation: Organisation, by?: Actor): Promise<void>;
  /** Adds it, or replaces the one with its id; without a hash the password stays. @throws {OperatorError} the name, or a certificate, is taken. */
  savePrincipal(principal: Principal, passwordHash?: string, by?: Actor): Promise<void>;
  /**
   * The password alone, so that no change of the account by somebody else is undone; hashed anew only if that hash still
   * stands.
   *
   * @returns whether it was done.
   */
  setPassword(id: string, passwordHash: string, how: PasswordHow): Promise<boolean>;
  /** By account and name. */
  tokens(): Promise<readonly IssuedToken[]>;
  /** One that has ended is found too. */
  token(id: string): Promise<TokenHolder | undefined>;
  /** @throws {OperatorError} the account has another of that name, or there is no such account. */
  addToken(token: ApiToken, tokenHash: string, by?: Actor): Promise<void>;
  removeToken(id: string, by?: Actor): Promise<boolean>;
  grants(): Promise<readonly HandGrant[]>;
  saveGrant(grant: HandGrant, by?: Actor): Promise<void>;
  removeGrant(id: string, by?: Actor): Promise<boolean>;
}
