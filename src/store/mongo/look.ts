/** Reading a collection as of one moment while others write to it. */
import type { ClientSession } from 'mongodb';
import { StoreUnavailable } from '../../domain/errors';
import type { Micros } from '../../domain/timestamp';
import { inSession } from './connection';
import type { Link } from './link';
import type { Span } from './spans';
import type { Worker } from './work';

/** What a look depends on. */
interface Dependence {
  /** The dates on which it depends: a later cut within them may have changed it. */
  readonly within: readonly Span[];
  /** Whether what comes behind the link would belong to it. */
  readonly open: boolean;
}

export interface Looked<T> extends Dependence {
  /** What still has to be read of what never changes; undefined: it is gone, and must have been cut. */
  readonly value: () => Promise<T | undefined>;
}

/** A look of before, and as of when: it still is right if nothing came or was cut that it depends on. */
export interface KeptLook<T> extends Dependence {
  readonly link: Link;
  readonly value: T;
}

export interface LookOptions<T> {
  /** What of a look lies before a date and can stand by itself; undefined if nothing does. */
  readonly shorten?: (value: T, before: Micros) => T | undefined;
  /** With what is looked at only behind that date: what is looked at if there is nothing. */
  readonly beyond?: { readonly date: Micros; readonly nothing: T } | undefined;
  /** The same look of before. */
  readonly before?: KeptLook<T> | undefined;
  /** Told of a whole look that is right, and as of when. */
  readonly keep?: (look: KeptLook<T>) => void;
}

/** Looks that are given up for a whole answer; after them what lies before the first cut is answer enough. */
const WHOLE_LOOKS = 3;
const PATIENCE_MS = 20_000;

/**
 * Looks as of the newest applied batch. What others write meanwhile disturbs only if it cuts what was looked at: then
 * it is looked at again. The first look is as of what this process knows to be applied, without asking for the newest: that
 * is asked for only once, afterwards, while the rest is read.
 *
 * @param read sees nothing after the link's `last`.
 * @throws {StoreUnavailable} it changes again and again under every look.
 */
export async function look<T>(
  { connection, log }: Pick<Worker, 'connection' | 'log'>,
  collection: string,
  read: (link: Link, session: ClientSession) => Promise<Looked<T>>,
  { shorten = () => undefined, beyond, before, keep = () => undefined }: LookOptions<T> = {},
): Promise<T> {
  const began = performance.now();
  if (before) {
    const { cut, came, newest = before.link } = await log.since(collection, before.link, before.within);
    if (cut === undefined && !(before.open && came)) {
      // Not the newest that is known by now: what another walk has found was not looked at for this.
      keep({ ...before, link: newest });
      return before.value;
    }
  }
  let link = log.known(collection);
  if (link && beyond && beyond.date >= link.last) link = undefined;
  for (let looks = 1; ; looks++) {
    const guessed = looks === 1 && link !== undefined;
    // Once disturbed, by a batch that may not be applied: its end is waited for.
    const as = link ?? (await (looks === 1 ? log.applied(collection) : log.caughtUp(collection)));
    if (!guessed && beyond && beyond.date >= as.last) return beyond.nothing;
    const { value: rest, within, open } = await inSession(connection, (session) => read(as, session));
    const [value, since] = await Promise.all([rest(), log.since(collection, as, within)]);
    const { cut } = since;
    const missed = guessed && open && since.came;
    link = missed ? since.newest : undefined;
    if (missed) continue;
    if (cut === undefined && value !== undefined) {
      keep({ link: as, value, within, open });
      return value;
    }
    if (looks >= WHOLE_LOOKS) {
      if (cut === undefined)
        throw new StoreUnavailable(
          'Something of the collection is missing. If that stays, run `jisr check`.',
        );
      const whole = value === undefined ? undefined : shorten(value, cut);
      if (whole !== undefined) return whole;
    }
    if (performance.now() - began > PATIENCE_MS)
      throw new StoreUnavailable('The collection changes faster than it can be read. Try again.');
  }
}
