/** A status resource out of its parts; the same whatever it is kept in. */
import type { Status, StatusDetails } from '../domain/taxii';
import { formatTimestamp } from '../domain/timestamp';
import { PART_SIZE, type StatusSeed } from './records';

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

const WAITING = 'Waiting to be processed.';

/** What waits to be worked off, part by part. @param sizes how many each part holds. */
export function pendingParts(
  pendings: readonly { id: string; version: string }[],
  sizes: readonly number[] = Array.from({ length: Math.ceil(pendings.length / PART_SIZE) }, () => PART_SIZE),
): StatusDetails[][] {
  let from = 0;
  return sizes.map((size) => pendings.slice(from, (from += size)).map((p) => ({ ...p, message: WAITING })));
}

/** A status without its lists. */
export interface StatusHead {
  readonly seed: StatusSeed;
  readonly complete: boolean;
  readonly success: number;
  readonly failure: number;
  readonly partsDone: number;
}

/** The details of a status as JSON lists, one part after another; each is read when it is asked for. */
export interface StoredDetails {
  /** Of parts that are done; of all if the status is complete. */
  verdicts(kind: 'success' | 'failure'): AsyncIterable<string>;
  /** Of parts that were not, and the verdicts in their place if they were since. */
  pendings(): AsyncIterable<string>;
}

/** The verdicts of a part that was done meanwhile, as the pendings that they were. */
export function asPendings(items: readonly StatusDetails[]): string {
  return JSON.stringify(items.map(({ id, version }) => ({ id, version, message: WAITING })));
}

/** `"name":[…]` out of lists, or nothing if all are empty. */
async function* list(name: string, lists: AsyncIterable<string>): AsyncIterable<string> {
  let open = false;
  for await (const text of lists) {
    const items = text.slice(1, -1);
    if (items === '') continue;
    yield `${open ? ',' : `,"${name}":[`}${items}`;
    open = true;
  }
  if (open) yield ']';
}

/** {@link statusFrom} as text, in the same order, of any size. */
export async function* statusPieces(head: StatusHead, details: StoredDetails): AsyncIterable<string> {
  const { seed, complete, success, failure } = head;
  yield (
    `{"id":${JSON.stringify(seed.id)},"status":"${complete ? 'complete' : 'pending'}"` +
    `,"request_timestamp":"${formatTimestamp(seed.requested)}","total_count":${seed.total},"success_count":${success}`
  );
  yield* list('successes', details.verdicts('success'));
  yield `,"failure_count":${failure}`;
  yield* list('failures', details.verdicts('failure'));
  yield `,"pending_count":${seed.total - success - failure}`;
  if (!complete) yield* list('pendings', details.pendings());
  yield '}';
}
