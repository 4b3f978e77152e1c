/** What differs between two values, in short lines for people. */
const LONGEST_VALUE = 120;

const shown = (value: unknown): string => {
  if (value === undefined) return 'none';
  const text = JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isWords = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((word) => typeof word === 'string');

function wordsBetween(before: readonly string[], after: readonly string[], path: string): string[] {
  const added = after.filter((word) => !before.includes(word)).map((word) => `${path}: + ${word}`);
  const gone = before.filter((word) => !after.includes(word)).map((word) => `${path}: - ${word}`);
  return [...gone, ...added];
}

/**
 * Property by property, sorted by their paths: `title.ar: "before" → "after"`. Lists of words are compared as sets:
 * `types: + tool`.
 */
export function differences(before: unknown, after: unknown, path = ''): string[] {
  if (isRecord(before) && isRecord(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap((name) =>
      differences(before[name], after[name], path === '' ? name : `${path}.${name}`),
    );
  }
  if (isWords(before) && isWords(after)) return wordsBetween(before, after, path);
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  return [`${path}: ${shown(before)} → ${shown(after)}`];
}
