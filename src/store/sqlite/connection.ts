import Database from 'better-sqlite3';
import { OperatorError, StoreUnavailable } from '../../domain/errors';
import type { Micros } from '../../domain/timestamp';
import type { StoreOptions } from '../store';
import { migrate } from './migrations';
import { keepPrivate } from './private';

/** One connection with its statements, its clock and its source of randomness. */
export interface Connection {
  readonly db: Database.Database;
  readonly clock: () => Micros;
  readonly random: () => number;
  /** A prepared statement, made once for each text. */
  readonly sql: (text: string) => Database.Statement;
  /** One unit of work: all or none; waits for other writers. One within another can fail alone. */
  readonly write: <T>(work: () => T) => T;
  /** One consistent view of the store. */
  readonly read: <T>(work: () => T) => T;
  /** Moves with every write of this connection and of all others. */
  readonly written: () => number;
}

/** Statements are made from a few dozen shapes of query; more than this many would be a leak. */
const MOST_STATEMENTS = 500;
/** Each connection may keep so much of the file in memory. */
const CACHE_MB = 32;
/** How long a lock is waited for. */
export const LOCK_WAIT_MS = 10_000;
const UNAVAILABLE = /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|NOMEM|PROTOCOL)/;

/** Whether something that was thrown says that the store is busy or out of reach. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof Database.SqliteError && UNAVAILABLE.test(error.code);

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isUnavailable(error)) {
      const { code } = error as { code: string };
      throw new StoreUnavailable(`The store is busy or out of reach (${code}).`, { cause: error });
    }
    throw error;
  }
}

/** What opening finds that no waiting mends. @throws {OperatorError} */
function opened<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code = '' } = error as { code?: string };
    if (/^SQLITE_(NOTADB|CORRUPT)/.test(code))
      throw new OperatorError(
        `${file}: is no SQLite database, or a damaged one (${code}). Name another by JISR_STORE, and restore a backup into it.`,
      );
    if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/.test(code))
      throw new OperatorError(
        `${file}: cannot be opened (${code}). Is it a file, and may this user write it and its folder? JISR_STORE names another.`,
      );
    throw error;
  }
}

/**
 * Opens a SQLite file. A commit is on disk when it returns: WAL with `synchronous=FULL`, on every connection.
 *
 * @param file a path, or `:memory:`. @throws {OperatorError} it cannot be. @throws {StoreUnavailable} not now.
 */
export function connect(file: string, options: StoreOptions = {}): Connection {
  return guarded(() => opened(file, () => open(file, options)));
}

function open(file: string, options: StoreOptions): Connection {
  if (!options.readonly) keepPrivate(file);
  const db = new Database(file, { readonly: options.readonly ?? false, timeout: LOCK_WAIT_MS });
  // Measured: 8 KiB pages; a checkpoint every 64 MB is 1.5 times as fast to insert as the default.
  if (!options.readonly) {
    db.pragma('page_size = 8192');
    // Afterwards only a new file could give space back; and it takes the lock of writers.
    if (db.pragma('page_count', { simple: true }) === 0) db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
    db.pragma('wal_autocheckpoint = 8192');
  }
  db.pragma('synchronous = FULL');
  db.pragma('mmap_size = 0');
  db.pragma(`cache_size = -${(options.cacheMb ?? CACHE_MB) * 1024}`);
  db.pragma('foreign_keys = ON');
  if (!options.readonly) migrate(db);

  const statements = new Map<string, Database.Statement>();
  const sql = (text: string): Database.Statement => {
    let statement = statements.get(text);
    if (!statement) {
      if (statements.size >= MOST_STATEMENTS) statements.clear();
      statements.set(text, (statement = db.prepare(text)));
    }
    return statement;
  };
  const transaction = db.transaction((work: () => unknown) => work());
  // SQLite tells of others' writes only.
  let own = 0;
  const others = db.prepare('PRAGMA data_version').pluck();
  return {
    db,
    clock: options.clock ?? ((): Micros => Date.now() * 1000),
    random: options.random ?? Math.random,
    sql,
    write: <T>(work: () => T): T => {
      own++;
      return guarded(() => transaction.immediate(work) as T);
    },
    read: <T>(work: () => T): T => guarded(() => transaction.deferred(work) as T),
    written: () => guarded(() => (others.get() as number) + own),
  };
}
