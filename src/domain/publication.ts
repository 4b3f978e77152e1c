/** What happens to an object that is published or removed, given what the collection holds: pure decisions. */
import { notTheirs, type Scope } from './access';
import type { VersionSelection } from './query';
import type { StatedVersion } from './stix';
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
  readonly marks: Marks;
  /** What this object says of TLP if it is a marking definition; undefined for other types. */
  readonly definition: Rank | null | undefined;
  readonly createdBy: string | undefined;
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

/**
 * Judges one object.
 *
 * @param standing the versions of its id that the collection holds, oldest arrival first.
 * @param marks its markings, looked up in its bundle and in the store.
 * @param identityOwner the id of the organisation that an identity stands for.
 */
export function judge<Ref>(
  scope: Scope<'write'>,
  candidate: Candidate,
  standing: readonly StandingVersion<Ref>[],
  marks: ResolvedMarks,
  identityOwner: (identity: string) => string | undefined,
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
  const message = warnings.length === 0 ? undefined : warnings.join(' ');

  const visible = (v: StandingVersion<Ref>): boolean =>
    v.publisher === organisation || (scope.clearance !== undefined && v.rank <= scope.clearance);
  const refusal = notTheirs(scope, candidate, standing[0]?.publisher, identityOwner);
  const same = standing.find((v) =>
    candidate.stated ? v.key === candidate.stated.key : v.digest === candidate.digest,
  );
  if (same) {
    if (!visible(same))
      return { outcome: 'conceal', reason: 'a version that the publisher may not see is held', message };
    if (same.digest === candidate.digest) {
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
  return { outcome: 'add', rank, marks, message };
}

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
