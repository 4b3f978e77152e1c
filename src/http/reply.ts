/** How answers leave: bytes under exactly TAXII's media type. Express would append a charset to it (T-076). */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { TAXII_MEDIA_TYPE } from '../domain/taxii';
import { formatTimestamp, type Micros } from '../domain/timestamp';
import type { Page } from '../store/objects';

/** A body, or its pieces: a page is not copied to stand between its brackets. */
export type Body = string | readonly Buffer[];

/** @param body empty: an answer without payload. */
export function reply(res: Response, status: number, body: Body): void {
  const pieces = typeof body === 'string' ? [Buffer.from(body)] : body;
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  res.statusCode = status;
  res.setHeader('Content-Type', TAXII_MEDIA_TYPE);
  res.setHeader('Content-Length', bytes);
  if (pieces.length > 1) {
    res.cork();
    for (const piece of pieces.slice(0, -1)) res.write(piece);
  }
  res.end(pieces.at(-1));
}

let turns = Promise.resolve();
/** One turn of the event loop, for one piece of all answers that are sent so. */
const turn = (): Promise<void> =>
  (turns = turns.then(() => new Promise<void>((resolve) => setImmediate(resolve))));

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
    // Pieces are at hand at once: without a turn between two of them a client that takes them fast holds others up.
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      yield next.value;
      await turn();
    }
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
const EARLIEST: Micros = Date.parse('0001-01-01T00:00:00Z') * 1000;
const LATEST: Micros = Date.UTC(9999, 11, 31) * 1000;

/**
 * §3.2: the dates of the page's own first and last member. An empty page echoes the lower bound of the request,
 * so that no client's cursor moves (T-193); if there may be more, the date up to which nothing matches, so that a
 * client that goes on by `added_after` alone gets on.
 */
export function setDateHeaders(res: Response, page: Page<unknown>, after: Micros | undefined): void {
  const bound = Math.min(Math.max(page.through ?? after ?? 0, EARLIEST), LATEST);
  res.setHeader('X-TAXII-Date-Added-First', formatTimestamp(page.first ?? bound));
  res.setHeader('X-TAXII-Date-Added-Last', formatTimestamp(page.last ?? bound));
}

const END = Buffer.from(']}');
const head = (next: string | undefined): string =>
  next === undefined ? '{"more":false' : `{"more":true,"next":${JSON.stringify(next)}`;
const empty = (next: string | undefined): string => `${head(next)}}`;

/**
 * §3.7.1 and §5.3.1, assembled around objects as they are stored, without parsing them, or records.
 *
 * @param emptyList a page without objects has an empty list all the same: the quirk `empty-objects`, against T-083.
 */
export function envelope(page: Page<Buffer>, next: string | undefined, emptyList = false): Body {
  if (page.count === 0) return emptyList ? `${head(next)},"objects":[]}` : empty(next);
  return [Buffer.from(`${head(next)},"objects":[`), page.items, END];
}

/** §5.8.1 */
export function versions(list: readonly string[], next: string | undefined): string {
  return list.length === 0 ? empty(next) : `${head(next)},"versions":${JSON.stringify(list)}}`;
}
