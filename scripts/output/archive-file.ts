/** A backup: JSON lines, gzipped; the last line has counts and digests, without which nothing of it is believed. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { OperatorError } from '../../src/domain/errors';
import { Summary, type ArchiveRecord } from '../../src/store/archive';
import type { Key, Lock } from './age';
import { writeWhole } from './disk';

const FORMAT = 'jisr-backup-1';

interface Head {
  readonly format: string;
  readonly at: string;
}
interface End {
  readonly kind: 'end';
  readonly summary: Readonly<Record<string, string>>;
}

/** Loaded for who has a key: its ciphers are some hundred files. */
// eslint-disable-next-line @typescript-eslint/no-require-imports -- at once, and only now
const age = (): typeof import('./age') => require('./age') as typeof import('./age');

/** How a file of age begins. */
const SEALED = 'age-encryption.org/v1';

/** Whether a backup is encrypted. */
async function isEncrypted(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(SEALED.length), 0, SEALED.length, 0);
    return buffer.toString('latin1') === SEALED;
  } finally {
    await file.close();
  }
}

/** What is in a file, in the clear. @throws {OperatorError} it is encrypted and there is no key for it, or the other way round. */
async function clear(path: string, key: Key | undefined): Promise<Readable> {
  const encrypted = await isEncrypted(path);
  if (encrypted && !key)
    throw new OperatorError(`${path}: is encrypted. Say --identity-file or --passphrase-file.`);
  // Whoever puts a file of their own in its place has no need of a key.
  if (!encrypted && key)
    throw new OperatorError(
      `${path}: is not encrypted, though a key was said. Is it the backup that you mean?`,
    );
  const input = createReadStream(path);
  return key ? Readable.from(age().unseal(input as AsyncIterable<Uint8Array>, key)) : input;
}

/** Writes a file that appears only when it is whole. @returns counts by kind. @throws {OperatorError} no room, or it stands already. */
export async function writeArchive(
  path: string,
  at: string,
  records: AsyncIterable<ArchiveRecord>,
  seen: (record: ArchiveRecord) => void,
  overwrite: boolean,
  lock?: Lock,
): Promise<Record<string, number>> {
  const summary = new Summary();
  async function* lines(): AsyncGenerator<string> {
    yield `${JSON.stringify({ format: FORMAT, at } satisfies Head)}\n`;
    for await (const record of records) {
      summary.add(record);
      seen(record);
      yield `${JSON.stringify(record)}\n`;
    }
    yield `${JSON.stringify({ kind: 'end', summary: summary.toJSON() } satisfies End)}\n`;
  }
  // Password hashes are in it: writeWhole makes it its owner's alone.
  const zipped = Readable.from(lines()).compose(createGzip({ level: 1 })) as AsyncIterable<Uint8Array>;
  await writeWhole(path, lock ? age().seal(zipped, lock) : zipped, overwrite);
  return summary.counts();
}

/** The records of a file. @throws {OperatorError} at its end, if it is not whole; or at once, if it is no backup. */
export async function* readArchive(path: string, key?: Key): AsyncGenerator<ArchiveRecord> {
  const broken = (why: string): OperatorError =>
    new OperatorError(`${path}: ${why}. Take another backup; nothing of this one can be trusted.`);
  const summary = new Summary();
  let [first, ended] = [true, false];
  const input = await clear(path, key);
  const text = input.pipe(createGunzip());
  input.on('error', (error) => text.destroy(error));
  try {
    for await (const line of createInterface({ input: text, crlfDelay: Infinity })) {
      const value = JSON.parse(line) as Head | End | ArchiveRecord;
      if (first) {
        if (!('format' in value) || value.format !== FORMAT)
          throw broken('is no backup that this Jisr can read');
        first = false;
      } else if ('kind' in value && value.kind === 'end') {
        if (JSON.stringify(value.summary) !== JSON.stringify(summary.toJSON()))
          throw broken('is damaged: its digests do not fit');
        ended = true;
      } else {
        summary.add(value as ArchiveRecord);
        yield value as ArchiveRecord;
      }
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw broken(`cannot be read (${(error as Error).message})`);
  }
  if (!ended) throw broken('is cut off');
}
