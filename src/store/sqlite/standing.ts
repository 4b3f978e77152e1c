/** What stands of an object: read by index, so that its cost does not grow with the versions that it has. */
import { QUESTIONS, type Entry, type Question, type Range, type Ref } from '../../domain/entries';
import type { Lineage, StandingVersion } from '../../domain/publication';
import type { Micros } from '../../domain/timestamp';
import type { Rank } from '../../domain/tlp';
import type { Connection } from './connection';

/** An object in a collection, as the store names it. */
export interface ObjectKey {
  readonly collection: number;
  readonly type: string;
  /** The 16 bytes of the id's UUID. */
  readonly key: Buffer;
}

/** The UUID of a STIX id as 16 bytes; text that is no UUID gives fewer and matches nothing. */
export function keyOf(id: string): Buffer {
  return Buffer.from(id.slice(-36).replaceAll('-', ''), 'hex');
}

const OBJECT = 'collection = @collection AND key = @key AND type = @type';
const RANKED = `FROM versions INDEXED BY versions_rank WHERE ${OBJECT}`;
const GROUPS = ['2.0', '2.1'].flatMap((spec) =>
  [0, 1, 2, 3, 4].map((rank) => `spec = '${spec}' AND rank = ${rank}`),
);
const ANY_GROUP = "spec IN ('2.0', '2.1') AND rank IN (0, 1, 2, 3, 4)";

/** @param rows a SELECT of rows. */
const versionsAmong = (rows: string): string =>
  `SELECT v.row AS ref, v.spec, v.version, v.version_key AS key, v.digest, v.rank, v.publisher,
     coalesce(o.owner, v.publisher) AS owner
   FROM (${rows}) k CROSS JOIN versions v ON v.row = k.row LEFT JOIN owners o ON o.version = v.row ORDER BY v.row`;

/** Of each specification version and rank the oldest and the newest: nothing else is "first" or "last" for anybody. */
const EDGES = versionsAmong(
  GROUPS.flatMap((group) =>
    ['version_key', 'version_key DESC'].map(
      (order) => `SELECT row FROM (SELECT row ${RANKED} AND ${group} ORDER BY ${order}, row LIMIT 1)`,
    ),
  ).join(' UNION '),
);
const SAME_KEY = versionsAmong(`SELECT row ${RANKED} AND ${ANY_GROUP} AND version_key = @version_key`);
const SAME_CONTENT = versionsAmong(
  `SELECT n.version AS row FROM nameless n CROSS JOIN versions w ON w.row = n.version
   WHERE n.collection = @collection AND n.key = @key AND n.digest = @digest AND w.type = @type`,
);
const OLDER = versionsAmong(
  `SELECT row FROM (${GROUPS.map(
    (group) =>
      `SELECT row, version_key FROM (SELECT row, version_key ${RANKED} AND ${group} AND rank <= @clearance
         AND version_key < @version_key ORDER BY version_key DESC LIMIT 1)`,
  ).join(' UNION ALL ')} ORDER BY version_key DESC LIMIT 1)`,
);
const ALL = versionsAmong(`SELECT row ${RANKED}`);

const versions = ({ sql }: Connection, text: string, args: object): StandingVersion[] =>
  sql(text).all(args) as StandingVersion[];

export const edgesOf = (connection: Connection, object: ObjectKey): StandingVersion[] =>
  versions(connection, EDGES, object);

/** Every version: only for what touches all of them. */
export const allOf = (connection: Connection, object: ObjectKey): StandingVersion[] =>
  versions(connection, ALL, object);

export const ofInstant = (connection: Connection, object: ObjectKey, key: string): StandingVersion[] =>
  versions(connection, SAME_KEY, { ...object, version_key: key });

/** Of the versions that their date names. */
export const ofContent = (connection: Connection, object: ObjectKey, digest: string): StandingVersion[] =>
  versions(connection, SAME_CONTENT, { ...object, digest });

/** The nearest version before an instant that somebody of a clearance sees. */
export const nearestOlder = (
  connection: Connection,
  object: ObjectKey,
  key: string,
  clearance: Rank,
): StandingVersion[] => versions(connection, OLDER, { ...object, version_key: key, clearance });

/** Whether anything stands under a UUID, of whatever type, or was removed. */
export function isKnown({ sql }: Connection, { collection, key }: Omit<ObjectKey, 'type'>): boolean {
  return (
    sql(
      `SELECT 1 FROM versions WHERE collection = ? AND key = ?
       UNION ALL SELECT 1 FROM removed WHERE collection = ? AND key = ? LIMIT 1`,
    ).get(collection, key, collection, key) !== undefined
  );
}

/** The types that stand under a UUID: a seek for each. */
export function typesUnder({ sql }: Connection, { collection, key }: Omit<ObjectKey, 'type'>): string[] {
  const next = sql(
    'SELECT min(type) FROM versions INDEXED BY versions_rank WHERE collection = ? AND key = ? AND type > ?',
  ).pluck();
  const found: string[] = [];
  for (
    let type = next.get(collection, key, '') as string | null;
    type !== null;
    type = next.get(collection, key, type) as string | null
  )
    found.push(type);
  return found;
}

type EntryRow = { readonly date: Micros } & Record<Question, Range>;

export function entriesOf({ sql }: Connection, ref: Ref): Entry[] {
  const rows = sql(`SELECT date, ${QUESTIONS.join(', ')} FROM entries WHERE version = ?`).all(
    ref,
  ) as EntryRow[];
  return rows.map(({ date, ...ranges }) => ({ ref, date, ranges }));
}

export function lineageOf({ sql }: Connection, ref: Ref): Lineage {
  const row = sql(
    `SELECT json_extract(body, '$.created') AS created, json_extract(body, '$.created_by_ref') AS createdBy,
       json_extract(body, '$.revoked') AS revoked FROM versions WHERE row = ?`,
  ).get(ref) as { created: unknown; createdBy: unknown; revoked: unknown };
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  return { created: text(row.created), createdBy: text(row.createdBy), revoked: row.revoked === 1 };
}
