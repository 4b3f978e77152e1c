/** SIGTERM and SIGINT: there is a way to end from the first moment on, and an end to what is waited for. */
import cluster from 'node:cluster';
import type { Logger } from '../log';

export type Signal = 'SIGTERM' | 'SIGINT';

/** Stopping takes < 5 s: so long after the signal nothing is waited for any more, in ms. */
const LATE_MS = 4200;
/** What is of others ends before whoever waits for it. */
const LATE_IN_CHILD_MS = 3700;
/** What is cut off has so long to end. */
const LAST_MS = 300;

export interface Stopping {
  /** It ends this way from now on. */
  readonly by: (end: (signal: Signal) => void) => void;
  /**
   * Resolves when nothing may be waited for any more. Nothing that was acknowledged is lost by that: it is in the store,
   * a part is done or not, and a lease runs out.
   */
  readonly late: Promise<void>;
  /** The same promise; the log says what was waited for when it was late. */
  readonly waitFor: <T>(what: string, work: Promise<T>) => Promise<T>;
}

/**
 * Listens for the signals. Until it is told of another way it ends at once, but through `exit`, whose listeners have
 * their turn; and a process that is the first of a container is not ended by signals that nobody listens for.
 */
export function listenForSignals(log: Logger): Stopping {
  const left = new Set<string>();
  let hurry: () => void = () => undefined;
  const late = new Promise<void>((resolve) => (hurry = resolve));
  let stopping = false;
  let end = (signal: Signal): void => {
    log.info({ signal }, 'stopping before anything is served');
    process.exit(0);
  };
  const last = (): void => {
    if (left.size > 0) {
      log.warn({ left: [...left] }, 'ended without them');
      // `exit` waits for threads, and one that waits for a lock or a disk in the store's own code cannot be told.
      process.removeAllListeners('SIGTERM');
      process.kill(process.pid, 'SIGTERM');
    }
    process.exit(0);
  };
  const stop = (signal: Signal): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(
      () => {
        log.warn({ left: [...left] }, 'stopping takes too long: what is left is not waited for');
        hurry();
        setTimeout(last, LAST_MS).unref();
      },
      cluster.isPrimary ? LATE_MS : LATE_IN_CHILD_MS,
    ).unref();
    end(signal);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return {
    by: (another) => (end = another),
    late,
    waitFor: (what, work) => {
      left.add(what);
      return work.finally(() => left.delete(what));
    },
  };
}
