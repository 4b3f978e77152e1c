/** Turns: so many at once, and of one account fewer, so that nobody's work keeps another's waiting for good (T-385). */
import { TaxiiError } from '../domain/errors';

export interface TurnLimits {
  readonly atOnce: number;
  /** Of one account at once. */
  readonly each: number;
  readonly waiting: number;
  /** Of one account waiting. */
  readonly waitingEach: number;
}

interface Waiting {
  readonly who: string;
  readonly begin: () => void;
}

export class Turns {
  private readonly running = new Map<string, number>();
  private readonly waiting: Waiting[] = [];

  constructor(private readonly limits: TurnLimits) {}

  /**
   * Does the work when its turn has come: who waits longest begins, unless the account has its share already.
   *
   * @throws {TaxiiError} 503 with Retry-After: too many wait already. @throws the reason of the signal.
   */
  async run<T>(who: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.turn(who, signal);
    try {
      return await work();
    } finally {
      const left = this.of(who) - 1;
      if (left > 0) this.running.set(who, left);
      else this.running.delete(who);
      this.beginNext();
    }
  }

  private of(who: string): number {
    return this.running.get(who) ?? 0;
  }

  private mayBegin(who: string): boolean {
    const all = [...this.running.values()].reduce((sum, n) => sum + n, 0);
    return all < this.limits.atOnce && this.of(who) < this.limits.each;
  }

  private beginNext(): void {
    const at = this.waiting.findIndex(({ who }) => this.mayBegin(who));
    const [next] = at < 0 ? [] : this.waiting.splice(at, 1);
    if (!next) return;
    this.running.set(next.who, this.of(next.who) + 1);
    next.begin();
  }

  private async turn(who: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.mayBegin(who)) {
      this.running.set(who, this.of(who) + 1);
      return;
    }
    const own = this.waiting.filter((w) => w.who === who).length;
    if (this.waiting.length >= this.limits.waiting || own >= this.limits.waitingEach) {
      throw new TaxiiError(
        'unavailable',
        'Too much is being read at once, by your account or by all. Try again in a few seconds, with fewer requests at a time.',
        { 'Retry-After': '5' },
      );
    }
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        reject(signal.reason as Error);
      };
      const waiting: Waiting = {
        who,
        begin: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      this.waiting.push(waiting);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}
