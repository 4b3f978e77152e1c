import { createHash } from 'node:crypto';
import { OperatorError } from '../../src/domain/errors';
import { Summary, type ArchiveRecord } from '../../src/store/archive';
import { openStore } from '../../src/store/open';
import { mayBePlain } from '../../src/config';
import { holdsPassword, requirePrivate, withPassword } from '../../src/store/url';
import { differing, loadAll } from '../local/load';
import { progress } from '../output/progress';
import { conclude, required, UsageError, type Arguments, type Context, type Verb } from '../verb';

const OF = 'migration';

/** @throws {UsageError} the URL holds a password. */
function urlOf(a: Arguments, name: 'from' | 'to', { env }: Context): string {
  const url = required(a, name);
  const file = `${name}-password-file`;
  if (holdsPassword(url))
    throw new UsageError(
      `--${name}: holds a password, which everybody on this machine can read. Leave it out, and name a file that holds it by --${file}.`,
    );
  return requirePrivate(withPassword(url, a.text(file), `--${file}`), mayBePlain(env));
}

export const migrate: Verb = {
  name: 'migrate',
  summary: 'copy a whole store into another, of either kind',
  help: `jisr migrate --from URL [--from-password-file FILE] --to URL [--to-password-file FILE] [--apply] [--json]

The URLs are as for JISR_STORE; a password stands in a file, and not in them. Stop the servers of both first. The other
store must be empty, or hold what an interrupted run of the same left there: then it goes on. Counts and digests are
compared at the end. Every date_added stays as it was, so that pollers go on where they stood.

Example:
  jisr migrate --from sqlite:data/jisr.db --to mongodb://127.0.0.1:27017/jisr --apply`,
  changes: true,
  options: {
    from: { type: 'string' },
    'from-password-file': { type: 'string' },
    to: { type: 'string' },
    'to-password-file': { type: 'string' },
  },
  run: async (a, context) => {
    const [from, to] = [required(a, 'from'), required(a, 'to')];
    if (from === to) throw new OperatorError('--to: this is the same store.');
    // Both are looked at before either is opened, which may make one that is not there.
    const [fromUrl, toUrl] = [urlOf(a, 'from', context), urlOf(a, 'to', context)];
    const source = await openStore(fromUrl, { existing: true });
    const target = await openStore(toUrl, { trial: !a.apply });
    try {
      const me = createHash('sha256').update(from).digest('hex').slice(0, 16);
      const notes = await target.house.notes(OF);
      const before = notes.get(me);
      if (before === undefined && !(await target.archive.empty()))
        throw new OperatorError('--to: the store is not empty. Name a new one; nothing was changed.');
      const objects = await source.archive.objects();
      const start = before === undefined ? 0 : Number(before);
      const summary = new Summary();
      if (a.apply) {
        await target.house.note(OF, me, String(start));
        const bar = progress(context, objects, 'objects');
        let [seen, done] = [0, 0];
        async function* rest(): AsyncGenerator<ArchiveRecord> {
          for await (const record of source.archive.dump()) {
            summary.add(record);
            if (record.kind === 'object') bar.update(++done);
            if (seen++ >= start) yield record;
          }
        }
        try {
          await loadAll(target, rest(), (count) => target.house.note(OF, me, String(start + count)));
        } finally {
          bar.stop();
        }
        const wrong = await differing(target, summary);
        // What was skipped may have changed: the next run begins at the beginning.
        await target.house.note(OF, me, wrong.length > 0 ? '0' : undefined);
        if (wrong.length > 0)
          throw new OperatorError(
            `The stores differ (${wrong.join(', ')}): one of them changed while it was copied. Stop their servers and run it again.`,
          );
      }
      const what = start > 0 ? `go on after ${start} records; ` : '';
      return conclude(a, context, `${what}copy ${objects} objects and all that belongs to them.`, {
        resumed_at: start,
        objects,
        counts: summary.counts(),
      });
    } finally {
      await source.close();
      await target.close();
    }
  },
};
