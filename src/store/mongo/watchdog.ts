/**
 * A client that cannot find its server although the server is there is opened anew. The driver's monitor can hang for
 * ever when its connection is cut at the wrong moment (7.9.0: it waits for a "drain" that a closed socket never gives):
 * from then on every operation fails until somebody restarts the process.
 */
import type { MongoClient } from 'mongodb';

export interface Watch {
  /** How often it is asked, in ms, and how long an answer may take. */
  readonly everyMs: number;
  readonly patienceMs: number;
  /** Failures in a row after which another client tries; what it reaches too late is no reason. */
  readonly strikes: number;
}
const WATCH: Watch = { everyMs: 5000, patienceMs: 7000, strikes: 2 };

async function answers(client: MongoClient, patienceMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), patienceMs).unref();
  });
  const asked = client
    .db('admin')
    .command({ ping: 1 })
    .then(
      () => true,
      () => false,
    );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/**
 * Watches a client until it is told to stop. Opening it anew ends what it has under way; that was failing anyway.
 *
 * @param another makes a client for the same server. @param opened told each time.
 */
export function watch(
  client: MongoClient,
  another: () => MongoClient,
  { everyMs, patienceMs, strikes }: Watch = WATCH,
  opened: () => void = () => undefined,
): () => void {
  let [failures, stopped] = [0, false];
  let timer: NodeJS.Timeout | undefined;
  const reach = async (): Promise<boolean> => {
    const probe = another();
    try {
      return await answers(probe, patienceMs);
    } finally {
      await probe.close(true).catch(() => undefined);
    }
  };
  const look = async (): Promise<void> => {
    failures = (await answers(client, patienceMs)) ? 0 : failures + 1;
    if (failures < strikes || stopped || !(await reach())) return;
    await client.close(true).catch(() => undefined);
    if (isStopped()) return;
    await client.connect();
    failures = 0;
    opened();
  };
  const isStopped = (): boolean => stopped;
  const next = (): void => {
    timer = setTimeout(() => {
      // What fails is tried again at the next look.
      void look()
        .catch(() => undefined)
        .finally(() => {
          if (!isStopped()) next();
        });
    }, everyMs).unref();
  };
  next();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
