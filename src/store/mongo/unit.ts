/** A unit of work of the domain, kept in documents: what was loaded, and what a batch does. */
import { isEdge, QUESTIONS, type Entry, type Question, type Ranges, type Ref } from '../../domain/entries';
import type { Range } from '../../domain/regions';
import type { Actor } from '../../domain/actor';
import type { StandingVersion } from '../../domain/publication';
import { formatTimestamp, instantKey, type Micros } from '../../domain/timestamp';
import type { Rank, ResolvedMarks } from '../../domain/tlp';
import { objectOf, Unit as DomainUnit, type ObjectEntry, type Settlement } from '../../domain/unit';
import type { Cut, Effects } from './effects';
import type { Connection } from './connection';
import { audienceIn, levelOf, rankIn } from '../../domain/audience';
import type { ClassBook } from '../../domain/class-book';
import { stoneOf, type AudienceDoc, type AuditDoc, type EntryDoc } from './tables';
import type { Link } from './link';

/** What a version says of itself; each of its entries repeats it. */
export type Version = Omit<
  EntryDoc,
  '_id' | 'c' | 'date' | 'ref' | 'state' | 'by' | 'edge' | 'stone' | Question
>;
/** An entry as it was loaded, with or without its body. */
export type LoadedDoc = Omit<EntryDoc, 'body'> & { readonly body?: string };

const NOTHING = Object.fromEntries(QUESTIONS.map((q) => [q, 0])) as Record<Question, Range>;
const rangesOf = (doc: Ranges): Ranges =>
  Object.fromEntries(QUESTIONS.map((q) => [q, doc[q]])) as Record<Question, Range>;

export const uuidOf = (id: string): string => id.slice(-36).toLowerCase();

export class Unit {
  readonly domain: DomainUnit<StandingVersion>;
  /** Objects with more versions than may get another audience at once. */
  readonly many = new Set<string>();
  /** Live entries by date. */
  private readonly docs = new Map<Micros, LoadedDoc>();
  private readonly byRef = new Map<Ref, LoadedDoc[]>();
  /** By object. */
  private readonly objects = new Map<string, LoadedDoc[]>();
  private readonly added = new Map<Ref, Version>();
  private readonly cuts = new Map<Micros, Cut>();
  private readonly audit: AuditDoc[] = [];

  /** @param docs entries of the objects that are worked on: all, or at least of every edge and of all that changes. */
  constructor(
    private readonly connection: Pick<Connection, 'clock' | 'random'>,
    readonly collection: string,
    readonly tip: Link,
    docs: readonly LoadedDoc[],
    private readonly classes: ClassBook,
  ) {
    this.domain = new DomainUnit<StandingVersion>(classes);
    this.take(docs);
  }

  /** What was loaded later. */
  take(docs: readonly LoadedDoc[]): void {
    const fresh = docs.filter((d) => d.state === 'live' && !this.docs.has(d.date));
    for (const doc of fresh) {
      this.docs.set(doc.date, doc);
      this.byRef.set(doc.ref, [...(this.byRef.get(doc.ref) ?? []), doc]);
      const object = objectOf(doc.o);
      const of = this.objects.get(object);
      if (of) of.push(doc);
      else this.objects.set(object, [doc]);
    }
    for (const object of new Set(fresh.map((d) => objectOf(d.o)))) {
      const of = this.objects.get(object) as LoadedDoc[];
      const oldest = of.reduce((a, b) => (a.ref <= b.ref ? a : b)).publisher;
      const versions = of.map((d): StandingVersion => {
        const { ref, spec, version, key, digest, rank: level, publisher, owner = oldest } = d;
        const who = { rank: rankIn(level), audience: audienceIn(level), publisher, owner };
        return { ref, spec, version, key, digest, ...who };
      });
      const entries = of.map((d): Entry => ({ ref: d.ref, date: d.date, ranges: rangesOf(d) }));
      this.domain.take(object, versions, entries);
    }
  }

  /** One entry of each version that was loaded and stands, oldest arrival first. */
  versions(id: string): LoadedDoc[] {
    const standing = new Set(this.domain.standing(id).map((v) => v.ref));
    const found = new Map<Ref, LoadedDoc>();
    for (const doc of this.objects.get(objectOf(id)) ?? [])
      if (standing.has(doc.ref) && !found.has(doc.ref)) found.set(doc.ref, doc);
    return [...found.values()].sort((a, b) => a.ref - b.ref);
  }

  /** The entries that were loaded. */
  loaded(): readonly LoadedDoc[] {
    return [...this.docs.values()];
  }

  /** The ids of all objects under a UUID that stand. */
  under(uuid: string): string[] {
    return [...this.objects.values()].flatMap(([doc]) => (doc?.u === uuid ? [doc.o] : []));
  }

  /** Adds a version. @param said without `key`, its date will name it. */
  add(said: Version): Ref {
    const { o, spec, version, digest, rank: level, publisher, owner = publisher } = said;
    const ref = this.domain.add(o, said.key === '' ? undefined : said.key, (own, key) => ({
      ref: own,
      spec,
      version,
      key,
      digest,
      rank: rankIn(level),
      audience: audienceIn(level),
      publisher,
      owner,
    }));
    this.describe(ref, said);
    return ref;
  }

  /** Says what is written of a version that the domain's unit added. */
  describe(ref: Ref, said: Version): void {
    this.added.set(ref, said);
  }

  /** Takes versions out. */
  drop(id: string, refs: readonly Ref[]): void {
    for (const ref of refs) this.domain.drop(id, ref);
    for (const doc of this.objects.get(objectOf(id)) ?? [])
      if (refs.includes(doc.ref)) this.cut(doc.date, { ...NOTHING, state: 'removed', edge: false, body: '' });
  }

  /** What a version's markings say, after what the unit did. */
  marksOf(doc: LoadedDoc): ResolvedMarks {
    const { declared = doc.declared, unresolved = doc.unresolved } = this.cuts.get(doc.date) ?? {};
    return { declared, unresolved };
  }

  /** Gives a version what its markings say now, and with it its rank. */
  remark(id: string, ref: Ref, declared: Rank | null, unresolved: readonly string[], rank: Rank): void {
    this.domain.rerank(id, ref, rank);
    for (const doc of this.byRef.get(ref) ?? [])
      this.cut(doc.date, { declared, unresolved, rank: this.levelOf(id, ref) });
  }

  /** A version has another audience than it had. */
  readdress(id: string, ref: Ref): void {
    for (const doc of this.byRef.get(ref) ?? []) this.cut(doc.date, { rank: this.levelOf(id, ref) });
  }

  private levelOf(id: string, ref: Ref): number {
    const { audience, rank } = this.domain.version(id, ref) as StandingVersion;
    return levelOf(audience, rank);
  }

  tell({ by, behalf }: Actor, action: string, collection: string, subject: string, detail: string): void {
    const [i, at] = [this.audit.length, this.connection.clock()];
    const n = this.tip.n + 1;
    const [_id, order] = [`${this.collection}:${n}:${i}`, n * 1e6 + i];
    const record = { _id, at, order, principal: by, action, collection, subject, detail };
    this.audit.push(behalf === undefined ? record : { ...record, behalf });
  }

  /** Settles what the unit did. @returns the standing versions of which a new entry needs the body. */
  settle(): { readonly settlement: Settlement; readonly wanted: readonly Ref[] } {
    const settlement = this.domain.finish(this.tip.last, this.connection.clock(), this.connection.random);
    const wanted = settlement.inserts
      .filter((e) => e.ref > 0 && this.bodyOf(e.ref) === undefined)
      .map((e) => e.ref);
    return { settlement, wanted: [...new Set(wanted)] };
  }

  /** What the batch is to do. @param bodies of the versions that {@link settle} wanted. */
  effects(
    settlement: Settlement = this.settle().settlement,
    more: Partial<Effects> = {},
    bodies: ReadonlyMap<Ref, string> = new Map(),
  ): { last: Micros; effects: Effects } & Pick<Link, 'largest' | 'audiences'> {
    const { cuts, spent, dates, last } = settlement;
    for (const { date, ranges } of cuts) this.cut(date, ranges);
    const stone = stoneOf(this.collection, this.tip.n + 1);
    for (const { date } of spent)
      this.cut(date, { ...NOTHING, state: 'spent', edge: false, body: '', stone });
    const edges = this.markEdges(settlement);
    const inserts = settlement.inserts.map((entry): EntryDoc => {
      const { id: _, date, ref, ranges } = entry;
      const first = dates.get(ref);
      const own = ref < 0 ? (first as Micros) : ref;
      const place = { _id: `${this.collection}:${date}`, c: this.collection, date, ref: own };
      // What came in this unit may have got another audience in it.
      const said =
        ref < 0
          ? { ...named(this.added.get(ref) as Version, own), rank: this.levelOf(entry.id, ref) }
          : this.again(ref, bodies);
      const edge = edges.has(ref);
      return { ...said, ...place, ...ranges, edge, state: 'live', by: this.tip.n + 1 };
    });
    const changed = [...this.cuts].map(([date, set]) => ({ date, set }));
    const { largest: before } = this.tip;
    const largest =
      before === undefined ? undefined : inserts.reduce((most, { size }) => Math.max(most, size), before);
    const audiences = [...this.classes.fresh].map(([n, definition]): AudienceDoc => {
      return { _id: `${this.collection}:${n}`, c: this.collection, n, definition };
    });
    return {
      last,
      effects: { inserts, cuts: changed, audit: this.audit, markings: [], audiences, ...more },
      largest,
      audiences: this.classes.last || undefined,
    };
  }

  private cut(date: Micros, set: Cut): void {
    this.cuts.set(date, { ...this.cuts.get(date), ...set });
  }

  /** Tells each entry of a version whether the version is an edge now. @returns the refs of those that are. */
  private markEdges({ inserts }: Settlement): ReadonlySet<Ref> {
    const edges = new Set<Ref>(inserts.filter((e: ObjectEntry) => isEdge(e.ranges)).map((e) => e.ref));
    const now = [...this.docs.values()].map((doc) => ({ ...doc, ...this.cuts.get(doc.date) }));
    const live = now.filter((doc) => doc.state === 'live');
    for (const doc of live) if (isEdge(doc)) edges.add(doc.ref);
    for (const doc of live)
      if (doc.edge !== edges.has(doc.ref)) this.cut(doc.date, { edge: edges.has(doc.ref) });
    return edges;
  }

  /** A standing version, for another entry of it. */
  private again(ref: Ref, bodies: ReadonlyMap<Ref, string>): Version {
    const [doc] = this.byRef.get(ref) as [LoadedDoc];
    const {
      declared = doc.declared,
      unresolved = doc.unresolved,
      rank = doc.rank,
    } = this.cuts.get(doc.date) ?? {};
    const { _id: _1, c: _2, date: _3, ref: _4, state: _5, by: _6, edge: _7, ...said } = doc;
    return { ...said, declared, unresolved, rank, body: this.bodyOf(ref) ?? bodies.get(ref) ?? '' };
  }

  private bodyOf(ref: Ref): string | undefined {
    const own = this.byRef.get(ref) ?? [];
    return own.find(({ body }) => body !== undefined && body !== '')?.body;
  }
}

/** T-370: what states no version is named by its date. */
function named(said: Version, date: Micros): Version {
  if (said.key !== '') return said;
  const version = formatTimestamp(date);
  return { ...said, version, key: instantKey(version) as string };
}
