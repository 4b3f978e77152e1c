/** All of a store out, record by record, in one order: what a backup, an export and a migration are made of. */
import type { Organisation, Principal } from '../../domain/access';
import { QUESTIONS } from '../../domain/entries';
import type { Range } from '../../domain/regions';
import type { StatusDetails } from '../../domain/taxii';
import type { Micros } from '../../domain/timestamp';
import type { Rank } from '../../domain/tlp';
import type { ApiToken } from '../../domain/tokens';
import {
  lowestStones,
  type ArchivedObject,
  type ArchivedStatus,
  type ArchivedVersion,
  type ArchivedWord,
  type ArchiveRecord,
  type Stone,
} from '../archive';
import type { JobRun, Reading } from '../house';
import { toAuditRecord, type AuditRow } from './audit';
import { bodyOf } from './bodies';
import { handGrants, stored } from './catalog';
import type { Connection } from './connection';
import { turn } from './walk';

type Row = Record<string, unknown>;
const SLICE = 500;

/** Rows by a key that only grows: flat memory, and others get their turn. */
async function* slices({ sql }: Pick<Connection, 'sql'>, text: string, key: string): AsyncGenerator<Row> {
  let after: unknown = -1;
  for (;;) {
    const rows = sql(`${text} WHERE ${key} > ? ORDER BY ${key} LIMIT ${SLICE}`).all(after) as Row[];
    yield* rows;
    const last = rows.at(-1);
    if (!last) return;
    after = last['after'];
    await turn();
  }
}

function objectOf(
  { sql }: Pick<Connection, 'sql'>,
  collection: number,
  collectionId: string,
  key: Buffer,
  type: string,
): ArchivedObject | undefined {
  const rows = sql(
    `SELECT v.*, coalesce(o.owner, v.publisher) AS owner FROM versions v LEFT JOIN owners o ON o.version = v.row
     WHERE v.collection = ? AND v.key = ? AND v.type = ?`,
  ).all(collection, key, type) as Row[];
  const citations = (version: unknown, which: string): string[] =>
    sql(`SELECT marking FROM citations WHERE version = ? ${which} ORDER BY marking`)
      .pluck()
      .all(version) as string[];
  const removed = lowestStones(
    sql('SELECT version_key AS key, rank FROM removed WHERE collection = ? AND key = ? AND type = ?').all(
      collection,
      key,
      type,
    ) as Stone[],
  );
  const words = sql(
    'SELECT owner, audience FROM words WHERE collection = ? AND key = ? AND type = ? ORDER BY owner',
  ).all(collection, key, type) as ArchivedWord[];
  if (rows.length + removed.length === 0) return undefined;
  const versions = rows.map((row): ArchivedVersion => {
    const entries = sql('SELECT * FROM entries WHERE version = ? ORDER BY date').all(row['row']) as (Record<
      string,
      Range
    > & { date: Micros })[];
    return {
      spec: row['spec'] as string,
      version: row['version'] as string,
      key: row['version_key'] as string,
      digest: row['digest'] as string,
      rank: row['rank'] as number,
      declared: row['declared'] as Rank | null,
      unresolved: citations(row['row'], 'AND open = 1'),
      cited: citations(row['row'], ''),
      publisher: row['publisher'] as string,
      owner: row['owner'] as string,
      body: row['body'] as string,
      entries: entries.map((e) => ({ date: e.date, ranges: QUESTIONS.map((q) => e[q] as Range) })),
    };
  });
  versions.sort((a, b) => (a.entries[0]?.date ?? 0) - (b.entries[0]?.date ?? 0));
  const hex = key.toString('hex');
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    '-',
  );
  const id = (rows[0]?.['object_id'] as string | undefined) ?? `${type}--${uuid}`;
  const said = words.length === 0 ? {} : { words };
  return { kind: 'object', collection: collectionId, id, versions, removed, ...said };
}

function statusOf({ sql }: Pick<Connection, 'sql'>, row: Row): ArchivedStatus {
  const details = sql('SELECT part, kind, items FROM status_details WHERE status_id = ? ORDER BY part').all(
    row['id'],
  ) as { part: number; kind: string; items: string }[];
  const parts = [...new Set(details.map((d) => d.part))].map((part) => {
    const of = (kind: string): StatusDetails[] =>
      details
        .filter((d) => d.part === part && d.kind === kind)
        .flatMap((d) => JSON.parse(d.items) as StatusDetails[]);
    return { part, successes: of('success'), failures: of('failure'), pendings: of('pending') };
  });
  return {
    kind: 'status',
    id: row['id'] as string,
    root: row['api_root'] as string,
    collection: row['collection_id'] as string,
    principal: row['principal_id'] as string,
    requested: row['requested'] as Micros,
    total: row['total'] as number,
    complete: row['complete'] === 1,
    partsDone: row['parts_done'] as number,
    parts,
  };
}

/** @param connection which sees one moment for as long as it takes. */
export async function* dump(connection: Pick<Connection, 'sql'>): AsyncGenerator<ArchiveRecord> {
  const { sql } = connection;
  let seq = 0;
  yield { kind: 'catalog', channels: stored(connection) };
  for (const text of sql('SELECT definition FROM organisations ORDER BY id').pluck().all() as string[])
    yield { kind: 'organisation', organisation: JSON.parse(text) as Organisation };
  const people =
    sql(`SELECT p.definition AS person, o.definition AS organisation, p.password_hash AS hash FROM principals p
    JOIN organisations o ON o.id = p.organisation_id ORDER BY p.id`).all() as {
      person: string;
      organisation: string;
      hash: string;
    }[];
  for (const { person, organisation, hash } of people) {
    const principal = {
      ...(JSON.parse(person) as Omit<Principal, 'organisation'>),
      organisation: JSON.parse(organisation) as Organisation,
    };
    yield { kind: 'principal', principal, passwordHash: hash };
  }
  for (const row of sql('SELECT definition, hash, used FROM tokens ORDER BY id').all() as Row[])
    yield {
      kind: 'token',
      token: JSON.parse(row['definition'] as string) as ApiToken,
      tokenHash: row['hash'] as string,
      ...(row['used'] === null ? {} : { used: row['used'] as Micros }),
    };
  for (const grant of handGrants(connection)) yield { kind: 'grant', grant };
  for (const row of sql(
    'SELECT * FROM markings ORDER BY id, organisation, collection, said, curated, authority',
  ).all() as Row[])
    yield {
      kind: 'marking',
      id: row['id'] as string,
      organisation: row['organisation'] as string,
      collection: row['collection'] as string,
      rank: row['said'] === -1 ? null : (row['said'] as Rank),
      trusted: row['curated'] === 1,
      authority: row['authority'] as Rank,
    };
  const collections = sql('SELECT row, id, last_date FROM collections ORDER BY id').all() as {
    row: number;
    id: string;
    last_date: Micros;
  }[];
  for (const { row, id, last_date: date } of collections) {
    yield { kind: 'last', collection: id, date };
    const audiences = sql('SELECT id, definition FROM audiences WHERE collection = ? ORDER BY id').all(row);
    for (const audience of audiences as { id: number; definition: string }[])
      yield { kind: 'audience', collection: id, ...audience };
    let after: Buffer = Buffer.alloc(0);
    for (;;) {
      const keys = sql(
        `SELECT key, type FROM (SELECT DISTINCT key, type FROM versions WHERE collection = @row AND key > @after
         UNION SELECT DISTINCT key, type FROM removed WHERE collection = @row AND key > @after) ORDER BY key, type LIMIT ${SLICE}`,
      ).all({ row, after }) as { key: Buffer; type: string }[];
      const last = keys.at(-1);
      if (!last) break;
      // One UUID may stand under several types: a slice ends between two UUIDs.
      const whole = keys.length < SLICE ? keys : keys.filter((k) => !k.key.equals(last.key));
      const now = whole.length === 0 ? keys : whole;
      for (const { key, type } of now) {
        const object = objectOf(connection, row, id, key, type);
        if (object) yield object;
      }
      after = (now.at(-1) as { key: Buffer }).key;
      await turn();
    }
  }
  for (const row of sql('SELECT * FROM statuses ORDER BY id').all() as Row[]) yield statusOf(connection, row);
  for await (const row of slices(
    connection,
    'SELECT row AS after, status_id, cut, token FROM publications',
    'row',
  ))
    yield {
      kind: 'publication',
      status: row['status_id'] as string,
      body: (bodyOf(connection, row['status_id'] as string) as Buffer).toString('base64'),
      cut: row['cut'] as number,
      ...(row['token'] === null ? {} : { tokenId: row['token'] as string }),
    };
  for await (const row of slices(
    connection,
    'SELECT row AS after, at, principal, action, collection, subject, detail, behalf FROM audit',
    'row',
  )) {
    const { after: _, ...record } = row;
    yield { kind: 'audit', seq: ++seq, record: toAuditRecord(record as unknown as AuditRow) };
  }
  for await (const row of slices(
    connection,
    'SELECT row AS after, name, started, took, ok, result FROM job_runs',
    'row',
  )) {
    const { after: _, ok, ...run } = row;
    yield { kind: 'run', seq: ++seq, run: { ...(run as unknown as Omit<JobRun, 'ok'>), ok: ok === 1 } };
  }
  for (const row of sql('SELECT kind, name, value FROM job_notes ORDER BY kind, name').all() as Row[])
    yield {
      kind: 'note',
      of: row['kind'] as string,
      name: row['name'] as string,
      value: row['value'] as string,
    };
  for (const row of sql(
    'SELECT collection_id AS collectionId, organisation_id AS organisationId, last_date AS lastDate FROM reads ORDER BY 1, 2',
  ).all() as Reading[])
    yield { kind: 'reading', reading: row };
}
