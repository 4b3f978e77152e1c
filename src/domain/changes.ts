/** What differs between the channels in force and the channels wanted. */
import type { Channel, Collection } from './channel';

export interface Change {
  readonly kind: 'add' | 'change' | 'remove';
  /** `europe` or `europe/indicators`. */
  readonly subject: string;
  /** The properties that change, with their values before and after, for people. */
  readonly details: readonly string[];
  /** The collection concerned, if it is one. */
  readonly collectionId?: string;
}

const plain = (value: unknown): string => JSON.stringify(value);

function differences(before: object, after: object, leftOut: readonly string[]): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (n) => !leftOut.includes(n),
  );
  return names.flatMap((name) => {
    const [a, b] = [(before as Record<string, unknown>)[name], (after as Record<string, unknown>)[name]].map(
      plain,
    );
    return a === b ? [] : [`${name}: ${a ?? 'none'} → ${b ?? 'none'}`];
  });
}

const title = (c: Collection): string => `${c.apiRoot}/${c.alias}`;

/** Grants made by hand are not a channel file's business and must be left out of `current`. */
export function changesBetween(current: readonly Channel[], wanted: readonly Channel[]): Change[] {
  const changes: Change[] = [];
  const byRoot = new Map(current.map((c) => [c.apiRoot, c]));
  const wantedRoots = new Set(wanted.map((c) => c.apiRoot));
  for (const channel of wanted) {
    const before = byRoot.get(channel.apiRoot);
    if (!before) changes.push({ kind: 'add', subject: channel.apiRoot, details: [] });
    else {
      const details = differences(before, channel, ['collections']);
      if (details.length > 0) changes.push({ kind: 'change', subject: channel.apiRoot, details });
    }
  }
  const collections = new Map(current.flatMap((c) => c.collections).map((c) => [c.id, c]));
  const wantedCollections = wanted.flatMap((c) => c.collections);
  for (const collection of wantedCollections) {
    const before = collections.get(collection.id);
    collections.delete(collection.id);
    if (!before)
      changes.push({ kind: 'add', subject: title(collection), details: [], collectionId: collection.id });
    else {
      const details = differences(before, collection, []);
      if (details.length > 0)
        changes.push({ kind: 'change', subject: title(collection), details, collectionId: collection.id });
    }
  }
  for (const gone of collections.values())
    changes.push({ kind: 'remove', subject: title(gone), details: [], collectionId: gone.id });
  for (const gone of byRoot.keys())
    if (!wantedRoots.has(gone)) changes.push({ kind: 'remove', subject: gone, details: [] });
  return changes;
}
