/**
 * How pages are read: in turns, until the client hangs up, and while the answers under way fit into memory (T-385).
 * A page that an index answers takes one of many turns, an examination row by row one of two.
 */
import type { Response } from 'express';
import type { Scope } from '../domain/access';
import { isExamined } from '../domain/asked';
import { TaxiiError } from '../domain/errors';
import type { ObjectQuery } from '../domain/query';
import type { Page } from '../store/objects';
import { Turns } from './turns';

/** Answers that were loaded and not sent yet, in bytes: of all, and of one account. */
const MOST_UNDER_WAY = 128 * 1024 * 1024;
const MOST_UNDER_WAY_EACH = 24 * 1024 * 1024;
/** About what a record of a manifest takes. */
const RECORD_BYTES = 200;
/** A client that takes nothing of its answer for this long is taken for gone. */
const STALLED_MS = 30_000;

export class Pages {
  private readonly indexed = new Turns({ atOnce: 8, each: 4, waiting: 1000, waitingEach: 100 });
  private readonly examined = new Turns({ atOnce: 2, each: 1, waiting: 100, waitingEach: 8 });
  private readonly underWay = new Map<string, number>();
  private total = 0;

  constructor(private readonly stalledMs = STALLED_MS) {}

  /**
   * @param look the read itself. @returns its page.
   * @throws {TaxiiError} 503 with Retry-After when too much is under way.
   */
  async read<Items>(
    scope: Scope<'read'>,
    query: ObjectQuery,
    res: Response,
    look: (signal: AbortSignal) => Promise<Page<Items>>,
  ): Promise<Page<Items>> {
    const who = scope.principal.id;
    const hangUp = new AbortController();
    res.once('close', () => {
      if (!res.writableFinished)
        hangUp.abort(new TaxiiError('bad-request', 'The client hung up before its answer was ready.'));
    });
    const turns = isExamined(query) ? this.examined : this.indexed;
    return turns.run(who, hangUp.signal, async () => {
      this.requireRoom(scope);
      const page = await look(hangUp.signal);
      const { items, count } = page;
      this.hold(scope, Buffer.isBuffer(items) ? items.length : count * RECORD_BYTES, res);
      return page;
    });
  }

  /** @returns whether there is room for one more answer of an account. */
  hasRoom({ principal }: Scope<'read'>): boolean {
    return this.total < MOST_UNDER_WAY && (this.underWay.get(principal.id) ?? 0) < MOST_UNDER_WAY_EACH;
  }

  private requireRoom(scope: Scope<'read'>): void {
    if (this.hasRoom(scope)) return;
    throw new TaxiiError(
      'unavailable',
      'Too many large answers are under way. Try again in a few seconds, and read one page at a time.',
      { 'Retry-After': '5' },
    );
  }

  /** Lets an answer go out that is there already. @throws {TaxiiError} 503 with Retry-After when too much is under way. */
  admit(scope: Scope<'read'>, bytes: number, res: Response): void {
    this.requireRoom(scope);
    this.hold(scope, bytes, res);
  }

  /** Counts the bytes of an answer until it was sent, or its client hung up or takes nothing of it. */
  hold(scope: Scope<'read'>, bytes: number, res: Response): void {
    if (res.closed) return;
    const who = scope.principal.id;
    const add = (change: number): void => {
      this.total += change;
      const own = (this.underWay.get(who) ?? 0) + change;
      if (own > 0) this.underWay.set(who, own);
      else this.underWay.delete(who);
    };
    add(bytes);
    res.once('close', () => add(-bytes));
    res.setTimeout(this.stalledMs, () => res.destroy());
  }
}
