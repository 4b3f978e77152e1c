import type { Range } from '../../domain/regions';
import { TOLD, type ChangeStore, type Cut, type Pulse, type Told } from '../changes';
import { readerIn } from './audiences';
import type { Connection } from './connection';

/** Whoever reads policy keeps it until this number changes. */
export function policyRevision({ sql }: Pick<Connection, 'sql'>): number {
  return sql("SELECT value FROM meta WHERE name = 'policy'").pluck().get() as number;
}

/** Call it in the transaction that changes channels, grants or people. */
export function policyChanged({ sql }: Connection): void {
  sql("UPDATE meta SET value = value + 1 WHERE name = 'policy'").run();
}

/** What is read once while policy stays as it is. What is not there is not kept: names of nothing are anybody's to send. */
export function whilePolicyStays<V>(
  changes: Pick<ChangeStore, 'pulse'>,
  read: (key: string) => V | undefined,
): (key: string) => V | undefined {
  let kept = { revision: -1, values: new Map<string, V>() };
  return (key) => {
    const revision = changes.pulse().policy;
    if (kept.revision !== revision) kept = { revision, values: new Map() };
    const known = kept.values.get(key);
    if (known) return known;
    const found = read(key);
    if (found) kept.values.set(key, found);
    return found;
  };
}

/** As many as are kept (migrations.ts): a part that revises all its members cuts 1,000. */
const CUTS = `SELECT k.seq, c.id AS collectionId, k.date, ${TOLD.map((q) => `${q}, ${q}_left`).join(', ')}
  FROM cuts k LEFT JOIN collections c ON c.row = k.collection WHERE k.seq > ? ORDER BY k.seq`;

type Row = Readonly<Record<Told | `${Told}_left`, Range>> & {
  readonly seq: number;
  readonly collectionId: string | null;
  readonly date: number;
};

/** @param inTurns of the event loop: see {@link StoreOptions}. */
export function sqliteChanges(connection: Connection, inTurns = false): ChangeStore {
  const { sql, read, written } = connection;
  let kept: Pulse | undefined;
  let looked = false;
  return {
    pulse: () => {
      if (kept && looked) return kept;
      // Looked at before what it stands for: who writes in between is seen at the next call.
      const now = written();
      if (kept?.written !== now)
        kept = read(() => ({
          written: now,
          policy: policyRevision({ sql }),
          cut: (sql('SELECT max(seq) FROM cuts').pluck().get() as number | null) ?? 0,
        }));
      if (inTurns) {
        looked = true;
        setImmediate(() => (looked = false));
      }
      return kept;
    },
    readerOf: (scope) =>
      read(() => {
        const row = sql('SELECT row FROM collections WHERE id = ?').pluck().get(scope.collection.id);
        return readerIn(connection, (row as number | undefined) ?? -1, scope);
      }),
    cutsSince: (cut) =>
      read(() => {
        const rows = sql(CUTS).all(cut) as Row[];
        if (rows.length > 0 && rows[0]?.seq !== cut + 1) return undefined;
        const cuts = rows.map(({ collectionId, date, ...row }): Cut | undefined =>
          collectionId === null
            ? undefined
            : {
                collectionId,
                date,
                before: {
                  latest_all: row.latest_all,
                  latest_last: row.latest_last,
                  latest_first: row.latest_first,
                },
                after: {
                  latest_all: row.latest_all_left,
                  latest_last: row.latest_last_left,
                  latest_first: row.latest_first_left,
                },
              },
        );
        return cuts.every((c) => c !== undefined) ? cuts : undefined;
      }),
  };
}
