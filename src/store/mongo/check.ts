/** Holds a store against the architecture's promises: the chains, the horizon, entries against versions, clocks. */
import { audienceIn, rankIn, type Classes } from '../../domain/audience';
import { isSettled } from '../../domain/settle';
import { formatTimestamp, type Micros } from '../../domain/timestamp';
import { objectOf } from '../../domain/unit';
import type { Defect, Permit } from '../house';
import type { CatalogReader } from './catalog';
import type { EntryDoc } from './tables';
import { uuidOf } from './unit';
import type { Worker } from './work';

const MOST = 100;
/** Documents that are looked at in one step. */
const STEP = 500;
const AHEAD: Micros = 60e6;
const RESTORE = 'Restore the store from the last backup, and look at the disk.';
const SETTLE = 'Run: jisr check --mend --apply';

type Tell = (promise: string, place: string, found: string, mend: string) => void;
type Bare = Omit<EntryDoc, 'body'>;

/** Whether an object's live entries are what its versions ask for. */
function settled(docs: readonly Bare[], classes: Classes): boolean {
  const versions = [...new Map(docs.map((d) => [d.ref, d])).values()].map((d) => ({
    ...d,
    rank: rankIn(d.rank),
    audience: audienceIn(d.rank),
    owner: d.owner ?? '',
  }));
  return isSettled(
    versions,
    docs.map((d) => ({ ref: d.ref, date: d.date, ranges: d })),
    classes,
  );
}

/** @returns those of some objects whose entries do not fit. */
function unsettled(docs: readonly Bare[], classes: Classes): string[] {
  const objects = new Map<string, Bare[]>();
  for (const doc of docs) {
    const own = objects.get(objectOf(doc.o));
    if (own) own.push(doc);
    else objects.set(objectOf(doc.o), [doc]);
  }
  return [...objects].filter(([, own]) => !settled(own, classes)).map(([id]) => id);
}

async function checkDates({ connection, log }: Worker, c: string, tell: Tell): Promise<void> {
  const { tables, clock } = connection;
  const tip = await log.caughtUp(c);
  const newest = await tables.entries
    .find({ c }, { projection: { date: 1 } })
    .sort({ date: -1 })
    .limit(1)
    .next();
  if (newest && newest.date > tip.last && (await log.isTip(c, tip)))
    tell(
      'no date_added lies after the newest that was given',
      c,
      `${newest.date} is after ${tip.last}`,
      RESTORE,
    );
  if (tip.last > clock() + AHEAD)
    tell(
      'the clock is right',
      c,
      `a date_added in the future, ${formatTimestamp(tip.last)}`,
      'Set the clock of the machine right; until it has caught up, new dates follow that one.',
    );
}

/** By date. @param seen told of documents looked at. */
async function checkBodies(
  { connection: { tables } }: Worker,
  c: string,
  signal: AbortSignal | undefined,
  tell: Tell,
  seen: (documents: number) => void,
): Promise<void> {
  let after: Micros = -1;
  for (let count = STEP; count === STEP;) {
    signal?.throwIfAborted();
    count = 0;
    const step = tables.entries
      .find({ c, state: 'live', date: { $gt: after } }, { projection: { o: 1, date: 1, body: 1 } })
      .sort({ date: 1 })
      .limit(STEP);
    for await (const { o, date, body } of step) {
      if ((JSON.parse(body) as { id?: unknown }).id !== o)
        tell('a version is the JSON of its object', o, 'a body that is not its object', RESTORE);
      after = date;
      count++;
    }
    seen(count);
  }
}

/** By UUID: whatever stands under one comes in one step, without bodies. */
async function checkObjects(
  { connection: { tables }, log, audiences }: Worker,
  c: string,
  signal: AbortSignal | undefined,
  tell: Tell,
): Promise<void> {
  const bare = (u: object): Promise<Bare[]> =>
    tables.entries.find({ c, state: 'live', u }, { projection: { body: 0 } }).toArray();
  for (let after = ''; ;) {
    signal?.throwIfAborted();
    const ahead = await tables.entries
      .find({ c, state: 'live', u: { $gt: after } }, { projection: { u: 1 } })
      .sort({ u: 1 })
      .limit(STEP)
      .toArray();
    const last = ahead.at(-1)?.u;
    if (last === undefined) return;
    const bound = await bare({ $gt: after, $lte: last });
    const wrong = unsettled(bound, await audiences.book(c, await log.caughtUp(c)));
    if (wrong.length > 0) {
      // Somebody may be in the middle of writing: what is still wrong after that is wrong.
      const still = unsettled(
        await bare({ $in: wrong.map(uuidOf) }),
        await audiences.book(c, await log.caughtUp(c)),
      );
      for (const id of still.filter((object) => wrong.includes(object)))
        tell(
          'the entries of an object are what its versions ask for',
          id,
          'entries that do not fit the versions',
          SETTLE,
        );
    }
    after = last;
  }
}

/** {@link HouseStore.check}. */
export async function check(
  worker: Worker,
  catalog: CatalogReader,
  progress: (done: number, total: number) => void,
  { signal }: Permit = {},
): Promise<Defect[]> {
  const { tables } = worker.connection;
  const defects: Defect[] = [];
  const tell: Tell = (promise, place, found, mend) => {
    if (defects.length < MOST) defects.push({ promise, place, found, mend });
  };
  const collections = (await catalog.stored()).flatMap((c) => c.collections).map((c) => c.id);
  const orphans = await tables.entries.distinct('c', { state: 'live', c: { $nin: collections } });
  for (const c of orphans)
    tell('every version is of a collection that exists', c, 'versions of no collection', RESTORE);
  const total = await tables.entries.estimatedDocumentCount();
  let done = 0;
  for (const c of collections) {
    await checkDates(worker, c, tell);
    await checkBodies(worker, c, signal, tell, (count) => {
      done += count;
      progress(done, Math.max(done, total));
    });
    await checkObjects(worker, c, signal, tell);
    if (defects.length >= MOST) return defects;
  }
  for await (const { _id: id } of tables.statuses.find({ complete: { $exists: false } }))
    if (
      !(await tables.publications.findOne({ _id: id })) &&
      (await tables.parts.countDocuments({ status: id, last: true })) === 0
    )
      tell(
        'what is not complete can go on',
        id,
        'a pending status without its publication',
        'Publish it again: its bytes are gone.',
      );
  return defects;
}
