/** Client certificates: what one is known by, and whose it is. Alone, or beside a password or a token. */
import { createHash, type X509Certificate } from 'node:crypto';
import type { Principal } from '../domain/access';
import type { PeopleStore } from '../store/people';
import type { Claim, Holder } from './claim';

/** Node escapes a value that could be taken for two; such a list names nobody. */
const NAMES = /^(?:(?:DNS|URI|email):[^",]+(?:, (?!$)|$))+$/;

/** `pin:` and the SHA-256 of the public key in base64 (RFC 7469 §2.4): it stays when the certificate is renewed with the key. */
export const pinOf = ({ publicKey }: X509Certificate): string =>
  `pin:${createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')}`;

/** `subject:` and the name, its parts as they stand there: `subject:C=FR,O=Police of Examplia,CN=soc-1`. */
export const subjectOf = ({ subject }: X509Certificate): string =>
  `subject:${(subject as string | undefined)?.replaceAll('\n', ',') ?? ''}`;

/** `san:DNS:…`, `san:URI:…`, `san:email:…`, each of the certificate's alternative names of these kinds. */
export function namesOf({ subjectAltName = '' }: X509Certificate): readonly string[] {
  return NAMES.test(subjectAltName) ? subjectAltName.split(', ').map((name) => `san:${name}`) : [];
}

/** Whether text is what {@link matchesOf} says. */
export const isMatch = (text: string): boolean =>
  /^(?:pin:[A-Za-z0-9+/]{43}=|subject:.+|san:(?:DNS|URI|email):[^",]+)$/.test(text);

/**
 * What a certificate may be known by.
 *
 * @param vouched whether an authority that we trust says whose it is; without, the key alone does.
 */
export function matchesOf(certificate: X509Certificate, vouched: boolean): readonly string[] {
  const pin = pinOf(certificate);
  return vouched ? [pin, subjectOf(certificate), ...namesOf(certificate)] : [pin];
}

/** A certificate without any other credentials: it signs in who has it alone. The handshake has proved that it is theirs. */
export function certificateClaim(
  people: Pick<PeopleStore, 'byCertificate'>,
  matches: readonly string[],
): Claim {
  const [pin = ''] = matches;
  return {
    account: pin,
    secret: JSON.stringify(matches),
    tried: pin,
    find: async (): Promise<Holder | undefined> => {
      const principal = await people.byCertificate(matches);
      return principal && !principal.certificate?.beside ? { principal, kept: pin, placed: true } : undefined;
    },
    matches: (holder) => Promise.resolve(holder !== undefined),
  };
}

/** Whether a certificate came along where the account wants one beside its password or token. */
export const satisfies = ({ certificate }: Principal, matches: readonly string[]): boolean =>
  !certificate?.beside || certificate.matches.some((match) => matches.includes(match));
