/**
 * What the one door in would say, without going through it: the same reading, admission and judgement as publish.ts.
 *
 * What cannot be foreseen: what others write meanwhile; beyond one call, what an earlier one would have changed in the
 * store (a second copy of a version, the ranks of those who cite a marking definition); a reference to an object that
 * the store refuses; warnings about a translation whose object comes in the same run.
 */
import { v4 as uuid } from 'uuid';
import { admitAll } from './admission';
import type { Scope } from '../domain/access';
import type { Member } from '../domain/publication';
import type { Verdict } from '../domain/publishing';
import type { StatusDetails } from '../domain/taxii';
import { refusal } from './part';
import { envelopeIn, type DoorOptions } from './publish';
import type { Held } from '../store/objects';
import type { Part } from '../store/records';
import type { Store } from '../store/store';
import { openPatience } from '../validation/patience';

export interface Foreseen {
  readonly successes: readonly StatusDetails[];
  readonly failures: readonly StatusDetails[];
  /** Of each object, in their order. */
  readonly verdicts: readonly Verdict[];
}

/** Foresees publications that would come one after the other; remembers over calls what earlier ones would have brought. */
export class Foresight {
  private readonly ids = new Set<string>();
  private readonly extensions = new Map<string, Held[]>();
  private readonly view: Store;

  constructor(
    private readonly store: Store,
    private readonly scope: Scope<'write'>,
    private readonly options: Pick<DoorOptions, 'clock' | 'limits'>,
  ) {
    const { objects } = store;
    this.view = {
      ...store,
      objects: {
        ...objects,
        lookup: async (given, ids) => {
          const found = new Map(await objects.lookup(given, ids));
          for (const id of ids) {
            const brought = this.extensions.get(id);
            if (brought) found.set(id, [...brought, ...(found.get(id) ?? [])]);
          }
          return found;
        },
        known: async (given, ids) =>
          new Set([...(await objects.known(given, ids)), ...ids.filter((id) => this.ids.has(id))]),
      },
    };
  }

  /** @param bodies of at most 1,000 members each. @throws {TaxiiError} one cannot be read. @throws {StoreUnavailable} */
  async publish(bodies: readonly Buffer[]): Promise<Foreseen> {
    const parts: Part[] = [];
    for (const body of bodies) {
      const envelope = envelopeIn(body, this.options.limits);
      const status = { id: uuid(), requested: this.options.clock(), total: envelope.members.length };
      const budget = openPatience().forPublication(this.scope.principal.organisation.id);
      const members: Member[] = [];
      for (const number of envelope.parts.keys()) {
        const read = envelope.read(number);
        const failed = (member: (typeof read)[number]): Member => refusal(member, status);
        const { requested } = status;
        const beside = envelope.beside();
        const admitted = await admitAll(this.view, this.scope, read, beside, requested, budget, failed);
        members.push(...admitted);
        parts.push({ status, number, last: number === envelope.parts.length - 1, members: admitted });
      }
      for (const member of members) {
        if (!('candidate' in member)) continue;
        const { id, type, text } = member.candidate;
        this.ids.add(id);
        if (type !== 'extension-definition') continue;
        this.extensions.set(id, [{ text, trusted: true }, ...(this.extensions.get(id) ?? [])]);
      }
    }
    const verdicts = await this.store.objects.foresee(this.scope, parts);
    return {
      successes: verdicts.filter((v) => v.ok).map((v) => v.details),
      failures: verdicts.filter((v) => !v.ok).map((v) => v.details),
      verdicts,
    };
  }
}
