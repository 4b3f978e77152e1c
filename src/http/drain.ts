/** Ending a server that is in use: what is under way is answered, nothing new is begun, and after a while it is over. */
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long requests under way may take to end, in ms. */
export const GRACE_MS = 3000;

/**
 * Watches a server, from before its first request.
 *
 * @returns what ends it: no new connection is taken, idle ones are closed, each answer that is still to come says
 *   `Connection: close`, and what is left after the grace (an upload that crawls, a client that reads nothing) is
 *   cut off. Resolves when no connection is left.
 */
export function drainable(server: Server, graceMs: number = GRACE_MS): () => Promise<void> {
  const underWay = new Set<ServerResponse>();
  // Those whose TLS handshake is not done are none of the server's own list, and would keep it from ending.
  const connections = new Set<Socket>();
  let draining = false;
  const sayClose = (res: ServerResponse): void => {
    if (!res.headersSent) res.setHeader('Connection', 'close');
  };
  const watch = (req: IncomingMessage, res: ServerResponse): void => {
    underWay.add(res);
    if (draining) sayClose(res);
    res.once('close', () => {
      underWay.delete(res);
      // One whose header was out already could not be told.
      if (draining) setImmediate(() => server.closeIdleConnections());
    });
    // An answer that never had its turn does not tell that its connection is gone; its request does.
    req.once('close', () => {
      if (req.socket.destroyed) underWay.delete(res);
    });
  };
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.prependListener('request', watch);
  server.prependListener('checkExpectation', watch);

  return async () => {
    draining = true;
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    underWay.forEach(sayClose);
    const impatient = setTimeout(() => {
      server.closeAllConnections();
      connections.forEach((socket) => socket.destroy());
    }, graceMs);
    await closed;
    clearTimeout(impatient);
  };
}
