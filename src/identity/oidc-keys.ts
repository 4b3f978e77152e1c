/**
 * The keys that an OpenID Connect provider signs with: found by discovery, kept for minutes, looked for anew when a token
 * names one that is not known, but not more often than the provider and this server can bear, whoever asks.
 */
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Micros } from '../domain/timestamp';

const SECOND: Micros = 1e6;
/** Keys are looked for again after this; known ones go on while the provider cannot be reached, up to the second. */
const FRESH = 600 * SECOND;
const STALE = 3600 * SECOND;
/** Between two looks for a key that nobody knows, and after a look that failed. */
const COOLDOWN = 30 * SECOND;
const PAUSE = 10 * SECOND;

const PATIENCE_MS = 5000;
const MOST_BYTES = 256 * 1024;

/** The provider did not answer, or not as it should. */
export class NoKeys extends Error {
  override readonly name = 'NoKeys';
}

/** @throws whatever is wrong with the answer; it is not followed elsewhere. */
async function getJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, {
    redirect: 'error',
    headers: { accept: 'application/json' },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!response.ok || !response.body) throw new Error(`${url}: the answer is ${response.status}`);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) throw new Error(`${url}: the answer is longer than ${MOST_BYTES} bytes`);
    pieces.push(piece);
  }
  return JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>;
}

const isSafe = (url: URL): boolean =>
  url.protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);

/** OpenID Connect Discovery 1.0 §4.3: it is the issuer's own word only if it says the very same issuer. */
async function load(issuer: string): Promise<JWTVerifyGetKey> {
  const said = await getJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (said['issuer'] !== issuer)
    throw new Error(`${issuer}: its discovery document is of ${String(said['issuer'])}`);
  const at = new URL(String(said['jwks_uri']));
  if (!isSafe(at)) throw new Error(`${issuer}: its keys are at ${at.href}, which is not https`);
  return createLocalJWKSet((await getJson(at.href)) as unknown as JSONWebKeySet);
}

/** @param report told why keys could not be had, at most once in a pause. */
export function keysOf(issuer: string, clock: () => Micros, report: (why: string) => void): JWTVerifyGetKey {
  let held: { readonly find: JWTVerifyGetKey; readonly at: Micros } | undefined;
  let loading: Promise<void> | undefined;
  let pausedUntil: Micros = 0;
  const age = (): Micros => (held ? Math.abs(clock() - held.at) : Infinity);
  const renew = (): Promise<void> =>
    (loading ??= load(issuer)
      .then(
        (find) => void (held = { find, at: clock() }),
        (error: unknown) => {
          pausedUntil = clock() + PAUSE;
          report(error instanceof Error ? error.message : String(error));
        },
      )
      .finally(() => (loading = undefined)));

  return async (header, token) => {
    const mayLook = clock() >= pausedUntil;
    if (age() > FRESH && mayLook) await renew();
    if (!held || age() > STALE) throw new NoKeys(`The keys of ${issuer} cannot be had now.`);
    try {
      return await held.find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || age() < COOLDOWN || !mayLook) throw error;
      await renew();
      return await held.find(header, token);
    }
  };
}
