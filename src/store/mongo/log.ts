/**
 * The chain of a collection: every change is one batch, and inserting batch n is the decision, for the insert is unique.
 *
 * A batch holds all that it does: entries to insert, entries to cut, verdicts, audit. Whoever computed it looked at the
 * collection as batch n − 1 left it; if another was faster, the insert fails, and the work begins anew. What is
 * inserted is then applied, by its writer or by whoever comes next, as often as it takes: entries have their place
 * by `<collection>:<date>`, and an entry is cut only by a batch later than the one that cut it last. Only then is it
 * marked as applied and acknowledged, and only then can n + 1 be written. A place is never used twice: batches stay.
 *
 * Readers see no entry behind the horizon: the `last` of the newest batch that is applied. So nobody sees a later
 * date before an earlier one, whatever process wrote it. What is inserted later lies behind the horizon; only what
 * later batches cut could be missing from a look. A batch says where it cuts, and its head is there before its first
 * cut: a look that finds no cut within its dates afterwards, applied or not, saw one moment, and stands.
 *
 * Faults. Crash before the insert: nothing happened. After it: the next reader or writer applies it. A pause of any
 * length: a late insert finds its place taken, a late application changes nothing. Clocks: dates follow those before.
 * A lost answer: the token in the batch tells whose it is. A stale reader: its insert finds its place taken.
 */
import type { Micros } from '../../domain/timestamp';
import { firstWithin, type Span } from './spans';

/** A batch as the chain knows it. */
export interface Link {
  readonly n: number;
  /** The newest date in it, or before it if it has none. */
  readonly last: Micros;
  /** Where it cuts entries of batches before it. */
  readonly cuts: readonly Span[];
  readonly token: string;
  readonly applied: boolean;
}

/** What the chain is kept in. Each call is atomic by itself, and nothing else is asked of it. */
export interface LogStore<Effects> {
  newest(collection: string): Promise<Link | undefined>;
  link(collection: string, n: number): Promise<Link | undefined>;
  /** The unique insert. @returns false: the place is another's. @throws the outcome is unknown. */
  insert(collection: string, link: Omit<Link, 'applied' | 'cuts'>, effects: Effects): Promise<boolean>;
  /** Applies what batch n holds, and marks it; harmless if that was done before, by anyone. @param effects if known. */
  apply(collection: string, n: number, effects?: Effects): Promise<void>;
}

const START: Link = { n: 0, last: 0, cuts: [], token: '', applied: true };

/** How long others leave a batch to its writer before they apply it themselves. */
const PATIENCE_MS = 1000;
const LOOK_MS = 5;
const MOST_LOOK_MS = 80;

/** What a chain needs of time. */
export interface Pace {
  wait(ms: number): Promise<void>;
  /** Milliseconds, never going back. */
  now(): number;
}

export class Log<Effects> {
  /** The newest link that this process has seen: the chain only grows. */
  private readonly seen = new Map<string, Link>();
  /** By collection: a batch is waited for, and applied, by one of all who wait for it in this process. */
  private readonly applying = new Map<string, Promise<void>>();

  constructor(
    private readonly store: LogStore<Effects>,
    private readonly pace: Pace,
    private readonly patience = PATIENCE_MS,
  ) {}

  /** The links after one, in order. */
  private async after(collection: string, link: Link): Promise<Link[]> {
    const found: Link[] = [];
    for (let { n } = link; ; n++) {
      const next = await this.store.link(collection, n + 1);
      if (!next) break;
      found.push(next);
    }
    const newest = found.at(-1);
    const before = this.seen.get(collection);
    if (newest && (!before || before.n <= newest.n)) this.seen.set(collection, newest);
    return found;
  }

  /** The newest link, applied or not. */
  private async tip(collection: string): Promise<Link> {
    let known = this.seen.get(collection) ?? (await this.store.newest(collection)) ?? START;
    if (!known.applied) known = (await this.store.link(collection, known.n)) ?? known;
    const tip = (await this.after(collection, known)).at(-1) ?? known;
    const before = this.seen.get(collection);
    if (!before || before.n <= tip.n) this.seen.set(collection, tip);
    return tip;
  }

  /** The newest link, applied: by its writer, or if that takes too long by this process. For whoever writes. */
  async settled(collection: string): Promise<Link> {
    for (;;) {
      const tip = await this.tip(collection);
      if (tip.applied) return tip;
      const other = this.applying.get(collection);
      // If that fails, one of those who waited tries.
      if (other) await other.catch(() => undefined);
      else await this.alone(collection, () => this.whenApplied(collection, tip.n));
    }
  }

  /** The newest link that is applied, whether or not the chain goes on after it. For whoever reads. */
  async applied(collection: string): Promise<Link> {
    const tip = await this.tip(collection);
    if (tip.applied) return tip;
    if (tip.n === 1) return START;
    // It was marked before the tip could be written; a database that does not know that is catching up.
    const before = await this.store.link(collection, tip.n - 1);
    return before?.applied === true ? before : this.settled(collection);
  }

  /**
   * Call it after a look at what an applied link left.
   *
   * @param within the dates on which the look depends.
   * @returns the first of them that may have changed under it; undefined: it saw one moment.
   */
  async cutSince(collection: string, link: Link, within: readonly Span[]): Promise<Micros | undefined> {
    const later = await this.after(collection, link);
    return firstWithin(
      later.flatMap((l) => l.cuts),
      within,
    );
  }

  /** Where the batches after a link up to another cut. */
  async cutsBetween(collection: string, after: Link, upTo: Link): Promise<Span[]> {
    const later = await this.after(collection, after);
    return later.filter((l) => l.n <= upTo.n).flatMap((l) => l.cuts);
  }

  /** Whether a link is still the newest. */
  async isTip(collection: string, link: Link): Promise<boolean> {
    return (await this.store.link(collection, link.n + 1)) === undefined;
  }

  private async alone(collection: string, work: () => Promise<void>): Promise<void> {
    const mine = work();
    this.applying.set(collection, mine);
    try {
      await mine;
    } finally {
      if (this.applying.get(collection) === mine) this.applying.delete(collection);
    }
  }

  private async whenApplied(collection: string, n: number): Promise<void> {
    const began = this.pace.now();
    for (let pause = LOOK_MS; ; pause = Math.min(2 * pause, MOST_LOOK_MS)) {
      if ((await this.store.link(collection, n))?.applied === true) return;
      if (this.pace.now() - began >= this.patience) return this.store.apply(collection, n);
      await this.pace.wait(pause);
    }
  }

  /**
   * Writes the batch after a tip and applies it.
   *
   * @returns false: another was faster; look again. @throws {TaxiiError} it cannot be stored, and was not.
   * @throws the outcome is unknown; repeating the work is harmless.
   */
  async commit(
    collection: string,
    tip: Link,
    token: string,
    { last, effects }: { last: Micros; effects: Effects },
  ): Promise<boolean> {
    const n = tip.n + 1;
    if (!(await this.store.insert(collection, { n, last, token }, effects))) return false;
    await this.alone(collection, () => this.store.apply(collection, n, effects));
    return true;
  }
}
