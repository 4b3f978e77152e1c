/** Appending and removing: the only places where versions come and go. */
import type { Scope } from '../../domain/access';
import { notFound } from '../../domain/access';
import {
  chooseRemoval,
  judge,
  type Candidate,
  type RemovableVersion,
  type StandingVersion,
} from '../../domain/publication';
import type { Matching } from '../../domain/query';
import { groupOf, typeOf } from '../../domain/stix';
import type { Status, StatusDetails } from '../../domain/taxii';
import { formatTimestamp, instantKey } from '../../domain/timestamp';
import { highest, rankFrom, resolveMarks, type Known, type Rank } from '../../domain/tlp';
import type { Part, PartVerdict, Removal } from '../store';
import type { Connection } from './connection';
import { drawDates, type Dates } from './dates';
import { recordPart, writeAudit } from './records';
import { keyOf, rerank, settleObject, type ObjectKey } from './settling';

const COLUMNS = 'row AS ref, spec, version, version_key AS key, digest, rank, publisher';
/** All that stands under a UUID, whatever its type: one UUID should not stand under two (I-REUSE). */
const STANDING = `SELECT ${COLUMNS}, type FROM versions WHERE collection = ? AND key = ? ORDER BY row`;
const REMOVABLE = `SELECT ${COLUMNS}, json_extract(body, '$.created_by_ref') AS createdBy
  FROM versions WHERE collection = ? AND key = ? AND type = ? ORDER BY row`;
const LINEAGE = `SELECT json_extract(body, '$.created') AS created, json_extract(body, '$.created_by_ref') AS createdBy,
  json_extract(body, '$.revoked') AS revoked FROM versions WHERE row = ?`;
const INSERT = `INSERT INTO versions (collection, type, key, object_id, spec, version, version_key, digest, rank,
  declared, unresolved, publisher, size, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

function collectionRow({ sql }: Connection, id: string): number {
  const row = sql('SELECT row FROM collections WHERE id = ?').pluck().get(id) as number | undefined;
  if (row === undefined) throw notFound();
  return row;
}

const identityOwner =
  ({ sql }: Connection) =>
  (identity: string): string | undefined =>
    identity.startsWith('identity--')
      ? (sql('SELECT id FROM organisations WHERE identity = ?').pluck().get(identity) as string | undefined)
      : undefined;

/** A stored definition counts for its own organisation's objects, and for everyone's if a curator published it (D5). */
function known({ sql }: Connection, part: Part, organisation: string): (markingId: string) => Known {
  return (id) => {
    const inBundle = part.definitions.get(id);
    if (inBundle !== undefined) return inBundle;
    const row = sql(
      'SELECT rank FROM markings WHERE id = ? AND (organisation = ? OR trusted = 1) ORDER BY trusted DESC LIMIT 1',
    ).get(id, organisation) as { rank: Rank | null } | undefined;
    return row?.rank;
  };
}

interface Adding {
  readonly connection: Connection;
  readonly scope: Scope<'write'>;
  readonly part: Part;
  readonly collection: number;
  readonly dates: Dates;
}

/** @returns the verdict of one object, after doing what it says. */
function addOne(adding: Adding, candidate: Candidate): PartVerdict {
  const { connection, scope, part, collection, dates } = adding;
  const { sql } = connection;
  const organisation = scope.principal.organisation.id;
  const object: ObjectKey = { collection, type: candidate.type, key: keyOf(candidate.id) };
  const under = sql(STANDING).all(collection, object.key) as (StandingVersion<number> & { type: string })[];
  const standing = under.filter((v) => v.type === object.type);
  const marks = resolveMarks(candidate.marks, known(connection, part, organisation));
  const judgement = judge(scope, candidate, standing, marks, {
    identityOwner: identityOwner(connection),
    lineage: (ref) => {
      const row = sql(LINEAGE).get(ref) as { created: unknown; createdBy: unknown; revoked: unknown };
      const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
      return { created: text(row.created), createdBy: text(row.createdBy), revoked: row.revoked === 1 };
    },
    otherTypes: under
      .filter((v) => v.type !== object.type && v.publisher === organisation)
      .map((v) => v.type),
  });
  const stated = candidate.stated?.version ?? formatTimestamp(part.status.requested);
  const details = (version: string, message: string | undefined): StatusDetails => ({
    id: candidate.id,
    version,
    ...(message === undefined ? {} : { message }),
  });

  switch (judgement.outcome) {
    case 'fail':
      return { ok: false, details: details(stated, judgement.message) };
    case 'held':
      return { ok: true, details: details(judgement.version, judgement.message) };
    case 'conceal':
      writeAudit(
        connection,
        scope,
        'set-aside',
        candidate.id,
        JSON.stringify({ reason: judgement.reason, object: candidate.text }),
      );
      return { ok: true, details: details(stated, judgement.message) };
    case 'add': {
      const date = dates.next(collection);
      const version = candidate.stated?.version ?? formatTimestamp(date);
      const key = candidate.stated?.key ?? instantKey(version)!;
      const unresolved = judgement.marks.unresolved;
      const ref = Number(
        sql(INSERT).run(
          ...[
            collection,
            candidate.type,
            object.key,
            candidate.id,
            candidate.spec,
            version,
            key,
            candidate.digest,
          ],
          ...[judgement.rank, judgement.marks.declared, unresolved.length, organisation],
          ...[Buffer.byteLength(candidate.text), candidate.text],
        ).lastInsertRowid,
      );
      sql('DELETE FROM removed WHERE collection = ? AND key = ? AND type = ? AND version_key = ?').run(
        collection,
        object.key,
        object.type,
        key,
      );
      for (const id of unresolved) sql('INSERT OR IGNORE INTO citations VALUES (?, ?)').run(id, ref);
      const fresh = {
        version: { ref, spec: candidate.spec, key, rank: judgement.rank },
        date,
        alone: standing.length === 0,
      };
      settleObject(connection, object, dates, fresh);
      if (candidate.definition !== undefined) defineMarking(adding, candidate.id, candidate.definition);
      return { ok: true, details: details(version, judgement.message) };
    }
  }
}

/** A marking definition arrived: whoever cites it and waited for it gets the rank that it says (D5). */
function defineMarking({ connection, scope, dates }: Adding, id: string, rank: Rank | null): void {
  const { sql } = connection;
  const organisation = scope.principal.organisation.id;
  sql('INSERT OR IGNORE INTO markings VALUES (?, ?, ?, ?)').run(id, organisation, rank, scope.curate ? 1 : 0);
  const waiting = sql(
    `SELECT v.row, v.collection, v.key, v.type, v.declared, v.unresolved, v.rank, json_extract(c.definition, '$.defaultTlp') AS byDefault
     FROM citations w JOIN versions v ON v.row = w.version JOIN collections c ON c.row = v.collection
     WHERE w.marking = ? AND (? OR v.publisher = ?) ORDER BY v.row`,
  ).all(id, scope.curate ? 1 : 0, organisation) as (ObjectKey & {
    row: number;
    declared: Rank | null;
    unresolved: number;
    rank: Rank;
    byDefault: Rank;
  })[];
  for (const cited of waiting) {
    const declared = highest(cited.declared, rank);
    const left = cited.unresolved - 1;
    sql('UPDATE versions SET declared = ?, unresolved = ? WHERE row = ?').run(declared, left, cited.row);
    sql('DELETE FROM citations WHERE marking = ? AND version = ?').run(id, cited.row);
    const now = rankFrom(declared, left, cited.byDefault);
    if (now === cited.rank) continue;
    rerank(connection, cited.row, now);
    settleObject(connection, cited, dates);
  }
}

const verdictsOf = (adding: Adding): PartVerdict[] =>
  adding.part.members.map((member) =>
    'candidate' in member ? addOne(adding, member.candidate) : { ok: false, details: member.refused },
  );

/** Thrown to undo a transaction. */
class Undone extends Error {}

/** {@link ObjectStore.foresee} in one transaction that is undone. */
export function foresee(
  connection: Connection,
  scope: Scope<'write'>,
  parts: readonly Part[],
): PartVerdict[] {
  let verdicts: PartVerdict[] = [];
  try {
    connection.write(() => {
      const collection = collectionRow(connection, scope.collection.id);
      const dates = drawDates(connection);
      verdicts = parts.flatMap((part) => verdictsOf({ connection, scope, part, collection, dates }));
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
  return verdicts;
}

/** {@link ObjectStore.append} in one transaction. */
export function append(connection: Connection, scope: Scope<'write'>, part: Part): Status {
  return connection.write(() => {
    const collection = collectionRow(connection, scope.collection.id);
    const dates = drawDates(connection);
    const adding: Adding = { connection, scope, part, collection, dates };
    return recordPart(connection, scope, part, () => {
      const verdicts = verdictsOf(adding);
      dates.save();
      return verdicts;
    });
  });
}

/** Takes versions of one object out, within the caller's transaction. */
export function dropVersions(connection: Connection, object: ObjectKey, refs: readonly number[]): void {
  const { sql } = connection;
  for (const ref of refs) {
    sql(
      `INSERT OR REPLACE INTO removed SELECT collection, key, type, version_key, rank FROM versions WHERE row = ?`,
    ).run(ref);
    sql('DELETE FROM entries WHERE version = ?').run(ref);
    sql('DELETE FROM citations WHERE version = ?').run(ref);
    sql('DELETE FROM versions WHERE row = ?').run(ref);
  }
  const dates = drawDates(connection);
  settleObject(connection, object, dates);
  dates.save();
}

/** {@link ObjectStore.remove} in one transaction. */
export function remove(
  connection: Connection,
  scope: Scope<'remove'>,
  id: string,
  selection: Pick<Matching, 'version' | 'specVersions'>,
): Removal {
  return connection.write(() => {
    const { sql } = connection;
    const collection = collectionRow(connection, scope.collection.id);
    const object: ObjectKey = { collection, type: typeOf(id), key: keyOf(id) };
    const ownerless = groupOf(object.type) === 'SCO';
    const standing = (
      sql(REMOVABLE).all(collection, object.key, object.type) as (RemovableVersion<number> & {
        createdBy: unknown;
      })[]
    ).map((v) => ({ ...v, createdBy: typeof v.createdBy === 'string' ? v.createdBy : undefined, ownerless }));
    const choice = chooseRemoval(scope, id, standing, selection, identityOwner(connection));
    if (typeof choice === 'string') return choice;
    dropVersions(connection, object, choice.remove);
    writeAudit(connection, scope, 'remove', id, JSON.stringify({ versions: choice.remove.length }));
    return { removed: choice.remove.length };
  });
}

/** Gives every version that ranks by the collection's `default_tlp` its rank anew. @returns how many changed. */
export function rerankCollection(connection: Connection, collection: number, byDefault: Rank): number {
  const { sql } = connection;
  const dates = drawDates(connection);
  const rows = sql(
    `SELECT row, collection, key, type, declared, unresolved, rank FROM versions
     WHERE collection = ? AND (declared IS NULL OR unresolved > 0) ORDER BY row`,
  ).all(collection) as (ObjectKey & { row: number; declared: Rank | null; unresolved: number; rank: Rank })[];
  const changed = rows.filter((v) => rankFrom(v.declared, v.unresolved, byDefault) !== v.rank);
  for (const v of changed) rerank(connection, v.row, rankFrom(v.declared, v.unresolved, byDefault));
  const objects = new Map<string, ObjectKey>(changed.map((v) => [`${v.type}--${v.key.toString('hex')}`, v]));
  for (const object of objects.values()) settleObject(connection, object, dates);
  dates.save();
  return changed.length;
}
