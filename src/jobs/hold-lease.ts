/** Working under a lease: it is prolonged while the work goes on, and the work is told when it was lost. */
import { randomUUID } from 'node:crypto';
import type { Micros } from '../domain/timestamp';
import type { HouseStore, Lease } from '../store/house';

export interface Holding {
  readonly name: string;
  readonly clock: () => Micros;
  /** It is believed for so long after the last word from its holder. */
  readonly patience: Micros;
  /** How often it is prolonged, well within the patience. */
  readonly heartbeatMs: number;
  /** The instant at which the work was due, if it is to be done once for that instant. */
  readonly tick?: Micros | undefined;
}

/**
 * @param work its signal is aborted once the lease is another's, or may be. What it throws is thrown.
 * @returns what the work returned; undefined: another holds the lease, or the work was done for this tick.
 */
export async function holdLease<T>(
  house: Pick<HouseStore, 'lease' | 'release'>,
  { name, clock, patience, heartbeatMs, tick }: Holding,
  work: (lease: Lease, signal: AbortSignal) => Promise<T>,
): Promise<{ readonly answer: T } | undefined> {
  const holder = randomUUID();
  let until = clock() + patience;
  const fence = await house.lease(name, holder, clock(), until, tick);
  if (fence === undefined) return undefined;
  const lost = new AbortController();
  const lose = (why: string): void => {
    if (!lost.signal.aborted) lost.abort(new Error(`"${name}" stopped: ${why}.`));
  };
  const beat = async (): Promise<void> => {
    const next = clock() + patience;
    try {
      // Another number: somebody had it in between, and gave it back.
      if ((await house.lease(name, holder, clock(), next)) === fence) until = next;
      else lose('another process took it over');
    } catch {
      if (clock() >= until) lose('the store was out of reach for too long');
    }
  };
  let beating = Promise.resolve();
  const heartbeat = setInterval(() => {
    beating = beating.then(beat);
  }, heartbeatMs);
  try {
    return { answer: await work({ name, fence }, lost.signal) };
  } finally {
    clearInterval(heartbeat);
    // One that is under way would take the lease anew after it was given back.
    await beating;
    await house.release(name, holder);
  }
}
