import type { JobContext } from './schedule';

const DAY_MICROS = 24 * 3600 * 1e6;

/** Removes finished statuses older than the promised time: at least a day (T-276, T-402b). */
export async function expireStatuses({ store, clock, statusDays }: JobContext): Promise<{ removed: number }> {
  return { removed: await store.records.expireStatuses(clock() - statusDays * DAY_MICROS, true) };
}
