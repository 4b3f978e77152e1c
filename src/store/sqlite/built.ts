/**
 * Pages that an index answers, each built by one statement: SQLite joins the texts itself. (1,000 objects of 1.1 KB take
 * 0.75 ms, as rows of JavaScript whose bodies are looked up again 2.4 ms; a manifest 1.3 and 2.8 ms.)
 */
import type { Collection } from '../../domain/channel';
import { mediaTypes } from '../../domain/manifest';
import type { Micros } from '../../domain/timestamp';
import type { Page } from '../objects';
import type { Connection } from './connection';
import type { Source } from './query';
import { through, type Window } from './windows';

/** Bytes that the bodies of a page cannot exceed, whatever they are: they take some 6 ms to load. */
const MOST_BYTES = 8 * 1024 * 1024;

/** What a page is joined of, from `k`, an entry, and `v`, its version. */
export type Piece = string;

/** Of a body that is too large nothing is read: its page is built otherwise. */
export const OBJECT: Piece = 'CASE WHEN v.size <= @small THEN v.body END';

/** {@link manifestRecord} as text: its parts hold nothing that JSON would escape. */
export function recordOf(collection: Pick<Collection, 'specVersions'>): Piece {
  const types = mediaTypes(collection).map((type) => `'${type.slice(-3)}' THEN ',"media_type":"${type}"'`);
  return `format('{"id":"%s","date_added":"%s%06dZ","version":"%s"%s}', v.object_id,
    strftime('%Y-%m-%dT%H:%M:%S.', k.date / 1000000, 'unixepoch'), k.date % 1000000, v.version,
    CASE v.spec WHEN ${types.join(' WHEN ')} END)`;
}

/** The order is that of the runs, which are merged by date: ordering them again would copy each text once more. */
const pageOf = (source: Source, piece: Piece): string =>
  `SELECT CAST(group_concat(${piece}, ',') AS BLOB) AS items, count(*) AS count, min(k.date) AS first, max(k.date) AS last,
     max(v.size) AS largest
   FROM (${source.sql} ORDER BY date LIMIT @limit) k CROSS JOIN versions v ON v.row = k.version`;
const nextOf = (source: Source): string => `SELECT date FROM (${source.sql} ORDER BY date LIMIT 1)`;

interface Built {
  readonly items: Buffer | null;
  readonly count: number;
  readonly first: Micros | null;
  readonly last: Micros | null;
  readonly largest: number | null;
  /** The date of the next one; not looked for if it is not there. */
  readonly proof?: Micros | null;
}

/** The same of a window, with how much it holds: each run is looked for once. */
const pageInWindow = (source: Source, piece: Piece): string =>
  `WITH w AS MATERIALIZED (SELECT * FROM (${source.sql}) LIMIT @enough),
     p AS MATERIALIZED (SELECT date, version FROM w ORDER BY date LIMIT @limit + 1),
     q AS MATERIALIZED (SELECT CASE WHEN count(*) > @limit THEN max(date) END AS proof FROM p)
   SELECT CAST(group_concat(${piece}, ',') AS BLOB) AS items, count(*) AS count, min(k.date) AS first, max(k.date) AS last,
     max(v.size) AS largest, (SELECT count(*) FROM w) AS within, (SELECT proof FROM q) AS proof
   FROM q CROSS JOIN p k CROSS JOIN versions v ON v.row = k.version WHERE q.proof IS NULL OR k.date < q.proof`;

function builtInWindow(
  connection: Connection,
  source: Source,
  window: Window,
  piece: Piece,
  after: Micros,
  args: { readonly limit: number },
): Built {
  const page = connection.sql(pageInWindow(source, piece));
  return through(connection, window, after, args.limit + 1, (until, enough) => {
    const value = page.get({ ...source.args, ...args, after, until, enough }) as Built & {
      readonly within: number;
    };
    const fit = value.within >= enough ? 'many' : value.proof === null ? 'few' : 'right';
    return { fit, value };
  });
}

/**
 * To be called within one view of the store.
 *
 * @returns undefined for a page whose bodies may be too many bytes together: it is picked by their sizes first.
 */
export function build(
  connection: Connection,
  source: Source,
  piece: Piece,
  { after = -1, limit }: { readonly after?: Micros | undefined; readonly limit: number },
  mostBytes: number,
): Page<Buffer> | undefined {
  const { sql } = connection;
  const small = Math.floor(Math.min(MOST_BYTES, mostBytes) / limit);
  const args = { limit, ...(piece === OBJECT ? { small } : {}) };
  const built = source.window
    ? builtInWindow(connection, source, source.window, piece, after, args)
    : (sql(pageOf(source, piece)).get({ ...source.args, ...args, after }) as Built);
  const { items, count, first, last, largest } = built;
  if (first === null || last === null)
    return {
      items: Buffer.alloc(0),
      count,
      first: undefined,
      last: undefined,
      more: false,
      through: undefined,
    };
  if ((largest ?? 0) > small) return undefined;
  const next = (): Micros | undefined =>
    built.proof === undefined
      ? (sql(nextOf(source))
          .pluck()
          .get({ ...source.args, after: last }) as Micros | undefined)
      : (built.proof ?? undefined);
  const proof = count < limit ? undefined : next();
  const more = proof !== undefined;
  return {
    items: items ?? Buffer.alloc(0),
    count,
    first,
    last,
    more,
    through: more ? last : undefined,
    proof,
  };
}
