/** Holds a store against the architecture's promises: the chains, the horizon, entries against versions, clocks. */
import { isSettled } from '../../domain/entries';
import { formatTimestamp, type Micros } from '../../domain/timestamp';
import type { Defect } from '../store';
import type { CatalogReader } from './catalog';
import type { EntryDoc } from './connection';
import { walkEntries } from './walk';
import type { Worker } from './work';

const MOST = 100;
const AHEAD: Micros = 60e6;
const RESTORE = 'Restore the store from the last backup, and look at the disk.';
const SETTLE = 'Run: jisr check --mend --apply';

/** Whether an object's live entries are what its versions ask for. */
function settled(docs: readonly EntryDoc[]): boolean {
  const versions = [...new Map(docs.map((d) => [d.ref, d])).values()];
  return isSettled<Micros>(
    versions,
    docs.map((d) => ({ ref: d.ref, date: d.date, ranges: d })),
  );
}

export async function check(
  { connection, log }: Worker,
  catalog: CatalogReader,
  progress: (done: number, total: number) => void,
): Promise<Defect[]> {
  const { tables, clock } = connection;
  const defects: Defect[] = [];
  const add = (promise: string, place: string, found: string, mend: string): void => {
    if (defects.length < MOST) defects.push({ promise, place, found, mend });
  };
  const collections = (await catalog.stored()).flatMap((c) => c.collections).map((c) => c.id);
  const orphans = await tables.entries.distinct('c', { state: 'live', c: { $nin: collections } });
  for (const c of orphans)
    add('every version is of a collection that exists', c, 'versions of no collection', RESTORE);
  const total = await tables.entries.countDocuments({ state: 'live' });
  let done = 0;
  for (const c of collections) {
    const tip = await log.settled(c);
    const [newest] = await tables.entries
      .find({ c }, { projection: { date: 1 } })
      .sort({ date: -1 })
      .limit(1)
      .toArray();
    if (newest && newest.date > tip.last && (await log.isTip(c, tip)))
      add(
        'no date_added lies after the newest that was given',
        c,
        `${newest.date} is after ${tip.last}`,
        RESTORE,
      );
    if (tip.last > clock() + AHEAD)
      add(
        'the clock is right',
        c,
        `a date_added in the future, ${formatTimestamp(tip.last)}`,
        'Set the clock of the machine right; until it has caught up, new dates follow that one.',
      );
    for await (const docs of walkEntries(tables, c, { state: 'live' })) {
      const live = docs.filter((doc) => doc.state === 'live');
      if (!settled(live))
        add(
          'the entries of an object are what its versions ask for',
          live[0]?.o ?? '',
          'entries that do not fit the versions',
          SETTLE,
        );
      for (const doc of live) {
        if ((JSON.parse(doc.body) as { id?: unknown }).id !== doc.o)
          add('a version is the JSON of its object', doc.o, 'a body that is not its object', RESTORE);
        if (++done % 500 === 0) progress(done, total);
      }
    }
  }
  for await (const { _id: id } of tables.statuses.find({ complete: { $exists: false } }))
    if (
      !(await tables.publications.findOne({ _id: id }, { projection: { _id: 1 } })) &&
      (await tables.parts.countDocuments({ status: id, last: true })) === 0
    )
      add(
        'what is not complete can go on',
        id,
        'a pending status without its publication',
        'Publish it again: its bytes are gone.',
      );
  return defects;
}
