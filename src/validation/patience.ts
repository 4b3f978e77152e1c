/**
 * How long an exchange works on schemas that strangers brought (X-DEF). All publications pass one writer, so a
 * publication has a budget of time for them, and an organisation an allowance that fills again; where either is used up
 * the check says nothing. A sound use takes some 0.2 ms: a publication has 10,000 of them.
 */

export interface PatienceLimits {
  /** For one publication, in ms. */
  readonly publication: number;
  /** What an organisation can save up, in ms. */
  readonly organisation: number;
  /** What an organisation gets back in a second, in ms. */
  readonly refill: number;
}
const LIMITS: PatienceLimits = { publication: 2000, organisation: 10_000, refill: 50 };

/** What one publication has left. */
export interface Budget {
  /** What the next piece of work may take, in ms; 0 or less: nothing. */
  left(): number;
  /** Does a piece of work and takes off the time that it took, also when it throws. */
  spend<T>(work: () => T): T;
}

export interface Patience {
  /** @param organisation the id of the one that publishes. */
  forPublication(organisation: string): Budget;
}

/** @param clock ms that pass while the process works; from which moment they are counted does not matter. */
export function openPatience(
  clock: () => number = () => performance.now(),
  limits: PatienceLimits = LIMITS,
): Patience {
  const allowances = new Map<string, { left: number; at: number }>();

  const allowanceOf = (organisation: string): { left: number; at: number } => {
    const now = clock();
    const { left, at } = allowances.get(organisation) ?? { left: limits.organisation, at: now };
    const filled = Math.min(limits.organisation, left + ((now - at) / 1000) * limits.refill);
    const allowance = { left: filled, at: now };
    allowances.set(organisation, allowance);
    return allowance;
  };

  return {
    forPublication(organisation) {
      let own = limits.publication;
      return {
        left: () => Math.min(own, allowanceOf(organisation).left),
        spend(work) {
          const begun = clock();
          try {
            return work();
          } finally {
            const took = clock() - begun;
            own -= took;
            allowanceOf(organisation).left -= took;
          }
        },
      };
    },
  };
}
