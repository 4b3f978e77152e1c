/** Certificates for tests: an authority, what it signs, and what it takes back. */
import 'reflect-metadata';
import { createHash, randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

type Pair = webcrypto.CryptoKeyPair;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 24 * 3600e3;
x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

export const newKeys = (): Promise<Pair> => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

export interface Issued {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly serial: string;
  readonly der: Buffer;
  readonly keys: Pair;
}

export interface Wish {
  readonly subject: string;
  /** Alternative names. */
  readonly names?: { readonly type: 'dns' | 'url' | 'email' | 'ip'; readonly value: string }[];
  readonly from?: Date;
  readonly until?: Date;
  readonly keys?: Pair;
  /** Not for clients. */
  readonly serverOnly?: boolean;
}

function pem(what: string, der: ArrayBuffer): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/(.{64})/g, '$1\n');
  return `-----BEGIN ${what}-----\n${lines}\n-----END ${what}-----\n`;
}

async function keyOf({ privateKey }: Pair): Promise<string> {
  return pem('PRIVATE KEY', await webcrypto.subtle.exportKey('pkcs8', privateKey));
}

export class Authority {
  private constructor(
    private readonly keys: Pair,
    private readonly own: x509.X509Certificate,
  ) {}

  static async make(name = 'CN=Authority of a test'): Promise<Authority> {
    const keys = await newKeys();
    const own = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: '01',
      name,
      notBefore: new Date(Date.now() - DAY),
      notAfter: new Date(Date.now() + 365 * DAY),
      keys: keys as never,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, 2, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      ],
    });
    return new Authority(keys, own);
  }

  get pem(): string {
    return `${this.own.toString('pem')}\n`;
  }

  async issue({ subject, names = [], from, until, keys: given, serverOnly = false }: Wish): Promise<Issued> {
    const keys = given ?? (await newKeys());
    const serial = `5a${randomBytes(8).toString('hex')}`;
    const usages = serverOnly
      ? [x509.ExtendedKeyUsage.serverAuth]
      : [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth];
    const cert = await x509.X509CertificateGenerator.create({
      serialNumber: serial,
      subject,
      issuer: this.own.subject,
      notBefore: from ?? new Date(Date.now() - DAY),
      notAfter: until ?? new Date(Date.now() + 90 * DAY),
      publicKey: keys.publicKey as never,
      signingKey: this.keys.privateKey as never,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.ExtendedKeyUsageExtension(usages),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      ],
    });
    return {
      cert: `${cert.toString('pem')}\n`,
      key: await keyOf(keys),
      serial,
      der: Buffer.from(cert.rawData),
      keys,
    };
  }

  /** What it takes back, as a list in PEM. */
  async revoke(serials: readonly string[]): Promise<string> {
    const crl = await x509.X509CrlGenerator.create({
      issuer: this.own.subject,
      thisUpdate: new Date(Date.now() - DAY),
      nextUpdate: new Date(Date.now() + DAY),
      entries: serials.map((serialNumber) => ({ serialNumber, revocationDate: new Date(Date.now() - DAY) })),
      signingAlgorithm: ALGORITHM,
      signingKey: this.keys.privateKey as never,
    });
    return pem('X509 CRL', crl.rawData);
  }
}

/** RFC 7469 §2.4 */
export async function pinOfKeys({ publicKey }: Pair): Promise<string> {
  const spki = Buffer.from(await webcrypto.subtle.exportKey('spki', publicKey));
  return `pin:${createHash('sha256').update(spki).digest('base64')}`;
}
