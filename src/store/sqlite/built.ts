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
}

/**
 * To be called within one view of the store.
 *
 * @returns undefined for a page whose bodies may be too many bytes together: it is picked by their sizes first.
 */
export function build(
  { sql }: Connection,
  source: Source,
  piece: Piece,
  { after = -1, limit }: { readonly after?: Micros | undefined; readonly limit: number },
  mostBytes: number,
): Page<Buffer> | undefined {
  const small = Math.floor(Math.min(MOST_BYTES, mostBytes) / limit);
  const { args } = source;
  const { items, count, first, last, largest } = sql(pageOf(source, piece)).get({
    ...args,
    after,
    limit,
    ...(piece === OBJECT ? { small } : {}),
  }) as Built;
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
  const proof =
    count < limit
      ? undefined
      : (sql(nextOf(source))
          .pluck()
          .get({ ...args, after: last }) as Micros | undefined);
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
