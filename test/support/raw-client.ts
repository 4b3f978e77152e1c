/**
 * A client of raw sockets, for what no well-behaved client does: many requests in one write, bodies that stall,
 * answers that nobody reads. It parses answers that state their Content-Length, as all of Jisr's do, and no HEAD.
 *
 *     const client = await connect(port);                  // or from another address of this machine: '127.0.3.1'
 *     client.write(get('/taxii2/', { Authorization }).repeat(5000));
 *     for (const { status } of await client.answers(5000)) …
 *     client.end();
 *
 * Loopback only. Whoever makes load with it bounds its number and ends it.
 */
import { once } from 'node:events';
import net from 'node:net';

export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface RawClient {
  readonly socket: net.Socket;
  write(bytes: string | Buffer): void;
  /** All that came so far. */
  readonly received: readonly Answer[];
  /** Resolves once so many have come. @throws the connection closed before. */
  answers(count: number): Promise<readonly Answer[]>;
  /** Resolves when the connection is closed, by whomever. */
  readonly closed: Promise<void>;
  end(): void;
}

type Headers = Readonly<Record<string, string>>;

/** The bytes of a request; a body is announced by its length. */
export function request(method: string, path: string, headers: Headers = {}, body?: string): string {
  const all = { Host: 'localhost', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  if (body !== undefined && !('Content-Length' in headers))
    lines.push(`Content-Length: ${Buffer.byteLength(body)}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`;
}

export const get = (path: string, headers: Headers = {}): string => request('GET', path, headers);

/** @param from the local address, one of 127.0.0.0/8: each /24 of them is a network of its own. */
export async function connect(port: number, from = '127.0.0.1'): Promise<RawClient> {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress: from });
  const received: Answer[] = [];
  const waiting = new Set<() => void>();
  let rest = Buffer.alloc(0);
  const look = (): void => waiting.forEach((check) => check());
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (let parsed = parse(rest); parsed; parsed = parse(rest)) {
      rest = rest.subarray(parsed.length);
      if (parsed.answer.status >= 200) received.push(parsed.answer);
    }
    look();
  });
  socket.on('error', () => undefined); // a reset is a way to be closed
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  void closed.then(look);
  await once(socket, 'connect');
  return {
    socket,
    received,
    closed,
    write: (bytes) => void socket.write(bytes),
    answers: (count) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (received.length < count && !socket.closed) return;
          waiting.delete(check);
          if (received.length >= count) resolve(received);
          else reject(new Error(`closed after ${received.length} of ${count} answers`));
        };
        waiting.add(check);
        check();
      }),
    end: () => void socket.destroy(),
  };
}

function parse(bytes: Buffer): { answer: Answer; length: number } | undefined {
  const mark = bytes.indexOf('\r\n\r\n');
  if (mark < 0) return undefined;
  const [first = '', ...lines] = bytes.subarray(0, mark).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const length = mark + 4 + Number(headers['content-length'] ?? 0);
  if (bytes.length < length) return undefined;
  const body = bytes.subarray(mark + 4, length).toString('utf8');
  return { answer: { status: Number(first.split(' ')[1]), headers, body }, length };
}
