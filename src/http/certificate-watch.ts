/** A listener's certificate, and what it trusts of its clients, as the files are now. */
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TlsConfig } from '../config';
import type { Logger } from '../log';
import { readTls, type TlsContext } from './tls';

/** How often the files are looked at, in ms. */
const LOOK_MS = 10_000;
const DAY_MS = 24 * 3600_000;
/** Days before its end from which on a certificate is spoken of, once a day. */
const SOON_DAYS = 21;

export interface CertificateWatch {
  /** Looks at the files now. */
  readonly look: () => Promise<void>;
  readonly stop: () => void;
}

/**
 * Renewal tools put one file after the other in place, or turn a link: a pair that does not fit is left alone, and the one
 * before goes on. When clients are trusted by other authorities or another list, connections end with the
 * answers that are under way, so that whoever has a certificate shows it again.
 */
export function watchCertificates(
  server: Server,
  files: TlsConfig,
  first: TlsContext,
  { log, now = () => Date.now() }: { readonly log: Logger; readonly now?: () => number },
): CertificateWatch {
  let current = first;
  let refused = '';
  let spokenOf = -Infinity;
  const clients = new Set<Socket>();
  const busy = new Set<Socket>();
  const stale = new WeakSet<Socket>();
  server.on('secureConnection', (socket) => {
    clients.add(socket);
    socket.once('close', () => clients.delete(socket));
  });
  server.prependListener('request', ({ socket }, res) => {
    busy.add(socket);
    res.once('close', () => {
      busy.delete(socket);
      if (stale.has(socket)) socket.destroySoon();
    });
  });
  function parted(socket: Socket): void {
    stale.add(socket);
    if (!busy.has(socket)) socket.destroySoon();
  }

  function speak(): void {
    const left = (current.until.getTime() - now()) / DAY_MS;
    if (left > SOON_DAYS || now() - spokenOf < DAY_MS) return;
    spokenOf = now();
    const about = { file: files.certFile, until: current.until.toISOString() };
    if (left <= 0)
      log.error(about, 'the certificate has ended: clients refuse it. Put a new one in its place');
    else log.warn(about, 'the certificate ends soon. Put a new one in its place: no restart is needed');
  }
  function warnOfKey({ exposed }: TlsContext): void {
    if (exposed)
      log.warn({ file: files.keyFile }, 'others may read the private key. Take it from them: chmod 600');
  }

  let looking: Promise<void> | undefined;
  /** A file system that hangs is asked once. */
  const look = (): Promise<void> => (looking ??= lookOnce().finally(() => (looking = undefined)));
  async function lookOnce(): Promise<void> {
    try {
      const found = await readTls(files);
      refused = '';
      if (found.digest !== current.digest) {
        server.setSecureContext(found.options);
        if (found.trust !== current.trust) clients.forEach(parted);
        current = found;
        spokenOf = -Infinity;
        warnOfKey(found);
        log.info(
          { subject: found.subject, until: found.until.toISOString() },
          'a new certificate is in force',
        );
      }
    } catch (error) {
      const why = (error as Error).message;
      if (why !== refused)
        log.warn({ why }, 'the certificate files do not fit; what was read before goes on');
      refused = why;
    }
    speak();
  }

  speak();
  warnOfKey(first);
  const timer = setInterval(() => void look(), LOOK_MS).unref();
  return { look, stop: () => clearInterval(timer) };
}
