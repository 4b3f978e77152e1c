import cron from 'node-cron';
import { runJob, type Workplace } from './job';
import { JOBS } from './jobs';

export interface Schedule {
  /** By name of the job; jobs that are not named keep their own time, "off" switches one off. */
  readonly times: Readonly<Record<string, string>>;
  /** IANA name, such as Africa/Cairo. */
  readonly timeZone: string;
}

/** What goes to the log. */
export type Report = (
  level: 'debug' | 'info' | 'warn' | 'error',
  details: Readonly<Record<string, unknown>>,
  event: string,
) => void;

export interface RunningJobs {
  /** Ends what runs, and starts nothing more. Resolves when it has ended. */
  stop(): Promise<void>;
}

/** Starts the jobs; one that fails is reported and runs again at its next time. */
export function startJobs(
  workplace: Omit<Workplace, 'apply' | 'tell'>,
  { times, timeZone }: Schedule,
  report: Report,
): RunningJobs {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  const tasks = JOBS.filter((job) => times[job.name] !== 'off').map((job) => {
    const run = async (due: Date): Promise<void> => {
      report('debug', { job: job.name }, 'job is due');
      try {
        const how = { tick: due.getTime() * 1000, signal: stopping.signal };
        const tell: Workplace['tell'] = (details, event) =>
          report('warn', { job: job.name, ...details }, event);
        const done = await runJob(job, { ...workplace, apply: true, tell }, how);
        if (!done) report('debug', { job: job.name }, 'job is done elsewhere');
        else if (done.ok) report('info', { job: job.name, took: done.took, result: done.result }, 'job done');
        else report('error', { job: job.name, took: done.took, error: done.result }, 'job failed');
      } catch (error) {
        report('error', { job: job.name, error: String(error) }, 'job failed');
      }
    };
    const task = cron.schedule(
      times[job.name] ?? job.when,
      async ({ date }) => {
        const work = run(date);
        running.add(work);
        await work;
        running.delete(work);
      },
      { name: job.name, noOverlap: true, timezone: timeZone, suppressMissedWarning: true },
    );
    task.on('execution:missed', () => report('warn', { job: job.name }, 'job missed its time'));
    return task;
  });
  return {
    stop: async () => {
      stopping.abort(new Error('It was ended: the server stops.'));
      for (const task of tasks) await task.destroy();
      await Promise.all(running);
    },
  };
}
