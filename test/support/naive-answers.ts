/** What a reader is answered, in plain words: the model that entries are held to. */
import type { Question, RankedVersion } from '../../src/domain/entries';
import type { Rank } from '../../src/domain/tlp';

/** What a reader of a rank is answered, in plain words: D1, T-226, D7a. */
export function naive(versions: readonly RankedVersion[], rank: Rank, question: Question): number[] {
  const [family, which] = question.split('_');
  const seen = versions.filter((v) => v.rank <= rank && (family !== 'old' || v.spec === '2.0'));
  const latest = seen
    .map((v) => v.spec)
    .sort()
    .at(-1);
  const counted = family === 'latest' ? seen.filter((v) => v.spec === latest) : seen;
  const distinct = counted
    .filter((v) => !counted.some((other) => other.key === v.key && other.ref < v.ref))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const chosen = which === 'all' ? distinct : which === 'last' ? distinct.slice(-1) : distinct.slice(0, 1);
  return chosen.map((v) => v.ref).sort((a, b) => a - b);
}
