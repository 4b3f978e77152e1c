/** A part of a publication as one unit of work: each member is judged by what stands after those before it. */
import type { Scope } from './access';
import { mayReaddress } from './addressing';
import { EVERYONE, levelOf, type AudienceRule, type ClassId, type Reader } from './audience';
import type { Ref } from './entries';
import { blaming } from './errors';
import { resolveMarks, type Definition } from './markings';
import {
  judge,
  publisherOf,
  type Candidate,
  type Lineage,
  type Member,
  type StandingVersion,
} from './publication';
import { ownerOf } from './ownership';
import { disclosedTo, type Disclosed } from './reading';
import type { StatusDetails } from './taxii';
import { formatTimestamp, type Micros } from './timestamp';
import type { Rank, ResolvedMarks } from './tlp';
import { objectOf, type Settlement, type Unit } from './unit';

/** What a part is judged beside: a store that looks when it is asked, or has looked before. */
export interface Beside {
  readonly reader: Reader;
  /** What an owner said last of who may see an object. */
  readonly word: (id: string, owner: string) => ClassId | undefined;
  /**
   * Lets the unit take all that stands under an id of one owner's.
   *
   * @returns whether that is more than may get another audience at once; then it is not taken.
   */
  readonly lookAtOwn: (id: string, owner: string) => boolean;
  /** Lets the unit take what stands under an id. @param candidate what is to be judged by it. */
  readonly look: (id: string, candidate?: Candidate) => void;
  /** Whether something that was thrown is the store's own, and no member's fault. */
  readonly isUnavailable: (error: unknown) => boolean;
  /** Lets the unit take all that stands under an id. */
  readonly lookAtAll: (id: string) => void;
  /** The id of the organisation whose registered identity it is. */
  readonly registered: (identity: string) => string | undefined;
  readonly definitionsOf: (marking: string) => readonly Definition[];
  /** Of a version that is held. */
  readonly lineage: (ref: Ref) => Lineage;
  /** Other types under which the publisher's organisation has put a UUID, as far as the publisher may see. */
  readonly otherTypes: (id: string) => readonly string[];
}

/** What an owner said last of who may see an object. */
export interface Word {
  readonly id: string;
  readonly owner: string;
  readonly audience: ClassId;
}
const wordKey = (id: string, owner: string): string => `${objectOf(id)} ${owner}`;

export interface Addition {
  /** Of the member in its part. */
  readonly index: number;
  readonly candidate: Candidate;
  /** Provisional, until it has a date. */
  readonly ref: Ref;
  readonly marks: ResolvedMarks;
}

/** What the curators are told. */
export interface Remark {
  readonly action: 'set-aside' | 'conflict';
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Verdict {
  readonly ok: boolean;
  readonly details: StatusDetails;
  /** To whom what was accepted is shown, as far as the publisher knows; for previews. */
  readonly disclosed?: Disclosed;
}

export interface Published {
  readonly additions: readonly Addition[];
  /** What the part says of marking definitions: what was refused is not among them (D5a). */
  readonly definitions: readonly Definition[];
  /** What stood and is for others now, with its object. */
  readonly readdressed: ReadonlyMap<Ref, string>;
  /** What was said of who may see an object. */
  readonly words: readonly Word[];
  readonly remarks: readonly Remark[];
  /** In the order of the members. */
  readonly verdicts: (settlement: Pick<Settlement, 'dates'>) => readonly Verdict[];
}

/** Marking definitions come first, so that who cites them is ranked by what was judged; else as they came. */
function inOrder(members: readonly Member[]): number[] {
  const defines = (i: number): boolean => {
    const member = members[i] as Member;
    return 'candidate' in member && member.candidate.definition !== undefined;
  };
  const all = members.map((_, i) => i);
  return [...all.filter(defines), ...all.filter((i) => !defines(i))];
}

/** Whether a version takes the place of all versions of an older specification for some ranks that still have them (T-226). */
const supersedes = (standing: readonly StandingVersion[], spec: string, rank: number): boolean =>
  standing.some((v) => v.spec < spec) && !standing.some((v) => v.spec >= spec && v.rank <= rank);

/** @param requested the version that is told of refused members which state none. */
export function publishPart(
  unit: Unit<StandingVersion>,
  scope: Scope<'write'>,
  members: readonly Member[],
  requested: Micros,
  beside: Beside,
): Published {
  const organisation = scope.principal.organisation.id;
  const collection = scope.collection.id;
  const authority = Math.max(scope.ceiling, scope.clearance ?? 0) as Rank;
  const waitsAt = Math.min(scope.collection.defaultTlp, authority) as Rank;
  const citer = { publisher: organisation, collection, waitsAt };
  const additions: Addition[] = [];
  const definitions: Definition[] = [];
  const readdressed = new Map<Ref, string>();
  const said = new Map<string, Word>();
  const remarks: Remark[] = [];
  const told: ((settlement: Pick<Settlement, 'dates'>) => Verdict)[] = [];
  const fresh = new Map<Ref, Candidate>();

  const definitionsOf = (marking: string): Definition[] => [
    ...beside.definitionsOf(marking),
    ...definitions.filter((d) => d.marking === marking),
  ];
  const identityOwner = (identity: string): string | undefined => {
    if (!identity.startsWith('identity--')) return undefined;
    const registered = beside.registered(identity);
    if (registered !== undefined) return registered;
    beside.look(identity);
    return ownerOf(beside.reader, unit.standing(identity));
  };
  const lineage = (ref: Ref): Lineage => fresh.get(ref) ?? beside.lineage(ref);

  const work = (
    candidate: Candidate,
    index: number,
  ): ((settlement: Pick<Settlement, 'dates'>) => Verdict) => {
    const { id, stated } = candidate;
    beside.look(id, candidate);
    const publisher = publisherOf(scope, candidate);
    const word = (owner: string): ClassId | undefined =>
      said.get(wordKey(id, owner))?.audience ?? beside.word(id, owner);
    const own = (): ClassId | undefined => word(organisation);
    const isMany =
      mayReaddress(candidate.audience, publisher, unit.standing(id), unit.classes, own) &&
      beside.lookAtOwn(id, organisation);
    const marks = resolveMarks(candidate.marks, definitionsOf, citer);
    const circumstances = {
      identityOwner,
      lineage,
      otherTypes: beside.otherTypes(id),
      reader: beside.reader,
      classes: unit.classes,
      rules: (owner: string) => unit.rules(id, owner),
      word,
      isMany,
    };
    const judgement = judge(scope, candidate, unit.standing(id), marks, circumstances);
    const details = (version: string): StatusDetails => {
      const { message } = judgement;
      return { id, version, ...(message === undefined ? {} : { message }) };
    };
    if (judgement.outcome === 'fail') {
      const version = stated?.version ?? formatTimestamp(requested);
      return () => ({ ok: false, details: details(version) });
    }
    // Whoever repeats a definition vouches for it.
    if (candidate.definition !== undefined) {
      const rank = candidate.definition;
      definitions.push({ marking: id, organisation, collection, curated: scope.curate, authority, rank });
    }
    if (judgement.outcome === 'held') {
      const { version, rank, audience } = judgement.held;
      const to = unit.classes.defined.get(audience) as AudienceRule | undefined;
      return () => ({ ok: true, details: details(version), disclosed: disclosedTo(rank, to) });
    }
    const disclosed = disclosedTo(judgement.rank, judgement.to);

    const named =
      (ref: Ref) =>
      (settlement: Pick<Settlement, 'dates'>): Verdict => ({
        ok: true,
        details: details(stated?.version ?? formatTimestamp(settlement.dates.get(ref) as Micros)),
        disclosed,
      });
    const { rank, owner, to, addressesAll, speaks } = judgement;
    const audience = to === undefined ? EVERYONE : unit.classes.define(to);
    if (addressesAll) for (const ref of unit.address(id, owner, audience)) readdressed.set(ref, id);
    if (speaks) said.set(wordKey(id, owner), { id, owner, audience });
    if (judgement.outcome === 'conceal') {
      const { reason } = judgement;
      if (reason !== undefined)
        // What is for some only is not for all who read the audit.
        remarks.push({
          action: 'set-aside',
          subject: id,
          detail: audience === EVERYONE ? { reason, object: candidate.text } : { reason },
        });
      return named(unit.phantom(levelOf(audience, rank)));
    }
    const { beside: others } = judgement;
    if (supersedes(unit.standing(id), candidate.spec, rank)) beside.lookAtAll(id);
    const ref = unit.add(id, stated?.key, (own, key) => {
      const { spec, digest } = candidate;
      return {
        ref: own,
        spec,
        version: stated?.version ?? '',
        key,
        digest,
        rank,
        audience,
        publisher: organisation,
        owner,
      };
    });
    fresh.set(ref, candidate);
    additions.push({ index, candidate, ref, marks: judgement.marks });
    if (others.length > 0) {
      const publishers = [...new Set(others.map((v) => v.publisher))];
      remarks.push({ action: 'conflict', subject: id, detail: { version: stated?.version, publishers } });
    }
    return named(ref);
  };

  for (const i of inOrder(members)) {
    const member = members[i] as Member;
    told[i] =
      'candidate' in member
        ? blaming(i, () => work(member.candidate, i), beside.isUnavailable)
        : () => ({ ok: false, details: member.refused });
  }
  return {
    additions,
    definitions,
    readdressed,
    words: [...said.values()],
    remarks,
    verdicts: (settlement) => told.map((verdict) => verdict(settlement)),
  };
}
