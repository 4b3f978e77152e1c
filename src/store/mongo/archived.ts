/** Objects and statuses as an archive holds them, out of their documents. */
import { QUESTIONS } from '../../domain/entries';
import { audienceIn } from '../../domain/audience';
import { lowestStones, type ArchivedObject, type ArchivedStatus, type ArchivedVersion } from '../archive';
import type { Connection } from './connection';
import type { EntryDoc, StatusDoc, WordDoc } from './tables';

/** @param docs all entries of the object, those of what was removed too. */
export function archivedObject(
  collection: string,
  id: string,
  docs: readonly EntryDoc[],
  words: readonly WordDoc[],
): ArchivedObject {
  const live = docs.filter((d) => d.state === 'live').sort((a, b) => a.date - b.date);
  const refs = [...new Set(live.map((d) => d.ref))];
  const oldest = live[0]?.publisher ?? '';
  const versions = refs.map((ref): ArchivedVersion => {
    const own = live.filter((d) => d.ref === ref);
    const [d] = own as [EntryDoc];
    return {
      spec: d.spec,
      version: d.version,
      key: d.key,
      digest: d.digest,
      rank: d.rank,
      declared: d.declared,
      unresolved: [...d.unresolved].sort(),
      cited: [...(d.cited ?? d.unresolved)].sort(),
      publisher: d.publisher,
      owner: d.owner ?? oldest,
      body: d.body,
      entries: own.map((e) => ({ date: e.date, ranges: QUESTIONS.map((q) => e[q]) })),
    };
  });
  versions.sort((a, b) => (a.entries[0]?.date ?? 0) - (b.entries[0]?.date ?? 0));
  const placeOf = ({ key, rank }: Pick<EntryDoc, 'key' | 'rank'>): string => `${key} ${audienceIn(rank)}`;
  const standing = new Set(live.map(placeOf));
  const removed = lowestStones(
    docs
      .filter((d) => d.state === 'removed' && !standing.has(placeOf(d)))
      .map(({ key, rank }) => ({ key, rank })),
  );
  const said = words
    .map(({ owner, audience }) => ({ owner, audience }))
    .sort((a, b) => (a.owner < b.owner ? -1 : 1));
  return { kind: 'object', collection, id, versions, removed, ...(said.length === 0 ? {} : { words: said }) };
}

/** With the verdicts of its parts, and what waits of it. */
export async function archivedStatus({ tables }: Connection, doc: StatusDoc): Promise<ArchivedStatus> {
  const done = await tables.parts.find({ status: doc._id }).sort({ part: 1 }).toArray();
  const complete = done.some((p) => p.last);
  const waiting = complete ? [] : await tables.pendings.find({ status: doc._id }).sort({ part: 1 }).toArray();
  // An abandoned publication's failures stand behind all its parts.
  const number = (part: number): number => Math.min(part, done.length);
  const numbers = [...new Set([...done.map((p) => number(p.part)), ...waiting.map((w) => w.part)])].sort(
    (a, b) => a - b,
  );
  const parts = numbers.map((part) => {
    const own = done.filter((p) => number(p.part) === part);
    return {
      part,
      successes: own.flatMap((p) => p.successes),
      failures: own.flatMap((p) => p.failures),
      pendings: own.length > 0 ? [] : waiting.filter((w) => w.part === part).flatMap((w) => w.items),
    };
  });
  return {
    kind: 'status',
    id: doc._id,
    root: doc.root,
    collection: doc.c,
    principal: doc.principal,
    requested: doc.requested,
    total: doc.total,
    complete,
    partsDone: done.length,
    // A part without any verdict says nothing.
    parts: parts.filter((p) => p.successes.length + p.failures.length + p.pendings.length > 0),
  };
}
