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
 * date before an earlier one, whatever process wrote it.
 *
 * Faults. Crash before the insert: nothing happened. After it: the next reader or writer applies it. A pause of any
 * length: a late insert finds its place taken, a late application changes nothing. Clocks: dates follow those before.
 * A lost answer: the token in the batch tells whose it is. A stale reader: its insert finds its place taken.
 */
import type { Micros } from '../../domain/timestamp';

/** A batch as the chain knows it. */
export interface Link {
  readonly n: number;
  /** The newest date in it, or before it if it has none. */
  readonly last: Micros;
  readonly token: string;
  readonly applied: boolean;
}

/** What the chain is kept in. Each call is atomic by itself, and nothing else is asked of it. */
export interface LogStore<Effects> {
  newest(collection: string): Promise<Link | undefined>;
  link(collection: string, n: number): Promise<Link | undefined>;
  /** The unique insert. @returns false: the place is another's. @throws the outcome is unknown. */
  insert(collection: string, link: Omit<Link, 'applied'>, effects: Effects): Promise<boolean>;
  /** Applies what batch n holds, and marks it; harmless if that was done before, by anyone. @param effects if known. */
  apply(collection: string, n: number, effects?: Effects): Promise<void>;
}

const START: Link = { n: 0, last: 0, token: '', applied: true };

/** How long others leave a batch to its writer before they apply it themselves. */
const PATIENCE_MS = 1000;
const LOOK_MS = 5;

export class Log<Effects> {
  /** The newest link that this process has seen: the chain only grows. */
  private readonly seen = new Map<string, Link>();

  constructor(
    private readonly store: LogStore<Effects>,
    private readonly wait: (ms: number) => Promise<void>,
    private readonly patience = PATIENCE_MS,
  ) {}

  /** The newest link, applied or not. */
  async tip(collection: string): Promise<Link> {
    let known = this.seen.get(collection) ?? (await this.store.newest(collection)) ?? START;
    if (!known.applied) known = (await this.store.link(collection, known.n)) ?? known;
    for (;;) {
      const next = await this.store.link(collection, known.n + 1);
      if (!next) break;
      known = next;
    }
    const before = this.seen.get(collection);
    if (!before || before.n <= known.n) this.seen.set(collection, known);
    return known;
  }

  /** The newest link, applied: by its writer, or if that takes too long by this process. */
  async settled(collection: string): Promise<Link> {
    for (let waited = 0; ; waited += LOOK_MS) {
      const tip = await this.tip(collection);
      if (tip.applied) return tip;
      if (waited >= this.patience) await this.store.apply(collection, tip.n);
      else await this.wait(LOOK_MS);
    }
  }

  /** Whether a link is still the newest. */
  async isTip(collection: string, link: Link): Promise<boolean> {
    return (await this.store.link(collection, link.n + 1)) === undefined;
  }

  /**
   * Writes the batch after a tip and applies it.
   *
   * @returns false: another was faster; look again. @throws the outcome is unknown; repeating the work is harmless.
   */
  async commit(
    collection: string,
    tip: Link,
    token: string,
    { last, effects }: { last: Micros; effects: Effects },
  ): Promise<boolean> {
    const n = tip.n + 1;
    if (!(await this.store.insert(collection, { n, last, token }, effects))) return false;
    await this.store.apply(collection, n, effects);
    return true;
  }
}
