/** Reads request bodies by their real, decompressed bytes, however long they claim to be (T-326). */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Principal } from '../domain/access';
import { TaxiiError } from '../domain/errors';
import { BodyBudget } from './body-budget';
import { Received } from './received';

const DECODERS = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** An upload is judged by what arrived in each of these; the first is its grace. In ms. */
const WINDOW_MS = 10_000;

/** A body, and what gives its bytes back to the budget. */
export interface ReceivedBody {
  readonly body: Buffer;
  readonly release: () => void;
}

/**
 * @param principal whose shares of the budget the bytes count in, from their arrival until they are released.
 * @throws {TaxiiError} 413, 415, 400; 408 when they arrive too slowly; 503 when too much is being uploaded at once.
 */
export type ReadBody = (req: IncomingMessage, principal: Principal) => Promise<ReceivedBody>;

/** Calls again and again, every so many ms, until stopped. */
export type Every = (ms: number, work: () => void) => () => void;

const everyByTimer: Every = (ms, work) => {
  const timer = setInterval(work, ms).unref();
  return () => clearInterval(timer);
};

export interface BodyLimits {
  readonly mostBytes: number;
  /** Bytes a second, decompressed: it is they that fill the memory. */
  readonly leastRate: number;
  /** In which the largest body must have arrived, in ms. */
  readonly requestTimeoutMs: number;
}

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

const tooSlow = (): TaxiiError =>
  new TaxiiError(
    'request-timeout',
    'The body arrives too slowly, so it was given up; nothing of it was published. Send it again, compressed or in smaller envelopes.',
    { Connection: 'close' },
  );

const broken = (): TaxiiError =>
  new TaxiiError('bad-request', 'The body ended early or is not in its Content-Encoding.');

export function bodyReader(
  { mostBytes, leastRate, requestTimeoutMs }: BodyLimits,
  budget: BodyBudget = new BodyBudget(mostBytes),
  every: Every = everyByTimer,
): ReadBody {
  const tooLarge = (): TaxiiError =>
    new TaxiiError(
      'too-large',
      `The body is longer than max_content_length, ${mostBytes} bytes. Publish in smaller envelopes.`,
    );

  /**
   * What an upload that holds so many bytes must gain in a window. The more it holds, the less it may dawdle; who
   * sends evenly and would be done within the request's time is twice as fast as this asks for.
   */
  const least = (size: number): number =>
    Math.max((leastRate * WINDOW_MS) / 1000, (size * WINDOW_MS) / (2 * requestTimeoutMs));

  return async (req, principal) => {
    const stated = Number(req.headers['content-length'] ?? 0);
    if (stated > mostBytes) throw tooLarge();
    const stream = decoded(req);
    // Said before it is sent. Promised bytes are not set aside: promises alone would then use up the budget.
    if (stream === req) budget.require(principal, stated);
    const received = new Received(mostBytes);
    let held = 0;
    const release = (): void => {
      budget.give(principal, held);
      held = 0;
    };
    let judged = 0;
    let stop = (): void => undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        if (req.destroyed) reject(broken()); // hung up before it was this far
        stop = every(WINDOW_MS, () => {
          if (received.size - judged < least(received.size)) reject(tooSlow());
          judged = received.size;
        });
        stream.on('data', (chunk: Buffer) => {
          try {
            if (held + chunk.length > mostBytes) throw tooLarge();
            budget.take(principal, chunk.length);
            held += chunk.length;
            received.add(chunk);
          } catch (error) {
            if (error instanceof Error) reject(error);
          }
        });
        stream.once('end', resolve);
        stream.once('error', () => reject(broken()));
        req.once('close', () => {
          if (!req.complete) reject(broken());
        });
      });
      stop();
      return { body: await received.whole(), release };
    } catch (error) {
      stream.removeAllListeners('data');
      received.drop();
      release();
      if (stream !== req) {
        req.unpipe();
        stream.on('error', () => undefined).destroy();
      }
      req.resume(); // the rest of a body that was begun; the connection goes on behind it
      throw error;
    } finally {
      stop();
    }
  };
}
