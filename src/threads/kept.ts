/** A thread that is started again whenever it ends by itself, after a pause that is longer each time. */
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** In ms. */
const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

export interface KeptThread {
  /** The thread that is there now. */
  readonly worker: () => Worker | undefined;
  /** Resolves when the last one that was started has ended. */
  readonly ended: () => Promise<void>;
  /** No other one is started from now on. */
  readonly last: () => void;
}

/**
 * @param said told of each message.
 * @param died told of each end, also of one that was asked for; `pause`: another is started after so many ms.
 */
export function keepThread(
  file: string,
  options: WorkerOptions,
  said: (message: unknown) => void,
  died: (error: Error | undefined, code: number, pause: number | undefined) => void,
): KeptThread {
  let [over, pause] = [false, PAUSE_MS];
  let again: NodeJS.Timeout | undefined;
  let worker: Worker | undefined;
  let ended: Promise<void> = Promise.resolve();

  const start = (): void => {
    const thread = new Worker(file, options);
    const born = Date.now();
    let thrown: Error | undefined;
    worker = thread;
    thread.on('message', said);
    thread.on('error', (error: Error) => (thrown = error));
    ended = new Promise((resolve) =>
      // After the error, if there is one.
      thread.once('exit', (code) => {
        worker = undefined;
        resolve();
        if (Date.now() - born > LONGEST_PAUSE_MS) pause = PAUSE_MS;
        died(thrown, code, over ? undefined : pause);
        if (over) return;
        again = setTimeout(start, pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }),
    );
  };
  start();
  return {
    worker: () => worker,
    ended: () => ended,
    last: () => {
      over = true;
      clearTimeout(again);
    },
  };
}
