/** Units of work on collections, within one transaction: what stands is read when it is needed, and what changed is written. */
import { notFound, type Scope } from '../../domain/access';
import { mayHaveTwin, QUESTIONS, type Ranges, type Ref } from '../../domain/entries';
import type { Range } from '../../domain/regions';
import { blaming } from '../../domain/errors';
import type { StandingVersion } from '../../domain/publication';
import type { Addition, Published } from '../../domain/publishing';
import { levelOf } from '../../domain/audience';
import type { ClassBook } from '../../domain/class-book';
import { bookOf, keepDefined } from './audiences';
import { typeOf } from '../../domain/stix';
import { formatTimestamp, instantKey, type Micros } from '../../domain/timestamp';
import type { Rank } from '../../domain/tlp';
import { objectOf, Unit, type Settlement } from '../../domain/unit';
import { isUnavailable, type Connection } from './connection';
import { allOf, edgesOf, entriesOf, isKnown, keyOf, ofInstant, type ObjectKey } from './standing';

export const INSERT_VERSION = `INSERT INTO versions (collection, type, key, object_id, spec, version, version_key, digest, rank,
  declared, unresolved, publisher, size, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
export const INSERT_ENTRY = `INSERT INTO entries (collection, date, version, type, key, ${QUESTIONS.join(', ')})
  VALUES (?, ?, ?, ?, ?, ${QUESTIONS.map(() => '?').join(', ')})`;
const CUT_ENTRY = `UPDATE entries SET ${QUESTIONS.map((q) => `${q} = ?`).join(', ')} WHERE collection = ? AND date = ?`;
const DROP_ENTRY = 'DELETE FROM entries WHERE collection = ? AND date = ?';
/** Remembers versions that go, for all who saw any (T-355). @param which a condition on versions. */
export const leaveStones = (which: string): string =>
  `INSERT OR IGNORE INTO removed SELECT collection, key, type, version_key, rank FROM versions WHERE ${which}`;
const NOTHING = { additions: [], readdressed: new Map<Ref, string>(), words: [] };
const values = (ranges: Ranges): Range[] => QUESTIONS.map((q) => ranges[q]);

export function collectionRow({ sql }: Connection, id: string): number {
  const row = sql('SELECT row FROM collections WHERE id = ?').pluck().get(id) as number | undefined;
  if (row === undefined) throw notFound();
  return row;
}

/** One collection's share of a transaction. */
export class Work {
  readonly classes: ClassBook;
  readonly unit: Unit<StandingVersion>;
  private readonly keys = new Map<string, ObjectKey>();
  /** Objects of which this collection holds nothing, and nothing was removed: nearly all that are published. */
  private readonly news = new Set<string>();
  private readonly whole = new Set<string>();

  constructor(
    private readonly connection: Connection,
    readonly collection: number,
  ) {
    this.classes = bookOf(connection, collection);
    this.unit = new Unit<StandingVersion>(this.classes);
  }

  keyOf(id: string): ObjectKey {
    const found = this.keys.get(id) ?? { collection: this.collection, type: typeOf(id), key: keyOf(id) };
    this.keys.set(id, found);
    return found;
  }

  /** Takes versions into the unit, with their entries and their twins. */
  take(id: string, versions: readonly StandingVersion[]): void {
    const { connection, unit } = this;
    const fresh = versions
      .filter((v) => unit.version(id, v.ref) === undefined)
      .map((version) => ({ version, entries: entriesOf(connection, version.ref) }));
    unit.take(
      id,
      fresh.map((f) => f.version),
      fresh.flatMap((f) => f.entries),
    );
    for (const { version, entries } of fresh)
      if (mayHaveTwin(version, entries)) this.take(id, ofInstant(connection, this.keyOf(id), version.key));
  }

  /** Takes the edges of an object, once. */
  look(id: string): void {
    if (this.unit.knows(id)) return;
    const object = this.keyOf(id);
    this.unit.take(id, [], []);
    if (isKnown(this.connection, object)) this.take(id, edgesOf(this.connection, object));
    else this.news.add(objectOf(id));
  }

  /** Takes all versions of an object, once. */
  lookAtAll(id: string): void {
    const object = objectOf(id);
    if (this.whole.has(object)) return;
    this.whole.add(object);
    this.take(id, allOf(this.connection, this.keyOf(id)));
  }

  /** Whether nothing stands under its UUID, nor was removed, but what this unit adds: as of when it was looked at. */
  isNew(id: string): boolean {
    return this.news.has(objectOf(id));
  }

  /** Takes all that a change of standing versions may concern; call it before the change and after it. */
  lookAround(id: string, instants: Iterable<string>): void {
    const object = this.keyOf(id);
    const edges = edgesOf(this.connection, object);
    const mixed = new Set(edges.map((v) => v.spec)).size > 1;
    this.take(id, mixed ? allOf(this.connection, object) : edges);
    for (const instant of instants) this.take(id, ofInstant(this.connection, object, instant));
  }

  rerank(id: string, ref: Ref, key: string, rank: Rank): void {
    this.lookAround(id, [key]);
    this.unit.rerank(id, ref, rank);
    this.keepLevel(id, ref);
    this.lookAround(id, []);
  }

  /** Writes down who may see a version that stands. */
  private keepLevel(id: string, ref: Ref): void {
    const { audience, rank } = this.unit.version(id, ref) as StandingVersion;
    this.connection.sql('UPDATE versions SET rank = ? WHERE row = ?').run(levelOf(audience, rank), ref);
  }

  /** Takes versions of one object out. */
  drop(id: string, versions: readonly { readonly ref: Ref; readonly key: string }[]): void {
    const { sql } = this.connection;
    this.lookAround(id, new Set(versions.map((v) => v.key)));
    for (const { ref } of versions) {
      sql(leaveStones('row = ?')).run(ref);
      sql(
        `DELETE FROM nameless WHERE (collection, key, digest, version) =
         (SELECT collection, key, digest, row FROM versions WHERE row = ?)`,
      ).run(ref);
      for (const table of ['entries', 'citations', 'owners'])
        sql(`DELETE FROM ${table} WHERE version = ?`).run(ref);
      sql('DELETE FROM versions WHERE row = ?').run(ref);
      this.unit.drop(id, ref);
    }
    this.lookAround(id, []);
  }

  /** Settles and writes what the unit did. @param published with who published it. */
  save(
    { additions, readdressed, words }: Pick<Published, 'additions' | 'readdressed' | 'words'> = NOTHING,
    scope?: Scope<'write'>,
  ): Settlement {
    const { sql, clock, random } = this.connection;
    const last = sql('SELECT last_date FROM collections WHERE row = ?')
      .pluck()
      .get(this.collection) as Micros;
    const settlement = this.unit.finish(last, clock(), random);
    const { inserts, cuts, spent, dates } = settlement;
    keepDefined(this.connection, this.collection, this.classes);
    for (const [ref, id] of readdressed) if (ref > 0) this.keepLevel(id, ref);
    for (const { id, owner, audience } of words) {
      const { type, key } = this.keyOf(id);
      sql('INSERT OR REPLACE INTO words VALUES (?, ?, ?, ?, ?)').run(
        this.collection,
        key,
        type,
        owner,
        audience,
      );
    }
    const rows = new Map<Ref, Ref>();
    const publisher = scope?.principal.organisation.id ?? '';
    const dateOf = (addition: Addition): Micros => dates.get(addition.ref) as Micros;
    // In the order of their dates, so that the order of rows is the order of arrival.
    for (const addition of [...additions].sort((a, b) => dateOf(a) - dateOf(b)))
      blaming(
        addition.index,
        () => rows.set(addition.ref, this.insert(addition, dateOf(addition), publisher)),
        isUnavailable,
      );
    for (const { date, ranges } of cuts) sql(CUT_ENTRY).run(...values(ranges), this.collection, date);
    for (const { date } of spent) sql(DROP_ENTRY).run(this.collection, date);
    for (const entry of inserts) {
      const { type, key } = this.keyOf(entry.id);
      const version = rows.get(entry.ref) ?? entry.ref;
      sql(INSERT_ENTRY).run(this.collection, entry.date, version, type, key, ...values(entry.ranges));
    }
    if (settlement.last !== last)
      sql('UPDATE collections SET last_date = ? WHERE row = ?').run(settlement.last, this.collection);
    return settlement;
  }

  private insert({ candidate, ref, marks }: Addition, date: Micros, publisher: string): Ref {
    const { sql } = this.connection;
    const { collection, type, key } = this.keyOf(candidate.id);
    const version = candidate.stated?.version ?? formatTimestamp(date);
    const versionKey = candidate.stated?.key ?? instantKey(version);
    const { rank, audience, owner } = this.unit.version(candidate.id, ref) as StandingVersion;
    const row = Number(
      sql(INSERT_VERSION).run(
        collection,
        type,
        key,
        candidate.id,
        candidate.spec,
        version,
        versionKey,
        candidate.digest,
        levelOf(audience, rank),
        marks.declared,
        marks.unresolved.length,
        publisher,
        Buffer.byteLength(candidate.text),
        candidate.text,
      ).lastInsertRowid,
    );
    // Who does not see what was added goes on with what they were told before.
    if (!this.isNew(candidate.id))
      sql(
        `DELETE FROM removed WHERE collection = ? AND key = ? AND type = ? AND version_key = ?
         AND rank % 8 >= ? AND rank / 8 = ?`,
      ).run(collection, key, type, versionKey, rank, audience);
    for (const marking of candidate.marks.cited)
      sql('INSERT OR IGNORE INTO citations VALUES (?, ?, ?)').run(
        marking,
        row,
        marks.unresolved.includes(marking) ? 1 : 0,
      );
    if (!candidate.stated)
      sql('INSERT INTO nameless VALUES (?, ?, ?, ?)').run(collection, key, candidate.digest, row);
    if (owner !== publisher) sql('INSERT INTO owners VALUES (?, ?)').run(row, owner);
    return row;
  }
}

/** The collections that a transaction changes. */
export class Works {
  private readonly works = new Map<number, Work>();

  constructor(readonly connection: Connection) {}

  /** @param collection its row. */
  on(collection: number): Work {
    const found = this.works.get(collection) ?? new Work(this.connection, collection);
    this.works.set(collection, found);
    return found;
  }

  /** Saves all, but one that has more to say and is saved by its owner. */
  save(except?: Work): void {
    for (const work of this.works.values()) if (work !== except) work.save();
  }
}
