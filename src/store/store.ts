/**
 * THE PORT. What every store promises, whatever it is made of; test/store/contract.ts holds each to it.
 *
 * Order: within a collection `date_added` is strictly increasing, at least 1 µs apart, assigned inside the
 * write. No reader ever sees a later one before an earlier one. Writes are all or none. What a promise
 * resolved for is on disk. Dates are microseconds since 1970.
 */
import type { ArchiveStore } from './archive';
import type { Organisation, Principal, Scope } from '../domain/access';
import type { Actor } from '../domain/actor';
import type { Channel, Grant } from '../domain/channel';
import type { Change } from '../domain/changes';
import type { Member } from '../domain/publication';
import type { Matching, ObjectQuery } from '../domain/query';
import type { Status } from '../domain/taxii';
import type { Micros } from '../domain/timestamp';
import type { Rank } from '../domain/tlp';

export interface StoreOptions {
  /** Only reads; the file must exist and be up to date. For SQLite. */
  readonly readonly?: boolean;
  /** Only a store that is there; none is made. */
  readonly existing?: boolean;
  readonly clock?: () => Micros;
  /** In [0, 1). */
  readonly random?: () => number;
}

/** How many members of a publication are appended in one unit of work. */
export const PART_SIZE = 1000;

/** A page of a listing, oldest first. `first` and `last` are the dates of its own members; undefined when it is empty. */
export interface Page<Items> {
  readonly items: Items;
  readonly count: number;
  readonly first: Micros | undefined;
  readonly last: Micros | undefined;
  /** Whether anything that matches lies behind `last`. */
  readonly more: boolean;
}

/** What a manifest or a list of versions says of one version. */
export interface Listed {
  readonly id: string;
  readonly date: Micros;
  readonly version: string;
  readonly spec: string;
}

/** One unit of a publication: members in the order they came, and the status that they are reported in. */
export interface Part {
  readonly status: StatusSeed;
  /** 0-based number of this part; a part that was appended before changes nothing. */
  readonly number: number;
  /** Whether it is the last: the status becomes complete, and the publication's bytes are forgotten. */
  readonly last: boolean;
  readonly members: readonly Member[];
  /** What the publication itself says of the marking definitions in it, by id: looked at before the store (D5). */
  readonly definitions: ReadonlyMap<string, Rank | null>;
}

/** What a status begins with. */
export interface StatusSeed {
  /** UUIDv4. */
  readonly id: string;
  readonly requested: Micros;
  readonly total: number;
}

/** A publication that was accepted and is not finished. */
export interface Unfinished {
  readonly status: StatusSeed;
  readonly principalId: string;
  readonly collectionId: string;
  readonly body: Buffer;
  /** The parts that are done: the next one has this number. */
  readonly partsDone: number;
}

/** `removed`: how many versions went; `absent`, `not-theirs`: nothing changed. */
export type Removal = { readonly removed: number } | 'absent' | 'not-theirs';

/** A version that is held, as the validation of other objects looks at it. */
export interface Held {
  /** The object as it came. */
  readonly text: string;
  /** Whether its word binds everyone: it is the publisher's own, or of a desk or the operator. */
  readonly trusted: boolean;
}

/** Versions of one object that `lookup` gives at most. */
export const MOST_HELD = 100;

/** A version with where it came from, for those who curate. */
export interface Inspected extends Listed {
  readonly type: string;
  readonly rank: Rank;
  /** The id of the organisation that published it. */
  readonly publisher: string;
  /** The object as it came. */
  readonly text: string;
}

/** Objects that retention takes: all versions of those of which none was added since. */
export interface Retirement {
  /** Type names or groups of types. */
  readonly types: readonly string[];
  /** Nothing of the object was added at or after this. */
  readonly before: Micros;
  /** Ids that stay whatever happens. */
  readonly held: readonly string[];
}

export interface ObjectStore {
  /**
   * The versions of objects that the collection holds and the publisher may see, its own always, the newest first.
   *
   * @returns by id; ids of which there is none are not in it.
   */
  lookup(scope: Scope<'write'>, ids: readonly string[]): Promise<ReadonlyMap<string, readonly Held[]>>;
  /** Which of some objects `lookup` would find, or stand for organisations. */
  known(scope: Scope<'write'>, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Appends a part of a publication, all or none, and writes its verdicts into the status in the same unit of work.
   * Each object is judged by `judge` in domain/publication.ts against what stands at that moment.
   *
   * @param part 0 … 1,000 members.
   * @returns the status as it stands now, with the details of all parts.
   * @throws {StoreUnavailable} nothing was written, and the call may be repeated; repeating it is harmless.
   */
  append(scope: Scope<'write'>, part: Part): Promise<Status>;
  /** Removes versions of one object, chosen by `chooseRemoval`. @throws {StoreUnavailable} */
  remove(
    scope: Scope<'remove'>,
    id: string,
    selection: Pick<Matching, 'version' | 'specVersions'>,
  ): Promise<Removal>;
  /** The objects of a page as JSON, joined by commas: ready to stand in an envelope. */
  find(scope: Scope<'read'>, query: ObjectQuery): Promise<Page<Buffer>>;
  /** The same page as `find`, as records. */
  list(scope: Scope<'read'>, query: ObjectQuery): Promise<Page<readonly Listed[]>>;
  /** The same page as `find`, with the provenance of each version. */
  inspect(scope: Scope<'read'>, query: ObjectQuery): Promise<Page<readonly Inspected[]>>;
  /**
   * Removes what retention takes, in units of work of their own, oldest first.
   *
   * @param apply false: only counts. @param by who is named in the audit. @returns how many objects and versions.
   */
  retire(
    collectionId: string,
    retirement: Retirement,
    by: string,
    apply: boolean,
  ): Promise<{ readonly objects: number; readonly versions: number }>;
  /**
   * Whether the caller may see any version of an object; `removed` if it has none of the given instants any
   * more, but had one that the caller could see (T-343, T-344, T-355).
   */
  presence(
    scope: Scope<'read'>,
    id: string,
    instants: readonly string[],
  ): Promise<'present' | 'absent' | 'removed'>;
}

export interface ApplyOptions {
  /** Remove collections that are no longer wanted although they hold objects, with the objects. */
  readonly dropObjects: boolean;
  /** false: only say what would change. */
  readonly apply: boolean;
  /** Who is named in the audit; the server, unless told otherwise. */
  readonly by?: Actor;
}

export interface CatalogStore {
  /** The channels in force, API Roots by name and collections by id (T-286, T-402a), with all grants. */
  channels(): Promise<readonly Channel[]>;
  /**
   * Makes the given channels the ones in force; re-ranks what a changed `default_tlp` concerns, in the same unit of work.
   *
   * @returns the differences, whether or not they were applied; each is audited in the same unit of work.
   * @throws {OperatorError} a collection that still holds objects would go, also if it is only asked; nothing was changed.
   */
  apply(channels: readonly Channel[], options: ApplyOptions): Promise<readonly Change[]>;
}

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
  /** Keeps a publication that will be worked off in parts, with its bytes; its status is pending. @throws {StoreUnavailable} */
  begin(
    scope: Scope<'write'>,
    status: StatusSeed,
    body: Buffer,
    pendings: readonly { id: string; version: string }[],
  ): Promise<Status>;
  unfinished(): Promise<readonly Unfinished[]>;
  /** Ends a publication whose right to publish is gone: what is not done yet fails with the message. */
  abandon(statusId: string, message: string): Promise<void>;
  /** The status under an API Root, who submitted it, and to which collection. */
  status(
    apiRoot: string,
    statusId: string,
  ): Promise<{ status: Status; principalId: string; collectionId: string } | undefined>;
  /** @returns how many finished statuses, requested before, went (T-276). */
  expireStatuses(before: Micros, apply: boolean): Promise<number>;
  /** The newest records first; `action` restricts. */
  audit(limit: number, action?: string): Promise<readonly AuditRecord[]>;
}

/** How far an organisation has read a collection. */
export interface Reading {
  readonly collectionId: string;
  readonly organisationId: string;
  /** The newest `date_added` that it was given. */
  readonly lastDate: Micros;
}

export interface JobRun {
  readonly name: string;
  readonly started: Micros;
  /** In microseconds. */
  readonly took: Micros;
  readonly ok: boolean;
  /** What it did, or why it failed. */
  readonly result: string;
}

/** What is wrong with a store, and how to mend it. */
export interface Defect {
  readonly promise: string;
  readonly place: string;
  readonly found: string;
  readonly mend: string;
}

/** What jobs and operators need beside the exchange itself. */
export interface HouseStore {
  /** Takes the lease of a job unless another holder has it at `now`. @returns whether it was taken or prolonged. */
  lease(name: string, holder: string, now: Micros, until: Micros): Promise<boolean>;
  /** Gives a lease back. */
  release(name: string, holder: string): Promise<void>;
  recordRun(run: JobRun): Promise<void>;
  /** The newest first. */
  runs(limit: number, name?: string): Promise<readonly JobRun[]>;
  note(kind: string, name: string, value: string | undefined): Promise<void>;
  /** By name, in the order of the names. */
  notes(kind: string): Promise<ReadonlyMap<string, string>>;
  /** Remembers how far readers came; never goes back. */
  noteReadings(readings: readonly Reading[]): Promise<void>;
  readings(): Promise<readonly Reading[]>;
  /** Gives space back and brings statistics up to date. @returns what was done, for people. */
  maintain(): Promise<Readonly<Record<string, number>>>;
  /** Holds the store against the promises; up to 100 defects. @param progress told of versions looked at, and of all. */
  check(progress: (done: number, total: number) => void): Promise<readonly Defect[]>;
  /** Mends what can be mended from what is held, in one unit of work. @returns what was done. */
  mend(): Promise<Readonly<Record<string, number>>>;
}

export interface Store {
  readonly archive: ArchiveStore;
  readonly house: HouseStore;
  readonly objects: ObjectStore;
  readonly catalog: CatalogStore;
  readonly people: PeopleStore;
  readonly records: RecordStore;
  /** Resolves if the store answers. @throws {StoreUnavailable} */
  ping(): Promise<void>;
  close(): Promise<void>;
}
