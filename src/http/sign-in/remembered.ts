/** Credentials that were verified: remembered by a keyed digest, never as they are. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Micros } from '../../domain/timestamp';

/** How long a verified password is taken without being verified again. */
const TTL: Micros = 60e6;
/** How long it goes before others in line: a poller that comes once a day does. */
const LATELY: Micros = 36 * 3600e6;
const MOST = 10_000;

export class Remembered {
  private readonly secret = randomBytes(32);
  private readonly verified = new Map<string, { readonly hash: string; readonly until: Micros }>();
  /**
   * By account, 16 bits of the digest: enough to tell a member from a flood of guesses, too little for who reads
   * the memory of the process to find the password.
   */
  private readonly marks = new Map<string, { readonly mark: string; readonly until: Micros }>();

  constructor(private readonly clock: () => Micros) {}

  /** Stands for a name or for credentials, in this process alone. */
  digest(...parts: readonly string[]): string {
    return createHmac('sha256', this.secret).update(JSON.stringify(parts)).digest('base64');
  }

  /** The hash that these credentials matched within the last minute, and until when that counts. */
  matched(credentials: string): { readonly hash: string; readonly until: Micros } | undefined {
    return this.current(this.verified, credentials, TTL);
  }

  wasRightLately(account: string, credentials: string): boolean {
    return this.current(this.marks, account, LATELY)?.mark === markOf(credentials);
  }

  keep(account: string, credentials: string, hash: string): void {
    const now = this.clock();
    put(this.verified, credentials, { hash, until: now + TTL });
    put(this.marks, account, { mark: markOf(credentials), until: now + LATELY });
  }

  forget(credentials: string): void {
    this.verified.delete(credentials);
  }

  private current<V extends { readonly until: Micros }>(
    map: Map<string, V>,
    key: string,
    lasts: Micros,
  ): V | undefined {
    const held = map.get(key);
    const left = (held?.until ?? 0) - this.clock();
    // The second comparison: a clock that stepped back must not prolong anything.
    if (held && left > 0 && left <= lasts) return held;
    map.delete(key);
    return undefined;
  }
}

const markOf = (credentials: string): string =>
  Buffer.from(credentials, 'base64').subarray(0, 2).toString('hex');

/** The one that was put in first goes when there are too many. */
function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  const oldest = map.size < MOST ? undefined : map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
