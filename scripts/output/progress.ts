/** A bar for what takes longer than a second, where somebody watches; otherwise nothing. */
import { SingleBar } from 'cli-progress';
import type { Context } from '../verb';

const PATIENCE_MS = 1000;

export interface Progress {
  /** @param done how much of the total is done by now. */
  update(done: number): void;
  stop(): void;
}

/** @param unit what is counted, for people. */
export function progress(context: Pick<Context, 'terminal'>, total: number, unit: string): Progress {
  const began = Date.now();
  let bar: SingleBar | undefined;
  return {
    update(done) {
      if (!context.terminal || total === 0) return;
      if (!bar && Date.now() - began > PATIENCE_MS) {
        bar = new SingleBar({
          format: `{bar} {percentage} %  {value} of {total} ${unit}  {eta_formatted} left`,
          stream: process.stderr,
          clearOnComplete: true,
        });
        bar.start(total, done);
      }
      bar?.update(done);
    },
    stop: () => bar?.stop(),
  };
}
