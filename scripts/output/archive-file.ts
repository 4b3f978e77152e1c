/** A backup: JSON lines, gzipped; the last line has counts and digests, without which nothing of it is believed. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { OperatorError } from '../../src/domain/errors';
import { Summary, type ArchiveRecord } from '../../src/store/archive';
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

/** Writes a file that appears only when it is whole. @returns counts by kind. @throws {OperatorError} no room, or it stands already. */
export async function writeArchive(
  path: string,
  at: string,
  records: AsyncIterable<ArchiveRecord>,
  seen: (record: ArchiveRecord) => void,
  overwrite: boolean,
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
  await writeWhole(path, zipped, overwrite);
  return summary.counts();
}

/** The records of a file. @throws {OperatorError} at its end, if it is not whole; or at once, if it is no backup. */
export async function* readArchive(path: string): AsyncGenerator<ArchiveRecord> {
  const broken = (why: string): OperatorError =>
    new OperatorError(`${path}: ${why}. Take another backup; nothing of this one can be trusted.`);
  const summary = new Summary();
  let [first, ended] = [true, false];
  const input = createReadStream(path);
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
