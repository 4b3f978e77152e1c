/**
 * The line of those whose credentials must be verified. Turns go round: first between networks, then between the
 * hosts of a network, then between the accounts of a host. Who presents credentials that were right lately goes
 * before. When the line is full, who has most in it loses a place, and others still get theirs.
 */
import { TaxiiError } from '../../domain/errors';
import type { Micros } from '../../domain/timestamp';
import { sooner, weightier, type Attempt, type Party, type Waiting } from './order';
import {
  ACCOUNT,
  fail,
  failuresOf,
  NEAR,
  PAIR,
  PAIR_UNDER_ATTACK,
  pauseOf,
  Standings,
  untilDue,
  WIDE,
  type Standing,
  type Terms,
} from './standing';

/** A verify takes 12 ms and 19 MiB of one thread of the pool, which files need too. */
const MOST_AT_ONCE = 3;
/** Attempts in line: in all, of one wide network, and of one host at one account. */
export const MOST_WAITING = 2048;
export const MOST_OF_NETWORK = 1024;
export const MOST_OF_PAIR = 16;
/** Nobody is kept waiting by pauses for longer; they are told to come again. */
const PATIENCE: Micros = 10e6;
const MOST_STANDINGS = 20_000;

/** Calls once after so many ms, unless called off. */
export type Later = (ms: number, work: () => void) => () => void;

export const laterByTimer: Later = (ms, work) => {
  const timer = setTimeout(work, ms).unref();
  return () => clearTimeout(timer);
};

export interface Place {
  /** Whether the credentials were right. @throws {TaxiiError} 503 with Retry-After: there was no place in line. */
  readonly verdict: Promise<boolean>;
  /** Who waits has hung up. */
  readonly leave: () => void;
}

const full = (seconds = 1): TaxiiError =>
  new TaxiiError(
    'unavailable',
    `Too many sign-ins from this network wait to be verified. Try again in ${seconds} s.`,
    { 'Retry-After': String(seconds) },
  );

export class Line {
  private readonly networks = new Standings(MOST_STANDINGS);
  private readonly pairs = new Standings(MOST_STANDINGS);
  private readonly accounts = new Standings(MOST_STANDINGS);
  /** By pair, the last guess that failed. */
  private readonly lastWrong = new WeakMap<Standing, string>();
  private readonly waiting: Waiting[] = [];
  private running = 0;
  private arrivals = 0;
  private turns = 0;
  private callOff: () => void = () => undefined;

  constructor(
    private readonly clock: () => Micros,
    private readonly later: Later,
  ) {}

  enter(attempt: Attempt, verify: () => Promise<boolean>): Place {
    const parties = this.partiesOf(attempt);
    let leave = (): void => undefined;
    const verdict = new Promise<boolean>((resolve, reject) => {
      const begin = (): void => {
        verify()
          .then((right) => this.settle(attempt, parties, right))
          .then(resolve, reject)
          .finally(() => {
            this.running--;
            this.serve();
          });
      };
      const own: Waiting = { attempt, parties, arrived: this.arrivals++, begin, refuse: reject };
      leave = () => {
        if (this.remove(own)) reject(full());
      };
      const wait = attempt.known ? 0 : this.waitOf(parties);
      if (wait > PATIENCE) {
        reject(full(Math.ceil(wait / 1e6)));
        return;
      }
      this.admit(own);
      this.serve();
    });
    return { verdict, leave };
  }

  private partiesOf({ networks, account }: Attempt): readonly Party[] {
    const name = this.accounts.of(account);
    const attacked = failuresOf(name, ACCOUNT, this.clock()) >= ACCOUNT.free;
    return [
      { standing: this.networks.of(networks.wide), terms: WIDE },
      { standing: this.networks.of(networks.near), terms: NEAR },
      { standing: this.pairs.of(`${account} ${networks.near}`), terms: attacked ? PAIR_UNDER_ATTACK : PAIR },
    ];
  }

  /** How long pauses would keep one more waiting. */
  private waitOf(parties: readonly Party[]): Micros {
    const now = this.clock();
    const waits = parties.map(
      ({ standing, terms }) =>
        untilDue(standing, terms, now) + standing.waiting * pauseOf(standing, terms, now),
    );
    return Math.max(...waits);
  }

  private admit(own: Waiting): void {
    this.waiting.push(own);
    for (const { standing } of own.parties) standing.waiting++;
    if (!own.attempt.known) {
      const [wide, , pair] = own.parties;
      const of = (party: Party) => (w: Waiting) =>
        w.parties.some(({ standing }) => standing === party.standing);
      if (pair && pair.standing.waiting > MOST_OF_PAIR) this.shed(of(pair));
      if (wide && wide.standing.waiting > MOST_OF_NETWORK) this.shed(of(wide));
    }
    if (this.waiting.length > MOST_WAITING) this.shed(() => true);
  }

  /** Takes a place from who has most of them: the network, in it the host, in it the account, of that the newest. */
  private shed(among: (w: Waiting) => boolean): void {
    let victim: Waiting | undefined;
    for (const w of this.waiting) if (among(w) && (!victim || weightier(w, victim))) victim = w;
    if (victim && this.remove(victim)) victim.refuse(full());
  }

  private remove(own: Waiting): boolean {
    const index = this.waiting.indexOf(own);
    if (index < 0) return false;
    this.waiting.splice(index, 1);
    for (const { standing } of own.parties) standing.waiting--;
    return true;
  }

  private serve(): void {
    this.callOff();
    const now = this.clock();
    while (this.running < MOST_AT_ONCE) {
      let first: Waiting | undefined;
      let soonest = Infinity;
      for (const w of this.waiting) {
        const due = dueIn(w, now);
        soonest = Math.min(soonest, due);
        if (due === 0 && (!first || sooner(w, first))) first = w;
      }
      if (!first) {
        if (soonest < Infinity) this.callOff = this.later(Math.ceil(soonest / 1000), () => this.serve());
        return;
      }
      this.remove(first);
      const turn = ++this.turns;
      for (const { standing, terms } of first.parties) {
        standing.turn = turn;
        if (!first.attempt.known) hold(standing, terms, now);
      }
      this.running++;
      first.begin();
    }
  }

  private settle({ account, guess, networks }: Attempt, parties: readonly Party[], right: boolean): boolean {
    const now = this.clock();
    const [, , pair] = parties as readonly [Party, Party, Party];
    if (right) {
      Object.assign(pair.standing, { failures: 0, notBefore: 0 });
      return right;
    }
    if (this.lastWrong.get(pair.standing) === guess) return right;
    this.lastWrong.set(pair.standing, guess);
    fail(this.accounts.of(account), ACCOUNT, now);
    // An undeclared proxy on this machine stands for everybody: slowing it would slow everybody.
    for (const { standing, terms } of networks.loopback ? [pair] : parties) {
      fail(standing, terms, now);
      hold(standing, terms, now);
    }
    return right;
  }
}

/** Time until all that it belongs to may be served. */
function dueIn({ attempt, parties }: Waiting, now: Micros): Micros {
  let longest = 0;
  if (!attempt.known)
    for (const { standing, terms } of parties) longest = Math.max(longest, untilDue(standing, terms, now));
  return longest;
}

/** From now on the pause that its failures put between its attempts. */
function hold(standing: Standing, terms: Terms, now: Micros): void {
  standing.notBefore = now + Math.max(untilDue(standing, terms, now), pauseOf(standing, terms, now));
}
