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
import type { ObjectQuery, RemovalSelection } from '../domain/query';
import type { Verdict } from '../domain/publishing';
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
  /** Instead of those of page.ts. */
  readonly reads?: Partial<ReadLimits>;
}

/** What one read may load and look at (T-385). Sizes are looked at first, bodies are loaded when it is known that they fit. */
export interface ReadLimits {
  /** Bytes of the bodies that are loaded together: of a page, or of a group that is examined. A larger one comes alone. */
  readonly bytes: number;
  /** Rows that are examined one by one before a page that has something goes out, although it is not full. */
  readonly examinedRows: number;
  /** The same in bytes of the bodies that were parsed. */
  readonly examinedBytes: number;
  /** How many times as much is examined for a page that has nothing yet: see {@link Page.through}. */
  readonly patience: number;
}

/** How many members of a publication are appended in one unit of work. */
export const PART_SIZE = 1000;

/** Details that the answer to the beginning of a publication lists; of more, only the status itself does. */
export const MOST_LISTED = 5000;

/** A page of a listing, oldest first. `first` and `last` are the dates of its own members; undefined when it is empty. */
export interface Page<Items> {
  readonly items: Items;
  readonly count: number;
  readonly first: Micros | undefined;
  readonly last: Micros | undefined;
  /** Whether anything that matches lies, or may lie, behind `through`. */
  readonly more: boolean;
  /**
   * With `more`: where the listing goes on, the date of the last entry that was looked at, at or behind `last`. All that
   * matches up to here is in this page or in one before. A page ends before its limit where its bodies would be too large,
   * and where no index answers the query and as much was examined as {@link ReadLimits} allows. An empty page with `more` is
   * given only after `patience` times as much: some clients stop at it, but one that waits longer hangs up and begins anew.
   */
  readonly through: Micros | undefined;
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
  /** undefined: the account is gone. */
  readonly organisationId: string | undefined;
  readonly collectionId: string;
  /** The length of its body. */
  readonly bytes: number;
  /** How it was cut into parts (src/envelope.ts). */
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
  /** Its JSON as of one moment, in pieces of at most a part's details, each read when it is asked for. */
  readonly pieces: AsyncIterable<string>;
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

/** Versions of one object that `lookup` gives at most, their bytes, and the bytes of all that one `lookup` gives. */
export const MOST_HELD = 100;
export const MOST_HELD_BYTES = 8 * 1024 * 1024;
export const MOST_LOOKED_UP_BYTES = 64 * 1024 * 1024;

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

/** What was taken under a name: whoever takes it after another has a higher number. */
export interface Lease {
  readonly name: string;
  readonly fence: number;
}

/** A remembered tick that lies further ahead than this came from a clock that was wrong, and counts for nothing. */
export const TICK_AHEAD: Micros = 3600e6;

/** What long work needs in order to go on; it is looked at between units of work, which are small. */
export interface Permit {
  /** Once it is aborted the work ends with its reason; what was done stays, each unit whole in itself. */
  readonly signal?: AbortSignal | undefined;
  /** Once another has taken it nothing more is changed. */
  readonly lease?: Lease | undefined;
}

export interface ObjectStore {
  /**
   * The versions of objects that the collection holds and the publisher may see, the newest first: those up to its
   * clearance, whoever published them (D8b), and none on a write-only grant. Of each object at most {@link MOST_HELD}
   * and {@link MOST_HELD_BYTES}, of all together {@link MOST_LOOKED_UP_BYTES}; what does not fit is left out before it is loaded.
   *
   * @returns by id; ids of which there is none are not in it.
   */
  lookup(scope: Scope<'write'>, ids: readonly string[]): Promise<ReadonlyMap<string, readonly Held[]>>;
  /** Of which of some objects the publisher may see a version, or that stand for organisations. No body is loaded. */
  known(scope: Scope<'write'>, ids: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Appends a part of a publication, all or none, and writes its verdicts into the status in the same unit of work.
   * Each object is judged by `judge` in domain/publication.ts against what stands at that moment.
   *
   * @param part 0 … 1,000 members.
   * @returns the status as it stands now: with its details if this part is all of the publication, else the counts
   *   alone, so that a part costs the same however many came before it.
   * @throws {StoreUnavailable} all of it was written or nothing; repeating the call is harmless.
   * @throws {MemberFault} one member brought about something unexpected; nothing was written.
   */
  append(scope: Scope<'write'>, part: Part): Promise<Status>;
  /**
   * What `append` would say of parts, one after the other, each with its own status; nothing is written, and other
   * writers wait no longer than for an append of as many members.
   *
   * @returns the verdicts of all members, in their order.
   */
  foresee(scope: Scope<'write'>, parts: readonly Part[]): Promise<readonly Verdict[]>;
  /** Removes versions of one object, chosen by `chooseRemoval`. @throws {StoreUnavailable} */
  remove(scope: Scope<'remove'>, id: string, selection: RemovalSelection): Promise<Removal>;
  /**
   * The versions of an object of whose instant the caller sees several (D7a), the oldest first and of one instant in the
   * order of arrival: a listing has the first of each. At most {@link MOST_HELD}.
   */
  rivals(scope: Scope<'read'>, id: string): Promise<readonly Inspected[]>;
  /**
   * The objects of a page as JSON, joined by commas: ready to stand in an envelope.
   *
   * `find`, `list` and `inspect` owe the same: what the reader may not see is never read, so that neither the rows touched
   * nor the time tells of it; bodies are loaded within {@link ReadLimits}, and `list` loads none unless a property is
   * tested; an object with very many versions costs what its page costs; examining row by row lets others have their turn.
   *
   * @param signal aborted when nobody waits for the answer any more: the work ends at its next step.
   * @throws the reason of the signal.
   */
  find(scope: Scope<'read'>, query: ObjectQuery, signal?: AbortSignal): Promise<Page<Buffer>>;
  /** The same page as `find`, as records (T-306): it ends where the bodies would be too large, too, by their sizes alone. */
  list(scope: Scope<'read'>, query: ObjectQuery, signal?: AbortSignal): Promise<Page<readonly Listed[]>>;
  /** The same page as `find`, with the provenance of each version. */
  inspect(
    scope: Scope<'read'>,
    query: ObjectQuery,
    signal?: AbortSignal,
  ): Promise<Page<readonly Inspected[]>>;
  /**
   * Removes what retention takes: an object whole, a few in each unit of work.
   *
   * @param apply false: only counts. @param by who is named in the audit. @returns how many objects and versions.
   * @throws {OperatorError} the lease was lost.
   */
  retire(
    collectionId: string,
    retirement: Retirement,
    by: string,
    apply: boolean,
    permit?: Permit,
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
  /**
   * Takes the lease of a job unless another holder has it at `now`, or prolongs it.
   *
   * @param tick the instant at which the job was due: a lease for it, or for a later one, is given once.
   * @returns the number of the lease (see {@link Lease}), the same when it was prolonged; undefined: it was not given.
   */
  lease(name: string, holder: string, now: Micros, until: Micros, tick?: Micros): Promise<number | undefined>;
  /** Gives a lease back. */
  release(name: string, holder: string): Promise<void>;
  recordRun(run: JobRun): Promise<void>;
  /** The newest first. */
  runs(limit: number, name?: string): Promise<readonly JobRun[]>;
  /** @throws {OperatorError} the lease was lost. */
  note(kind: string, name: string, value: string | undefined, lease?: Lease): Promise<void>;
  /** By name, in the order of the names. */
  notes(kind: string): Promise<ReadonlyMap<string, string>>;
  /** Remembers how far readers came; never goes back. */
  noteReadings(readings: readonly Reading[]): Promise<void>;
  readings(): Promise<readonly Reading[]>;
  /** Gives space back and brings statistics up to date, in small steps. @returns what was done, for people. */
  maintain(permit?: Permit): Promise<Readonly<Record<string, number | string>>>;
  /**
   * Holds the store against the promises, in small steps and flat memory; up to 100 defects.
   *
   * @param progress told of versions looked at, and of all, roughly.
   */
  check(progress: (done: number, total: number) => void, permit?: Permit): Promise<readonly Defect[]>;
  /** Mends what can be mended from what is held, in small units of work, each whole. @returns what was done. */
  mend(permit?: Permit): Promise<Readonly<Record<string, number>>>;
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
