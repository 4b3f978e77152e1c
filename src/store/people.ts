/** The port, people: organisations, principals, grants made by hand. */
import type { Organisation, Principal } from '../domain/access';
import type { Actor } from '../domain/actor';
import type { Grant } from '../domain/channel';

export interface Credentials {
  readonly principal: Principal;
  /** argon2id, in PHC string format. */
  readonly passwordHash: string;
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
  /** Adds it, or replaces the one with its id. @throws {OperatorError} the name or identity is taken. */
  saveOrganisation(organisation: Organisation, by?: Actor): Promise<void>;
  /** Adds it, or replaces the one with its id; without a hash the password stays. @throws {OperatorError} the name is taken. */
  savePrincipal(principal: Principal, passwordHash?: string, by?: Actor): Promise<void>;
  grants(): Promise<readonly HandGrant[]>;
  saveGrant(grant: HandGrant, by?: Actor): Promise<void>;
  removeGrant(id: string, by?: Actor): Promise<boolean>;
}
