/** The schema, as steps that run by themselves: step n takes a store from version n to n + 1. Never edit one that shipped. */
import type { Database } from 'better-sqlite3';
import { OperatorError } from '../../domain/errors';

const STEPS: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
  INSERT INTO meta VALUES ('policy', 1);

  CREATE TABLE channels (api_root TEXT PRIMARY KEY, definition TEXT NOT NULL) WITHOUT ROWID;
  -- last_date: the newest date_added ever given here; it outlives the entries, so that no date comes twice.
  CREATE TABLE collections (
    row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, api_root TEXT NOT NULL, definition TEXT NOT NULL,
    last_date INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE grants (id TEXT PRIMARY KEY, collection_id TEXT NOT NULL, definition TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE organisations (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, identity TEXT UNIQUE, definition TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE principals (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, organisation_id TEXT NOT NULL REFERENCES organisations (id),
    password_hash TEXT NOT NULL, definition TEXT NOT NULL
  ) WITHOUT ROWID;

  -- key: the 16 bytes of the id's UUID; with the type it is the id, at a third of its size.
  -- declared, unresolved: what the markings say, so that the rank can be given anew (src/domain/tlp.ts).
  CREATE TABLE versions (
    row INTEGER PRIMARY KEY, collection INTEGER NOT NULL, type TEXT NOT NULL, key BLOB NOT NULL,
    object_id TEXT NOT NULL, spec TEXT NOT NULL, version TEXT NOT NULL, version_key TEXT NOT NULL,
    digest TEXT NOT NULL, rank INTEGER NOT NULL, declared INTEGER, unresolved INTEGER NOT NULL,
    publisher TEXT NOT NULL, size INTEGER NOT NULL, body TEXT NOT NULL
  );
  CREATE UNIQUE INDEX versions_id ON versions (collection, key, type, version_key);

  -- One row an entry (src/domain/entries.ts); the nine questions hold ranges of ranks.
  CREATE TABLE entries (
    collection INTEGER NOT NULL, date INTEGER NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL,
    latest_all INTEGER NOT NULL, latest_last INTEGER NOT NULL, latest_first INTEGER NOT NULL,
    old_all INTEGER NOT NULL, old_last INTEGER NOT NULL, old_first INTEGER NOT NULL,
    any_all INTEGER NOT NULL, any_last INTEGER NOT NULL, any_first INTEGER NOT NULL,
    PRIMARY KEY (collection, date)
  ) WITHOUT ROWID;
  CREATE INDEX entries_version ON entries (version);
  -- A page is a merge of ordered runs, one for each range that holds the reader's rank: hidden objects cost nothing.
  CREATE INDEX entries_latest_all ON entries (collection, latest_all, date, version);
  CREATE INDEX entries_latest_last ON entries (collection, latest_last, date, version);
  CREATE INDEX entries_latest_first ON entries (collection, latest_first, date, version);
  CREATE INDEX entries_type_latest_all ON entries (collection, type, latest_all, date, version);
  CREATE INDEX entries_type_latest_last ON entries (collection, type, latest_last, date, version);

  -- Versions that were removed: GET of one is 404, not "nothing matches" (T-355), for those who could see it.
  CREATE TABLE removed (
    collection INTEGER NOT NULL, key BLOB NOT NULL, type TEXT NOT NULL, version_key TEXT NOT NULL, rank INTEGER NOT NULL,
    PRIMARY KEY (collection, key, type, version_key)
  ) WITHOUT ROWID;

  -- What marking definitions say of TLP, and who waits for one to arrive (D5).
  CREATE TABLE markings (
    id TEXT NOT NULL, organisation TEXT NOT NULL, rank INTEGER, trusted INTEGER NOT NULL, PRIMARY KEY (id, organisation)
  ) WITHOUT ROWID;
  CREATE TABLE citations (marking TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (marking, version)) WITHOUT ROWID;
  CREATE INDEX citations_version ON citations (version);

  CREATE TABLE statuses (
    id TEXT PRIMARY KEY, api_root TEXT NOT NULL, collection_id TEXT NOT NULL, principal_id TEXT NOT NULL,
    requested INTEGER NOT NULL, total INTEGER NOT NULL, success INTEGER NOT NULL, failure INTEGER NOT NULL,
    parts_done INTEGER NOT NULL, complete INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX statuses_requested ON statuses (requested);
  CREATE TABLE status_details (
    status_id TEXT NOT NULL, part INTEGER NOT NULL, kind TEXT NOT NULL, items TEXT NOT NULL, PRIMARY KEY (status_id, part, kind)
  ) WITHOUT ROWID;
  CREATE TABLE publications (row INTEGER PRIMARY KEY, status_id TEXT NOT NULL UNIQUE, body BLOB NOT NULL);

  CREATE TABLE audit (
    row INTEGER PRIMARY KEY, at INTEGER NOT NULL, principal TEXT NOT NULL, action TEXT NOT NULL,
    collection TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL
  );
  CREATE INDEX audit_action ON audit (action, row);
  `,
  `
  -- How far each organisation has read a collection: what lies behind nobody's mark was never read.
  CREATE TABLE reads (
    collection_id TEXT NOT NULL, organisation_id TEXT NOT NULL, last_date INTEGER NOT NULL,
    PRIMARY KEY (collection_id, organisation_id)
  ) WITHOUT ROWID;

  -- One row a job: who runs it, and until when that is believed without a word from them.
  CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE job_runs (
    row INTEGER PRIMARY KEY, name TEXT NOT NULL, started INTEGER NOT NULL, took INTEGER NOT NULL, ok INTEGER NOT NULL, result TEXT NOT NULL
  );
  CREATE INDEX job_runs_name ON job_runs (name, row);
  -- Small facts that jobs keep from one run to the next: retention notices, statistics of a day.
  CREATE TABLE job_notes (kind TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
  `,
  `
  -- For whom it was done, where that is not who did it.
  ALTER TABLE audit ADD COLUMN behalf TEXT;
  `,
];

/** Brings a store up to date; several processes may do so at once. @throws {OperatorError} the store is newer than this Jisr. */
export function migrate(db: Database): void {
  db.transaction(() => {
    const version = db.pragma('user_version', { simple: true }) as number;
    if (version > STEPS.length) {
      throw new OperatorError(
        `The store has schema version ${version}, this Jisr knows ${STEPS.length}. Run the newer Jisr.`,
      );
    }
    for (const step of STEPS.slice(version)) db.exec(step);
    db.pragma(`user_version = ${STEPS.length}`);
  }).immediate();
}
