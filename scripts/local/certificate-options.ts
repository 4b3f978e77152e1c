/** What an account's client certificates are known by, said by files or in words. */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Principal } from '../../src/domain/access';
import { isMatch, namesOf, pinOf, subjectOf } from '../../src/identity/certificate';
import { oneOf, UsageError, type Arguments } from '../verb';

export const CERTIFICATE_OPTIONS = {
  certificate: { type: 'string', multiple: true },
  'known-by': { type: 'string' },
  beside: { type: 'boolean' },
} as const;

export const CERTIFICATE_USAGE =
  '[--certificate FILE|pin:…|subject:…|san:…|none …] [--known-by pin|subject|names] [--beside]';

export const CERTIFICATE_HELP = `  --certificate  a client certificate (PEM) that signs the account in, or what it is known by; several times for several,
                 as while one is renewed; none takes them away
  --known-by     of a file: its public key (pin, the default), its exact subject, or its alternative names
  --beside       the certificate does not sign in alone, but beside a password or a token, which do not without it`;

const KNOWN_BY: Readonly<Record<'pin' | 'subject' | 'names', (of: X509Certificate) => readonly string[]>> = {
  pin: (of) => [pinOf(of)],
  subject: (of) => [subjectOf(of)],
  names: namesOf,
};

async function matchesIn(said: string, by: keyof typeof KNOWN_BY): Promise<readonly string[]> {
  if (/^(?:pin|subject|san):/.test(said)) {
    if (isMatch(said)) return [said];
    throw new UsageError(
      `--certificate: "${said}" is none of pin:BASE64, subject:C=FR,O=…,CN=… and san:DNS:…, san:URI:…, san:email:….`,
    );
  }
  const pem = await readFile(said).catch((error: unknown) => {
    throw new UsageError(`--certificate: ${said} cannot be read (${(error as Error).message}).`);
  });
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    throw new UsageError(`--certificate: ${said} holds no certificate in PEM.`);
  }
  const found = KNOWN_BY[by](certificate).filter(isMatch);
  if (found.length === 0) throw new UsageError(`--known-by ${by}: ${said} says nothing of it.`);
  return found;
}

/** @returns undefined if nothing is said of it; what is said replaces what was. @throws {UsageError} */
export async function certificateOf(
  a: Arguments,
): Promise<{ readonly certificate?: NonNullable<Principal['certificate']> } | undefined> {
  const said = a.values('certificate');
  const by = oneOf('known-by', a.text('known-by') ?? 'pin', ['pin', 'subject', 'names'] as const);
  if (said.length === 0) {
    if (a.given('known-by') || a.flag('beside'))
      throw new UsageError('--known-by and --beside are about a --certificate. Say that too.');
    return undefined;
  }
  if (said.includes('none')) return {};
  const matches = (await Promise.all(said.map((one) => matchesIn(one, by)))).flat();
  const certificate = { matches: [...new Set(matches)] };
  return { certificate: a.flag('beside') ? { ...certificate, beside: true } : certificate };
}
