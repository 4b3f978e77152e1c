/** What somebody who mistyped a name may have meant. */

/** Levenshtein's distance, in which neighbours that changed places count as one mistake. */
export function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, i) => i)];
  const at = (i: number, k: number): number => rows[i]?.[k] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    rows.push(row);
    for (let k = 1; k <= b.length; k++) {
      const replaced = at(i - 1, k - 1) + (a[i - 1] === b[k - 1] ? 0 : 1);
      row[k] = Math.min(at(i - 1, k) + 1, at(i, k - 1) + 1, replaced);
      if (i > 1 && k > 1 && a[i - 1] === b[k - 2] && a[i - 2] === b[k - 1])
        row[k] = Math.min(at(i, k), at(i - 2, k - 2) + 1);
    }
  }
  return at(a.length, b.length);
}

/** Longer words are compared by their beginnings: what is typed by hand is short. */
const LONGEST = 60;
const MOST = 3;

/** Up to three names that differ from a word in at most a third of its letters, the nearest first. */
export function nearest(word: string, names: readonly string[]): string[] {
  const said = word.toLowerCase().slice(0, LONGEST);
  return names
    .map((name) => ({ name, far: distance(said, name.toLowerCase().slice(0, LONGEST)) }))
    .filter(({ name, far }) => far <= Math.max(1, Math.floor(Math.min(said.length, name.length) / 3)))
    .sort((a, b) => a.far - b.far)
    .slice(0, MOST)
    .map(({ name }) => name);
}

/** Such as ` Did you mean europe/indicators?`; empty where nothing is near. */
export function didYouMean(word: string, names: readonly string[]): string {
  const near = nearest(word, names);
  return near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
}
