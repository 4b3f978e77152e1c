/** What the HTTP side asks of the door: everything that changes objects, whoever carries it out. */
import type { RemovalSelection } from '../domain/query';
import type { Status } from '../domain/taxii';
import type { PasswordRequest } from '../identity/own-password';
import type { Removal } from '../store/objects';

export interface PublishRequest {
  readonly principalId: string;
  /** By which of its tokens, if it signed in by one: what that may not, this may not. */
  readonly tokenId?: string | undefined;
  readonly collectionId: string;
  /** The raw bytes of an envelope or a bundle. They are handed over: do not touch them afterwards. */
  readonly body: Uint8Array;
  /** Who acts on the account's behalf, for the audit; undefined: the account itself. */
  readonly by?: string;
}

export interface RemoveRequest {
  readonly principalId: string;
  readonly tokenId?: string | undefined;
  readonly collectionId: string;
  readonly objectId: string;
  readonly selection: RemovalSelection;
  readonly by?: string;
}

/**
 * Both decide access again, by the ids, at the moment of the write.
 *
 * @throws {TaxiiError} not-found, forbidden, unprocessable. @throws {StoreUnavailable} all was done or nothing.
 */
export interface Door {
  /** Of an account, chosen by its owner; or hashed anew. @throws {TaxiiError} 422: it is too weak. */
  changePassword(request: PasswordRequest): Promise<void>;
  /** @returns `complete`, or `pending` for a large publication whose bytes and status are safe. */
  publish(request: PublishRequest): Promise<Status>;
  remove(request: RemoveRequest): Promise<Removal>;
}
