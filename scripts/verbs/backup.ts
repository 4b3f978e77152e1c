import { formatTimestamp } from '../../src/domain/timestamp';
import type { ArchiveRecord } from '../../src/store/archive';
import { lockOf } from '../local/keys';
import { writeArchive } from '../output/archive-file';
import { progress } from '../output/progress';
import { UsageError, type Verb } from '../verb';

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');

export const backup: Verb = {
  name: 'backup',
  summary: 'write all of the store into one file, also while the server runs',
  help: `jisr backup FILE [--recipient age1… … | --passphrase-file FILE] [--overwrite] [--json]

As of one moment: SQLite gives it by a transaction, on MongoDB what changes meanwhile is read again until nothing does.
The file is gzipped JSON lines with digests; it holds password hashes, and only its owner may read it. It can be
restored into a store of either kind. A file that stands already is left alone unless --overwrite is said.

  --recipient        encrypts it for who has the key: a public key as age-keygen shows it, several times for several
  --passphrase-file  encrypts it for who knows the passphrase that the file holds

An encrypted backup is a file of age (age-encryption.org): age -d reads it too.

Example:
  jisr backup jisr-2024-01-31.backup`,
  options: {
    overwrite: { type: 'boolean' },
    recipient: { type: 'string', multiple: true },
    'passphrase-file': { type: 'string' },
  },
  run: async (a, context) => {
    const [path] = a.words;
    if (path === undefined) throw new UsageError('Say where to: jisr backup FILE.');
    const lock = await lockOf(a);
    const store = await context.store();
    const bar = progress(context, await store.archive.objects(), 'objects');
    let objects = 0;
    try {
      const at = formatTimestamp(context.clock());
      const seen = ({ kind }: ArchiveRecord): void => {
        if (kind === 'object') bar.update(++objects);
      };
      const counts = await writeArchive(path, at, store.archive.dump(), seen, a.flag('overwrite'), lock);
      context.print(a.json ? JSON.stringify({ file: path, at, counts }) : `${path}: ${listed(counts)}.`);
    } finally {
      bar.stop();
    }
    return 0;
  },
};
