/** Leases, runs and notes of jobs; how far readers came; maintenance. */
import type { HouseStore, JobRun, Reading } from '../house';
import { check } from './check';
import type { Connection } from './connection';
import { holdTo, sqliteLeases } from './lease';
import { maintain } from './maintain';
import { mend } from './mend';

export function sqliteHouse(connection: Connection): HouseStore {
  const { sql, read, write } = connection;
  return {
    ...sqliteLeases(connection),
    recordRun: async ({ name, started, took, ok, result }) => {
      write(() =>
        sql('INSERT INTO job_runs (name, started, took, ok, result) VALUES (?, ?, ?, ?, ?)').run(
          name,
          started,
          took,
          ok ? 1 : 0,
          result,
        ),
      );
    },
    runs: async (limit, name) =>
      read(() =>
        (
          sql(
            `SELECT name, started, took, ok, result FROM job_runs WHERE @name IS NULL OR name = @name ORDER BY row DESC LIMIT @limit`,
          ).all({ limit, name: name ?? null }) as (Omit<JobRun, 'ok'> & { ok: number })[]
        ).map((run) => ({ ...run, ok: run.ok === 1 })),
      ),
    note: async (kind, name, value, lease) => {
      write(() => {
        holdTo(connection, lease);
        if (value === undefined) sql('DELETE FROM job_notes WHERE kind = ? AND name = ?').run(kind, name);
        else sql('INSERT OR REPLACE INTO job_notes VALUES (?, ?, ?)').run(kind, name, value);
      });
    },
    notes: async (kind) =>
      read(() => {
        const rows = sql('SELECT name, value FROM job_notes WHERE kind = ? ORDER BY name').all(kind);
        return new Map((rows as { name: string; value: string }[]).map((r) => [r.name, r.value]));
      }),
    noteReadings: async (readings) => {
      const save = sql(
        `INSERT INTO reads VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last_date = max(last_date, excluded.last_date)`,
      );
      write(() => {
        for (const r of readings) save.run(r.collectionId, r.organisationId, r.lastDate);
      });
    },
    readings: async () =>
      read(
        () =>
          sql(
            'SELECT collection_id AS collectionId, organisation_id AS organisationId, last_date AS lastDate FROM reads',
          ).all() as Reading[],
      ),
    noteUses: async (uses) => {
      const save = sql('UPDATE tokens SET used = max(coalesce(used, 0), ?) WHERE id = ?');
      write(() => {
        for (const { id, at } of uses) save.run(at, id);
      });
    },
    maintain: async (permit) => maintain(connection, permit),
    check: async (progress, permit) => check(connection, progress, permit),
    mend: async (permit) => mend(connection, permit),
  };
}
