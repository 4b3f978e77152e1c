/**
 * The chain of a collection: every change is one batch, and inserting batch n is the decision, for the insert is unique.
 *
 * A batch holds all that it does: entries to insert, entries to cut, verdicts, audit. Whoever computed it looked at the
 * collection as batch n − 1 left it; if another was faster, the insert fails, and the work begins anew. What is
 * inserted is then applied, by its writer or by whoever comes next, as often as it takes: entries have their place
 * by `<collection>:<date>`, and an entry is cut only by a batch later than the one that cut it last. Only then is it
 * marked as applied and acknowledged, and only then can n + 1 be written.
 *
 * Readers see no entry behind the horizon: the `last` of the newest batch that is applied. So nobody sees a later
 * date before an earlier one, whatever process wrote it. What is inserted later lies behind the horizon; only what
 * later batches cut could be missing from a look. A batch says where it cuts, and its head is there before its first
 * cut: a look that finds no cut within its dates afterwards, applied or not, saw one moment, and stands. A process that
 * knows an applied batch looks at once, as of that one; if the chain turns out to have gone on meanwhile, a look that
 * ends where the chain ended is looked at again.
 *
 * Old batches are pruned (prune.ts), and their places are free again. The mark up to where is raised before the first
 * of them goes, half a day before, so whoever asks for it afterwards, or at the same time, knows what to think of what it
 * did. A walk along the chain counts only if it began behind the mark: else what it missed may have been pruned, and what
 * it found may be a late insert. A batch that was inserted counts only if it lies behind the mark: else its place had been another's, and it is
 * withdrawn. What lies before the mark was applied, so nobody applies it any more.
 *
 * Faults. Crash before the insert: nothing happened. After it: the next reader or writer applies it. A pause of any
 * length: a late insert finds its place taken or is withdrawn, a late application changes nothing (one that is asleep
 * inside a single write for longer than stones are kept: prune.ts). Clocks: dates follow those before.
 * A lost answer: the token in the batch tells whose it is. A stale reader: its insert finds its place taken.
 */
import { StoreUnavailable } from '../../domain/errors';
import type { Micros } from '../../domain/timestamp';
import type { Link, LogStore, Pace, Since } from './link';
import { EVERYTHING, firstWithin, type Span } from './spans';

const START: Link = { n: 0, last: 0, cuts: [], token: '', applied: true, largest: 0 };

/** How long others leave a batch to its writer before they apply it themselves. */
const PATIENCE_MS = 1000;
const LOOK_MS = 5;
const MOST_LOOK_MS = 80;

/** The first begins where this process was last, the others at the newest link, which is never pruned. */
const MOST_WALKS = 5;

export class Log<Effects> {
  /** The newest link that this process has seen: the chain only grows. */
  private readonly seen = new Map<string, Link>();
  /** The newest that it knows to be applied. */
  private readonly settled = new Map<string, Link>();
  /** By collection: a batch is waited for, and applied, by one of all who wait for it in this process. */
  private readonly applying = new Map<string, Promise<unknown>>();

  constructor(
    private readonly store: LogStore<Effects>,
    private readonly pace: Pace,
    private readonly patience = PATIENCE_MS,
  ) {}

  /**
   * The link itself, if it still is there, and those after it, in order.
   *
   * @returns undefined: there were others, and they were pruned.
   */
  private async from(collection: string, link: Link): Promise<Link[] | undefined> {
    const found: Link[] = [];
    for (let [expected, goesOn] = [link.n, true]; goesOn;) {
      const { links, pruned, more } = await this.store.behind(collection, expected - 1);
      if (pruned > link.n) return undefined;
      goesOn = false;
      for (const next of links) {
        if (expected === link.n && next.n === expected + 1) expected++;
        // One that is missing was inserted while this looked: what comes after it came later still.
        if (next.n !== expected) break;
        found.push(next);
        expected++;
        goesOn = more;
      }
    }
    // Only when one is applied can the next be written.
    const known = found.map((next, i) => (i < found.length - 1 ? { ...next, applied: true } : next));
    for (const next of known) this.remember(collection, next);
    return known;
  }

  private remember(collection: string, link: Link): void {
    for (const known of link.applied ? [this.seen, this.settled] : [this.seen]) {
      const before = known.get(collection);
      if (!before || before.n <= link.n) known.set(collection, link);
    }
  }

  /** The links after one, in order; undefined: there were others, and they were pruned. */
  private async after(collection: string, link: Link): Promise<Link[] | undefined> {
    return (await this.from(collection, link))?.filter(({ n }) => n > link.n);
  }

  /** The newest link, applied or not. */
  private async tip(collection: string): Promise<Link> {
    let known = this.seen.get(collection);
    for (let walks = 0; walks < MOST_WALKS; walks++) {
      const from = known ?? (await this.store.newest(collection)) ?? START;
      const later = await this.from(collection, from);
      known = undefined;
      if (later) return later.at(-1) ?? from;
    }
    throw new StoreUnavailable(
      'The chain of the collection is pruned faster than it can be walked. Try again.',
    );
  }

  /** A link that was applied when this process last looked; others may have come since. */
  known(collection: string): Link | undefined {
    return this.settled.get(collection);
  }

  /** The newest link, applied: by its writer, or if that takes too long by this process. For whoever writes. */
  async caughtUp(collection: string): Promise<Link> {
    for (;;) {
      const tip = await this.tip(collection);
      if (tip.applied) return tip;
      const other = this.applying.get(collection);
      // If that fails, one of those who waited tries.
      if (other) await other.catch(() => undefined);
      else await this.alone(collection, () => this.whenApplied(collection, tip));
    }
  }

  /** The newest link that is applied, whether or not the chain goes on after it. For whoever reads. */
  async applied(collection: string): Promise<Link> {
    const tip = await this.tip(collection);
    if (tip.applied) return tip;
    if (tip.n === 1) return START;
    const known = this.settled.get(collection);
    if (known?.n === tip.n - 1) return known;
    // It was marked before the tip could be written; a database that does not know that is catching up.
    const before = await this.store.link(collection, tip.n - 1);
    return before?.applied === true ? before : this.caughtUp(collection);
  }

  /** Call it after a look at what an applied link left. @param within the dates on which the look depends. */
  async since(collection: string, link: Link, within: readonly Span[]): Promise<Since> {
    const later = await this.after(collection, link);
    const cut = firstWithin(later ? later.flatMap((l) => l.cuts) : EVERYTHING, within);
    const newest = later?.findLast((l) => l.applied);
    return { cut, came: later === undefined || newest !== undefined, newest };
  }

  /** Where the batches after a link up to another cut; everywhere if that is not known any more. */
  async cutsBetween(collection: string, after: Link, upTo: Link): Promise<readonly Span[]> {
    const later = await this.after(collection, after);
    return later ? later.filter((l) => l.n <= upTo.n).flatMap((l) => l.cuts) : EVERYTHING;
  }

  /**
   * Looks at what the newest link left, for whoever writes the next: at once, as of what this process knows to be applied,
   * and again if the chain has gone on.
   */
  async standing<T>(
    collection: string,
    read: () => Promise<T>,
  ): Promise<{ readonly tip: Link; readonly seen: T }> {
    const known = this.known(collection);
    if (known) {
      const [tip, seen] = await Promise.all([this.caughtUp(collection), read()]);
      if (tip.n === known.n) return { tip, seen };
    }
    const tip = await this.caughtUp(collection);
    return { tip, seen: await read() };
  }

  /** Whether a link is still the newest. */
  async isTip(collection: string, link: Link): Promise<boolean> {
    return (await this.tip(collection)).n === link.n;
  }

  private async alone<T>(collection: string, work: () => Promise<T>): Promise<T> {
    const mine = work();
    this.applying.set(collection, mine);
    try {
      return await mine;
    } finally {
      if (this.applying.get(collection) === mine) this.applying.delete(collection);
    }
  }

  private async whenApplied(collection: string, { n, token }: Link): Promise<void> {
    const began = this.pace.now();
    for (let pause = LOOK_MS; ; pause = Math.min(2 * pause, MOST_LOOK_MS)) {
      const now = await this.store.link(collection, n);
      // What was pruned was applied.
      if (now?.token !== token || now.applied) return;
      if (this.pace.now() - began >= this.patience) {
        await this.store.apply(collection, { n, token });
        return;
      }
      await this.pace.wait(pause);
    }
  }

  /**
   * Holds a chain where it is, for no longer than a batch is left to its writer: behind the tip stands one that does nothing
   * and is not applied. What is held counts only if it still is the tip when the work is done.
   *
   * @returns it, for {@link letGo}; undefined: another was faster.
   */
  async hold(collection: string, tip: Link, token: string, nothing: Effects): Promise<Link | undefined> {
    const { last, largest, audiences } = tip;
    const link = { n: tip.n + 1, last, token, largest, audiences };
    if ((await this.store.insert(collection, link, nothing)) === undefined) return undefined;
    return { ...link, cuts: [], applied: false };
  }

  async letGo(collection: string, link: Link, nothing: Effects): Promise<void> {
    if (!(await this.store.apply(collection, link, nothing))) await this.store.withdraw(collection, link);
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
    {
      last,
      effects,
      ...kept
    }: { readonly last: Micros; readonly effects: Effects } & Pick<Link, 'largest' | 'audiences'>,
  ): Promise<boolean> {
    const n = tip.n + 1;
    const mark = await this.store.insert(collection, { n, last, token, ...kept }, effects);
    if (mark === undefined) return false;
    const applied = await this.alone(collection, () =>
      this.store.apply(collection, { n, token }, effects, mark),
    );
    if (applied) {
      this.remember(collection, { n, last, cuts: EVERYTHING, token, applied, ...kept });
      return true;
    }
    // What is before the mark and was decided was applied: what was not has no place in the chain.
    if (await this.store.withdraw(collection, { n, token })) return false;
    throw new StoreUnavailable(
      'This was asleep for long, and whether it was written is not known. Try again.',
    );
  }
}
