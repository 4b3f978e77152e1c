/** What happens to an object that is published or removed, given what the collection holds: pure decisions. */
import { notTheirs, type Scope } from './access';
import type { VersionSelection } from './query';
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
  /** Cyber-observables: their ids follow from their content, nobody owns them (D8a). */
  readonly ownerless: boolean;
  /** The object as it came, without insignificant white space. */
  readonly text: string;
  /** What the producer should know although the object is accepted. */
  readonly warnings: readonly string[];
}

/** A member of a publication that failed before it came to the store. */
export interface Refused {
  readonly id: string;
  readonly version: string;
  readonly message: string;
}

export type Member = { readonly candidate: Candidate } | { readonly refused: Refused };

/** A version that the collection holds. `ref` is the store's own name for it. */
export interface StandingVersion<Ref> {
  readonly ref: Ref;
  readonly spec: string;
  readonly version: string;
  readonly key: string;
  readonly digest: string;
  readonly rank: Rank;
  /** The id of the organisation that published it. */
  readonly publisher: string;
}

export type Judgement =
  | {
      readonly outcome: 'add';
      readonly rank: Rank;
      readonly marks: ResolvedMarks;
      readonly message: string | undefined;
    }
  | { readonly outcome: 'held'; readonly version: string; readonly message: string }
  /** D7: reported like a first add; what came is set aside for the curators. */
  | { readonly outcome: 'conceal'; readonly reason: string; readonly message: string | undefined }
  | { readonly outcome: 'fail'; readonly message: string };

const fail = (message: string): Judgement => ({ outcome: 'fail', message });

/** What a version says of where it stands among the others of its object (§3.6). */
export interface Lineage {
  readonly created: string | undefined;
  readonly createdBy: string | undefined;
  readonly revoked: boolean;
}

/** What a judgement asks the store for when it needs it. */
export interface Circumstances<Ref> {
  /** The id of the organisation that an identity stands for. */
  readonly identityOwner: (identity: string) => string | undefined;
  readonly lineage: (ref: Ref) => Lineage;
  /** Other types under which the publisher has put the UUID of the object. */
  readonly otherTypes: readonly string[];
}

/** What takes the other versions of an object to see; it never refuses (rules §14). */
function history<Ref>(
  candidate: Candidate,
  visible: readonly StandingVersion<Ref>[],
  { lineage, otherTypes }: Circumstances<Ref>,
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
 * Judges one object.
 *
 * @param standing the versions of its id that the collection holds, oldest arrival first.
 * @param marks its markings, looked up in its bundle and in the store.
 */
export function judge<Ref>(
  scope: Scope<'write'>,
  candidate: Candidate,
  standing: readonly StandingVersion<Ref>[],
  marks: ResolvedMarks,
  circumstances: Circumstances<Ref>,
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
  const visible = (v: StandingVersion<Ref>): boolean =>
    v.publisher === organisation || (scope.clearance !== undefined && v.rank <= scope.clearance);
  const refusal = notTheirs(scope, candidate, standing[0]?.publisher, circumstances.identityOwner);
  const strict = (rule: string): boolean => collection.policy.strict.includes(rule);
  const past = history(candidate, standing.filter(visible), circumstances);
  const refused = past.filter((line) => strict(ruleOf(line)));
  warnings.push(...past.filter((line) => !collection.policy.quiet.includes(ruleOf(line))));
  const message = warnings.length === 0 ? undefined : warnings.join('\n');
  const equal = (v: StandingVersion<Ref>): boolean =>
    v.digest === candidate.digest || v.digest === candidate.written;
  const same = standing.find((v) => (candidate.stated ? v.key === candidate.stated.key : equal(v)));
  if (same) {
    if (!visible(same))
      return { outcome: 'conceal', reason: 'a version that the publisher may not see is held', message };
    if (equal(same)) {
      return { outcome: 'held', version: same.version, message: 'Already present; nothing was changed.' };
    }
    return fail(
      'C-SAMEVER at /modified: this version is held with other content, and the copy that stands wins. Give changed content a later "modified".',
    );
  }
  if (refusal !== undefined) {
    if (standing.length > 0 && !standing.some(visible) && refusal.startsWith('another')) {
      return { outcome: 'conceal', reason: refusal, message };
    }
    return fail(
      `OWNER at /id: ${refusal}; revising its objects takes the right to curate. Publish under an id and identity of your own.`,
    );
  }
  if (refused.length > 0) return fail(refused.join('\n'));
  return { outcome: 'add', rank, marks, message };
}

const ruleOf = (line: string): string => line.slice(0, line.indexOf(' '));
const name = (rank: Rank): string => tlpName(rank).toUpperCase();

/** A standing version with what its removal is judged by. */
export interface RemovableVersion<Ref> extends StandingVersion<Ref> {
  readonly createdBy: string | undefined;
  readonly ownerless: boolean;
}

/** `absent`: no such version that the caller may see; `not-theirs`: there is, and it takes curate. */
export type RemovalChoice<Ref> = { readonly remove: readonly Ref[] } | 'absent' | 'not-theirs';

/** Chooses what a DELETE removes: only versions that the caller may see (D8a, T-352, T-353). */
export function chooseRemoval<Ref>(
  scope: Scope<'remove'>,
  id: string,
  standing: readonly RemovableVersion<Ref>[],
  selection: { readonly version: VersionSelection; readonly specVersions: readonly string[] | undefined },
  identityOwner: (identity: string) => string | undefined,
): RemovalChoice<Ref> {
  const eligible = standing
    .filter((v) => scope.clearance !== undefined && v.rank <= scope.clearance)
    .filter((v) => selection.specVersions === undefined || selection.specVersions.includes(v.spec))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const picked = pick(eligible, selection.version);
  if (picked.length === 0) return 'absent';
  const first = standing[0]?.publisher;
  const theirs = picked.filter(
    (v) =>
      notTheirs(
        scope,
        // An observable belongs to nobody, but a copy of it to whoever put it here.
        { id, ownerless: false, createdBy: v.createdBy },
        v.ownerless ? v.publisher : first,
        identityOwner,
      ) === undefined,
  );
  return theirs.length === 0 ? 'not-theirs' : { remove: theirs.map((v) => v.ref) };
}

function pick<V extends { readonly key: string }>(sorted: readonly V[], selection: VersionSelection): V[] {
  if (selection.all) return [...sorted];
  const wanted = new Set<string>(selection.instants);
  const first = sorted[0];
  const last = sorted.at(-1);
  if (first && selection.keywords.includes('first')) wanted.add(first.key);
  if (last && selection.keywords.includes('last')) wanted.add(last.key);
  return sorted.filter((v) => wanted.has(v.key));
}
