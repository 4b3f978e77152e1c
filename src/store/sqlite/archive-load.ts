/** One record of an archive in: whatever stands in its place goes. */
import { statedVersion, typeOf, type StixObject } from '../../domain/stix';
import { keepCertificates } from './certificates';
import type { ArchivedObject, ArchivedStatus, ArchivedVersion, ArchiveRecord } from '../archive';
import { keepBody } from './bodies';
import type { Connection } from './connection';
import { keyOf, type ObjectKey } from './standing';
import { INSERT_ENTRY, INSERT_VERSION } from './work';

function loadVersion(
  { sql }: Connection,
  { collection, key, type }: ObjectKey,
  id: string,
  v: ArchivedVersion,
): void {
  const { spec, version, key: versionKey, digest, rank, declared, publisher, body } = v;
  const ref = sql(INSERT_VERSION).run(
    collection,
    type,
    key,
    id,
    spec,
    version,
    versionKey,
    digest,
    rank,
    declared,
    v.unresolved.length,
    publisher,
    Buffer.byteLength(body),
    body,
  ).lastInsertRowid;
  for (const marking of v.cited ?? v.unresolved)
    sql('INSERT INTO citations VALUES (?, ?, ?)').run(marking, ref, v.unresolved.includes(marking) ? 1 : 0);
  if (v.owner !== undefined && v.owner !== publisher)
    sql('INSERT INTO owners VALUES (?, ?)').run(ref, v.owner);
  if (!statedVersion(JSON.parse(body) as StixObject))
    sql('INSERT INTO nameless VALUES (?, ?, ?, ?)').run(collection, key, digest, ref);
  for (const { date, ranges } of v.entries)
    sql(INSERT_ENTRY).run(collection, date, ref, type, key, ...ranges);
}

function loadObject(
  connection: Connection,
  { collection: id, id: objectId, versions, removed, words = [] }: ArchivedObject,
): void {
  const { sql } = connection;
  const collection = sql('SELECT row FROM collections WHERE id = ?').pluck().get(id) as number;
  const [key, type] = [keyOf(objectId), typeOf(objectId)];
  for (const row of sql('SELECT row FROM versions WHERE collection = ? AND key = ? AND type = ?')
    .pluck()
    .all(collection, key, type)) {
    for (const table of ['entries', 'citations', 'owners', 'nameless'])
      sql(`DELETE FROM ${table} WHERE version = ?`).run(row);
    sql('DELETE FROM versions WHERE row = ?').run(row);
  }
  sql('DELETE FROM removed WHERE collection = ? AND key = ? AND type = ?').run(collection, key, type);
  for (const v of versions) loadVersion(connection, { collection, key, type }, objectId, v);
  for (const r of removed)
    sql('INSERT INTO removed VALUES (?, ?, ?, ?, ?)').run(collection, key, type, r.key, r.rank);
  sql('DELETE FROM words WHERE collection = ? AND key = ? AND type = ?').run(collection, key, type);
  for (const { owner, audience } of words)
    sql('INSERT INTO words VALUES (?, ?, ?, ?, ?)').run(collection, key, type, owner, audience);
}

function loadStatus({ sql }: Connection, s: ArchivedStatus): void {
  const count = (of: 'successes' | 'failures'): number => s.parts.reduce((sum, p) => sum + p[of].length, 0);
  sql('INSERT OR REPLACE INTO statuses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
    s.id,
    s.root,
    s.collection,
    s.principal,
    s.requested,
    s.total,
    count('successes'),
    count('failures'),
    s.partsDone,
    s.complete ? 1 : 0,
  );
  sql('DELETE FROM status_details WHERE status_id = ?').run(s.id);
  for (const { part, successes, failures, pendings } of s.parts)
    for (const [kind, items] of [
      ['success', successes],
      ['failure', failures],
      ['pending', pendings],
    ] as const)
      if (items.length > 0)
        sql('INSERT INTO status_details VALUES (?, ?, ?, ?)').run(s.id, part, kind, JSON.stringify(items));
}

/** Within the caller's transaction. */
export function loadOne(connection: Connection, record: ArchiveRecord): void {
  const { sql } = connection;
  switch (record.kind) {
    case 'catalog':
      for (const channel of record.channels) {
        sql('INSERT OR REPLACE INTO channels VALUES (?, ?)').run(
          channel.apiRoot,
          JSON.stringify({ ...channel, collections: [] }),
        );
        for (const c of channel.collections)
          sql(`INSERT INTO collections (id, api_root, definition) VALUES (?, ?, ?)
            ON CONFLICT (id) DO UPDATE SET api_root = excluded.api_root, definition = excluded.definition`).run(
            c.id,
            c.apiRoot,
            JSON.stringify(c),
          );
      }
      return;
    case 'organisation': {
      const { id, name, identity } = record.organisation;
      sql(`INSERT INTO organisations VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,
        identity = excluded.identity, definition = excluded.definition`).run(
        id,
        name,
        identity ?? null,
        JSON.stringify(record.organisation),
      );
      return;
    }
    case 'principal': {
      const { organisation, ...person } = record.principal;
      sql('INSERT OR REPLACE INTO principals VALUES (?, ?, ?, ?, ?)').run(
        person.id,
        person.name,
        organisation.id,
        record.passwordHash,
        JSON.stringify(person),
      );
      keepCertificates(connection, person);
      return;
    }
    case 'token': {
      const { token, tokenHash, used = null } = record;
      sql('INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?, ?, ?)').run(
        token.id,
        token.principalId,
        token.name,
        tokenHash,
        JSON.stringify(token),
        used,
      );
      return;
    }
    case 'grant':
      sql('INSERT OR REPLACE INTO grants VALUES (?, ?, ?)').run(
        record.grant.id,
        record.grant.collectionId,
        JSON.stringify(record.grant),
      );
      return;
    case 'marking':
      sql('INSERT OR REPLACE INTO markings VALUES (?, ?, ?, ?, ?, ?)').run(
        record.id,
        record.organisation,
        record.collection ?? '',
        record.rank ?? -1,
        record.trusted ? 1 : 0,
        record.authority ?? 4,
      );
      return;
    case 'audience':
      sql('INSERT OR REPLACE INTO audiences SELECT row, ?, ? FROM collections WHERE id = ?').run(
        record.id,
        record.definition,
        record.collection,
      );
      return;
    case 'object': {
      loadObject(connection, record);
      return;
    }
    case 'last':
      sql('UPDATE collections SET last_date = max(last_date, ?) WHERE id = ?').run(
        record.date,
        record.collection,
      );
      return;
    case 'status': {
      loadStatus(connection, record);
      return;
    }
    case 'publication':
      keepBody(
        connection,
        record.status,
        Buffer.from(record.body, 'base64'),
        record.cut ?? 0,
        record.tokenId,
      );
      return;
    case 'audit': {
      const { at, principal, action, collection, subject, detail, behalf = null } = record.record;
      sql(
        'INSERT OR REPLACE INTO audit (row, at, principal, action, collection, subject, detail, behalf) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ).run(record.seq, at, principal, action, collection, subject, detail, behalf);
      return;
    }
    case 'run': {
      const { name, started, took, ok, result } = record.run;
      sql(
        'INSERT OR REPLACE INTO job_runs (row, name, started, took, ok, result) VALUES (?, ?, ?, ?, ?, ?)',
      ).run(record.seq, name, started, took, ok ? 1 : 0, result);
      return;
    }
    case 'note':
      sql('INSERT OR REPLACE INTO job_notes VALUES (?, ?, ?)').run(record.of, record.name, record.value);
      return;
    case 'reading':
      sql('INSERT OR REPLACE INTO reads VALUES (?, ?, ?)').run(
        record.reading.collectionId,
        record.reading.organisationId,
        record.reading.lastDate,
      );
  }
}
