/**
 * Which certificate a client showed: to this server, or to a proxy that proved itself by its own (D17). A header from anybody
 * else says nothing.
 */
import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { matchesOf, pinOf } from '../identity/certificate';

/** What is missing is somebody whom we trust to say whose it is; of its key it is the proof all the same. */
const UNKNOWN_AUTHORITY: ReadonlySet<unknown> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

interface Shown {
  readonly certificate: X509Certificate;
  readonly pin: string;
  readonly matches: readonly string[];
}

/** It stays for as long as the connection does. */
const ofSockets = new WeakMap<TLSSocket, Shown | 'nothing'>();

function shownBy(socket: TLSSocket): Shown | 'nothing' {
  const known = ofSockets.get(socket);
  if (known) return known;
  const certificate = socket.getPeerX509Certificate();
  // The types promise an Error; Node gives the code.
  const error = socket.authorizationError as unknown;
  const shown =
    certificate && (socket.authorized || UNKNOWN_AUTHORITY.has(error))
      ? { certificate, pin: pinOf(certificate), matches: matchesOf(certificate, socket.authorized) }
      : 'nothing';
  ofSockets.set(socket, shown);
  return shown;
}

const isCurrent = ({ validFrom, validTo }: X509Certificate, now: number): boolean =>
  Date.parse(validFrom) <= now && now < Date.parse(validTo);

/** RFC 9440 §2.2: a byte sequence of RFC 8941, `:base64:`. */
function forwarded(header: string | string[] | undefined): X509Certificate | undefined {
  const encoded =
    typeof header === 'string' ? /^:([A-Za-z0-9+/]+={0,2}):$/.exec(header.trim())?.[1] : undefined;
  if (encoded === undefined) return undefined;
  try {
    return new X509Certificate(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
}

/**
 * What the client's certificate is known by ({@link matchesOf}); nothing if it showed none that counts now.
 *
 * @param proxyPin of a proxy whose word about its clients counts. @param now in ms.
 */
export function certificateMatches(
  { socket, headers }: Pick<IncomingMessage, 'socket' | 'headers'>,
  proxyPin: string | undefined,
  now: number,
): readonly string[] {
  const shown = socket instanceof TLSSocket ? shownBy(socket) : 'nothing';
  if (shown === 'nothing' || !isCurrent(shown.certificate, now)) return [];
  if (shown.pin !== proxyPin) return shown.matches;
  // The proxy has verified it (RFC 9440 §2.1); what it asks for itself is nobody's.
  const certificate = forwarded(headers['client-cert']);
  return certificate && isCurrent(certificate, now) ? matchesOf(certificate, true) : [];
}
