/**
 * Leases of jobs: a row of numbered documents for each name, of which the newest counts. That a number can be inserted
 * once is what decides between two who want it; no promise rests on an update that compares.
 */
import type { Micros } from '../../domain/timestamp';
import { leaseLost } from '../refusals';
import { TICK_AHEAD, type HouseStore, type Lease } from '../house';
import { guarded, isDuplicate } from './connection';
import type { LeaseDoc, Tables } from './tables';

/** The lease that counts. */
export const newestLease = ({ leases }: Tables, name: string): Promise<LeaseDoc | null> =>
  leases.find({ job: name }).sort({ fence: -1 }).limit(1).next();

/** Call it right before something is changed. @throws {OperatorError} another has taken the lease. */
export async function holdTo(tables: Tables, lease: Lease | undefined): Promise<void> {
  if (lease && (await newestLease(tables, lease.name))?.fence !== lease.fence) throw leaseLost(lease.name);
}

function mayTake(before: LeaseDoc | null, now: Micros, tick: Micros | undefined): boolean {
  if (!before) return true;
  if (before.until > now) return false;
  const done = before.tick ?? undefined;
  return tick === undefined || done === undefined || done < tick || done > now + TICK_AHEAD;
}

export function mongoLeases(tables: Tables): Pick<HouseStore, 'lease' | 'release'> {
  const { leases } = tables;
  return {
    lease: (name, holder, now, until, tick) =>
      guarded(async () => {
        const before = await newestLease(tables, name);
        if (before?.holder === holder) {
          await leases.updateOne({ _id: before._id, holder }, { $set: { until } });
          // Whoever took it while this one looked has the next number.
          const after = await newestLease(tables, name);
          return after?.holder === holder ? after.fence : undefined;
        }
        if (!mayTake(before, now, tick)) return undefined;
        const fence = (before?.fence ?? 0) + 1;
        const remembered = tick ?? before?.tick ?? null;
        try {
          const _id = `job ${name} ${fence}`;
          await leases.insertOne({ _id, job: name, holder, until, fence, tick: remembered });
        } catch (error) {
          if (isDuplicate(error)) return undefined;
          throw error;
        }
        const latest = await newestLease(tables, name);
        if (latest?.holder !== holder) {
          // The look was of long ago, and its number was swept away meanwhile.
          await leases.deleteOne({ _id: `job ${name} ${fence}`, holder });
          return undefined;
        }
        await leases.deleteMany({ job: name, fence: { $lt: fence } });
        return fence;
      }),
    release: (name, holder) =>
      guarded(async () => {
        await leases.updateMany({ job: name, holder }, { $set: { holder: '', until: 0 } });
      }),
  };
}
