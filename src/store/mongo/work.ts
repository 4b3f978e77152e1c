/** Doing a unit of work: look, compute, write the batch; where another was faster, all over again. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Filter } from 'mongodb';
import type { Ref } from '../../domain/entries';
import { StoreUnavailable } from '../../domain/errors';
import type { Settlement } from '../../domain/unit';
import { Audiences } from './audiences';
import { batchStore } from './batches';
import { inSession, type Connection } from './connection';
import type { Effects } from './effects';
import type { EntryDoc } from './tables';
import { Log } from './chain';
import { Unit, type LoadedDoc } from './unit';

/** Lost races after which a writer asks the others to let it pass. */
const PATIENT = 3;
const MOST_TRIES = 200;
/** Documents in one answer: the driver's own is 101. */
const MANY = 10_000;
/** How long others make way for one writer at most. */
const WAY_MS = 3000;

export interface Worker {
  readonly connection: Connection;
  readonly log: Log<Effects>;
  readonly audiences: Audiences;
  /**
   * @param entries which entries the work looks at: of every object that it may touch, what {@link settle} asks for.
   * @param work called anew after a lost race; it may load more into the unit. @returns its answer, and what else the
   *   batch does; no `effects`: nothing.
   * @param beside what it looks at beside entries: read at the same time, and anew whenever they are.
   */
  run<T, B = undefined>(
    collection: string,
    entries: () => Promise<Filter<EntryDoc> | undefined>,
    work: (
      unit: Unit,
      beside: B,
    ) => Promise<{ answer: T; effects?: (settlement: Settlement) => Partial<Effects> }>,
    beside?: () => Promise<B>,
  ): Promise<T>;
}

export function worker(connection: Connection): Worker {
  const { tables } = connection;
  const log = new Log<Effects>(batchStore(connection), {
    wait: (ms) => sleep(ms),
    now: () => performance.now(),
  });
  const audiences = new Audiences(tables);
  /** The last work of this process on each collection: what one process does, it does in turn. */
  const queues = new Map<string, Promise<unknown>>();

  /** The bodies of versions that get another entry. */
  async function bodiesOf(c: string, refs: readonly Ref[]): Promise<ReadonlyMap<Ref, string>> {
    const found = new Map<Ref, string>();
    for (const ref of refs) {
      const doc = await tables.entries.findOne({ c, ref, state: 'live' }, { projection: { body: 1 } });
      if (doc) found.set(ref, doc.body);
    }
    return found;
  }

  const wayOf = (collection: string): string => `way ${collection}`;
  /** Makes way for a writer that has lost several races: courtesy, on which no promise rests. */
  async function makeWay(collection: string, token: string): Promise<void> {
    for (let waited = 0; waited < WAY_MS; waited += 20) {
      const way = await tables.leases.findOne({ _id: wayOf(collection) });
      if (!way || way.holder === token) return;
      if (way.until <= connection.clock()) {
        await tables.leases.deleteOne({ _id: way._id, holder: way.holder });
        return;
      }
      await sleep(20);
    }
  }

  async function load(
    collection: string,
    entries: () => Promise<Filter<EntryDoc> | undefined>,
  ): Promise<LoadedDoc[]> {
    const filter = await entries();
    if (!filter) return [];
    return inSession(connection, (session) =>
      tables.entries
        .find({ ...filter, c: collection }, { session, projection: { body: 0 }, batchSize: MANY })
        .toArray(),
    );
  }

  const run: Worker['run'] = async (collection, entries, work, beside) => {
    const me = randomUUID();
    let asked = false;
    try {
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        if (tries > 0) {
          await makeWay(collection, me);
          await sleep(Math.random() * 20);
        }
        if (tries === PATIENT) {
          asked = true;
          const until = connection.clock() + WAY_MS * 1000;
          await tables.leases.insertOne({ _id: wayOf(collection), holder: me, until }).catch(() => undefined);
        }
        const look = () => Promise.all([load(collection, entries), beside?.()]);
        const { tip, seen } = await log.standing(collection, look);
        const unit = new Unit(connection, collection, tip, seen[0], await audiences.book(collection, tip));
        const { answer, effects } = await work(
          unit,
          seen[1] as Awaited<ReturnType<NonNullable<typeof beside>>>,
        );
        if (!effects) return answer;
        const { settlement, wanted } = unit.settle();
        const batch = unit.effects(settlement, effects(settlement), await bodiesOf(collection, wanted));
        if (await log.commit(collection, tip, randomUUID(), batch)) return answer;
      }
    } finally {
      if (asked) await tables.leases.deleteOne({ _id: wayOf(collection), holder: me }).catch(() => undefined);
    }
    throw new StoreUnavailable('The collection is busy: others wrote first, again and again. Try again.');
  };

  return {
    connection,
    log,
    audiences,
    run: (collection, entries, work, beside) => {
      const before = queues.get(collection) ?? Promise.resolve();
      const mine = before.then(() => run(collection, entries, work, beside));
      const after = mine.catch(() => undefined);
      queues.set(collection, after);
      void after.then(() => {
        if (queues.get(collection) === after) queues.delete(collection);
      });
      return mine;
    },
  };
}
