/** In which order those in line are served, and in which they lose their place. */
import type { TaxiiError } from '../../domain/errors';
import type { Networks } from './networks';
import type { Standing, Terms } from './standing';

export interface Attempt {
  readonly networks: Networks;
  /** Stands for the name, whoever has it. */
  readonly account: string;
  /** Stands for name and password: the same wrong ones once more are no new guess. */
  readonly guess: string;
  /** These credentials were right lately. */
  readonly known: boolean;
}

export interface Party {
  readonly standing: Standing;
  readonly terms: Terms;
}

export interface Waiting {
  readonly attempt: Attempt;
  /** From the widest to the narrowest: wide, near, pair. */
  readonly parties: readonly Party[];
  readonly arrived: number;
  readonly begin: () => void;
  readonly refuse: (error: TaxiiError) => void;
}

/** Who waited longest for a turn, from the widest party to the narrowest. */
export function sooner(a: Waiting, b: Waiting): boolean {
  if (a.attempt.known !== b.attempt.known) return a.attempt.known;
  return compare(a, b, (s) => s.turn) < 0;
}

export function weightier(a: Waiting, b: Waiting): boolean {
  if (a.attempt.known !== b.attempt.known) return b.attempt.known;
  return compare(a, b, (s) => s.waiting) > 0;
}

/** By the parties, the widest first; among equals by arrival. */
function compare(a: Waiting, b: Waiting, by: (standing: Standing) => number): number {
  for (let i = 0; i < a.parties.length; i++) {
    const difference = by((a.parties[i] as Party).standing) - by((b.parties[i] as Party).standing);
    if (difference !== 0) return difference;
  }
  return a.arrived - b.arrived;
}
