/** One unit of work on a collection: what stands of some objects, changed in memory, and what that makes a batch do. */
import {
  QUESTIONS,
  settle,
  type Entry,
  type Question,
  type Range,
  type RankedVersion,
} from '../../domain/entries';
import type { Micros } from '../../domain/timestamp';
import { rankFrom, type Rank } from '../../domain/tlp';
import type { Cut, Effects } from './batches';
import type { AuditDoc, Connection, EntryDoc } from './connection';
import type { Link } from './log';

type Doc = { -readonly [K in keyof EntryDoc]: EntryDoc[K] };
/** What a version says of itself; each of its entries repeats it. */
export type Version = Omit<EntryDoc, '_id' | 'c' | 'date' | 'ref' | 'state' | 'by' | Question>;

const NOTHING = Object.fromEntries(QUESTIONS.map((q) => [q, 0])) as Record<Question, Range>;

/** The fields of an entry that a batch may change. */
const CHANGING = ['state', 'rank', 'declared', 'unresolved', 'body', ...QUESTIONS] as const;

export const uuidOf = (id: string): string => id.slice(-36).toLowerCase();
/** What an object is one by: a UUID is the same in capitals. */
export const objectKey = (id: string): string => id.slice(0, -36) + uuidOf(id);

export class Unit {
  private readonly docs = new Map<string, { readonly before: Doc | undefined; now: Doc }>();
  /** By {@link objectKey}. */
  private readonly objects = new Map<string, Doc[]>();
  private readonly audit: AuditDoc[] = [];
  private last: Micros;

  /** @param docs all entries of every object that is worked on, live or not. */
  constructor(
    private readonly connection: Pick<Connection, 'clock' | 'random'>,
    readonly collection: string,
    readonly tip: Link,
    docs: readonly EntryDoc[],
  ) {
    this.last = tip.last;
    for (const doc of docs) this.keep({ ...doc }, doc);
  }

  private keep(now: Doc, before: Doc | undefined): void {
    this.docs.set(now._id, { before, now });
    const of = this.objects.get(objectKey(now.o));
    if (of) of.push(now);
    else this.objects.set(objectKey(now.o), [now]);
  }

  /** Above every date given and the clock (T-176), in steps that tell little of what is hidden (D9). */
  nextDate(): Micros {
    if (this.last === this.tip.last) this.last = Math.max(this.last, this.connection.clock());
    return (this.last += 1 + Math.floor(this.connection.random() * 16));
  }

  /** One entry of each version that stands, oldest arrival first. */
  versions(id: string): Doc[] {
    const found = new Map<Micros, Doc>();
    for (const doc of this.objects.get(objectKey(id)) ?? [])
      if (doc.state === 'live' && !found.has(doc.ref)) found.set(doc.ref, doc);
    return [...found.values()].sort((a, b) => a.ref - b.ref);
  }

  /** The ids of all objects under a UUID. */
  under(uuid: string): string[] {
    return [...this.objects].filter(([, [doc]]) => doc?.u === uuid).map(([id]) => id);
  }

  /** @param version given the date, for those whose version it is. */
  add(version: (date: Micros) => Version): Version {
    const date = this.nextDate();
    const said = version(date);
    this.settle(said.o, { said, date });
    return said;
  }

  /** Takes versions out. */
  drop(id: string, refs: readonly Micros[]): void {
    for (const doc of this.objects.get(objectKey(id)) ?? [])
      if (refs.includes(doc.ref)) Object.assign(doc, NOTHING, { state: 'removed', body: '' });
    this.settle(id);
  }

  /** Gives a version what its markings say now, and with it its rank. @returns whether the rank changed. */
  remark(
    id: string,
    ref: Micros,
    declared: Rank | null,
    unresolved: readonly string[],
    byDefault: Rank,
  ): boolean {
    let changed = false;
    for (const doc of this.objects.get(objectKey(id)) ?? []) {
      if (doc.ref !== ref || doc.state === 'removed') continue;
      const rank = rankFrom(declared, unresolved.length, byDefault);
      changed ||= rank !== doc.rank;
      Object.assign(doc, { declared, unresolved, rank });
    }
    if (changed) this.settle(id);
    return changed;
  }

  /** All live entries of the unit. */
  live(): readonly Doc[] {
    return [...this.docs.values()].map((d) => d.now).filter((d) => d.state === 'live');
  }

  /** Gives an object's entries anew by the one rule (src/domain/entries.ts). */
  settle(id: string, fresh?: { readonly said: Version; readonly date: Micros }): void {
    const docs = (this.objects.get(objectKey(id)) ?? []).filter((d) => d.state === 'live');
    const said = new Map<Micros, Version>(docs.map((d) => [d.ref, d]));
    if (fresh) said.set(fresh.date, fresh.said);
    const versions = [...said].map(([ref, v]): RankedVersion<Micros> => ({
      ref,
      spec: v.spec,
      key: v.key,
      rank: v.rank,
    }));
    const entries = docs.map((d): Entry<Micros> => ({ ref: d.ref, date: d.date, ranges: d }));
    const { kept, gained } = settle(versions, entries);
    const left = new Map(kept.map((entry) => [entry.date, entry.ranges]));
    for (const doc of docs) {
      const ranges = left.get(doc.date);
      Object.assign(doc, ranges ?? { ...NOTHING, state: 'spent', body: '' });
    }
    let first = fresh?.date;
    for (const { ref, ranges } of gained) {
      const date = ref === first ? ref : this.nextDate();
      if (ref === first) first = undefined;
      const version = said.get(ref) as Version;
      const place = { _id: `${this.collection}:${date}`, c: this.collection, date, ref } as const;
      const body = version.body || this.bodyOf(ref);
      this.keep({ ...version, ...place, ...ranges, body, state: 'live', by: this.tip.n + 1 }, undefined);
    }
  }

  /** An entry that was cut to nothing has lost its body; another entry of the version, or what stood, has it. */
  private bodyOf(ref: Micros): string {
    for (const { now, before } of this.docs.values()) {
      if (now.ref !== ref) continue;
      const body = now.body || (before?.body ?? '');
      if (body !== '') return body;
    }
    return '';
  }

  tell(by: string, action: string, collection: string, subject: string, detail: string): void {
    const [i, at] = [this.audit.length, this.connection.clock()];
    const n = this.tip.n + 1;
    const [_id, order] = [`${this.collection}:${n}:${i}`, n * 1e6 + i];
    this.audit.push({ _id, at, order, principal: by, action, collection, subject, detail });
  }

  /** What the batch is to do. */
  effects(more: Partial<Effects> = {}): { last: Micros; effects: Effects } {
    const inserts: EntryDoc[] = [];
    const cuts: { date: Micros; set: Cut }[] = [];
    for (const { before, now } of this.docs.values()) {
      if (!before) {
        if (now.state === 'live') inserts.push(now);
        continue;
      }
      const changed = CHANGING.filter(
        (field) => JSON.stringify(before[field]) !== JSON.stringify(now[field]),
      );
      if (changed.length > 0)
        cuts.push({ date: now.date, set: Object.fromEntries(changed.map((f) => [f, now[f]])) });
    }
    inserts.sort((a, b) => a.date - b.date);
    return { last: this.last, effects: { inserts, cuts, audit: this.audit, markings: [], ...more } };
  }
}
