/** What a job is, and how one is run: once among all processes, recorded, and never the end of the server. */
import { randomUUID } from 'node:crypto';
import type { Door } from '../door';
import type { Micros } from '../domain/timestamp';
import type { JobRun, Store } from '../store/store';

export interface JobContext {
  /** A store that may be written to. */
  readonly store: Store;
  readonly door: Pick<Door, 'publish'>;
  readonly clock: () => Micros;
  /** How long finished statuses are kept. */
  readonly statusDays: number;
  /** false: says what it would do, and changes nothing. */
  readonly apply: boolean;
}

export interface Job {
  readonly name: string;
  /** Cron, in the configured time zone, unless the configuration says otherwise. */
  readonly when: string;
  readonly summary: string;
  /** @returns what it did, for the log and the history. @throws it failed; it runs again at its next time. */
  readonly run: (context: JobContext) => Promise<Readonly<Record<string, unknown>>>;
}

/** A lease is believed for so long after the last word from its holder. */
const LEASE: Micros = 120e6;
const HEARTBEAT_MS = 30_000;

/**
 * Runs a job unless another process does.
 *
 * @returns the record of the run; undefined if another process has the lease.
 */
export async function runJob(job: Job, context: JobContext): Promise<JobRun | undefined> {
  const { store, clock } = context;
  const holder = randomUUID();
  const lease = (): Promise<boolean> => store.house.lease(job.name, holder, clock(), clock() + LEASE);
  if (!(await lease())) return undefined;
  const heartbeat = setInterval(() => void lease().catch(() => undefined), HEARTBEAT_MS);
  const started = clock();
  const outcome = await job.run(context).then(
    (result) => ({ ok: true, result: JSON.stringify(result) }),
    (error: unknown) => ({ ok: false, result: error instanceof Error ? error.message : String(error) }),
  );
  clearInterval(heartbeat);
  const run: JobRun = { name: job.name, started, took: clock() - started, ...outcome };
  if (context.apply) await store.house.recordRun(run);
  await store.house.release(job.name, holder);
  return run;
}
