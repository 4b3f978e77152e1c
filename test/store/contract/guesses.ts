/** How well somebody guesses who sees numbers and wants to know of something hidden: they learn on one half and are tried on the other. */

/** What is seen at one place, and whether something is hidden there. */
export interface Sight {
  readonly seen: readonly number[];
  readonly hidden: boolean;
}

type Guess = (seen: readonly number[]) => boolean;
type Learner = (from: readonly Sight[]) => Guess;

/** More would blur what tells, fewer would follow chance. */
const NEIGHBOURS = 15;

/** Whatever parts those learnt from best: above a limit of one number it is hidden, or below. */
const byLimit =
  (which: number): Learner =>
  (from) => {
    const of = (sight: Sight): number => sight.seen[which]!;
    const sorted = [...from].sort((a, b) => of(a) - of(b));
    let right = from.filter(({ hidden }) => hidden).length;
    let best = { limit: -Infinity, above: true, right };
    sorted.forEach((sight, i) => {
      right += sight.hidden ? -1 : 1;
      const limit = of(sight);
      if (sorted[i + 1] !== undefined && of(sorted[i + 1]!) === limit) return;
      if (right > best.right) best = { limit, above: true, right };
      if (from.length - right > best.right) best = { limit, above: false, right: from.length - right };
    });
    return (seen) => seen[which]! > best.limit === best.above;
  };

/** What most of the nearest are, by some of the numbers; each counts as it spreads. */
const byNeighbours =
  (some: readonly number[]): Learner =>
  (from) => {
    const columns = some.map((which) => {
      const all = Float64Array.from(from, ({ seen }) => seen[which]!);
      return { which, all, spread: Math.max(...all) - Math.min(...all) || 1 };
    });
    return (seen) => {
      const far = new Float64Array(from.length);
      for (const { which, all, spread } of columns)
        for (let i = 0; i < far.length; i++) far[i]! += Math.abs(all[i]! - seen[which]!) / spread;
      // All as near as the last of the nearest count: of equals none is nearer.
      const limit = far.slice().sort()[NEIGHBOURS - 1]!;
      const nearest = from.filter((_, i) => far[i]! <= limit);
      return nearest.filter(({ hidden }) => hidden).length * 2 > nearest.length;
    };
  };

/** The share that the best of all guessers has right. @param sights each half is learnt from, and guessed by what the other taught. */
export function bestGuess(sights: readonly Sight[]): number {
  const middle = Math.floor(sights.length / 2);
  const halves = [sights.slice(0, middle), sights.slice(middle)] as const;
  const numbers = sights[0]!.seen.map((_, which) => which);
  const learners = [...numbers.flatMap((n) => [byLimit(n), byNeighbours([n])]), byNeighbours(numbers)];
  const rightOf = (learn: Learner): number =>
    [halves, [halves[1], halves[0]] as const]
      .map(([taught, tried]) => {
        const guess = learn(taught);
        return tried.filter(({ seen, hidden }) => guess(seen) === hidden).length;
      })
      .reduce((a, b) => a + b);
  return Math.max(...learners.map(rightOf)) / sights.length;
}
