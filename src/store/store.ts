/**
 * THE PORT. What every store promises, whatever it is made of; test/store/contract.ts holds each to it.
 *
 * Order: within a collection `date_added` is strictly increasing, at least 1 µs apart, assigned inside the
 * write. No reader ever sees a later one before an earlier one. Writes are all or none. What a promise
 * resolved for is on disk. Dates are microseconds since 1970.
 */
import type { Micros } from '../domain/timestamp';
import type { ArchiveStore } from './archive';
import type { CatalogStore } from './catalog';
import type { ChangeStore } from './changes';
import type { HouseStore } from './house';
import type { ObjectStore, ReadLimits } from './objects';
import type { PeopleStore } from './people';
import type { RecordStore } from './records';

export interface StoreOptions {
  /** Only reads; the file must exist and be up to date. For SQLite. */
  readonly readonly?: boolean;
  /** Only a store that is there; none is made. */
  readonly existing?: boolean;
  /** One that is not there is looked at as an empty one, and not made. */
  readonly trial?: boolean;
  /** Memory for what may be read again, in MB; less than by default for who works behind others. For SQLite. */
  readonly cacheMb?: number;
  /**
   * Others' writes are looked for once in a turn of the event loop: for who answers requests, all of which had begun when the
   * turn did. For SQLite.
   */
  readonly inTurns?: boolean;
  /** Memory for pages that may be asked for again, in bytes; none by default. For MongoDB. */
  readonly pageBytes?: number;
  readonly clock?: () => Micros;
  /** In [0, 1). */
  readonly random?: () => number;
  /** Instead of those of page.ts. */
  readonly reads?: Partial<ReadLimits>;
}

export interface Store {
  readonly archive: ArchiveStore;
  readonly house: HouseStore;
  readonly objects: ObjectStore;
  readonly catalog: CatalogStore;
  readonly people: PeopleStore;
  readonly records: RecordStore;
  /** Absent where asking would cost a round trip: then nothing is kept. */
  readonly changes?: ChangeStore;
  /** Resolves if the store answers. @throws {StoreUnavailable} */
  ping(): Promise<void>;
  close(): Promise<void>;
}
