/** Whose an object is (D8a), for whom: of organisations that cannot see each other's, each owns what it published. */
import { EVERYONE, isMeant, sees, type Reader } from './audience';
import { byArrival, type RankedVersion } from './entries';
import type { Rank } from './tlp';

/**
 * For the readers of a rank: of two organisations that could not see each other, each owns what it published for the
 * ranks that see it only.
 */
export function ownerFor(
  standing: readonly Pick<RankedVersion, 'rank' | 'ref' | 'owner'>[],
  rank: Rank,
): string | undefined {
  if (standing.length === 0) return undefined;
  const seen = standing.filter((v) => v.rank <= rank);
  const top = Math.max(...seen.map((v) => v.rank));
  return seen.filter((v) => v.rank === top).sort(byArrival)[0]?.owner;
}

/** As far as somebody sees. */
export const ownerOf = (reader: Reader, standing: readonly RankedVersion[]): string | undefined =>
  ownerFor(
    standing.filter((v) => sees(reader, v)),
    4,
  );

/**
 * Of a version that comes: the owner of what its readers may see of the id, as far as the publisher's organisation is meant.
 * Where the publisher sees nothing of that, what is said of who may see its own is its own word; and an observable is
 * nobody's.
 *
 * @param isLimited whether something is said.
 */
export function ownerAmong(
  standing: readonly RankedVersion[],
  rank: Rank,
  organisation: string,
  reader: Reader,
  { isOwnerless, isLimited }: { readonly isOwnerless: boolean; readonly isLimited: boolean },
): string {
  if (isOwnerless || standing.length === 0) return organisation;
  const meant = standing.filter((v) => isMeant(reader, v));
  const owner = ownerFor(meant, rank) ?? organisation;
  const theirs = meant.filter((v) => v.owner === owner);
  const isKnown = theirs.some((v) => sees(reader, v));
  const isApart = !isKnown && (isLimited || theirs.some((v) => v.audience !== EVERYONE));
  return isApart ? organisation : owner;
}
