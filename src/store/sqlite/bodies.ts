/** The bytes of publications that wait, in pieces: of the largest body no statement has more than one in memory. */
import type { Connection } from './connection';

const PIECE = 4 * 1024 * 1024;

/** Within the caller's transaction; in the place of what was kept for that status before. */
export function keepBody(
  connection: Connection,
  statusId: string,
  body: Uint8Array,
  cut: number,
  tokenId?: string,
): void {
  const { sql } = connection;
  dropBody(connection, statusId);
  const publication = sql('INSERT INTO publications (status_id, bytes, cut, token) VALUES (?, ?, ?, ?)').run(
    statusId,
    body.length,
    cut,
    tokenId ?? null,
  ).lastInsertRowid;
  for (let at = 0; at < body.length; at += PIECE)
    sql('INSERT INTO publication_pieces VALUES (?, ?, ?)').run(
      publication,
      at / PIECE,
      body.subarray(at, at + PIECE),
    );
}

/** @returns undefined if it is done, or never was. */
export function bodyOf({ sql }: Pick<Connection, 'sql'>, statusId: string): Buffer | undefined {
  const found = sql('SELECT row, bytes FROM publications WHERE status_id = ?').get(statusId) as
    { row: number; bytes: number } | undefined;
  if (!found) return undefined;
  const body = Buffer.allocUnsafeSlow(found.bytes);
  const next = sql('SELECT bytes FROM publication_pieces WHERE publication = ? AND n = ?').pluck();
  for (let at = 0, n = 0; at < found.bytes; n++) at += (next.get(found.row, n) as Buffer).copy(body, at);
  return body;
}

/** Within the caller's transaction. */
export function dropBody({ sql }: Connection, statusId: string): void {
  sql(
    'DELETE FROM publication_pieces WHERE publication = (SELECT row FROM publications WHERE status_id = ?)',
  ).run(statusId);
  sql('DELETE FROM publications WHERE status_id = ?').run(statusId);
}
