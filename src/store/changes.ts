/** The port, changes: whether what a process keeps of the store still is right (D13). */
import type { Scope } from '../domain/access';
import type { Reader } from '../domain/audience';
import type { Question } from '../domain/entries';
import type { Range } from '../domain/regions';
import type { Micros } from '../domain/timestamp';

/** The questions of nearly all requests: of what answers others, nothing is told but that something was written. */
export const TOLD = ['latest_all', 'latest_last', 'latest_first'] as const satisfies readonly Question[];
export type Told = (typeof TOLD)[number];

export interface Pulse {
  /** Moves with every write, whoever wrote. */
  readonly written: number;
  /** Moves when channels, grants or people change. */
  readonly policy: number;
  /** The number of the newest cut. */
  readonly cut: number;
}

/** An entry that answers for other ranks than before; after it was removed, for none. */
export interface Cut {
  readonly collectionId: string;
  readonly date: Micros;
  readonly before: Readonly<Record<Told, Range>>;
  readonly after: Readonly<Record<Told, Range>>;
}

export interface ChangeStore {
  /** Microseconds while nobody wrote; a few small look-ups after somebody did. @throws {StoreUnavailable} */
  pulse(): Pulse;
  /** Who reads, as the store's query would know them now. */
  readonly readerOf: (scope: Scope<'read'>) => Reader;
  /**
   * What was cut after the cut of that number, so that whoever keeps a page knows whether it still says what the store
   * would: an entry is only ever cut, and what is new comes behind all that was there.
   *
   * @returns undefined if that is not known any more, or was too much: anything may have been cut.
   */
  cutsSince(cut: number): readonly Cut[] | undefined;
}
