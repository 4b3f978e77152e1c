/**
 * What a network or an account has lately cost: failures that are forgiven with time, and the pause that they put
 * between its attempts. A pause makes who guesses slow; it refuses nobody, so that it cannot be turned on a member.
 */
import type { Micros } from '../../domain/timestamp';

export interface Standing {
  failures: number;
  /** When `failures` was true. */
  at: Micros;
  /** Not served before. */
  notBefore: Micros;
  /** The number of its last turn: the line serves who waited longest for one. */
  turn: number;
  /** Attempts in line. */
  waiting: number;
}

/** How failures turn into pauses. */
export interface Terms {
  /** Failures that cost nothing. */
  readonly free: number;
  /** Time in which one failure is forgiven. */
  readonly forgiven: Micros;
  /** Failures beyond the free ones that count at most. */
  readonly most: number;
  /** The pause after the n-th failure beyond the free ones, and the longest. */
  readonly pause: (beyond: number) => Micros;
  readonly longest: Micros;
}

const SECOND: Micros = 1e6;

/** Guesses at one account from one network: 0.25 s after the ninth failure, doubled by each up to 8 s. */
export const PAIR: Terms = {
  free: 8,
  forgiven: 30 * SECOND,
  most: 6,
  pause: (beyond) => 2 ** (beyond - 3) * SECOND,
  longest: 8 * SECOND,
};
/** The same while the account is guessed at from many networks: a first slip is free, no more. */
export const PAIR_UNDER_ATTACK: Terms = { ...PAIR, free: 1 };
/** All accounts from one network: ten attempts a second. */
export const NEAR: Terms = {
  free: 64,
  forgiven: SECOND,
  most: 64,
  pause: () => SECOND / 10,
  longest: SECOND / 10,
};
/** Forty a second. */
export const WIDE: Terms = {
  free: 256,
  forgiven: SECOND / 4,
  most: 256,
  pause: () => SECOND / 40,
  longest: SECOND / 40,
};
/** An account by itself is never paused: failures from elsewhere must not hold its member up. */
export const ACCOUNT: Terms = { free: 32, forgiven: 30 * SECOND, most: 32, pause: () => 0, longest: 0 };

export function failuresOf(standing: Standing, terms: Terms, now: Micros): number {
  return Math.max(0, standing.failures - Math.max(0, now - standing.at) / terms.forgiven);
}

export function fail(standing: Standing, terms: Terms, now: Micros): void {
  standing.failures = Math.min(failuresOf(standing, terms, now) + 1, terms.free + terms.most);
  standing.at = now;
}

export function pauseOf(standing: Standing, terms: Terms, now: Micros): Micros {
  const beyond = failuresOf(standing, terms, now) - terms.free;
  return beyond <= 0 ? 0 : Math.min(terms.pause(Math.ceil(beyond)), terms.longest);
}

/** Time until it may be served. A clock that stepped back must not prolong anything. */
export function untilDue({ notBefore }: Standing, terms: Terms, now: Micros): Micros {
  const wait = notBefore - now;
  return wait > terms.longest ? 0 : Math.max(0, wait);
}

/** Standings by key, the least recently used forgotten first. */
export class Standings {
  private readonly held = new Map<string, Standing>();

  /** @param most more than can be in line at once, so that nobody in line is forgotten. */
  constructor(private readonly most: number) {}

  of(key: string): Standing {
    const standing = this.held.get(key) ?? { failures: 0, at: 0, notBefore: 0, turn: 0, waiting: 0 };
    this.held.delete(key);
    this.held.set(key, standing);
    const oldest = this.held.size > this.most ? this.held.keys().next().value : undefined;
    if (oldest !== undefined) this.held.delete(oldest);
    return standing;
  }

  get size(): number {
    return this.held.size;
  }
}
