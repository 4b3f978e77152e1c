/** The port, objects: what is appended, removed and read. */
import type { Scope } from '../domain/access';
import type { AudienceRule } from '../domain/audience';
import type { Verdict } from '../domain/publishing';
import type { ObjectQuery, RemovalSelection } from '../domain/query';
import type { Status } from '../domain/taxii';
import type { Micros } from '../domain/timestamp';
import type { Rank } from '../domain/tlp';
import type { Permit } from './house';
import type { Part } from './records';

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
  /** The date of the next member, where it was looked for: the proof that there is more. */
  readonly proof?: Micros | undefined;
}

/** What a manifest or a list of versions says of one version. */
export interface Listed {
  readonly id: string;
  readonly date: Micros;
  readonly version: string;
  readonly spec: string;
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
  /** Who may see it beside that (D14); not there: everyone. */
  readonly audience?: AudienceRule;
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
   * Appends parts of several publications, one after the other, each as `append` does: all or none of each, whatever
   * becomes of the others. A store may write them in one unit of work.
   *
   * @returns what `append` gives or throws, in their order.
   * @throws {StoreUnavailable} nobody knows what was written; repeating the call is harmless.
   */
  appendEach(
    parts: readonly { readonly scope: Scope<'write'>; readonly part: Part }[],
  ): Promise<readonly PromiseSettledResult<Status>[]>;
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
   * `find`, `manifest`, `list` and `inspect` owe the same: what the reader may not see is never read, so that neither the rows touched
   * nor the time tells of it; bodies are loaded within {@link ReadLimits}, and `manifest` and `list` load none unless a property is
   * tested; an object with very many versions costs what its page costs; examining row by row lets others have their turn.
   *
   * @param signal aborted when nobody waits for the answer any more: the work ends at its next step.
   * @throws the reason of the signal.
   */
  find(scope: Scope<'read'>, query: ObjectQuery, signal?: AbortSignal): Promise<Page<Buffer>>;
  /** The same page as `find`, as manifest records (T-306), as JSON joined by commas. */
  manifest(scope: Scope<'read'>, query: ObjectQuery, signal?: AbortSignal): Promise<Page<Buffer>>;
  /** The same page as `find`, its versions: it ends where the bodies would be too large, too, by their sizes alone. */
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
