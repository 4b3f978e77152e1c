/** One request to a server that may be broken or hostile: bounded in bytes, depth and time, and nothing leaks by it. */
import { OperatorError } from '../domain/errors';

export interface Bounds {
  /** Of an answer's body, after decompression. */
  readonly bytes: number;
  /** Levels of nesting of its JSON. */
  readonly depth: number;
  /** Milliseconds in which nothing comes. */
  readonly idleMs: number;
  /** Milliseconds for all of an answer. */
  readonly totalMs: number;
}

/** An answer may hold all that a page can; headers are bounded by Node itself (16 KiB). */
export const BOUNDS: Bounds = { bytes: 256 * 1024 * 1024, depth: 500, idleMs: 120_000, totalMs: 600_000 };

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Holds an address against what may be sent there.
 *
 * @throws {OperatorError} it holds a password, or is plain http off loopback and that is not allowed.
 */
export function checkAddress(url: string, allowPlainHttp: boolean): void {
  if (!URL.canParse(url))
    throw new OperatorError('The URL cannot be read. It looks like https://example.org/ROOT/collections/ID/');
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '')
    throw new OperatorError(
      'The URL holds a user or a password, which everybody on this machine can read. Say --user and --password-file.',
    );
  if (protocol === 'http:' && !allowPlainHttp && !LOOPBACK.test(hostname))
    throw new OperatorError(
      `${hostname}: over plain http everybody on the way reads along, passwords too. Say https://, or --allow-plain-http if you know that the network is safe.`,
    );
}

/** RFC 7617 */
export const basicOf = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Whether JSON is nested deeper than some levels; linear and without recursion. */
export function isDeeper(text: Buffer, levels: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if (quoted) {
      if (byte === 0x5c) i++;
      else if (byte === 0x22) quoted = false;
    } else if (byte === 0x22) quoted = true;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > levels) return true;
    } else if (byte === 0x7d || byte === 0x5d) depth--;
  }
  return false;
}

async function readBody(response: Response, bounds: Bounds, alive: () => void): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  if (response.body)
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      alive();
      bytes += chunk.byteLength;
      if (bytes > bounds.bytes)
        throw new OperatorError(
          `The answer is larger than ${bounds.bytes} bytes and was not read to its end. Ask for smaller pages by --limit.`,
        );
      chunks.push(chunk);
    }
  return Buffer.concat(chunks);
}

/**
 * Sends one request. A redirect is not followed: what is sent, the password too, is meant for this server alone.
 *
 * @throws {OperatorError} the answer breaks a bound or leads elsewhere. @throws {Error} there is no answer; a new try may get one.
 */
export async function request(
  url: string,
  { method, headers, body }: { method: string; headers: Record<string, string>; body: string | undefined },
  bounds: Bounds,
): Promise<Reply> {
  const stop = new AbortController();
  const total = setTimeout(
    () => stop.abort(new Error(`no whole answer in ${bounds.totalMs / 1000} s`)),
    bounds.totalMs,
  );
  const idle = setTimeout(
    () => stop.abort(new Error(`nothing came for ${bounds.idleMs / 1000} s`)),
    bounds.idleMs,
  );
  try {
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: stop.signal,
      ...(body === undefined ? {} : { body }),
    });
    idle.refresh();
    if (response.status >= 300 && response.status < 400 && response.status !== 304) {
      await response.body?.cancel();
      throw new OperatorError(
        `${url}: the server sends us on to ${response.headers.get('location')?.slice(0, 300) ?? 'nowhere'}. That is not followed, as it would carry the password along; if it is right, say that URL.`,
      );
    }
    const bytes = await readBody(response, bounds, () => idle.refresh());
    if (isDeeper(bytes, bounds.depth))
      throw new OperatorError(
        `${url}: the answer is nested deeper than ${bounds.depth} levels; it was not read.`,
      );
    return { status: response.status, headers: response.headers, text: bytes.toString('utf8') };
  } finally {
    clearTimeout(total);
    clearTimeout(idle);
    stop.abort();
  }
}
