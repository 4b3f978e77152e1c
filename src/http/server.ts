/** The HTTP server around the app: what is decided before Express sees a request. */
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { Express } from 'express';
import type { Config } from '../config';
import { TAXII_MEDIA_TYPE } from '../domain/taxii';
import { errorMessage } from './problem';
import { inTurns } from './pipeline';
import type { TlsContext } from './tls';

const MAX_HEADER_BYTES = 16 * 1024;
/** Longer than the idle time of the usual proxies, so that it is they who hang up. */
const KEEP_ALIVE_MS = 65_000;

/**
 * Express gives each request and response its own prototype with Object.setPrototypeOf, which costs most of the throughput
 * unless it is there already. By `class`, since V8 makes a new shape for each object of Reflect.construct. (Answers of a few
 * bytes: 11,400/s by Express alone, 6,500 with Reflect.construct, 60,000 so; bare node:http 65,000.)
 */
function classesOf(app: Express): Pick<http.ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  class Request extends http.IncomingMessage {}
  class Response extends http.ServerResponse {}
  Object.setPrototypeOf(Request.prototype, app.request);
  Object.setPrototypeOf(Response.prototype, app.response);
  app.request = Request.prototype as Express['request'];
  app.response = Response.prototype as Express['response'];
  return { IncomingMessage: Request, ServerResponse: Response as typeof http.ServerResponse };
}

/** @param tls undefined: plain HTTP. HTTP/1.1 alone: Express does not speak HTTP/2. */
export function createServer(app: Express, config: Config, tls?: TlsContext): http.Server | https.Server {
  const serve = inTurns(app);
  const terms: http.ServerOptions = {
    ...classesOf(app),
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: config.headersTimeoutMs,
    requestTimeout: config.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(5000, config.headersTimeoutMs),
  };
  const server = tls
    ? https.createServer(
        {
          ...terms,
          ...tls.options,
          ALPNProtocols: ['http/1.1'],
          handshakeTimeout: config.headersTimeoutMs,
          requestCert: config.tls?.clients !== undefined,
          // A certificate that says nothing to us is as none; whoever needs one is refused like anybody (http/peer.ts).
          rejectUnauthorized: false,
        },
        serve,
      )
    : http.createServer(terms, serve);
  // An expectation that nobody knows is no reason to refuse a request.
  server.on('checkExpectation', serve);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(error, socket));
  return server;
}

const REFUSALS: Readonly<Record<string, { status: number; title: string; message: string }>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    title: 'Request header fields too large',
    message: `The URL and the header fields together are longer than ${MAX_HEADER_BYTES} bytes. Use fewer filter values.`,
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    title: 'Request timeout',
    message: 'The request took too long to arrive. Send it again, in smaller parts if it is large.',
  },
};
const NOT_HTTP = { status: 400, title: 'Bad request', message: 'This is not a request of HTTP/1.1.' };

/** What Node could not read as a request is answered like any other mistake (T-075). */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  // Of a handshake that failed there is nobody to answer.
  if (/^ERR_(?:SSL|TLS)_/.test(error.code ?? '')) {
    socket.destroy();
    return;
  }
  const begun = (socket as { _httpMessage?: http.ServerResponse })._httpMessage?.headersSent ?? false;
  if (error.code === 'ECONNRESET' || !socket.writable || begun) {
    socket.destroy(error);
    return;
  }
  const refusal = REFUSALS[error.code ?? ''] ?? NOT_HTTP;
  const body = errorMessage({ ...refusal, code: 'bad-request' }, randomUUID());
  socket.end(
    `HTTP/1.1 ${refusal.status} ${refusal.title}\r\nDate: ${new Date().toUTCString()}\r\nContent-Type: ${TAXII_MEDIA_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
