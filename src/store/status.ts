/** A status resource out of its parts; the same whatever it is kept in. */
import type { Status, StatusDetails } from '../domain/taxii';
import { formatTimestamp } from '../domain/timestamp';
import { PART_SIZE, type StatusSeed } from './store';

interface Verdicts {
  readonly successes: StatusDetails[];
  readonly failures: StatusDetails[];
  readonly pendings: StatusDetails[];
}

/** §4.3.1: the status as it stands; details are all there or, when there are none, left out (T-270, T-272). */
export function statusFrom(
  { id, requested, total }: StatusSeed,
  complete: boolean,
  { success, failure }: { readonly success: number; readonly failure: number },
  { successes, failures, pendings }: Verdicts,
): Status {
  return {
    id,
    status: complete ? 'complete' : 'pending',
    request_timestamp: formatTimestamp(requested),
    total_count: total,
    success_count: success,
    ...(successes.length > 0 ? { successes } : {}),
    failure_count: failure,
    ...(failures.length > 0 ? { failures } : {}),
    pending_count: total - success - failure,
    ...(pendings.length > 0 ? { pendings } : {}),
  };
}

/** What waits to be worked off, part by part. */
export function pendingParts(pendings: readonly { id: string; version: string }[]): StatusDetails[][] {
  return Array.from({ length: Math.ceil(pendings.length / PART_SIZE) }, (_, part) =>
    pendings
      .slice(part * PART_SIZE, (part + 1) * PART_SIZE)
      .map((p) => ({ ...p, message: 'Waiting to be processed.' })),
  );
}
