/** SIGTERM and SIGINT: there is a way to end from the first moment on. */
import type { Logger } from '../log';

export type Signal = 'SIGTERM' | 'SIGINT';

export interface Stopping {
  /** It ends this way from now on. */
  readonly by: (end: (signal: Signal) => void) => void;
}

/**
 * Listens for the signals. Until it is told of another way it ends at once, but through `exit`, whose listeners have
 * their turn; and a process that is the first of a container is not ended by signals that nobody listens for.
 */
export function listenForSignals(log: Logger): Stopping {
  let stopping = false;
  let end = (signal: Signal): void => {
    log.info({ signal }, 'stopping before anything is served');
    process.exit(0);
  };
  const stop = (signal: Signal): void => {
    if (stopping) return;
    stopping = true;
    end(signal);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  return { by: (another) => (end = another) };
}
