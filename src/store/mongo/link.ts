/** What a chain (chain.ts) is made of, and what it is kept in. */
import type { Micros } from '../../domain/timestamp';
import type { Span } from './spans';

/** A batch as the chain knows it. */
export interface Link {
  readonly n: number;
  /** The newest date in it, or before it if it has none. */
  readonly last: Micros;
  /** Where it cuts entries of batches before it. */
  readonly cuts: readonly Span[];
  readonly token: string;
  readonly applied: boolean;
  /** Bytes of the largest object that it or any before it added; not there where that was not kept from the first on. */
  readonly largest?: number | undefined;
  /** The number of the last audience that it or any before it defined. */
  readonly audiences?: number | undefined;
}

/** What the chain is kept in. Each call is atomic by itself, and nothing else is asked of it. */
export interface LogStore<Effects> {
  newest(collection: string): Promise<Link | undefined>;
  link(collection: string, n: number): Promise<Link | undefined>;
  /** The first links behind a place, in order, and the mark, asked for at the same time or after them. */
  behind(
    collection: string,
    n: number,
  ): Promise<{ readonly links: readonly Link[]; readonly pruned: number; readonly more: boolean }>;
  /** The mark: up to which place batches were pruned, or may be at any time; 0: none. It only rises. */
  pruned(collection: string): Promise<number>;
  /**
   * The unique insert.
   *
   * @returns the mark, asked for at the same time; undefined: the place is another's. @throws the outcome is unknown.
   */
  insert(
    collection: string,
    link: Omit<Link, 'applied' | 'cuts'>,
    effects: Effects,
  ): Promise<number | undefined>;
  /**
   * Applies what a batch holds, and marks it; harmless if that was done before, by anyone.
   *
   * @param effects if known. @param mark if it was asked for just now.
   * @returns false: it lies before the mark, and nothing was done.
   */
  apply(
    collection: string,
    link: Pick<Link, 'n' | 'token'>,
    effects?: Effects,
    mark?: number,
  ): Promise<boolean>;
  /** Takes back a batch before the mark. @returns false: it is not there, or it was applied. */
  withdraw(collection: string, link: Pick<Link, 'n' | 'token'>): Promise<boolean>;
}

/** What became of a look. */
export interface Since {
  /** The first of the dates on which it depends that may have changed under it; undefined: it saw one moment. */
  readonly cut: Micros | undefined;
  /** Whether the chain went on, and that is applied: what came may be missing in it. */
  readonly came: boolean;
  /** The newest that is applied of those that were looked at for this; undefined: none came, or it is not known any more. */
  readonly newest: Link | undefined;
}

/** What a chain needs of time. */
export interface Pace {
  wait(ms: number): Promise<void>;
  /** Milliseconds, never going back. */
  now(): number;
}
