/** Files that only who has a key can read, in the format of age (age-encryption.org/v1), which its own tools read too. */
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Decrypter, Encrypter } from 'age-encryption';
import { OperatorError } from '../../src/domain/errors';

/** For whom: who has one of the identities, or knows the passphrase. */
export type Lock = { readonly recipients: readonly string[] } | { readonly passphrase: string };
export type Key = { readonly identities: readonly string[] } | { readonly passphrase: string };

type Web = Parameters<Encrypter['encrypt']>[0] & ReadableStream<Uint8Array>;
const asWeb = (bytes: AsyncIterable<Uint8Array>): Web => Readable.toWeb(Readable.from(bytes));

/** @throws what is wrong with a recipient. */
export async function* seal(bytes: AsyncIterable<Uint8Array>, lock: Lock): AsyncGenerator<Uint8Array> {
  const encrypter = new Encrypter();
  if ('passphrase' in lock) encrypter.setPassphrase(lock.passphrase);
  else for (const recipient of lock.recipients) encrypter.addRecipient(recipient);
  yield* (await encrypter.encrypt(asWeb(bytes))) as unknown as AsyncIterable<Uint8Array>;
}

/** @throws {OperatorError} it is not for this key. @throws what was changed in it. */
export async function* unseal(bytes: AsyncIterable<Uint8Array>, key: Key): AsyncGenerator<Uint8Array> {
  const decrypter = new Decrypter();
  if ('passphrase' in key) decrypter.addPassphrase(key.passphrase);
  else for (const identity of key.identities) decrypter.addIdentity(identity);
  const opened = await decrypter.decrypt(asWeb(bytes)).catch((error: unknown) => {
    throw new OperatorError(
      `The backup is not for this key, or damaged (${(error as Error).message}). Say the key that it was made for.`,
    );
  });
  yield* opened as unknown as AsyncIterable<Uint8Array>;
}
