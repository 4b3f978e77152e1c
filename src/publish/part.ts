/** One part of a publication: judged, appended; what goes wrong with one member concerns that member alone. */
import { admitAll } from './admission';
import type { Scope } from '../domain/access';
import { MemberFault } from '../domain/errors';
import type { Member } from '../domain/publication';
import { statedVersion } from '../domain/stix';
import type { Status } from '../domain/taxii';
import { formatTimestamp } from '../domain/timestamp';
import type { Envelope } from './envelope';
import type { ObjectStore } from '../store/objects';
import type { StatusSeed } from '../store/records';
import type { Store } from '../store/store';
import type { Budget } from '../validation/patience';
import { naming, type RawMember } from '../validation/text';

/** Members of one part that may each be left out for what they brought about; more are a fault of the whole. */
const MOST_FAULTS = 20;

const FAULT =
  'FAULT at /: this object could not be worked because of a fault in the server, which is in its log. Tell your operator the id of this status.';

export interface PartWork {
  readonly store: Store;
  /** Where it is appended. */
  readonly objects: Pick<ObjectStore, 'append'>;
  readonly status: StatusSeed;
  readonly envelope: Envelope;
  /** What the publication may take for schemas that strangers brought. */
  readonly budget: Budget;
  /** Told of what should not have happened. */
  readonly report: (event: string, details: Record<string, unknown>) => void;
}

/** What is told of a member that brought about something unexpected. */
export function refusal({ id, object }: Pick<RawMember, 'id' | 'object'>, { requested }: StatusSeed): Member {
  const version = statedVersion(object)?.version ?? formatTimestamp(requested);
  return { refused: { id, version, message: FAULT } };
}

/**
 * @returns the status, as ObjectStore.append gives it.
 * @throws {StoreUnavailable} @throws {TaxiiError} the right to publish is gone. @throws {Error} what no member is to blame for.
 */
export async function workPart(work: PartWork, scope: Scope<'write'>, number: number): Promise<Status> {
  const { store, objects, status, envelope, budget, report } = work;
  const raw = envelope.read(number);
  const fault = (member: RawMember, error: unknown): Member => {
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    report('member failed', { status: status.id, member: member.index, error: why });
    return refusal(member, status);
  };
  const members = await admitAll(store, scope, raw, envelope.beside(), status.requested, budget, fault);
  const last = number === envelope.parts.length - 1;
  for (let faults = 0; ; faults++) {
    try {
      return await objects.append(scope, { status, number, last, members });
    } catch (error) {
      if (!(error instanceof MemberFault) || faults >= MOST_FAULTS) throw error;
      members[error.index] = fault(raw[error.index] as RawMember, error.cause);
    }
  }
}

/** Ends a part that cannot be worked: each of its members fails with words. */
export async function failPart(work: PartWork, scope: Scope<'write'>, number: number): Promise<Status> {
  const { objects, status, envelope } = work;
  const { from, to } = envelope.parts[number] ?? { from: 0, to: 0 };
  const members = envelope.members
    .slice(from, to)
    .map((span) => refusal({ id: span.id ?? '', object: naming(span) }, status));
  const last = number === envelope.parts.length - 1;
  return objects.append(scope, { status, number, last, members });
}
