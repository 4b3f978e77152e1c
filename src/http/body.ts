/** Reads request bodies by their real, decompressed bytes, however long they claim to be (T-326). */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { TaxiiError } from '../domain/errors';

/** Bodies of this many times the largest may be in memory at once (T-385). */
const AT_ONCE = 4;

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** A body, and what gives its bytes back to the budget. */
export interface Held {
  readonly body: Buffer;
  readonly release: () => void;
}

/** @throws {TaxiiError} 413, 415, 400; 503 when too much is being uploaded at once. */
export type ReadBody = (req: IncomingMessage) => Promise<Held>;

function decoded(req: IncomingMessage): Readable {
  const encoding = (req.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return req;
  const create = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding as keyof typeof DECODERS] : undefined;
  if (!create)
    throw new TaxiiError('unsupported-media-type', 'Content-Encoding: use gzip, deflate, br or none.');
  const decoder = create();
  req.once('error', (error) => decoder.destroy(error));
  return req.pipe(decoder);
}

export function bodyReader(mostBytes: number): ReadBody {
  const tooLarge = (): TaxiiError =>
    new TaxiiError(
      'too-large',
      `The body is longer than max_content_length, ${mostBytes} bytes. Publish in smaller envelopes.`,
    );
  const budget = mostBytes * AT_ONCE;
  let inFlight = 0;

  return async (req) => {
    if (Number(req.headers['content-length'] ?? 0) > mostBytes) throw tooLarge();
    const stream = decoded(req);
    const chunks: Buffer[] = [];
    let size = 0;
    const release = (): void => {
      inFlight -= size;
      size = 0;
    };
    try {
      // Destroying the request would lose the answer to it.
      for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        size += chunk.length;
        inFlight += chunk.length;
        if (size > mostBytes) throw tooLarge();
        if (inFlight > budget) {
          throw new TaxiiError(
            'unavailable',
            'Too much is being published at once. Try again in a few seconds.',
            { 'Retry-After': '5' },
          );
        }
        chunks.push(chunk);
      }
      // Memory of its own, not of Node's pool: the bytes may be handed over to a thread.
      const body = Buffer.allocUnsafeSlow(size);
      let at = 0;
      for (const chunk of chunks) at += chunk.copy(body, at);
      return { body, release };
    } catch (error) {
      release();
      if (stream !== req) {
        req.unpipe();
        stream.on('error', () => undefined).destroy();
      }
      req.resume(); // the rest of a body that was begun; the connection goes on behind it
      if (error instanceof TaxiiError) throw error;
      throw new TaxiiError('bad-request', 'The body ended early or is not in its Content-Encoding.');
    }
  };
}
