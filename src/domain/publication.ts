/** What happens to an object that is published, given what the collection holds: pure decisions. */
import { notTheirs, type Organisation, type Scope } from './access';
import { addressed, numberOf, type Audiences } from './addressing';
import { EVERYONE, isMeant, sees, type AudienceRule, type AudienceSaid } from './audience';
import type { RankedVersion, Ref } from './entries';
import { ownerAmong, ownerFor, ownerOf } from './ownership';
import type { StatedVersion } from './stix';
import { instantKey } from './timestamp';
import { rankFrom, tlpName, type Marks, type Rank, type ResolvedMarks } from './tlp';

/** An object that passed validation, ready to be judged against what stands. */
export interface Candidate {
  readonly id: string;
  readonly type: string;
  readonly spec: string;
  /** undefined: the object states none, its `date_added` will be its version (T-370). */
  readonly stated: StatedVersion | undefined;
  /** Digest of the canonical JSON: equal digests are equal objects (T-372). */
  readonly digest: string;
  /** The digest with defaults as written, where it is another: what older versions of Jisr stored. */
  readonly written?: string | undefined;
  readonly marks: Marks;
  /** What this object says of TLP if it is a marking definition; undefined for other types. */
  readonly definition: Rank | null | undefined;
  readonly createdBy: string | undefined;
  readonly created: string | undefined;
  /** Who may see it, if it says so (D14). */
  readonly audience?: AudienceSaid | undefined;
  readonly revoked: boolean;
  /** Cyber-observables: their ids follow from their content, nobody owns them (D8a). */
  readonly ownerless: boolean;
  /** The object as it came, without insignificant white space. */
  readonly text: string;
  /** What the producer should know although the object is accepted. */
  readonly warnings: readonly string[];
}

/** The digests under which a store may hold the very same content. */
export const digestsOf = ({ digest, written }: Candidate): string[] =>
  written === undefined ? [digest] : [digest, written];

/** A member of a publication that failed before it came to the store. */
export interface Refused {
  readonly id: string;
  readonly version: string;
  readonly message: string;
}

export type Member = { readonly candidate: Candidate } | { readonly refused: Refused };

/** A version that the collection holds. */
export interface StandingVersion extends RankedVersion {
  readonly version: string;
  readonly digest: string;
  /** The id of the organisation that published it. */
  readonly publisher: string;
}

export type Judgement =
  | {
      readonly outcome: 'add';
      readonly rank: Rank;
      readonly marks: ResolvedMarks;
      readonly owner: string;
      /** For whom; undefined: everyone. */
      readonly to: AudienceRule | undefined;
      /** Whether what stands of the owner's is for others, and becomes the same. */
      readonly addressesAll: boolean;
      readonly speaks: boolean;
      /** Others' versions under this id that the publisher cannot see: told to the curators, never to the publisher (D7a). */
      readonly beside: readonly StandingVersion[];
      readonly message: string | undefined;
    }
  | { readonly outcome: 'held'; readonly held: StandingVersion; readonly message: string }
  /** Reported like a first addition, but nothing is added: the very same stands already, where the publisher cannot see it. */
  | {
      readonly outcome: 'conceal';
      readonly rank: Rank;
      readonly owner: string;
      readonly to: AudienceRule | undefined;
      readonly addressesAll: boolean;
      readonly speaks: boolean;
      readonly reason: string | undefined;
      readonly message: string | undefined;
    }
  | { readonly outcome: 'fail'; readonly message: string };

const fail = (message: string): Judgement => ({ outcome: 'fail', message });

/** What a version says of where it stands among the others of its object (§3.6). */
export interface Lineage {
  readonly created: string | undefined;
  readonly createdBy: string | undefined;
  readonly revoked: boolean;
}

/** What a judgement asks the store for when it needs it. */
export interface Circumstances extends Audiences {
  /** The id of the organisation that an identity stands for. */
  readonly identityOwner: (identity: string) => string | undefined;
  readonly lineage: (ref: Ref) => Lineage;
  /** Other types under which the publisher has put the UUID of the object, as far as it can see. */
  readonly otherTypes: readonly string[];
}

/** What takes the other versions of an object to see; it never refuses (rules §14). */
function history(
  candidate: Candidate,
  visible: readonly StandingVersion[],
  { lineage, otherTypes }: Circumstances,
): string[] {
  const said = otherTypes
    .slice(0, 1)
    .map((type) => `I-REUSE at /id: found the UUID of a ${type}, expected a UUID of its own.`);
  const { stated, created, createdBy } = candidate;
  if (!stated || visible.length === 0) return said;
  const sorted = [...visible].sort((a, b) => (a.key < b.key ? -1 : 1));
  const before = sorted.filter((v) => v.key < stated.key).at(-1);
  const neighbour = before ?? sorted[0];
  if (!neighbour) return said;
  const other = lineage(neighbour.ref);
  if (before && other.revoked)
    said.push('C-REVOKED at /revoked: found a version after one that is revoked, expected none.');
  if (
    created !== undefined &&
    other.created !== undefined &&
    instantKey(created) !== instantKey(other.created)
  )
    said.push(
      `C-CREATED at /created: found "${created}", expected "${other.created}", as in the other versions.`,
    );
  if (createdBy !== other.createdBy)
    said.push(
      `C-CREATOR at /created_by_ref: found ${createdBy ?? 'nothing'}, expected ${other.createdBy ?? 'nothing'}, as in the other versions.`,
    );
  return said;
}

/**
 * Judges one object. What the publisher is told follows from what the publisher may see, and from nothing else: whether
 * something stands above their clearance changes no word of it, now or later (D7a, D8b).
 *
 * @param standing of the versions of its id that the collection holds: those of its instant, those of its content if
 *   it states no version, the nearest older one that the publisher sees, and every edge.
 * @param marks its markings, looked up.
 */
export function judge(
  scope: Scope<'write'>,
  candidate: Candidate,
  standing: readonly StandingVersion[],
  marks: ResolvedMarks,
  circumstances: Circumstances,
): Judgement {
  const { collection, ceiling } = scope;
  const organisation = scope.principal.organisation.id;
  const [unknown] = marks.unresolved;
  if (unknown !== undefined && collection.unknownMarkings === 'refuse') {
    return fail(
      `MARKING at /object_marking_refs: ${unknown} is not known here. Publish it first, or in the same envelope.`,
    );
  }
  const rank = rankFrom(marks.declared, marks.unresolved.length, collection.defaultTlp);
  if (rank > collection.maxTlp) {
    return fail(
      `TLP at /object_marking_refs: TLP:${name(rank)} is above TLP:${name(collection.maxTlp)}, the most that this collection takes.`,
    );
  }
  if (rank > ceiling) {
    return fail(
      `TLP at /object_marking_refs: TLP:${name(rank)} is above TLP:${name(ceiling)}, the most that you may publish here.`,
    );
  }
  const warnings = [...candidate.warnings];
  if (unknown !== undefined) {
    warnings.push(
      `MARKING at /object_marking_refs: ${unknown} is not known yet; the object is treated as TLP:${name(rank)} until it arrives.`,
    );
  }
  const { reader, classes } = circumstances;
  const visible = standing.filter((v) => sees(reader, v));
  const first = ownerFor(visible, rank) ?? ownerOf(reader, standing);
  const refusal = notTheirs(scope, candidate, first, circumstances.identityOwner);
  const strict = (rule: string): boolean => collection.policy.strict.includes(rule);
  const past = history(candidate, visible, circumstances);
  const refused = past.filter((line) => strict(ruleOf(line)));
  warnings.push(...past.filter((line) => !collection.policy.quiet.includes(ruleOf(line))));
  const isEqual = (v: StandingVersion): boolean =>
    v.digest === candidate.digest || v.digest === candidate.written;
  const isSame = (v: StandingVersion): boolean =>
    candidate.stated ? v.key === candidate.stated.key : isEqual(v);
  const { ownerless: isOwnerless, stated, audience: said } = candidate;
  const publisher = publisherOf(scope, candidate);
  const isLimited = (said ?? publisher.audience) !== undefined;
  const owner = ownerAmong(standing, rank, organisation, reader, { isOwnerless, isLimited });
  // What is meant for some only is nobody else's word: an observable that another organisation says, too, stands beside it.
  const same = visible.filter(
    (v) => isSame(v) && (!isOwnerless || v.audience === EVERYONE || v.owner === owner),
  );
  const held = same.find(isEqual);
  if (held) return { outcome: 'held', held, message: 'Already present; nothing was changed.' };
  if (same.length > 0) {
    return fail(
      'C-SAMEVER at /modified: this version is held with other content, and the copy that stands wins. Give changed content a later "modified".',
    );
  }
  if (refusal !== undefined) {
    return fail(
      `OWNER at /id: ${refusal}; revising its objects takes the right to curate. Publish under an id and identity of your own.`,
    );
  }
  if (refused.length > 0) return fail(refused.join('\n'));

  const isOlder = (than: RankedVersion): boolean => stated !== undefined && than.key > stated.key;
  const addressing = addressed({ said, isOlder }, publisher, owner, standing, circumstances);
  if (addressing.outcome === 'refused') return fail(addressing.message);
  const message = warnings.length === 0 ? undefined : warnings.join('\n');
  const { to, changes: addressesAll, speaks } = addressing;
  const shown = { rank, owner, to, addressesAll, speaks, message };
  const conceal = (reason?: string): Judgement => ({ outcome: 'conceal', reason, ...shown });

  const audience = numberOf(to, classes);
  // Of what the publisher is not meant to see, nothing stands in its way: both stand.
  const hidden = standing.filter((v) => !sees(reader, v) && isMeant(reader, v));
  const twins = hidden.filter((v) => isSame(v) && v.rank <= rank);
  if (twins.some((v) => isEqual(v) && (v.audience === EVERYONE || v.audience === audience))) return conceal();
  if (twins.some((v) => v.publisher === organisation))
    return conceal('its organisation has published this version with other content');
  const beside = hidden.filter((v) => v.publisher !== organisation);
  return { outcome: 'add', marks, beside, ...shown };
}

/** Whom an object says an audience for. Marking definitions are for whoever cites them: what is said of all is not said of these. */
export function publisherOf(
  { principal: { organisation } }: Pick<Scope, 'principal'>,
  { definition }: Pick<Candidate, 'definition'>,
): Organisation {
  if (definition === undefined) return organisation;
  const { audience: _, ...plain } = organisation;
  return plain;
}

const ruleOf = (line: string): string => line.slice(0, line.indexOf(' '));
const name = (rank: Rank): string => tlpName(rank).toUpperCase();
