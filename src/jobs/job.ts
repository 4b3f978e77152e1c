/** What a job is, and how one is run: once among all processes, recorded, and never the end of the server. */
import type { Door } from '../publish/door';
import type { Micros } from '../domain/timestamp';
import type { JobRun, Lease } from '../store/house';
import type { Store } from '../store/store';
import { holdLease } from './hold-lease';

/** Where jobs are run. */
export interface Workplace {
  /** A store that may be written to. */
  readonly store: Store;
  readonly door: Pick<Door, 'publish'>;
  readonly clock: () => Micros;
  /** How long finished statuses are kept. */
  readonly statusDays: number;
  /** false: says what it would do, and changes nothing. */
  readonly apply: boolean;
  /** For what operators should hear of beside the result. */
  readonly tell?: (details: Readonly<Record<string, unknown>>, event: string) => void;
}

export interface JobContext extends Workplace {
  /** Looked at between slices: the server stops, the time is over, or another process took the job over. */
  readonly signal: AbortSignal;
  /** Handed to what is written. */
  readonly lease: Lease;
}

export interface Job {
  readonly name: string;
  /** Cron, in the configured time zone, unless the configuration says otherwise. */
  readonly when: string;
  /** A run that takes longer is ended, in minutes. */
  readonly minutes: number;
  readonly summary: string;
  /** @returns what it did, for the log and the history. @throws it failed; it runs again at its next time. */
  readonly run: (context: JobContext) => Promise<Readonly<Record<string, unknown>>>;
}

export interface Run {
  /** When it was due: for each such instant, a job runs once among all processes. Without: now, by hand. */
  readonly tick?: Micros;
  /** Ends the run. */
  readonly signal?: AbortSignal;
  readonly heartbeatMs?: number;
}

/** A lease is believed for so long after the last word from its holder. */
const PATIENCE: Micros = 120e6;
const HEARTBEAT_MS = 30_000;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Runs a job unless another process does, or did for the same tick.
 *
 * @returns the record of the run; undefined if it was another's.
 */
export async function runJob(
  job: Job,
  workplace: Workplace,
  { tick, signal, heartbeatMs = HEARTBEAT_MS }: Run = {},
): Promise<JobRun | undefined> {
  const { store, clock } = workplace;
  const holding = { name: job.name, clock, patience: PATIENCE, heartbeatMs, tick };
  const held = await holdLease(store.house, holding, async (lease, lost): Promise<JobRun> => {
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new Error(`It was ended: it took longer than ${job.minutes} minutes.`)),
      job.minutes * 60_000,
    );
    const signals = [lost, late.signal, ...(signal ? [signal] : [])];
    const started = clock();
    const outcome = await Promise.resolve({ ...workplace, signal: AbortSignal.any(signals), lease })
      .then(job.run)
      .then(
        (result) => ({ ok: true, result: JSON.stringify(result) }),
        (error: unknown) => ({ ok: false, result: messageOf(error) }),
      );
    clearTimeout(timer);
    const run: JobRun = { name: job.name, started, took: clock() - started, ...outcome };
    if (workplace.apply) await store.house.recordRun(run);
    return run;
  });
  return held?.answer;
}
