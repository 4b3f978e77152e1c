/** Whose word ranks an object that cites a marking definition (D5, D5a). */
import { highest, type Marks, type Rank, type ResolvedMarks } from './tlp';

/** What somebody's marking definition says of TLP. */
export interface Definition {
  readonly marking: string;
  /** The id of the organisation that published it. */
  readonly organisation: string;
  /** The id of the collection that took it; empty where that was not written down (before D5a). */
  readonly collection: string;
  /** Whether whoever published it curates that collection. */
  readonly curated: boolean;
  /** The highest rank that whoever published it may read or publish there: what is above is not theirs to open. */
  readonly authority: Rank;
  /** null: nothing of TLP. */
  readonly rank: Rank | null;
}

/** Who cites a definition: whose version, where, and what a definition there opens. */
export interface Citer {
  readonly publisher: string;
  readonly collection: string;
  /**
   * Where it waits: at the collection's default, or lower as far as the account reaches that publishes it now. Only an
   * author who reaches as high ends the waiting.
   */
  readonly waitsAt: Rank;
}

/**
 * What a definition does to who cites it. It decides if it is their originator's own or of a curator of their
 * collection; then it ends the waiting, and with it may lower. A curator's elsewhere only raises, and so does the word
 * of an account below where they wait: nobody opens what they may not see, also not of their own organisation (D8b). A
 * stranger's says nothing: anybody could hide what others share by a word in a place of their own.
 */
export function wordOf(
  definition: Definition,
  { publisher, collection, waitsAt }: Citer,
): 'decides' | 'raises' | 'nothing' {
  const own = definition.organisation === publisher;
  if (!own && !definition.curated) return 'nothing';
  const here = own || definition.collection === collection || definition.collection === '';
  return here && waitsAt <= definition.authority ? 'decides' : 'raises';
}

/** The marks of an object after a definition arrived; the same value if that changes nothing. Of several, the highest counts. */
export function marksAfter(marks: ResolvedMarks, definition: Definition, citer: Citer): ResolvedMarks {
  const word = wordOf(definition, citer);
  if (word === 'nothing') return marks;
  const declared = highest(marks.declared, definition.rank);
  const waits = word === 'decides' && marks.unresolved.includes(definition.marking);
  if (declared === marks.declared && !waits) return marks;
  const unresolved = waits ? marks.unresolved.filter((id) => id !== definition.marking) : marks.unresolved;
  return { declared, unresolved };
}

/** An object's marks by all that is known at its arrival. */
export function resolveMarks(
  { rank, cited }: Marks,
  definitionsOf: (marking: string) => readonly Definition[],
  citer: Citer,
): ResolvedMarks {
  return cited
    .flatMap(definitionsOf)
    .reduce<ResolvedMarks>((marks, definition) => marksAfter(marks, definition, citer), {
      declared: rank,
      unresolved: cited,
    });
}
