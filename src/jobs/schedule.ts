import cron from 'node-cron';
import type { Micros } from '../domain/timestamp';
import type { Logger } from '../log';
import type { Store } from '../store/store';
import { expireStatuses } from './expire-statuses';

export interface JobContext {
  /** A store that may be written to. */
  readonly store: Store;
  readonly clock: () => Micros;
  readonly statusDays: number;
}

/** Name → when (cron, server's time zone) → what; it returns what it did, for the log. */
const JOBS: readonly {
  name: string;
  when: string;
  run: (context: JobContext) => Promise<Record<string, unknown>>;
}[] = [{ name: 'expire-statuses', when: '17 3 * * *', run: expireStatuses }];

/** Starts the jobs; one that fails is logged and runs again at its next time. @returns stops them. */
export function startJobs(context: JobContext, log: Logger): () => Promise<void> {
  const tasks = JOBS.map(({ name, when, run }) =>
    cron.schedule(
      when,
      async () => {
        try {
          log.info({ job: name, ...(await run(context)) }, 'job done');
        } catch (error) {
          log.error({ job: name, err: error }, 'job failed');
        }
      },
      { name, noOverlap: true },
    ),
  );
  return async () => {
    for (const task of tasks) await task.destroy();
  };
}
