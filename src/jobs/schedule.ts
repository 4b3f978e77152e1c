import cron from 'node-cron';
import type { Logger } from '../log';
import { runJob, type JobContext } from './job';
import { JOBS } from './jobs';

export interface Schedule {
  /** By name of the job; jobs that are not named keep their own time, "off" switches one off. */
  readonly times: Readonly<Record<string, string>>;
  /** IANA name, such as Africa/Cairo. */
  readonly timeZone: string;
}

/** Starts the jobs; one that fails is logged and runs again at its next time. @returns stops them. */
export function startJobs(
  context: Omit<JobContext, 'apply'>,
  { times, timeZone }: Schedule,
  log: Logger,
): () => Promise<void> {
  const running = new Set<Promise<void>>();
  const tasks = JOBS.filter((job) => times[job.name] !== 'off').map((job) =>
    cron.schedule(
      times[job.name] ?? job.when,
      async () => {
        const work = (async () => {
          try {
            const run = await runJob(job, { ...context, apply: true });
            if (!run) log.debug({ job: job.name }, 'job runs elsewhere');
            else if (run.ok) log.info({ job: job.name, took: run.took, result: run.result }, 'job done');
            else log.error({ job: job.name, took: run.took, error: run.result }, 'job failed');
          } catch (error) {
            log.error({ job: job.name, err: error }, 'job failed');
          }
        })();
        running.add(work);
        await work;
        running.delete(work);
      },
      { name: job.name, noOverlap: true, timezone: timeZone },
    ),
  );
  return async () => {
    for (const task of tasks) await task.destroy();
    await Promise.all(running);
  };
}
