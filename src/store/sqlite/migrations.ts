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
  -- Two organisations that cannot see each other's may hold one version of one id (D7a), so the index is not unique; by
  -- specification and rank, so that what is hidden is not touched and the oldest and newest are a seek each.
  DROP INDEX versions_id;
  CREATE INDEX versions_rank ON versions (collection, key, type, spec, rank, version_key);
  -- Versions of another owner than their publisher: an object's revision by a curator.
  CREATE TABLE owners (version INTEGER PRIMARY KEY, owner TEXT NOT NULL);
  INSERT INTO owners SELECT row, owner FROM (
    SELECT row, publisher, first_value(publisher) OVER (PARTITION BY collection, key, type ORDER BY row) AS owner FROM versions
  ) WHERE owner <> publisher;
  -- Versions that their date names, by content (T-370).
  CREATE TABLE nameless (
    collection INTEGER NOT NULL, key BLOB NOT NULL, digest TEXT NOT NULL, version INTEGER NOT NULL,
    PRIMARY KEY (collection, key, digest, version)
  ) WITHOUT ROWID;
  INSERT INTO nameless SELECT collection, key, digest, row FROM versions
    WHERE json_extract(body, '$.modified') IS NULL AND json_extract(body, '$.created') IS NULL;
  -- Whose word a definition is, and what it says (-1: nothing of TLP): its collection is empty where it was not written down and is not held any more (D5a).
  CREATE TABLE markings_by_collection (
    id TEXT NOT NULL, organisation TEXT NOT NULL, collection TEXT NOT NULL, said INTEGER NOT NULL, curated INTEGER NOT NULL,
    authority INTEGER NOT NULL, PRIMARY KEY (id, organisation, collection, said, curated, authority)
  ) WITHOUT ROWID;
  INSERT OR IGNORE INTO markings_by_collection
    SELECT m.id, m.organisation, coalesce(held.collection, ''), coalesce(m.rank, -1), m.trusted, 4 FROM markings m LEFT JOIN (
      SELECT v.object_id, v.publisher, c.id AS collection FROM collections c
      JOIN entries e INDEXED BY entries_type_latest_all ON e.collection = c.row AND e.type = 'marking-definition'
      JOIN versions v ON v.row = e.version
    ) held ON held.object_id = m.id AND held.publisher = m.organisation;
  DROP TABLE markings;
  ALTER TABLE markings_by_collection RENAME TO markings;
  -- All that cite a definition, not only who waits for it: of several definitions the highest counts.
  ALTER TABLE citations ADD COLUMN open INTEGER NOT NULL DEFAULT 1;

  -- An object's entries by date. Those that still answer for the newest version are found through it: objects of one version,
  -- nearly all there are, cost this index nothing.
  ALTER TABLE entries ADD COLUMN key BLOB;
  UPDATE entries SET key = (SELECT v.key FROM versions v WHERE v.row = entries.version);
  CREATE INDEX entries_object ON entries (collection, key, type, latest_all, date, version) WHERE latest_all <> latest_last;

  -- The questions about STIX 2.0 by name: entries of objects that are of 2.1 alone are in none of these.
  CREATE INDEX entries_old_all ON entries (collection, old_all, date, version) WHERE old_all <> 0;
  CREATE INDEX entries_old_last ON entries (collection, old_last, date, version) WHERE old_last <> 0;
  CREATE INDEX entries_old_first ON entries (collection, old_first, date, version) WHERE old_first <> 0;
  CREATE INDEX entries_any_all ON entries (collection, any_all, date, version) WHERE any_all <> latest_all;
  CREATE INDEX entries_any_last ON entries (collection, any_last, date, version) WHERE any_last <> latest_last;
  CREATE INDEX entries_any_first ON entries (collection, any_first, date, version) WHERE any_first <> latest_first;
  `,
  `
  -- A lease that was given back stays, with the number of the last one and the newest tick that it was taken for.
  ALTER TABLE leases ADD COLUMN fence INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE leases ADD COLUMN tick INTEGER;
  `,
  `
  -- How a publication was cut into parts (src/publish/envelope.ts).
  ALTER TABLE publications ADD COLUMN cut INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- For whom it was done, where that is not who did it.
  ALTER TABLE audit ADD COLUMN behalf TEXT;
  `,
  `
  -- The bytes of a publication in pieces (bodies.ts).
  CREATE TABLE publication_pieces (
    publication INTEGER NOT NULL, n INTEGER NOT NULL, bytes BLOB NOT NULL, UNIQUE (publication, n)
  );
  INSERT INTO publication_pieces SELECT row, 0, body FROM publications;
  ALTER TABLE publications ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  UPDATE publications SET bytes = length(body);
  ALTER TABLE publications DROP COLUMN body;
  -- The part that was set about last, and how often.
  ALTER TABLE publications ADD COLUMN part INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE publications ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- What entries answered no more, so that a process that keeps pages knows which of them still stand (D13). By triggers: no
  -- way of writing can forget it, an older Jisr's neither. Some thousands are kept; who is further behind begins anew.
  CREATE TABLE cuts (
    seq INTEGER PRIMARY KEY, collection INTEGER NOT NULL, date INTEGER NOT NULL,
    latest_all INTEGER NOT NULL, latest_last INTEGER NOT NULL, latest_first INTEGER NOT NULL,
    latest_all_left INTEGER NOT NULL, latest_last_left INTEGER NOT NULL, latest_first_left INTEGER NOT NULL
  );
  CREATE TRIGGER entries_cut AFTER UPDATE ON entries
  WHEN (old.latest_all, old.latest_last, old.latest_first) IS NOT (new.latest_all, new.latest_last, new.latest_first) BEGIN
    INSERT INTO cuts (collection, date, latest_all, latest_last, latest_first, latest_all_left, latest_last_left, latest_first_left)
      VALUES (old.collection, old.date, old.latest_all, old.latest_last, old.latest_first,
        new.latest_all, new.latest_last, new.latest_first);
  END;
  CREATE TRIGGER entries_gone AFTER DELETE ON entries BEGIN
    INSERT INTO cuts (collection, date, latest_all, latest_last, latest_first, latest_all_left, latest_last_left, latest_first_left)
      VALUES (old.collection, old.date, old.latest_all, old.latest_last, old.latest_first, 0, 0, 0);
  END;
  CREATE TRIGGER cuts_kept AFTER INSERT ON cuts BEGIN
    DELETE FROM cuts WHERE seq <= new.seq - 4000;
  END;
  `,
  `
  -- hash: of the token; used: when it last signed somebody in.
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY, principal_id TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL, definition TEXT NOT NULL, used INTEGER,
    UNIQUE (principal_id, name)
  ) WITHOUT ROWID;
  -- By which token a publication that waits was accepted.
  ALTER TABLE publications ADD COLUMN token TEXT;
  -- What certificates of accounts are known by.
  CREATE TABLE certificates (match TEXT PRIMARY KEY, principal_id TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX certificates_principal ON certificates (principal_id);
  `,
  `
  -- The classes of readers that a collection knows (src/domain/audience.ts). A version's rank is with its class one number, and
  -- so is each range of an entry: those of class 0, everyone, are what they were.
  CREATE TABLE audiences (
    collection INTEGER NOT NULL, id INTEGER NOT NULL, definition TEXT NOT NULL, PRIMARY KEY (collection, id)
  ) WITHOUT ROWID;
  -- What an owner said last of who may see an object: it outlives the versions.
  CREATE TABLE words (
    collection INTEGER NOT NULL, key BLOB NOT NULL, type TEXT NOT NULL, owner TEXT NOT NULL, audience INTEGER NOT NULL,
    PRIMARY KEY (collection, key, type, owner)
  ) WITHOUT ROWID;
  -- Of one instant several may have gone, whose readers do not see each other's.
  CREATE TABLE stones (
    collection INTEGER NOT NULL, key BLOB NOT NULL, type TEXT NOT NULL, version_key TEXT NOT NULL, rank INTEGER NOT NULL,
    PRIMARY KEY (collection, key, type, version_key, rank)
  ) WITHOUT ROWID;
  INSERT INTO stones SELECT collection, key, type, version_key, rank FROM removed;
  DROP TABLE removed;
  ALTER TABLE stones RENAME TO removed;
  `,
];

/**
 * Brings a store up to date; several processes may do so at once.
 *
 * @param to the schema version to stop at. @throws {OperatorError} the store is newer than this Jisr.
 */
export function migrate(db: Database, to = STEPS.length): void {
  // A store that is up to date is opened without a lock, whoever writes for how long.
  if (db.pragma('user_version', { simple: true }) === to) return;
  db.transaction(() => {
    const version = db.pragma('user_version', { simple: true }) as number;
    if (version > STEPS.length) {
      throw new OperatorError(
        `The store has schema version ${version}, this Jisr knows ${STEPS.length}. Run the newer Jisr.`,
      );
    }
    for (const step of STEPS.slice(version, to)) db.exec(step);
    db.pragma(`user_version = ${to}`);
  }).immediate();
}
