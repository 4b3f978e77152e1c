/**
 * TLS of one's own: what the listener speaks, and the files that it speaks by. They are looked at now and then, so that a
 * renewed certificate or a list of revoked ones counts without a restart and without a connection that is cut off.
 */
import { constants, createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { TlsConfig } from '../config';
import { OperatorError } from '../domain/errors';

/** What was read of the files, and fits together. */
export interface TlsContext {
  readonly options: SecureContextOptions;
  /** Of all that was read. */
  readonly digest: string;
  /** Of what client certificates are verified by. */
  readonly trust: string;
  readonly subject: string;
  readonly until: Date;
  /** The key may be read by others than its owner. */
  readonly exposed: boolean;
}

/** Forward-secret and authenticated alone (Mozilla's "intermediate" without DHE); 1.3 has no others. */
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];
/** Node takes no early data (0-RTT), which could be played again. */
const TERMS: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    ...CIPHERS,
  ].join(':'),
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
};

const digestOf = (...parts: readonly (Buffer | undefined)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part?.length ?? 'none'} `).update(part ?? '');
  return hash.digest('base64');
};

async function read(variable: string, path: string): Promise<Buffer> {
  return readFile(path).catch((error: unknown) => {
    throw new OperatorError(
      `${variable}: ${path} cannot be read (${(error as Error).message}). Name another file, or let this user read it.`,
    );
  });
}

/** @throws {OperatorError} saying which file is wrong, and what to do. */
function sound<T>(variable: string, path: string, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw new OperatorError(
      `${variable}: ${path} is not what it should be (${(error as Error).message}). It is PEM, without a passphrase.`,
    );
  }
}

/** @throws {OperatorError} a file that cannot be read, is no PEM, or does not belong to the other. */
export async function readTls({ certFile, keyFile, clients }: TlsConfig): Promise<TlsContext> {
  const [cert, key, ca, crl] = await Promise.all([
    read('JISR_TLS_CERT_FILE', certFile),
    read('JISR_TLS_KEY_FILE', keyFile),
    clients?.caFile === undefined ? undefined : read('JISR_TLS_CLIENT_CA_FILE', clients.caFile),
    clients?.crlFile === undefined ? undefined : read('JISR_TLS_CLIENT_CRL_FILE', clients.crlFile),
  ]);
  sound('JISR_TLS_CERT_FILE', certFile, () => createSecureContext({ cert }));
  const own = sound('JISR_TLS_KEY_FILE', keyFile, () => createPrivateKey(key));
  const leaf = new X509Certificate(cert);
  if (!leaf.checkPrivateKey(own))
    throw new OperatorError(
      `JISR_TLS_KEY_FILE: ${keyFile} is not the key of the first certificate in ${certFile}. Put the pair that belongs together.`,
    );
  if (ca) sound('JISR_TLS_CLIENT_CA_FILE', clients?.caFile ?? '', () => createSecureContext({ ca }));
  if (crl) sound('JISR_TLS_CLIENT_CRL_FILE', clients?.crlFile ?? '', () => createSecureContext({ crl }));
  return {
    // No authority at all where none is named: those of the whole world know nothing of our members.
    options: { ...TERMS, cert, key, ca: ca ?? [], ...(crl ? { crl } : {}) },
    digest: digestOf(cert, key, ca, crl),
    trust: digestOf(ca, crl),
    subject: leaf.subject.replaceAll('\n', ', '),
    until: new Date(leaf.validTo),
    exposed: (((await stat(keyFile).catch(() => undefined))?.mode ?? 0) & 0o077) !== 0,
  };
}
