/** What a part is told by of who may see it (D14), beside what stands. */
import { MOST_READDRESSED, type ClassId } from '../../domain/audience';
import type { Candidate } from '../../domain/publication';
import { typeOf } from '../../domain/stix';
import type { Word } from '../../domain/publishing';
import { objectOf } from '../../domain/unit';
import type { Connection } from './connection';
import type { WordDoc } from './tables';
import { uuidOf, type Unit } from './unit';

/**
 * Loads all of an owner's versions of an object.
 *
 * @returns false: they are more than may get another audience at once.
 */
export async function loadOwn(
  { tables }: Connection,
  unit: Unit,
  id: string,
  owner: string,
): Promise<boolean> {
  const own = { c: unit.collection, u: uuidOf(id), type: typeOf(id), state: 'live', owner } as const;
  // A version may have several entries.
  const docs = await tables.entries
    .find(own, { projection: { body: 0 } })
    .limit(MOST_ENTRIES * MOST_READDRESSED)
    .toArray();
  if (new Set(docs.map(({ ref }) => ref)).size > MOST_READDRESSED) return false;
  unit.take(docs);
  return docs.length < MOST_ENTRIES * MOST_READDRESSED;
}
const MOST_ENTRIES = 3;

/**
 * What was said of objects that come. Where no audience is known nothing was, and nothing is asked.
 *
 * @param earlier what was said before in the same unit.
 */
export async function wordsOf(
  { tables }: Connection,
  { collection: c, domain: { classes } }: Unit,
  candidates: readonly Candidate[],
  earlier: readonly Word[],
): Promise<(id: string, owner: string) => ClassId | undefined> {
  if (classes.defined.size === 0) return () => undefined;
  const docs = await tables.words.find({ c, u: { $in: candidates.map(({ id }) => uuidOf(id)) } }).toArray();
  const words = new Map(docs.map(({ _id, audience }) => [_id, audience]));
  for (const { id, owner, audience } of earlier) words.set(wordId(c, id, owner), audience);
  return (id, owner) => words.get(wordId(c, id, owner));
}

const wordId = (c: string, id: string, owner: string): string => `${c} ${objectOf(id)} ${owner}`;

export const wordDoc = (c: string, { id, owner, audience }: Word, by: number): WordDoc => ({
  _id: wordId(c, id, owner),
  c,
  o: objectOf(id),
  u: uuidOf(id),
  owner,
  audience,
  by,
});
