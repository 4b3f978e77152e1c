/** Reading a collection as of one moment while others write to it. */
import type { ClientSession } from 'mongodb';
import { StoreUnavailable } from '../../domain/errors';
import type { Micros } from '../../domain/timestamp';
import { asOf } from './connection';
import type { Link } from './chain';
import type { Span } from './spans';
import type { Worker } from './work';

export interface Looked<T> {
  readonly value: T;
  /** The dates on which it depends: a later cut within them may have changed it. */
  readonly within: readonly Span[];
}

/** Looks that are given up for a whole answer; after them what lies before the first cut is answer enough. */
const WHOLE_LOOKS = 3;
const PATIENCE_MS = 20_000;

/**
 * Looks as of the newest applied batch. What others write meanwhile disturbs only if it cuts what was looked at: then
 * it is looked at again.
 *
 * @param read sees nothing after the link's `last`.
 * @param shorten what of a look lies before a date and can stand by itself; undefined if nothing does.
 * @throws {StoreUnavailable} it changes again and again under every look.
 */
export async function look<T>(
  { connection, log }: Pick<Worker, 'connection' | 'log'>,
  collection: string,
  read: (link: Link, session: ClientSession) => Promise<Looked<T>>,
  shorten: (value: T, before: Micros) => T | undefined = () => undefined,
): Promise<T> {
  const began = performance.now();
  for (let looks = 1; ; looks++) {
    // Once disturbed, by a batch that may not be applied: its end is waited for.
    const link = looks === 1 ? await log.applied(collection) : await log.caughtUp(collection);
    const { value, within } = await asOf(connection, collection, link, (session) => read(link, session));
    const cut = await log.cutSince(collection, link, within);
    if (cut === undefined) return value;
    const whole = looks < WHOLE_LOOKS ? undefined : shorten(value, cut);
    if (whole !== undefined) return whole;
    if (performance.now() - began > PATIENCE_MS)
      throw new StoreUnavailable('The collection changes faster than it can be read. Try again.');
  }
}
