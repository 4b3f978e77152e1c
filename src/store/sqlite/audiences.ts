/** The classes of readers that collections know (src/domain/audience.ts), and to which of them somebody belongs. */
import type { Scope } from '../../domain/access';
import {
  audienceIn,
  EVERYONE,
  rankIn,
  readerAmong,
  readerOf,
  traitsOf,
  type AudienceRule,
  type ClassId,
  type Reader,
} from '../../domain/audience';
import { ClassBook } from '../../domain/class-book';
import type { Inspected } from '../objects';
import type { Connection } from './connection';

/** Readers that are kept for each connection: more than most networks have organisations. */
const MOST_KEPT = 2000;

interface Kept {
  readonly last: ClassId;
  readonly reader: Reader;
}
const kept = new WeakMap<Connection, Map<string, Kept>>();

/** All that are defined, for whoever defines more in the same transaction. */
export function bookOf({ sql }: Connection, collection: number): ClassBook {
  const rows = sql('SELECT id, definition FROM audiences WHERE collection = ? ORDER BY id').all(collection);
  return new ClassBook((rows as { id: ClassId; definition: string }[]).map((r) => [r.id, r.definition]));
}

const RULE = 'SELECT definition FROM audiences WHERE collection = ? AND id = ?';

/** What a level says beside the collection's ordinary ones, for who is shown the version. */
export function shownLevel(
  { sql }: Connection,
  collection: number,
  level: number,
): Pick<Inspected, 'rank' | 'audience'> {
  const rank = rankIn(level);
  const id = audienceIn(level);
  if (id === EVERYONE) return { rank };
  return { rank, audience: JSON.parse(sql(RULE).pluck().get(collection, id) as string) as AudienceRule };
}

/** Writes down what was defined. */
export function keepDefined({ sql }: Connection, collection: number, { fresh }: ClassBook): void {
  for (const [id, definition] of fresh)
    sql('INSERT INTO audiences VALUES (?, ?, ?)').run(collection, id, definition);
  fresh.clear();
}

const NEWEST = `SELECT (SELECT max(id) FROM audiences WHERE collection = ?) AS last,
  (SELECT value FROM meta WHERE name = 'policy') AS policy`;

/** To be called within the view in which it reads. */
export function readerIn(
  connection: Connection,
  collection: number,
  { clearance, collection: { id: name }, principal: { organisation } }: Scope,
): Reader {
  const rank = clearance ?? -1;
  const { last, policy } = connection.sql(NEWEST).get(collection) as {
    last: ClassId | null;
    policy: number;
  };
  if (last === null) return readerOf(rank);
  // A collection may go and come back, under its id and in its row: that is a change of policy.
  const key = JSON.stringify([name, collection, policy, rank, ...traitsOf(organisation)]);
  const readers = kept.get(connection) ?? new Map<string, Kept>();
  kept.set(connection, readers);
  const known = readers.get(key);
  if (known?.last === last) return known.reader;
  const reader = readerAmong(rank, organisation, bookOf(connection, collection).defined);
  if (readers.size >= MOST_KEPT) readers.clear();
  readers.set(key, { last, reader });
  return reader;
}
