/**
 * A fair turn for each connection: requests that a client sent ahead (pipelining, RFC 9112 §9.3.2) are served one
 * after another, and between two of them every other connection has its turn of the event loop. Node by itself
 * begins all that one packet held at once.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Turns {
  readonly waiting: (() => void)[];
  busy: boolean;
}

const isFull = ({ waiting }: Turns): boolean => waiting.length > 0;

/** New connections whose first requests are begun in one turn of the event loop, some 0.3 ms each. */
const NEWCOMERS = 8;

/** So many calls in a turn of the event loop; the others wait for the next, in their order. */
function fewInATurn(most: number): (begin: () => void) => void {
  const waiting: (() => void)[] = [];
  let begun = 0;
  const round = (): void => {
    const now = waiting.splice(0, most);
    begun = now.length;
    if (begun > 0) setImmediate(round);
    for (const begin of now) begin();
  };
  return (begin) => {
    if (begun === 0) setImmediate(round);
    if (begun >= most) waiting.push(begin);
    else {
      begun++;
      begin();
    }
  };
}

/**
 * Serves at most one request of a connection at a time. While others wait behind it nothing more is read from that
 * connection: what is ahead is bounded by one read of the socket (64 KiB), and the client's sending waits. Of many
 * connections that come at once a few have their first turn at a time, so that a flood does not hold up who is there.
 */
export function inTurns(serve: RequestListener): RequestListener {
  const all = new WeakMap<Socket, Turns>();
  const welcome = fewInATurn(NEWCOMERS);

  function turnsOf(socket: Socket): Turns {
    const known = all.get(socket);
    if (known) return known;
    const turns: Turns = { waiting: [], busy: false };
    all.set(socket, turns);
    // Node resumes a socket whenever it is through with a body; this one stays as it is until its turn.
    socket.on('resume', () => {
      if (isFull(turns)) socket.pause();
    });
    socket.once('close', () => turns.waiting.splice(0));
    return turns;
  }

  function begin(turns: Turns, req: IncomingMessage, res: ServerResponse): void {
    turns.busy = true;
    res.once('close', () => {
      turns.busy = false;
      const next = turns.waiting.shift();
      if (!next) return;
      turns.busy = true;
      if (!isFull(turns)) req.socket.resume();
      setImmediate(next);
    });
    serve(req, res);
  }

  return (req, res) => {
    const isNew = !all.has(req.socket);
    const turns = turnsOf(req.socket);
    if (isNew) {
      turns.busy = true;
      welcome(() => {
        if (!req.socket.destroyed) begin(turns, req, res);
      });
      return;
    }
    if (!turns.busy) {
      begin(turns, req, res);
      return;
    }
    turns.waiting.push(() => {
      if (!req.socket.destroyed) begin(turns, req, res);
    });
    req.socket.pause();
  };
}
