/** One unit of work on a collection: what stands of some objects, changed in memory, and what a store then has to write. */
import { drawDates } from './dates';
import {
  byArrival,
  lowestLevel,
  QUESTIONS,
  type Entry,
  type Ranges,
  type RankedVersion,
  type Ref,
} from './entries';
import { rulesAmong, settle } from './settle';
import { levelOf, type Classes, type ClassId } from './audience';
import { formatTimestamp, instantKey, type Micros } from './timestamp';
import type { Rank } from './tlp';

/** An entry with the id of its object. */
export interface ObjectEntry extends Entry {
  readonly id: string;
}

/** What a unit of work changes; new versions go by their provisional refs. */
export interface Settlement {
  /** By date, oldest first. */
  readonly inserts: readonly ObjectEntry[];
  /** Entries whose ranges are others now. */
  readonly cuts: readonly ObjectEntry[];
  /** Entries that answer nothing more. */
  readonly spent: readonly ObjectEntry[];
  /** The date of each version that was added. */
  readonly dates: ReadonlyMap<Ref, Micros>;
  /** The newest date given; the one before, if there is none. */
  readonly last: Micros;
}

/** Sorts behind every instant: the key of a version that will be named by its date (T-370). */
const NEWEST = '~';

interface Standing<V> {
  readonly versions: Map<Ref, V>;
  entries: readonly Entry[];
}

/** What waits for a date; without ranges it is a version that its date will name, or nothing at all. */
interface Gain {
  readonly id: string;
  readonly ref: Ref;
  readonly ranges?: Ranges;
  readonly low: number;
}

const UPPER = /[A-Z]/;
/** Digits of a UUID may be in either case (STIX 2.1 §2.9 asks for one, and none is refused). */
export const objectOf = (id: string): string =>
  UPPER.test(id) ? id.slice(0, -36) + id.slice(-36).toLowerCase() : id;

const same = (a: Ranges, b: Ranges): boolean => QUESTIONS.every((q) => a[q] === b[q]);

const levelIn = ({ audience, rank }: RankedVersion): number => levelOf(audience, rank);

export class Unit<V extends RankedVersion> {
  private readonly objects = new Map<string, Standing<V>>();
  /** Added versions that their date will name, with their objects. */
  private readonly nameless = new Map<Ref, string>();
  private readonly phantoms = new Map<Ref, number>();
  private made = 0;

  /** @param classes of the collection. */
  constructor(readonly classes: Classes) {}

  /** What the store holds of an object: all of it, or what {@link settle} asks for at least; more may come later. */
  take(id: string, versions: readonly V[], entries: readonly Entry[]): void {
    const standing = this.of(id);
    for (const version of versions)
      if (!standing.versions.has(version.ref)) standing.versions.set(version.ref, version);
    const known = new Set(standing.entries.map((e) => e.date));
    standing.entries = [...standing.entries, ...entries.filter((e) => !known.has(e.date))];
  }

  knows(id: string): boolean {
    return this.objects.has(objectOf(id));
  }

  /** The versions as they stand now, in the order of arrival. */
  standing(id: string): V[] {
    return [...(this.objects.get(objectOf(id))?.versions.values() ?? [])].sort(byArrival);
  }

  version(id: string, ref: Ref): V | undefined {
    return this.objects.get(objectOf(id))?.versions.get(ref);
  }

  /**
   * Adds a version.
   *
   * @param key undefined: its date will name it. @returns its provisional ref.
   */
  add(id: string, key: string | undefined, version: (ref: Ref, key: string) => V): Ref {
    const ref = -++this.made;
    if (key === undefined) this.nameless.set(ref, objectOf(id));
    this.of(id).versions.set(ref, version(ref, key ?? NEWEST));
    return ref;
  }

  /** A ref that gets a date and is nothing: what only looks like an addition is dated like one of its level. */
  phantom(level: number): Ref {
    const ref = -++this.made;
    this.phantoms.set(ref, level);
    return ref;
  }

  rerank(id: string, ref: Ref, rank: Rank): void {
    const { versions } = this.of(id);
    const version = versions.get(ref);
    if (version) versions.set(ref, { ...version, rank });
  }

  /** Gives all versions of one owner another audience. @returns those whose audience it was not. */
  address(id: string, owner: string, audience: ClassId): Ref[] {
    const { versions } = this.of(id);
    const others = [...versions.values()].filter((v) => v.owner === owner && v.audience !== audience);
    for (const version of others) versions.set(version.ref, { ...version, audience });
    return others.map(({ ref }) => ref);
  }

  /** The rules by which an owner's versions of an object, and their entries, tell who is meant. */
  rules(id: string, owner: string): ClassId[] {
    if (this.classes.defined.size === 0) return [];
    const { versions, entries } = this.of(id);
    const own = [...versions.values()].filter((v) => v.owner === owner);
    const refs = new Set(own.map(({ ref }) => ref));
    return rulesAmong(
      own,
      entries.filter(({ ref }) => refs.has(ref)),
      this.classes,
    );
  }

  /** Takes a version out; its entries are the caller's to remove. */
  drop(id: string, ref: Ref): void {
    const standing = this.of(id);
    standing.versions.delete(ref);
    standing.entries = standing.entries.filter((e) => e.ref !== ref);
  }

  /** Settles every object that was taken, and dates what was gained. @param last, now, random see {@link drawDates}. */
  finish(last: Micros, now: Micros, random: () => number): Settlement {
    const changes = { inserts: [] as ObjectEntry[], cuts: [] as ObjectEntry[], spent: [] as ObjectEntry[] };
    const dates = new Map<Ref, Micros>();
    let newest = last;
    const date = (gains: readonly Gain[]): void => {
      const ordered = [...gains].sort((a, b) => a.low - b.low || byArrival(a, b));
      const drawn = drawDates(
        ordered.map((g) => g.low),
        newest,
        now,
        random,
      );
      for (const [i, { id, ref, ranges }] of ordered.entries()) {
        const at = drawn[i] as Micros;
        if (!dates.has(ref)) dates.set(ref, at);
        if (ranges) changes.inserts.push({ id, ref, date: at, ranges });
      }
      newest = drawn.at(-1) ?? newest;
    };

    const late = new Set(this.nameless.values());
    const early = [...this.objects.keys()].filter((id) => !late.has(id));
    const unnamed = [...this.nameless].map(([ref, id]): Gain => ({
      id,
      ref,
      low: levelIn(this.of(id).versions.get(ref)!),
    }));
    const unreal = [...this.phantoms].map(([ref, low]): Gain => ({ id: '', ref, low }));
    date([...early.flatMap((id) => this.settle(id, changes)), ...unnamed, ...unreal]);

    // What its date names can be settled only now; its one entry has that date.
    for (const [ref, id] of this.nameless) {
      const { versions } = this.of(id);
      const key = instantKey(formatTimestamp(dates.get(ref) as Micros)) as string;
      versions.set(ref, { ...(versions.get(ref) as V), key });
    }
    const gains = [...late].flatMap((id) => this.settle(id, changes));
    for (const { id, ref, ranges } of gains)
      if (this.nameless.has(ref))
        changes.inserts.push({ id, ref, date: dates.get(ref) as Micros, ranges: ranges as Ranges });
    date(gains.filter(({ ref }) => !this.nameless.has(ref)));
    changes.inserts.sort((a, b) => a.date - b.date);
    return { ...changes, dates, last: newest };
  }

  /** @returns what one object gains. */
  private settle(id: string, { cuts, spent }: { cuts: ObjectEntry[]; spent: ObjectEntry[] }): Gain[] {
    const { versions, entries } = this.of(id);
    const { kept, gained } = settle([...versions.values()], entries, this.classes);
    if (entries.length > 0) {
      const left = new Map(kept.map((e) => [e.date, e]));
      for (const entry of entries) {
        const still = left.get(entry.date);
        if (!still) spent.push({ id, ...entry });
        else if (!same(still.ranges, entry.ranges)) cuts.push({ id, ...still });
      }
    }
    // Its publisher is told dates: that of a new version does not depend on who else answers in its place (D7a, D9a).
    const lowOf = ({ ref, ranges }: Omit<Entry, 'date'>): number =>
      ref < 0 ? levelIn(versions.get(ref) as V) : lowestLevel(ranges);
    return gained.map((gain) => ({ id, ...gain, low: lowOf(gain) }));
  }

  private of(id: string): Standing<V> {
    const object = objectOf(id);
    const found = this.objects.get(object) ?? { versions: new Map<Ref, V>(), entries: [] };
    this.objects.set(object, found);
    return found;
  }
}
