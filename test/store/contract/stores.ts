/** Stores for the contract: a test opens them, and they are closed after it. */
import type { Collection } from '../../../src/domain/channel';
import type { VersionSelection } from '../../../src/domain/query';
import type { Micros } from '../../../src/domain/timestamp';
import type { Rank } from '../../../src/domain/tlp';
import type { Store, StoreOptions } from '../../../src/store/store';
import { applied, collection } from '../../support/exchange';

/** A new store, empty. */
export type Open = (options?: StoreOptions) => Promise<Store>;

export const FIRST: VersionSelection = { all: false, keywords: ['first'], instants: [] };
export const RANKS: readonly Rank[] = [0, 1, 2, 3, 4];

/** A clock that only the test moves. */
export const clockAt = (start: Micros): { now: Micros; read: () => Micros } => {
  const clock = { now: start, read: (): Micros => clock.now };
  return clock;
};

interface Stores {
  /** As `open`, and closed after the test. */
  readonly fresh: Open;
  readonly withCollection: (
    properties?: Partial<Collection>,
    options?: StoreOptions,
  ) => Promise<{ store: Store; c: Collection }>;
}

/** Call it where tests are described. @param usual what collections have unless a test says otherwise. */
export function storesOf(open: Open, usual: Partial<Collection> = {}): Stores {
  const opened: Store[] = [];
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  const fresh: Open = async (options) => {
    const store = await open(options);
    opened.push(store);
    return store;
  };
  return {
    fresh,
    withCollection: async (properties, options) => {
      const store = await fresh(options);
      const c = collection({ ...usual, ...properties });
      await applied(store, c);
      return { store, c };
    },
  };
}
