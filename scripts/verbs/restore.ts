import { OperatorError } from '../../src/domain/errors';
import { Summary } from '../../src/store/archive';
import { readArchive } from '../output/archive-file';
import { keyOf } from '../local/keys';
import { differing, loadAll } from '../local/load';
import { progress } from '../output/progress';
import { conclude, UsageError, type Verb } from '../verb';

export const restore: Verb = {
  name: 'restore',
  summary: 'fill an empty store from a backup',
  help: `jisr restore FILE [--identity-file FILE | --passphrase-file FILE] [--apply] [--json]

The store must be empty: name a new one by JISR_STORE. The whole file is checked before anything is written, and what
was written is compared with it. Every date_added stays as it was, so that pollers go on where they stood.
--identity-file, as age-keygen writes it, or --passphrase-file opens one that is encrypted.

Example:
  JISR_STORE=sqlite:data/restored.db jisr restore jisr-2024-01-31.backup --apply`,
  changes: true,
  options: { 'identity-file': { type: 'string' }, 'passphrase-file': { type: 'string' } },
  makesStore: () => true,
  run: async (a, context) => {
    const [path] = a.words;
    if (path === undefined) throw new UsageError('Say from what: jisr restore FILE.');
    const key = await keyOf(a);
    const store = await context.store();
    if (!(await store.archive.empty()))
      throw new OperatorError('The store is not empty. Name a new one by JISR_STORE; nothing was changed.');
    const summary = new Summary();
    for await (const record of readArchive(path, key)) summary.add(record);
    const counts = summary.counts();
    if (a.apply) {
      const bar = progress(context, counts['object'] ?? 0, 'objects');
      try {
        await loadAll(store, readArchive(path, key), async (count) => bar.update(count));
      } finally {
        bar.stop();
      }
      const wrong = await differing(store, summary);
      if (wrong.length > 0)
        throw new OperatorError(
          `What was written is not what the backup holds (${wrong.join(', ')}). Do not use this store: was a server running on it?`,
        );
    }
    return conclude(a, context, `restore ${counts['object'] ?? 0} objects and all that belongs to them.`, {
      counts,
    });
  },
};
