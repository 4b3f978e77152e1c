/** The port, records: statuses, publications that wait, the audit. */
import type { Scope } from '../domain/access';
import type { Actor } from '../domain/actor';
import type { Member } from '../domain/publication';
import type { Status } from '../domain/taxii';
import type { Micros } from '../domain/timestamp';

/** How many members of a publication are appended in one unit of work. */
export const PART_SIZE = 1000;

/** Details that the answer to the beginning of a publication lists; of more, only the status itself does. */
export const MOST_LISTED = 5000;

/** One unit of a publication: members in the order they came, and the status that they are reported in. */
export interface Part {
  readonly status: StatusSeed;
  /** 0-based number of this part; a part that was appended before changes nothing. */
  readonly number: number;
  /** Whether it is the last: the status becomes complete, and the publication's bytes are forgotten. */
  readonly last: boolean;
  readonly members: readonly Member[];
}

/** What a status begins with. */
export interface StatusSeed {
  /** UUIDv4. */
  readonly id: string;
  readonly requested: Micros;
  readonly total: number;
}

/** A publication that was accepted and is not finished; its bytes wait in the store. */
export interface Unfinished {
  readonly status: StatusSeed;
  readonly principalId: string;
  /** By which token it was accepted, if it was by one. */
  readonly tokenId: string | undefined;
  /** undefined: the account is gone. */
  readonly organisationId: string | undefined;
  readonly collectionId: string;
  /** The length of its body. */
  readonly bytes: number;
  /** How it was cut into parts (src/publish/envelope.ts). */
  readonly cut: number;
  readonly parts: number;
  /** The parts that are done: the next one has this number. */
  readonly partsDone: number;
  /** Who works on it, and until when that is believed without a word from them; undefined: nobody ever did. */
  readonly lease: { readonly holder: string; readonly until: Micros } | undefined;
}

/** The name of the lease on a publication (HouseStore.lease). */
export const leaseOf = (statusId: string): string => `publication ${statusId}`;

/** A status as it goes over the wire. */
export interface StatusText {
  readonly principalId: string;
  readonly collectionId: string;
  readonly total: number;
  /** Its JSON as of one moment, in pieces of at most a part's details or some 256 KiB, each read when it is asked for. */
  readonly pieces: AsyncIterable<string | Uint8Array>;
}

export interface AuditRecord {
  readonly at: Micros;
  /** Who did it: a login name, `local:NAME` for a user of the machine, or `server`. */
  readonly principal: string;
  /** The login name that it was done for, if that is another. */
  readonly behalf?: string;
  readonly action: string;
  readonly collection: string;
  readonly subject: string;
  readonly detail: string;
}

export interface RecordStore {
  /**
   * Keeps a publication that will be worked off in parts, with its bytes; its status is pending.
   *
   * @param pendings in the order in which they are worked. @param parts how many of them each part holds, and which cut
   *   that is; by default a thousand each.
   * @returns the status, with the details if there are at most MOST_LISTED.
   * @throws {StoreUnavailable}
   */
  begin(
    scope: Scope<'write'>,
    status: StatusSeed,
    body: Buffer,
    pendings: readonly { id: string; version: string }[],
    parts?: { readonly cut: number; readonly sizes: readonly number[] },
  ): Promise<Status>;
  /** What waits to be worked off, the oldest first, without the bytes. */
  unfinished(): Promise<readonly Unfinished[]>;
  /** The bytes of an unfinished publication; undefined when it is finished. */
  publication(statusId: string): Promise<Buffer | undefined>;
  /**
   * Writes down, before the work, that somebody sets about a part of an unfinished publication.
   *
   * @returns how often that has been written of this part since the last that was done; 0: it is finished.
   */
  setAbout(statusId: string, part: number): Promise<number>;
  /**
   * Ends a publication: what is not done yet fails with the message. A part that is appended afterwards changes nothing.
   *
   * @param by who is named in the audit. @returns false: it was finished, or never there, and nothing was changed.
   */
  abandon(statusId: string, message: string, by: Actor): Promise<boolean>;
  /** The status under an API Root, who submitted it, and to which collection. */
  status(
    apiRoot: string,
    statusId: string,
  ): Promise<{ status: Status; principalId: string; collectionId: string } | undefined>;
  /** The same, put together from what is stored without being parsed: for statuses of any size. */
  statusText(apiRoot: string, statusId: string): Promise<StatusText | undefined>;
  /** @returns how many finished statuses, requested before, went (T-276). */
  expireStatuses(before: Micros, apply: boolean): Promise<number>;
  /** The newest records first; `action` restricts. */
  audit(limit: number, action?: string): Promise<readonly AuditRecord[]>;
}
