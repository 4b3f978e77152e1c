/** Which versions of an object a removal takes (D8a, D7a): a pure decision. */
import { notTheirs, type Scope } from './access';
import type { Ref } from './entries';
import { sees, type Reader } from './audience';
import type { StandingVersion } from './publication';
import type { RemovalSelection, VersionSelection } from './query';

/** A standing version with what its removal is judged by. */
export interface RemovableVersion extends StandingVersion {
  readonly createdBy: string | undefined;
  readonly ownerless: boolean;
}

/** `absent`: no such version that the caller may see; `not-theirs`: there is, and it takes curate. */
export type RemovalChoice = { readonly remove: readonly Ref[] } | 'absent' | 'not-theirs';

/**
 * Chooses what a DELETE removes (D8a, T-352, T-353).
 *
 * @param standing the versions of the object that the caller may see.
 */
export function chooseRemoval(
  scope: Scope<'remove'>,
  reader: Reader,
  id: string,
  standing: readonly RemovableVersion[],
  selection: RemovalSelection,
  identityOwner: (identity: string) => string | undefined,
): RemovalChoice {
  const eligible = standing
    .filter((v) => sees(reader, v))
    .filter((v) => selection.publisher === undefined || selection.publisher === v.publisher)
    .filter((v) => selection.specVersions === undefined || selection.specVersions.includes(v.spec))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const picked = pick(eligible, selection.version);
  if (picked.length === 0) return 'absent';
  const theirs = picked.filter(
    (v) =>
      notTheirs(
        scope,
        // An observable belongs to nobody, but a copy of it to whoever put it here.
        { id, ownerless: false, createdBy: v.createdBy },
        v.ownerless ? v.publisher : v.owner,
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
