/** How answers leave: bytes under exactly TAXII's media type. Express would append a charset to it (T-076). */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { TAXII_MEDIA_TYPE, type ManifestRecord } from '../domain/taxii';
import { formatTimestamp, type Micros } from '../domain/timestamp';
import type { Page } from '../store/store';

/** @param body empty: an answer without payload. */
export function reply(res: Response, status: number, body: Buffer | string): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  res.statusCode = status;
  res.setHeader('Content-Type', TAXII_MEDIA_TYPE);
  res.setHeader('Content-Length', bytes.length);
  res.end(bytes);
}

/** Up to this many characters an answer is put together and has a length. */
const WHOLE = 256 * 1024;

/**
 * 200 with text that is read while it is sent: no more of it is in memory than the client has room for. What goes wrong
 * after the first bytes ends the connection.
 */
export async function replyPieces(res: Response, pieces: AsyncIterable<string>): Promise<void> {
  const rest = pieces[Symbol.asyncIterator]();
  let begun = '';
  while (begun.length <= WHOLE) {
    const next = await rest.next();
    if (next.done === true) {
      reply(res, 200, begun);
      return;
    }
    begun += next.value;
  }
  async function* all(): AsyncIterable<string> {
    yield begun;
    yield* { [Symbol.asyncIterator]: () => rest };
  }
  res.statusCode = 200;
  res.setHeader('Content-Type', TAXII_MEDIA_TYPE);
  await pipeline(Readable.from(all(), { objectMode: false, highWaterMark: WHOLE }), res).catch(
    (error: unknown) => {
      // Whoever hung up wants no answer.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
    },
  );
}

/** Beyond these a date has no form of six digits and a year of four. */
const EARLIEST: Micros = Date.UTC(1, 0, 1) * 1000;
const LATEST: Micros = Date.UTC(9999, 11, 31) * 1000;

/**
 * §3.2: the dates of the page's own first and last member. An empty page echoes the lower bound of the request,
 * so that no client's cursor moves (T-193).
 */
export function setDateHeaders(res: Response, page: Page<unknown>, after: Micros | undefined): void {
  const bound = Math.min(Math.max(after ?? 0, EARLIEST), LATEST);
  res.setHeader('X-TAXII-Date-Added-First', formatTimestamp(page.first ?? bound));
  res.setHeader('X-TAXII-Date-Added-Last', formatTimestamp(page.last ?? bound));
}

const END = Buffer.from(']}');
const EMPTY = '{"more":false}';

const head = (next: string | undefined): string =>
  next === undefined ? '{"more":false' : `{"more":true,"next":${JSON.stringify(next)}`;

/** §3.7.1, assembled around the objects as they are stored, without parsing them. */
export function envelope(page: Page<Buffer>, next: string | undefined): Buffer | string {
  if (page.count === 0) return EMPTY;
  return Buffer.concat([Buffer.from(`${head(next)},"objects":[`), page.items, END]);
}

/** §5.3.1 */
export function manifest(records: readonly ManifestRecord[], next: string | undefined): string {
  return records.length === 0 ? EMPTY : `${head(next)},"objects":${JSON.stringify(records)}}`;
}

/** §5.8.1 */
export function versions(list: readonly string[], next: string | undefined): string {
  return list.length === 0 ? EMPTY : `${head(next)},"versions":${JSON.stringify(list)}}`;
}
