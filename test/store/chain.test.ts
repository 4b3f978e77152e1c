/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-dynamic-delete */
/**
 * The protocol of the store on MongoDB, run by random schedules: the adapter's own chain, batches and units, on tables
 * in memory of which every single operation is a point where others may go on, or the process may end for ever.
 */
import { readerOf } from '../../src/domain/audience';
import { ClassBook } from '../../src/domain/class-book';
import { MongoServerError } from 'mongodb';
import { holds } from '../../src/domain/entries';
import { StoreUnavailable } from '../../src/domain/errors';
import type { Rank } from '../../src/domain/tlp';
import { batchStore } from '../../src/store/mongo/batches';
import type { Connection } from '../../src/store/mongo/connection';
import type { Effects } from '../../src/store/mongo/effects';
import type { EntryDoc } from '../../src/store/mongo/tables';
import { Log } from '../../src/store/mongo/chain';
import type { Link, LogStore } from '../../src/store/mongo/link';
import { prune } from '../../src/store/mongo/prune';
import { Unit } from '../../src/store/mongo/unit';

const C = 'c';
const KEEPER = 5;
/** Deliberate faults in the protocol, to see that these schedules find them. */
type Fault =
  | 'none'
  | 'no horizon'
  | 'cuts not looked at'
  | 'acknowledged before applied'
  | 'any duplicate is mine'
  | 'cut by any batch'
  | 'looked before the tip'
  | 'not waited for the tip'
  | 'stones removed'
  | 'cuts looked at before the entries'
  | 'cuts of undecided batches overlooked'
  | 'page as long as it was before a cut'
  | 'everything dropped, however late'
  | 'what came overlooked'
  | Pruning;
/** Faults of pruning. */
type Pruning =
  | 'walked over what was pruned'
  | 'inserted where it was pruned'
  | 'marked after it was pruned'
  | 'newest pruned'
  | 'stones pruned too early';
const PRUNING: readonly Pruning[] = [
  'walked over what was pruned',
  'inserted where it was pruned',
  'marked after it was pruned',
  'newest pruned',
  'stones pruned too early',
];

/** Small and fast, and the same for a seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Doc = Record<string, any>;
type Row = Map<string, Doc>;
const duplicate = (): MongoServerError =>
  Object.assign(new MongoServerError({ message: 'E11000', code: 11000 }), { writeErrors: [{ code: 11000 }] });

/** What the database compares: values that are equal or lie between. */
const fits = (doc: Doc, filter: Doc): boolean =>
  Object.entries(filter).every(([name, wanted]: [string, any]) => {
    const value = doc[name] as number | undefined;
    if (typeof wanted !== 'object') return value === wanted;
    return (
      value !== undefined &&
      (wanted.$gt === undefined || value > wanted.$gt) &&
      (wanted.$lt === undefined || value < wanted.$lt) &&
      (wanted.$lte === undefined || value <= wanted.$lte)
    );
  });

/** The tables of one process: the rows are everyone's, the gate is its own. */
function tablesOf(
  rows: Record<string, Row>,
  gate: (at?: string) => Promise<void>,
  fault: Fault,
  {
    looked,
    inserts,
    inserted,
  }: {
    looked: (open: boolean) => void;
    inserts: (begins: boolean) => void;
    inserted: (batch: Doc) => void;
  },
): Connection['tables'] {
  const change = (doc: Doc, update: { $set?: Doc; $unset?: Doc; $max?: Doc }): void => {
    Object.assign(doc, update.$set);
    for (const [name, value] of Object.entries(update.$max ?? {}))
      if (!(doc[name] >= value)) doc[name] = value as number;
    for (const name of Object.keys(update.$unset ?? {})) delete doc[name];
  };
  const table = (name: string): Doc => {
    const held = (rows[name] ??= new Map());
    return {
      findOne: async ({ _id }: Doc) => {
        await gate();
        const doc = held.get(_id as string);
        if (_id === `${C}:1`) looked(true);
        if (doc && fault === 'inserted where it was pruned') return { ...doc, pruned: 0 };
        return doc ? { ...doc } : null;
      },
      find: (filter: Doc) => ({
        sort: (by: Doc) => ({
          limit: (most: number) => ({
            toArray: async () => {
              await gate();
              const [[field, way]] = Object.entries(by) as [[string, number]];
              return [...held.values()]
                .filter((d) => fits(d, filter))
                .sort((a, b) => way * (a[field] - b[field]))
                .slice(0, most);
            },
          }),
        }),
      }),
      updateMany: async ({ date, by }: Doc, update: Doc) => {
        for (const doc of [...held.values()]) {
          if (doc['date'] > date.$gt && doc['date'] <= date.$lte) await gate();
          else continue;
          if (doc['by'] < by.$lt || fault === 'everything dropped, however late') change(doc, update);
        }
      },
      insertOne: async (doc: Doc) => {
        await gate();
        if (held.has(doc['_id'] as string)) throw duplicate();
        held.set(doc['_id'] as string, { ...doc });
        if (name === 'batches') inserted(doc);
      },
      insertMany: async (docs: Doc[]) => {
        let taken = false;
        if (name === 'entries') inserts(true);
        for (const doc of docs) {
          await gate(name === 'entries' ? 'insert' : undefined);
          if (held.has(doc['_id'] as string)) taken = true;
          else held.set(doc['_id'] as string, { ...doc });
        }
        if (name === 'entries') {
          inserts(false);
          looked(false);
        }
        if (taken) throw duplicate();
      },
      bulkWrite: async (updates: { updateOne: { filter: Doc; update: Doc } }[]) => {
        for (const { updateOne } of updates) {
          await gate('cut');
          const doc = held.get(updateOne.filter['_id'] as string);
          const guard = fault === 'cut by any batch' || (doc && doc['by'] < updateOne.filter['by'].$lt);
          if (!doc || !guard) continue;
          change(doc, updateOne.update);
          if (fault === 'stones removed' && doc['state'] !== 'live') held.delete(doc['_id'] as string);
        }
      },
      updateOne: async ({ _id }: Doc, update: Doc) => {
        await gate();
        const doc = held.get(_id as string);
        if (doc) change(doc, update);
      },
      deleteMany: async (filter: Doc) => {
        let deletedCount = 0;
        for (const doc of [...held.values()].filter((d) => fits(d, filter))) {
          await gate();
          if (held.delete(doc['_id'] as string)) deletedCount++;
        }
        return { deletedCount };
      },
      deleteOne: async (filter: Doc) => {
        await gate();
        const doc = held.get(filter['_id'] as string);
        const found = doc !== undefined && fits(doc, filter);
        if (found) held.delete(filter['_id'] as string);
        return { deletedCount: found ? 1 : 0 };
      },
    };
  };
  return new Proxy({}, { get: (_, name: string) => table(name) }) as Connection['tables'];
}

interface Command {
  readonly add?: { readonly o: number; readonly v: number; readonly rank: Rank };
  readonly remove?: { readonly o: number; readonly v: number };
  readonly drop?: true;
}
const nameOf = (o: number): string => `tool--00000000-0000-4000-8000-00000000000${o}`;

/** The versions that stand after some commands: `o v` → rank. */
function replay(commands: readonly Command[]): Map<string, Rank> {
  const held = new Map<string, Rank>();
  for (const { add, remove, drop } of commands) {
    if (drop) held.clear();
    if (add) held.set(`${add.o} ${add.v}`, add.rank);
    if (remove) held.delete(`${remove.o} ${remove.v}`);
  }
  return held;
}
function lastFor(held: ReadonlyMap<string, Rank>, rank: Rank): string[] {
  const last = new Map<string, string>();
  for (const name of [...held.keys()].sort()) if (held.get(name)! <= rank) last.set(name[0]!, name);
  return [...last.values()].sort();
}

/** These rows are one machine's: it needs no session to know what it has said. */
const startSession = () => ({ endSession: async (): Promise<void> => undefined });

/** What entries say at one moment, by date. */
type Moment = ReadonlyMap<number, EntryDoc>;

/** What a reader of a rank is given of a moment behind a date. */
const answersOf = (docs: Iterable<EntryDoc>, rank: Rank, after: number): EntryDoc[] =>
  [...docs]
    .filter((d) => d.state === 'live' && d.date > after && holds(d.latest_last, readerOf(rank)))
    .sort((a, b) => a.date - b.date);

/** One schedule. @returns what is wrong, or undefined. */
async function schedule(seed: number, fault: Fault): Promise<string | undefined> {
  const random = randomOf(seed);
  const pick = (n: number): number => Math.floor(random() * n);
  const rows: Record<string, Row> = {};
  const waiting: { actor: number; at: string | undefined; go: () => void }[] = [];
  const dead = new Set<number>();
  let free = false;
  const prunes = fault === 'none' ? pick(3) > 0 : PRUNING.some((one) => one === fault);
  /** Long sleep, also in the middle of a write, while much is dropped and pruned. */
  const drowsy = prunes && (fault === 'none' ? pick(3) === 0 : true);
  /** Who has asked for the mark and does next what he asked for it, and since when. */
  const looking = new Map<number, number>();
  /** Who inserts what he asked for the mark for; the other writes of a batch are on their way at the same time. */
  const inserting = new Set<number>();
  const gateOf =
    (actor: number) =>
    (at?: string): Promise<void> => {
      if (at !== 'insert' && !inserting.has(actor)) looking.delete(actor);
      return free ? Promise.resolve() : new Promise((go) => waiting.push({ actor, at, go }));
    };
  let time = 1000;
  let steps = 0;
  /** What each writer meant a batch to do, by its token. */
  const meant = new Map<string, Effects>();
  /** Whose batch each place of the chain holds: the first to be inserted there. */
  const decided = new Map<number, string>();
  /** What the chain says that stood after batch n: whatever happened to the tables, a page is of one such moment. */
  const moments: Moment[] = [new Map()];
  const momentOf = (n: number): Moment => {
    for (let k = moments.length; k <= n; k++) {
      const { inserts, cuts, drop } = meant.get(decided.get(k)!)!;
      const now = new Map(drop ? [] : moments[k - 1]);
      for (const doc of inserts) now.set(doc.date, { ...doc });
      for (const { date, set } of cuts) {
        const doc = now.get(date);
        if (doc) now.set(date, { ...doc, ...set });
      }
      moments.push(now);
    }
    return moments[n]!;
  };
  const processOf = (actor: number) => {
    const gate = gateOf(actor);
    const tables = tablesOf(rows, gate, actor === KEEPER ? 'none' : fault, {
      looked: (open) => (open ? looking.set(actor, steps) : looking.delete(actor)),
      inserts: (begins) => (begins ? inserting.add(actor) : inserting.delete(actor)),
      inserted: ({ n, token }) => {
        if (!decided.has(n as number)) decided.set(n as number, token as string);
      },
    });
    // Clocks that are wrong, and differ.
    const skew = (actor % 3) * 5000;
    const clock = (): number => (time += pick(5)) + skew;
    const connection = {
      tables,
      clock,
      random,
      client: { startSession },
      moment: {},
    } as unknown as Connection;
    const store = batchStore(connection);
    const faulty: LogStore<Effects> = {
      ...store,
      insert: async (c, link, effects) => {
        meant.set(link.token, effects);
        const mark = await store.insert(c, link, effects);
        return mark ?? (fault === 'any duplicate is mine' ? 0 : undefined);
      },
      behind: async (c, n) => {
        const found = await store.behind(c, n);
        const overlooked = (link: Link): Link =>
          fault === 'cuts of undecided batches overlooked' && !link.applied ? { ...link, cuts: [] } : link;
        let { pruned } = found;
        if (fault === 'walked over what was pruned') pruned = 0;
        if (fault === 'inserted where it was pruned') pruned = await faulty.pruned(c);
        return { ...found, pruned, links: found.links.map(overlooked) };
      },
      apply: async (c, link, effects, mark) => {
        if (fault !== 'acknowledged before applied' || !effects) return store.apply(c, link, effects, mark);
        acknowledge(c, link.n);
        return true;
      },
      pruned: async (c) => {
        if (fault !== 'inserted where it was pruned') return store.pruned(c);
        await gate();
        return Number(rows['batches']?.get(`${c}:1`)?.['pruned'] ?? 0);
      },
    };
    // When all is over, nobody waits for those who ended.
    const pace = {
      wait: () => gate(),
      now: () => {
        if (free && (steps += 1000) > 1e7) throw new Error('nobody gets on');
        return steps;
      },
    };
    const log = new Log<Effects>(faulty, pace, pick(fault === 'none' ? 120 : 4));
    const all = async (): Promise<EntryDoc[]> => {
      const ids = [...(rows['entries'] ?? new Map<string, Doc>()).keys()];
      const docs: EntryDoc[] = [];
      // Not one moment: each object is looked at by itself.
      for (const id of ids) {
        if (pick(4) === 0) await gate();
        const doc = rows['entries']!.get(id);
        if (doc) docs.push({ ...doc } as EntryDoc);
      }
      return docs;
    };
    const tip = async (): Promise<Link> => {
      return (await store.newest(C)) ?? { n: 0, last: 0, cuts: [], token: '', applied: true };
    };
    return { log, all, connection, tip };
  };
  function acknowledge(c: string, n: number): void {
    const head = rows['batches']?.get(`${c}:${n}`);
    if (head) head['applied'] = true;
  }
  const done: string[] = [];
  let wrong: string | undefined;
  const fail = (what: string): void => void (wrong ??= what);

  const writer = async (actor: number): Promise<void> => {
    const { log, all, connection, tip: newest } = processOf(actor);
    for (let i = 0; i < 2 + pick(3); i++) {
      // Faults show where batches cut the same entries.
      const o = pick(fault === 'none' ? 2 : 6) === 1 ? 1 : 0;
      const wish = pick(drowsy ? 3 : 12) === 0 ? 'drop' : pick(4) === 0 ? 'remove' : 'add';
      const [v, rank] = [1 + pick(4), pick(3) as Rank];
      for (let tries = 0; tries < 30; tries++) {
        const early = fault === 'looked before the tip' ? await all() : undefined;
        const looked = fault === 'not waited for the tip' ? undefined : await log.standing(C, all);
        const tip: Link = looked?.tip ?? (await newest());
        const docs = early ?? looked?.seen ?? (await all());
        const unit = new Unit(connection, C, tip, docs, new ClassBook());
        const standing = unit.versions(nameOf(o));
        let command: Command | undefined;
        if (wish === 'add' && !standing.some((s) => s.key === String(v))) {
          command = { add: { o, v, rank } };
          unit.add({
            o: nameOf(o),
            u: nameOf(o).slice(-36),
            type: 'tool',
            spec: '2.1',
            version: String(v),
            key: String(v),
            digest: '',
            created: null,
            createdBy: null,
            revoked: false,
            publisher: '',
            size: 1,
            rank,
            declared: rank,
            unresolved: [],
            body: `${o} ${v}`,
          });
        } else if (wish === 'remove' && standing.length > 0) {
          const last = standing.at(-1)!;
          command = { remove: { o, v: Number(last.key) } };
          unit.drop(nameOf(o), [last.ref]);
        } else if (wish === 'drop') command = { drop: true };
        if (!command) break;
        const tag = `${actor}.${i}`;
        unit.tell({ by: tag }, 'model', C, nameOf(o), JSON.stringify(command));
        const batch = unit.effects(undefined, command.drop ? { drop: true } : {});
        const outcome = await log.commit(C, tip, `${tag}.${tries}`, batch).catch((error: unknown) => {
          if (error instanceof StoreUnavailable) return 'unknown';
          throw error;
        });
        if (outcome === true) done.push(tag);
        if (outcome !== false) break;
      }
    }
  };

  /** The commands up to batch n, in the order of the chain. */
  const told = (n = Infinity): { by: string; command: Command }[] =>
    [...(rows['audit'] ?? new Map<string, Doc>()).values()]
      .map((d) => ({
        n: Number((d['_id'] as string).split(':')[1]),
        by: String(d['principal']),
        detail: String(d['detail']),
      }))
      .filter((d) => d.n <= n)
      .sort((a, b) => a.n - b.n)
      .map(({ by, detail }) => ({ by, command: JSON.parse(detail) as Command }));

  /** A page, as src/store/mongo/look.ts looks: behind what is undecided, and as long as nothing was cut under it. */
  const poll = async (
    { log, all }: ReturnType<typeof processOf>,
    rank: Rank,
    state: { after: number; has: Set<string>; last: number },
  ): Promise<void> => {
    const limit = 1 + pick(4);
    const heads = [...(rows['batches'] ?? new Map<string, Doc>()).values()];
    const acknowledged = Math.max(0, ...heads.filter((d) => d['applied']).map((d) => d['n'] as number));
    let known = log.known(C);
    for (let looks = 1; looks < 30; looks++) {
      const guessed = looks === 1 && known !== undefined;
      const tip = known ?? (looks === 1 ? await log.applied(C) : await log.caughtUp(C));
      known = undefined;
      const everything = [[-1, Infinity]] as const;
      const early =
        fault === 'cuts looked at before the entries' ? await log.since(C, tip, everything) : undefined;
      const rowsNow = answersOf(await all(), rank, state.after)
        .filter((d) => fault === 'no horizon' || d.date <= tip.last)
        .slice(0, limit + 1);
      let page = rowsNow.slice(0, limit);
      const within = [[state.after + 1, rowsNow[limit]?.date ?? tip.last]] as const;
      const since = early ?? (await log.since(C, tip, within));
      const { cut } = since;
      if (guessed && rowsNow.length <= limit && since.came && fault !== 'what came overlooked') {
        known = since.newest;
        continue;
      }
      if (cut !== undefined && fault !== 'cuts not looked at') {
        const whole =
          fault === 'page as long as it was before a cut' ? page : page.filter((d) => d.date < cut);
        if (looks < 2 || whole.length === 0) continue;
        page = whole;
      }
      // What was acknowledged before it was asked for is in it.
      const of = Math.max(tip.n, acknowledged);
      const right = answersOf(momentOf(of).values(), rank, state.after).slice(0, limit);
      const said = (docs: readonly EntryDoc[]): string => docs.map((d) => `${d.date} ${d.body}`).join();
      if (said(page) !== said(cut === undefined ? right : right.slice(0, page.length)))
        fail(`a page of rank ${rank} at ${tip.n}, ${of}: ${said(page)} instead of ${said(right)}`);
      if (state.after < 0 && cut === undefined && page.length < limit) {
        const names = page.map((d) => d.body).sort();
        const naive = lastFor(replay(told(tip.n).map((t) => t.command)), rank);
        if (JSON.stringify(names) !== JSON.stringify(naive))
          fail(`a fresh reader of rank ${rank} at ${tip.n}: ${names.join()} instead of ${naive.join()}`);
      }
      for (const d of page) {
        if (d.date <= state.last) fail('out of order');
        state.last = d.date;
        // The same version again is right only after it was away: a new entry of it.
        const name = `${d.ref} ${d.date}`;
        if (state.has.has(name)) fail(`repeated ${name}`);
        state.has.add(name);
      }
      state.after = page.at(-1)?.date ?? state.after;
      return;
    }
  };
  const readers: { rank: Rank; state: { after: number; has: Set<string>; last: number } }[] = [];
  const reader = async (actor: number): Promise<void> => {
    const rank = pick(3) as Rank;
    const state = { after: -1, has: new Set<string>(), last: -1 };
    readers.push({ rank, state });
    const own = processOf(actor);
    for (let i = 0; i < 4; i++) await poll(own, rank, state);
    await poll(own, rank, { after: -1, has: new Set(), last: -1 });
  };

  /** Prunes whatever may be pruned at once; the grace lasts as long as anybody's one write is on its way. */
  const keeper = async (): Promise<void> => {
    const { connection } = processOf(KEEPER);
    const gate = gateOf(KEEPER);
    for (let visits = 0; visits < (drowsy ? 20 : 6); visits++) {
      for (let pause = pick(drowsy ? 8 : 40); pause > 0; pause--) await gate();
      if (fault === 'newest pruned' || fault === 'marked after it was pruned') await careless(gate);
      else await prune(connection, C, undefined, { age: 0, grace: 0 });
      const marked = steps;
      const onTheirWay = (): boolean =>
        [...looking].some(([actor, since]) => since <= marked && !dead.has(actor));
      while (!free && fault !== 'stones pruned too early' && onTheirWay()) await gate();
    }
  };
  const careless = async (gate: () => Promise<void>): Promise<void> => {
    const batches = rows['batches'] ?? new Map<string, Doc>();
    const upTo = decided.size - (fault === 'newest pruned' ? 0 : 1);
    if (upTo < 2) return;
    const mark = (): void => void Object.assign(batches.get(`${C}:1`)!, { pruned: upTo });
    if (fault === 'newest pruned') mark();
    for (let n = 2; n <= upTo; n++) {
      await gate();
      batches.delete(`${C}:${n}`);
    }
    for (let pause = pick(40); pause > 0; pause--) await gate();
    mark();
  };

  const actors = [writer(0), writer(1), ...(pick(2) === 0 ? [writer(2)] : []), reader(3), reader(4)];
  if (prunes) actors.push(keeper());
  for (const actor of actors) void actor.catch((error: unknown) => fail(String(error)));
  let asleep = -1;
  for (; steps < 4000 && wrong === undefined; steps++) {
    await Promise.resolve();
    await Promise.resolve();
    if (waiting.every((w) => dead.has(w.actor))) {
      // Whoever is between two operations gets to the next one first.
      await new Promise((resolve) => setImmediate(resolve));
      if (waiting.every((w) => dead.has(w.actor))) break;
    }
    // A process that is paused longer than any patience, or ended.
    if (pick(40) === 0 && !(drowsy && asleep >= 0)) asleep = pick(prunes ? 5 : 3);
    if (pick(drowsy ? 200 : 60) === 0) asleep = -1;
    if (pick(150) === 0 && dead.size < 2) dead.add(pick(3));
    const able = waiting.filter((w) => !dead.has(w.actor) && w.actor !== asleep);
    if (able.length === 0) {
      asleep = -1;
      continue;
    }
    const chosen = able[pick(able.length)]!;
    const worst = chosen.at === 'cut' || (drowsy && chosen.at === 'insert');
    if ((fault !== 'none' || drowsy) && worst && pick(3) === 0) {
      // The worst moment to fall asleep.
      asleep = chosen.actor;
      continue;
    }
    waiting.splice(waiting.indexOf(chosen), 1);
    chosen.go();
  }
  // What is still waiting is dead: nobody ever hears of it again. Whoever comes now finds a store that goes on.
  free = true;
  if (wrong !== undefined) return wrong;
  const late = processOf(9);
  const tip = await late.log.caughtUp(C);
  const commands = told();
  for (const tag of done)
    if (!commands.some((t) => t.by === tag)) fail(`${tag} was acknowledged and is not there`);
  const held = replay(commands.map((t) => t.command));
  const entries = [...(rows['entries'] ?? new Map<string, Doc>()).values()] as EntryDoc[];
  if (entries.some((e) => e.date > tip.last)) fail('an entry behind the horizon of an applied tip');
  for (const rank of [0, 1, 2] as const) {
    const live = entries
      .filter((e) => e.state === 'live' && holds(e.latest_last, readerOf(rank)))
      .map((e) => e.body);
    if (JSON.stringify(live.sort()) !== JSON.stringify(lastFor(held, rank)))
      fail(`at the end, rank ${rank}: ${live.join()} instead of ${lastFor(held, rank).join()}`);
  }
  for (const { rank, state } of readers) {
    for (let before = NaN; before !== state.after;) {
      before = state.after;
      await poll(late, rank, state);
    }
    for (const e of entries)
      if (e.state === 'live' && holds(e.latest_last, readerOf(rank)) && !state.has.has(`${e.ref} ${e.date}`))
        fail(`a reader of rank ${rank} who only moved forward misses ${e.body}`);
  }
  return wrong;
}

const RUNS = Number(process.env['JISR_TEST_CHAIN_RUNS'] ?? 2000);
jest.setTimeout(Math.max(600_000, RUNS * 60));

test(`${RUNS} random schedules of writers and readers with crashes and pauses: nothing lost, repeated, out of order`, async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const wrong = await schedule(seed, 'none');
    if (wrong !== undefined) throw new Error(`seed ${seed}: ${wrong}`);
  }
});

test.each<Fault>([
  'no horizon',
  'cuts not looked at',
  'cuts looked at before the entries',
  'cuts of undecided batches overlooked',
  'page as long as it was before a cut',
  'acknowledged before applied',
  'any duplicate is mine',
  'cut by any batch',
  'looked before the tip',
  'not waited for the tip',
  'stones removed',
  'everything dropped, however late',
  'what came overlooked',
  ...PRUNING,
])('a fault in the protocol is found: %s', async (fault) => {
  for (let seed = 1; seed <= RUNS * 10; seed++) if ((await schedule(seed, fault)) !== undefined) return;
  throw new Error('not found');
});
