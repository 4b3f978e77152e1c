/** What a batch says of publications: the parts that it appends, and how far they are with that. */
import type { Scope } from '../../domain/access';
import type { Verdict } from '../../domain/publishing';
import type { Status } from '../../domain/taxii';
import type { Part } from '../records';
import { statusFrom } from '../status';
import type { StatusDoc, StatusPartDoc } from './tables';

/** What a batch says of a publication. */
export interface Recorded {
  /** Not there if it is known to stand. */
  readonly status?: StatusDoc;
  readonly part: StatusPartDoc;
  /** How far its status is with this part. */
  readonly counts: { readonly done: number; readonly success: number; readonly failure: number };
  /** The publication was kept with its bytes, to be worked off in parts. */
  readonly begun: boolean;
}

/** How far a publication was before. */
export interface Sofar {
  readonly success: number;
  readonly failure: number;
  readonly begun: boolean;
}

/** What a batch that an earlier version decided, and nobody has applied yet, says of its one publication. */
type Earlier = Partial<Recorded>;

/** What a batch says of publications. */
export function recordedIn(
  effects: { readonly recorded?: readonly Recorded[] } | Earlier,
): readonly Recorded[] {
  if ('recorded' in effects) return effects.recorded ?? [];
  const { status, part, counts, begun = false } = effects as Earlier;
  if (!part) return [];
  const told = { part, counts: counts ?? { done: 0, success: 0, failure: 0 }, begun };
  return [status ? { ...told, status } : told];
}

/** What a batch says of a publication of which it appends a part. */
export function recordedOf(
  { collection, principal }: Scope<'write'>,
  { status: { id, requested, total }, number, last }: Part,
  verdicts: readonly Verdict[],
  sofar: Sofar,
): Recorded {
  const of = (ok: boolean) => verdicts.filter((v) => v.ok === ok).map((v) => v.details);
  const [successes, failures] = [of(true), of(false)];
  const { apiRoot: root, id: c } = collection;
  const status = { _id: id, root, c, principal: principal.id, requested, total };
  return {
    ...(sofar.begun ? {} : { status }),
    part: { _id: `${id}:${number}`, status: id, part: number, last, successes, failures },
    counts: {
      done: number + 1,
      success: sofar.success + successes.length,
      failure: sofar.failure + failures.length,
    },
    begun: sofar.begun,
  };
}

/** The status as it stands then: with its details if this was all of it. */
export const statusAfter = ({ status, number, last }: Part, { part, counts }: Recorded): Status => {
  const whole = number === 0 && last;
  const { successes, failures } = part;
  const details = {
    successes: whole ? [...successes] : [],
    failures: whole ? [...failures] : [],
    pendings: [],
  };
  return statusFrom(status, last, counts, details);
};
