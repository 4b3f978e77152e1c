/** What a query asks of the ranges of ranks (entries.ts). */
import { holds, type Question } from './entries';
import type { Range } from './regions';
import type { ObjectQuery } from './query';
import type { Reader } from './audience';

/** What the query asks of the ranges: the questions whose answers are united. */
export interface Asked {
  readonly questions: readonly Question[];
  /** With `match[version]=<value>`: entries that answer the first question only count with one of these keys. */
  readonly instants: ReadonlySet<string> | undefined;
}

/** @returns undefined if nothing can match: no specification version that exists was asked for (T-230). */
export function asked(query: ObjectQuery): Asked | undefined {
  const old = query.specVersions?.includes('2.0') ?? false;
  const current = query.specVersions?.includes('2.1') ?? false;
  if (query.specVersions && !old && !current) return undefined;
  const family = query.specVersions && old ? (current ? 'any' : 'old') : 'latest';
  const { version } = query;
  if (version.all) return { questions: [`${family}_all`], instants: undefined };
  const keywords = version.keywords.map((keyword): Question => `${family}_${keyword}`);
  return version.instants.length === 0
    ? { questions: keywords, instants: undefined }
    : { questions: [`${family}_all`, ...keywords], instants: new Set(version.instants) };
}

/**
 * T-215: a version that answers by several entries (it was first at d10 and is last again since d25) is listed once, by
 * the earliest of them.
 *
 * @param entries all entries of one version, oldest first.
 * @param key of that version.
 */
export function earliest<E extends Readonly<Record<Question, Range>>>(
  entries: readonly E[],
  reader: Reader,
  { questions, instants }: Asked,
  key: string,
): E | undefined {
  return entries.find((entry) =>
    questions.some(
      (q, i) => holds(entry[q], reader) && (i > 0 || instants === undefined || instants.has(key)),
    ),
  );
}

/** Whether the query may cost more than its page: bodies are parsed, or entries looked at that are not listed. */
export function isExamined({ version, properties }: ObjectQuery): boolean {
  return (
    properties.size > 0 || (!version.all && (version.keywords.length > 1 || version.instants.length > 0))
  );
}
