/** How answers leave: bytes under exactly TAXII's media type. Express would append a charset to it (T-076). */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import { oneByOne } from '../domain/one-by-one';
import { TAXII_MEDIA_TYPE } from '../domain/taxii';
import type { Page } from '../store/objects';
import { has, weakTag } from './kept/answer';

/** A body, or its pieces: a page is not copied to stand between its brackets. */
export type Body = string | readonly Buffer[];

/** @param body empty: an answer without payload. */
export function reply(res: Response, status: number, body: string | Buffer): void {
  res.writeHead(status, { 'Content-Type': TAXII_MEDIA_TYPE, 'Content-Length': Buffer.byteLength(body) });
  res.end(body);
}

/** 200, or 304 for who has it already (RFC 9110 §13.1.2): the tag is made of the body. */
export function replyTagged(req: Pick<Request, 'headers'>, res: Response, body: string): void {
  const tag = weakTag(body);
  res.setHeader('ETag', tag);
  if (!has(req.headers['if-none-match'], tag)) {
    reply(res, 200, body);
    return;
  }
  res.statusCode = 304;
  res.end();
}

const inTurn = oneByOne();
/** One turn of the event loop, for one piece of all answers that are sent so. */
const turn = (): Promise<void> => inTurn(() => new Promise((resolve) => setImmediate(resolve)));

/** Up to this many bytes an answer is put together and has a length. */
const WHOLE = 256 * 1024;

/**
 * 200 with text that is read while it is sent: no more of it is in memory than the client has room for. What goes wrong
 * after the first bytes ends the connection.
 */
export async function replyPieces(res: Response, pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  const rest = pieces[Symbol.asyncIterator]();
  const begun: Buffer[] = [];
  async function* all(): AsyncIterable<string | Uint8Array> {
    yield* begun;
    // Pieces are at hand at once: without a turn between two of them a client that takes them fast holds others up.
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
      yield next.value;
      await turn();
    }
  }
  try {
    for (let bytes = 0; bytes <= WHOLE;) {
      const next = await rest.next();
      if (next.done === true) {
        reply(res, 200, Buffer.concat(begun));
        return;
      }
      const piece = Buffer.from(next.value);
      begun.push(piece);
      bytes += piece.length;
    }
    res.statusCode = 200;
    res.setHeader('Content-Type', TAXII_MEDIA_TYPE);
    await pipeline(Readable.from(all(), { objectMode: false, highWaterMark: WHOLE }), res);
  } catch (error) {
    // Whoever hung up wants no answer.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  } finally {
    await rest.return?.();
  }
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
