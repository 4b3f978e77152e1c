/** An object as an archive holds it, as documents: the other way round is archived.ts. */
import { QUESTIONS, type Question } from '../../domain/entries';
import type { Range } from '../../domain/regions';
import { typeOf, type StixObject } from '../../domain/stix';
import type { ArchivedObject } from '../archive';
import type { EntryDoc } from './tables';
import { uuidOf } from './unit';

/** By question; what is not told answers nothing. */
const rangesOf = (ranges: readonly Range[]): Record<Question, Range> =>
  Object.fromEntries(QUESTIONS.map((q, i) => [q, ranges[i] ?? 0])) as Record<Question, Range>;

/** An object's entries as they stood elsewhere; what was removed gets stones without a date of their own. */
export function entriesOf({ collection: c, id: o, versions, removed }: ArchivedObject): EntryDoc[] {
  const common = { c, o, u: uuidOf(o), type: typeOf(o), by: 0 };
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const live = versions.flatMap((v) => {
    const object = JSON.parse(v.body) as StixObject;
    const ref = v.entries[0]?.date ?? 0;
    return v.entries.map(({ date, ranges }): EntryDoc => ({
      ...common,
      _id: `${c}:${date}`,
      o: text(object['id']) ?? o,
      date,
      ref,
      state: 'live',
      spec: v.spec,
      version: v.version,
      key: v.key,
      digest: v.digest,
      rank: v.rank,
      declared: v.declared,
      unresolved: v.unresolved,
      cited: v.cited ?? v.unresolved,
      publisher: v.publisher,
      ...(v.owner === undefined ? {} : { owner: v.owner }),
      created: text(object['created']),
      createdBy: text(object['created_by_ref']),
      revoked: object['revoked'] === true,
      size: Buffer.byteLength(v.body),
      body: v.body,
      ...rangesOf(ranges),
    }));
  });
  const stones = removed.map(({ key, rank }, i): EntryDoc => ({
    ...common,
    _id: `${c}:removed:${o}:${key}:${rank}`,
    date: -1 - i,
    ref: -1 - i,
    state: 'removed',
    spec: '',
    version: '',
    key,
    digest: '',
    rank,
    declared: null,
    unresolved: [],
    publisher: '',
    created: null,
    createdBy: null,
    revoked: false,
    size: 0,
    body: '',
    ...rangesOf([]),
  }));
  return [...live, ...stones];
}
