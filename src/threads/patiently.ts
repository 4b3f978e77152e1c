/** Waiting for a store that cannot be reached now: at the start of a process, and of each thread. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable } from '../domain/errors';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/** What there is to log of each wait. */
export const WAITING = 'the store cannot be reached; trying again';

export interface Wait {
  readonly error: string;
  /** In ms. */
  readonly wait: number;
}

/**
 * Work that is tried until the store can be reached.
 *
 * @param tell told of each wait. @param signal gives it up.
 * @throws whatever the work throws beside `StoreUnavailable`; and the reason of the signal.
 */
export async function patiently<T>(
  work: () => Promise<T>,
  tell: (wait: Wait) => void,
  signal?: AbortSignal,
): Promise<T> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      tell({ error: error.message, wait });
      await sleep(wait, undefined, signal && { signal });
    }
  }
}

/** What a thread opens before it can work. */
export interface Opening<T> {
  /** The try that is under way or was the last one: who waits for it is answered, not held until the store is back. */
  readonly now: () => Promise<T>;
  /** When it is open; undefined if it was stopped before. */
  readonly opened: Promise<T | undefined>;
  /** Tries no more; resolves to what was opened. */
  readonly stop: () => Promise<T | undefined>;
}

export function openPatiently<T>(open: () => Promise<T>, tell: (wait: Wait) => void): Opening<T> {
  const over = new AbortController();
  let trying: Promise<T>;
  const opened = patiently(() => (trying = open()), tell, over.signal).catch((error: unknown) => {
    if (over.signal.aborted) return undefined;
    throw error;
  });
  return {
    now: () => trying,
    opened,
    stop: () => {
      over.abort();
      return opened;
    },
  };
}
