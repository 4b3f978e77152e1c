/** The port, upkeep: leases, jobs, how far readers came, the check. */
import type { Micros } from '../domain/timestamp';

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

/** How far an organisation has read a collection. */
export interface Reading {
  readonly collectionId: string;
  readonly organisationId: string;
  /** The newest `date_added` that it was given. */
  readonly lastDate: Micros;
}

/** When a token signed somebody in. */
export interface TokenUse {
  readonly id: string;
  readonly at: Micros;
}

/** What those that answer polls noticed, for who may write it down. */
export interface Noticed {
  readonly readings: readonly Reading[];
  readonly uses: readonly TokenUse[];
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
  /** Remembers when tokens were last used; never goes back. */
  noteUses(uses: readonly TokenUse[]): Promise<void>;
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
