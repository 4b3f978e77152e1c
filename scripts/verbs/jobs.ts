import { formatTimestamp, type Micros } from '../../src/domain/timestamp';
import { runJob } from '../../src/jobs/job';
import { JOBS } from '../../src/jobs/jobs';
import { readConfig } from '../../src/config';
import { localDoor } from '../local/local-door';
import { table, UsageError, type Verb } from '../verb';

/** Such as 2024-01-31T08:00:00. */
const second = (at: Micros): string => formatTimestamp(at).slice(0, 19);
const outcome = ({ ok }: { readonly ok: boolean }): string => (ok ? 'ok' : 'FAILED');

export const jobs: Verb = {
  name: 'jobs',
  summary: 'the jobs that keep house: their times, their history, run one now',
  help: `jisr jobs [--json]
jisr jobs run NAME [--apply] [--json]
jisr jobs history [NAME] [--limit 50] [--json]
jisr jobs expired [--json]

Without --apply a job says what it would do. A job runs once at a time, whatever the number of servers. "expired" is
the last report of indicators past their time, by the organisation that published them.

Example:
  jisr jobs run retention`,
  changes: true,
  options: { limit: { type: 'string' } },
  run: async (a, context) => {
    const [what = 'list', name] = a.words;
    const store = await context.store();
    const config = readConfig(
      Object.fromEntries(Object.entries(context.env).filter(([key]) => /^JISR_(?:JOB|STATUS)/.test(key))),
    );
    if (what === 'list') {
      const last = new Map([...(await store.house.runs(1000))].reverse().map((run) => [run.name, run]));
      const rows = JOBS.map((job) => {
        const run = last.get(job.name);
        const when = config.schedule.times[job.name] ?? job.when;
        return { name: job.name, when, summary: job.summary, last: run ?? null };
      });
      if (a.json) context.print(JSON.stringify({ time_zone: config.schedule.timeZone, jobs: rows }));
      else {
        const cells = rows.map(({ name, when, last, summary }) =>
          last === null
            ? [name, when, 'never', '', summary]
            : [name, when, second(last.started), outcome(last), summary],
        );
        context.print(table(['job', `when (${config.schedule.timeZone})`, 'last run', '', 'what'], cells));
      }
      return 0;
    }
    if (what === 'history') {
      const limit = Number(a.text('limit') ?? 50);
      if (!Number.isInteger(limit) || limit < 1)
        throw new UsageError('--limit: a whole number above 0 is expected.');
      const runs = await store.house.runs(limit, name);
      if (a.json) context.print(JSON.stringify(runs));
      else
        context.print(
          table(
            ['started', 'job', 'took', '', 'result'],
            runs.map((r) => [
              second(r.started),
              r.name,
              `${Math.round(r.took / 1000)} ms`,
              outcome(r),
              r.result.slice(0, 120),
            ]),
          ),
        );
      return 0;
    }
    if (what === 'expired') {
      const reports = [...(await store.house.notes('expired')).values()];
      if (a.json) context.print(`[${reports.join(',')}]`);
      else for (const report of reports) context.print(JSON.stringify(JSON.parse(report), null, 2));
      return 0;
    }
    const job = JOBS.find((j) => j.name === name);
    if (what !== 'run' || !job)
      throw new UsageError(
        `Say: jisr jobs run NAME, the name being one of ${JOBS.map((j) => j.name).join(', ')}.`,
      );
    const door = localDoor(store, context);
    const run = await runJob(job, {
      store,
      door,
      clock: context.clock,
      statusDays: config.statusDays,
      apply: a.apply,
    });
    if (!run) {
      context.print(a.json ? JSON.stringify({ running: true }) : `${job.name} is running elsewhere.`);
      return 1;
    }
    if (a.json) context.print(JSON.stringify({ applied: a.apply, ...run }));
    else
      context.print(
        `${job.name}: ${run.ok ? '' : 'FAILED: '}${run.result}${a.apply ? '' : '\nNothing was changed. Say --apply to do it.'}`,
      );
    return run.ok ? 0 : 1;
  },
};
