/** What stands of an object: read by index, so that its cost does not grow with the versions that it has. */
import { QUESTIONS, type Entry, type Question, type Ref } from '../../domain/entries';
import type { Range } from '../../domain/regions';
import type { Lineage, StandingVersion } from '../../domain/publication';
import type { Micros } from '../../domain/timestamp';
import { audienceIn, rankIn, type Reader } from '../../domain/audience';
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
/** The levels (src/domain/audience.ts) of what everyone may see whose clearance is as high: of nearly all there is. */
const COMMON = [0, 1, 2, 3, 4];
const groups = (levels: readonly number[]): string[] =>
  ['2.0', '2.1'].flatMap((spec) => levels.map((level) => `spec = '${spec}' AND rank = ${level}`));
const anyGroup = (levels: readonly number[]): string =>
  `spec IN ('2.0', '2.1') AND rank IN (${levels.join(', ')})`;

/** @param rows a SELECT of rows. */
const versionsAmong = (rows: string): string =>
  `SELECT v.row AS ref, v.spec, v.version, v.version_key AS key, v.digest, v.rank, v.publisher,
     coalesce(o.owner, v.publisher) AS owner
   FROM (${rows}) k CROSS JOIN versions v ON v.row = k.row LEFT JOIN owners o ON o.version = v.row ORDER BY v.row`;

/** Of each specification version and level the oldest and the newest: nothing else is "first" or "last" for anybody. */
const edges = (levels: readonly number[]): string =>
  versionsAmong(
    groups(levels)
      .flatMap((group) =>
        ['version_key', 'version_key DESC'].map(
          (order) => `SELECT row FROM (SELECT row ${RANKED} AND ${group} ORDER BY ${order}, row LIMIT 1)`,
        ),
      )
      .join(' UNION '),
  );
const sameKey = (levels: readonly number[]): string =>
  versionsAmong(`SELECT row ${RANKED} AND ${anyGroup(levels)} AND version_key = @version_key`);
const SAME_CONTENT = versionsAmong(
  `SELECT n.version AS row FROM nameless n CROSS JOIN versions w ON w.row = n.version
   WHERE n.collection = @collection AND n.key = @key AND n.digest = @digest AND w.type = @type`,
);
const older = (levels: readonly number[]): string =>
  versionsAmong(
    `SELECT row FROM (${groups(levels)
      .map(
        (group) =>
          `SELECT row, version_key FROM (SELECT row, version_key ${RANKED} AND ${group}
             AND version_key < @version_key ORDER BY version_key DESC LIMIT 1)`,
      )
      .join(' UNION ALL ')} ORDER BY version_key DESC LIMIT 1)`,
  );
const ALL = versionsAmong(`SELECT row ${RANKED}`);

const versions = ({ sql }: Connection, text: string, args: object): StandingVersion[] =>
  (sql(text).all(args) as (Omit<StandingVersion, 'rank' | 'audience'> & { rank: number })[]).map(
    ({ rank: level, ...version }) => ({ ...version, rank: rankIn(level), audience: audienceIn(level) }),
  );

const NEXT_LEVELS = `SELECT min(rank) ${RANKED} AND spec = @spec AND rank > @level`;

/** The levels of an object's versions that are not for everyone: a seek for each, and one for there is none. */
function narrowLevels({ sql }: Connection, object: ObjectKey): number[] {
  const found = new Set<number>();
  for (const spec of ['2.0', '2.1'])
    for (let level: number | null = 4; ;) {
      level = sql(NEXT_LEVELS)
        .pluck()
        .get({ ...object, spec, level }) as number | null;
      if (level === null) break;
      found.add(level);
    }
  return [...found].sort((a, b) => a - b);
}

/** @param of what is looked for at some levels. */
function atEachLevel(
  connection: Connection,
  object: ObjectKey,
  of: (levels: readonly number[]) => string,
  args: object = {},
): StandingVersion[] {
  const common = versions(connection, of(COMMON), { ...object, ...args });
  const narrow = narrowLevels(connection, object);
  if (narrow.length === 0) return common;
  return [...common, ...versions(connection, of(narrow), { ...object, ...args })].sort(
    (a, b) => a.ref - b.ref,
  );
}

export const edgesOf = (connection: Connection, object: ObjectKey): StandingVersion[] =>
  atEachLevel(connection, object, edges);

/** Every version: only for what touches all of them. */
export const allOf = (connection: Connection, object: ObjectKey): StandingVersion[] =>
  versions(connection, ALL, object);

const OWNED = versionsAmong(
  `SELECT w.row FROM versions w LEFT JOIN owners p ON p.version = w.row
   WHERE w.collection = @collection AND w.key = @key AND w.type = @type AND coalesce(p.owner, w.publisher) = @owner
   LIMIT @most`,
);

/** An owner's versions, up to so many. */
export const ownedBy = (
  connection: Connection,
  object: ObjectKey,
  owner: string,
  most: number,
): StandingVersion[] => versions(connection, OWNED, { ...object, owner, most });

export const ofInstant = (connection: Connection, object: ObjectKey, key: string): StandingVersion[] =>
  atEachLevel(connection, object, sameKey, { version_key: key });

/** Of the versions that their date names. */
export const ofContent = (connection: Connection, object: ObjectKey, digest: string): StandingVersion[] =>
  versions(connection, SAME_CONTENT, { ...object, digest });

/** The nearest version before an instant that somebody sees, who sees something. */
export function nearestOlder(
  connection: Connection,
  object: ObjectKey,
  key: string,
  reader: Reader,
): StandingVersion[] {
  const levels = levelsUnder(connection, object, reader);
  return levels.length === 0 ? [] : versions(connection, older(levels), { ...object, version_key: key });
}

const OF_LEVELS = `SELECT DISTINCT l.value FROM json_each(@levels) l CROSS JOIN versions v INDEXED BY versions_rank
  ON v.collection = @collection AND v.key = @key AND v.type = @type AND v.spec IN ('2.0', '2.1') AND v.rank = l.value`;

/**
 * The levels at which somebody may see versions of an object: all that are theirs where there are few, else those that occur
 * among what they see.
 */
export function levelsUnder(
  { sql }: Pick<Connection, 'sql'>,
  object: ObjectKey,
  { levels, classes }: Reader,
): readonly number[] {
  if (classes.size === 0) return levels;
  return sql(OF_LEVELS)
    .pluck()
    .all({ ...object, levels: JSON.stringify(levels) }) as number[];
}

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
