/** Leases: one row a name, taken, prolonged and given back, each time in one statement. */
import type { Micros } from '../../domain/timestamp';
import { leaseLost } from '../refusals';
import { TICK_AHEAD, type HouseStore, type Lease } from '../house';
import type { Connection } from './connection';

const TAKE = `INSERT INTO leases (name, holder, until, fence, tick) VALUES (@name, @holder, @until, 1, @tick)
  ON CONFLICT (name) DO UPDATE SET
    fence = fence + (holder <> @holder), holder = @holder, until = @until, tick = coalesce(@tick, tick)
  WHERE holder = @holder
    OR until <= @now AND (@tick IS NULL OR tick IS NULL OR tick NOT BETWEEN @tick AND @now + ${TICK_AHEAD})
  RETURNING fence`;

/** Call it in the transaction that changes something. @throws {OperatorError} another has taken the lease. */
export function holdTo({ sql }: Connection, lease: Lease | undefined): void {
  if (!lease) return;
  if (sql('SELECT fence FROM leases WHERE name = ?').pluck().get(lease.name) !== lease.fence)
    throw leaseLost(lease.name);
}

export function sqliteLeases({ sql, write }: Connection): Pick<HouseStore, 'lease' | 'release'> {
  return {
    lease: async (name, holder, now, until, tick?: Micros) =>
      write(
        () =>
          sql(TAKE)
            .pluck()
            .get({ name, holder, now, until, tick: tick ?? null }) as number | undefined,
      ),
    release: async (name, holder) => {
      write(() =>
        sql("UPDATE leases SET holder = '', until = 0 WHERE name = ? AND holder = ?").run(name, holder),
      );
    },
  };
}
