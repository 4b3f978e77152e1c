/** What differs between the channels in force and the channels wanted, in the words of the channel files. */
import type { Channel, Collection } from './channel';
import { differences } from './differences';
import { grantInWords } from './grant-words';
import { tlpName } from './tlp';

export interface Change {
  readonly kind: 'add' | 'change' | 'remove';
  /** `europe` or `europe/indicators`. */
  readonly subject: string;
  /** The properties that change, with their values before and after, for people. */
  readonly details: readonly string[];
  /** The collection concerned, if it is one. */
  readonly collectionId?: string;
}

const ofChannel = ({ title, description, region }: Channel): object => ({ title, description, region });

/** Where a grant stands in a file is no part of what it says. */
const ofCollection = (c: Collection): object => ({
  api_root: c.apiRoot,
  alias: c.alias,
  title: c.title,
  description: c.description,
  default_tlp: tlpName(c.defaultTlp),
  max_tlp: tlpName(c.maxTlp),
  types: c.types,
  spec_versions: c.specVersions,
  unknown_markings: c.unknownMarkings,
  validation: c.policy,
  retention: {
    rules: c.retention.rules.map(({ types, days }) => `${[...types].sort().join(', ')} after ${days} days`),
    notice_days: c.retention.noticeDays,
    legal_hold: c.retention.legalHold,
  },
  import: {
    valid_days: c.imports.validDays,
    confidence: c.imports.confidence,
    indicator_types: c.imports.indicatorTypes,
    labels: c.imports.labels,
    tlp: c.imports.tlp === undefined ? undefined : tlpName(c.imports.tlp),
  },
  grants: c.grants.map((grant) => grantInWords(grant)),
});

const nameOf = (c: Collection): string => `${c.apiRoot}/${c.alias}`;

function between<T>(
  before: T | undefined,
  after: T,
  subject: string,
  inWords: (of: T) => object,
  more: Pick<Change, 'collectionId'> = {},
): Change[] {
  if (before === undefined) return [{ kind: 'add', subject, details: [], ...more }];
  const details = differences(inWords(before), inWords(after));
  return details.length === 0 ? [] : [{ kind: 'change', subject, details, ...more }];
}

const collectionsOf = (channels: readonly Channel[]): Collection[] => channels.flatMap((c) => c.collections);

/**
 * Grants made by hand are not a channel file's business and must be left out of `current`.
 *
 * @returns the changes by subject.
 */
export function changesBetween(current: readonly Channel[], wanted: readonly Channel[]): Change[] {
  const roots = new Map(current.map((c) => [c.apiRoot, c]));
  const collections = new Map(collectionsOf(current).map((c) => [c.id, c]));
  const changes = [
    ...wanted.flatMap((c) => between(roots.get(c.apiRoot), c, c.apiRoot, ofChannel)),
    ...collectionsOf(wanted).flatMap((c) =>
      between(collections.get(c.id), c, nameOf(c), ofCollection, { collectionId: c.id }),
    ),
  ];
  for (const { apiRoot } of wanted) roots.delete(apiRoot);
  for (const { id } of collectionsOf(wanted)) collections.delete(id);
  for (const subject of roots.keys()) changes.push({ kind: 'remove', subject, details: [] });
  for (const gone of collections.values())
    changes.push({ kind: 'remove', subject: nameOf(gone), details: [], collectionId: gone.id });
  return changes.sort((a, b) => (a.subject < b.subject ? -1 : a.subject > b.subject ? 1 : 0));
}

/** Whether the channels are stored as they are wanted, down to the places of their grants. */
export function storedAlike(current: readonly Channel[], wanted: readonly Channel[]): boolean {
  const text = (channels: readonly Channel[]): string =>
    JSON.stringify([
      channels.map((channel) => JSON.stringify({ ...channel, collections: [] })).sort(),
      collectionsOf(channels)
        .map((c) => JSON.stringify(c))
        .sort(),
    ]);
  return text(current) === text(wanted);
}
