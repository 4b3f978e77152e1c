/** Statuses as they are stored: a row of counts, and the details of each part apart. */
import type { Scope } from '../../domain/access';
import type { Status, StatusDetails } from '../../domain/taxii';
import type { Micros } from '../../domain/timestamp';
import type { StatusSeed } from '../records';
import { asPendings, statusFrom, type StoredDetails } from '../status';
import type { Connection } from './connection';

export interface StatusRow {
  id: string;
  api_root: string;
  collection_id: string;
  principal_id: string;
  requested: Micros;
  total: number;
  success: number;
  failure: number;
  parts_done: number;
  complete: 0 | 1;
}

type Kind = 'success' | 'failure' | 'pending';

export function insertStatus({ sql }: Connection, scope: Scope, seed: StatusSeed): void {
  sql('INSERT OR IGNORE INTO statuses VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 0)').run(
    seed.id,
    scope.collection.apiRoot,
    scope.collection.id,
    scope.principal.id,
    seed.requested,
    seed.total,
  );
}

export function writeDetails(
  { sql }: Connection,
  statusId: string,
  part: number,
  kind: Kind,
  items: readonly StatusDetails[],
): void {
  if (items.length > 0)
    sql('INSERT INTO status_details VALUES (?, ?, ?, ?)').run(statusId, part, kind, JSON.stringify(items));
}

/** The status with the details of all its parts. */
export function statusOf({ sql }: Connection, row: StatusRow): Status {
  const all: Record<Kind, StatusDetails[]> = { success: [], failure: [], pending: [] };
  const details = sql('SELECT kind, items FROM status_details WHERE status_id = ? ORDER BY part').all(
    row.id,
  ) as {
    kind: Kind;
    items: string;
  }[];
  for (const { kind, items } of details)
    for (const item of JSON.parse(items) as StatusDetails[]) all[kind].push(item);
  return statusFrom(row, row.complete === 1, row, {
    successes: all.success,
    failures: all.failure,
    pendings: all.pending,
  });
}

/** The counts alone. */
export const countsOf = (row: StatusRow): Status =>
  statusFrom(row, row.complete === 1, row, { successes: [], failures: [], pendings: [] });

/** The details of a status as they are stored, one part at a time. @param row as of when it is told. */
export function storedDetails({ sql, read }: Connection, row: StatusRow): StoredDetails {
  const next = (kind: Kind, after: number): { part: number; items: string } | undefined =>
    read(
      () =>
        sql(
          'SELECT part, items FROM status_details WHERE status_id = ? AND part > ? AND kind = ? ORDER BY part LIMIT 1',
        ).get(row.id, after, kind) as { part: number; items: string } | undefined,
    );
  const at = (kind: Kind, part: number): string | undefined =>
    read(
      () =>
        sql('SELECT items FROM status_details WHERE status_id = ? AND part = ? AND kind = ?')
          .pluck()
          .get(row.id, part, kind) as string | undefined,
    );
  const LAST = 'SELECT max(part) FROM status_details WHERE status_id = ?';
  return {
    async *verdicts(kind) {
      for (let found = next(kind, -1); found; found = next(kind, found.part)) {
        if (!row.complete && found.part >= row.parts_done) return;
        yield found.items;
      }
    },
    async *pendings() {
      const last = (read(() => sql(LAST).pluck().get(row.id)) as number | null) ?? -1;
      for (let part = row.parts_done; part <= last; part++) {
        const waiting = at('pending', part);
        const since = waiting === undefined ? [at('success', part), at('failure', part)] : [];
        yield (
          waiting ??
          asPendings(
            since.flatMap((items) => (items === undefined ? [] : (JSON.parse(items) as StatusDetails[]))),
          )
        );
      }
    },
  };
}

export const rowOf = ({ sql }: Connection, id: string): StatusRow | undefined =>
  sql('SELECT * FROM statuses WHERE id = ?').get(id) as StatusRow | undefined;
