/** The keys of backups, as they are said on the command line: secrets in files alone. */
import { readFile } from 'node:fs/promises';
import type { Key, Lock } from '../output/age';
import { UsageError, type Arguments } from '../verb';

const IDENTITY = /^AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]+$/;

async function textOf(option: string, file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`--${option}: ${file} cannot be read (${(error as Error).message}).`);
  });
}

/** @throws {UsageError} it is too short to keep anything. */
async function passphraseIn(a: Arguments): Promise<{ passphrase: string } | undefined> {
  const file = a.text('passphrase-file');
  if (file === undefined) return undefined;
  const passphrase = (await textOf('passphrase-file', file)).replace(/\r?\n$/, '');
  if (passphrase.length < 16)
    throw new UsageError(`--passphrase-file: ${file} holds fewer than 16 characters. Take a longer one.`);
  return { passphrase };
}

function oneOfTwo(a: Arguments, other: string): void {
  if (a.given('passphrase-file') && a.given(other))
    throw new UsageError(`Say one: --passphrase-file or --${other}.`);
}

/** @returns undefined: the backup is not encrypted. @throws {UsageError} */
export async function lockOf(a: Arguments): Promise<Lock | undefined> {
  oneOfTwo(a, 'recipient');
  const recipients = a.values('recipient');
  for (const recipient of recipients)
    if (!/^age1[a-z0-9]+$/.test(recipient))
      throw new UsageError(
        `--recipient: "${recipient.slice(0, 40)}" is no public key of age, such as age1….`,
      );
  return recipients.length > 0 ? { recipients } : passphraseIn(a);
}

/** @throws {UsageError} */
export async function keyOf(a: Arguments): Promise<Key | undefined> {
  oneOfTwo(a, 'identity-file');
  const file = a.text('identity-file');
  if (file === undefined) return passphraseIn(a);
  // As age-keygen writes it: comments, and a key a line.
  const identities = (await textOf('identity-file', file))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => IDENTITY.test(line));
  if (identities.length === 0)
    throw new UsageError(
      `--identity-file: ${file} holds no key such as age-keygen writes (AGE-SECRET-KEY-1…).`,
    );
  return { identities };
}
