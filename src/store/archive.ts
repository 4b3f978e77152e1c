/** What a store holds, in words that every store understands: for backups, and for moving from one kind to another. */
import { createHash } from 'node:crypto';
import type { Organisation, Principal } from '../domain/access';
import { audienceIn, type ClassId } from '../domain/audience';
import type { Channel } from '../domain/channel';
import type { Range } from '../domain/regions';
import type { StatusDetails } from '../domain/taxii';
import type { Micros } from '../domain/timestamp';
import type { ApiToken } from '../domain/tokens';
import type { Rank } from '../domain/tlp';
import type { JobRun, Reading } from './house';
import type { HandGrant } from './people';
import type { AuditRecord } from './records';

export interface ArchivedVersion {
  readonly spec: string;
  readonly version: string;
  readonly key: string;
  readonly digest: string;
  /** Who may see it, as one number ({@link levelOf}): a rank, if everyone may who reaches it. */
  readonly rank: number;
  readonly declared: Rank | null;
  /** Marking definitions that it waits for, in order. */
  readonly unresolved: readonly string[];
  /** All marking definitions that it cites but TLP's own, in order; those that it waits for where that was not kept. */
  readonly cited?: readonly string[];
  readonly publisher: string;
  /** The organisation that its object belonged to (D8a); the publisher where that was not kept. */
  readonly owner?: string;
  readonly body: string;
  /** By date; ranges in the order of QUESTIONS (src/domain/entries.ts). */
  readonly entries: readonly { readonly date: Micros; readonly ranges: readonly Range[] }[];
}

export interface ArchivedObject {
  readonly kind: 'object';
  readonly collection: string;
  readonly id: string;
  /** By the date of their first entry. */
  readonly versions: readonly ArchivedVersion[];
  /** Versions that were removed, by key; each as far down as any was of its audience. */
  readonly removed: readonly Stone[];
  /** By owner; not there where nothing was said. */
  readonly words?: readonly ArchivedWord[];
}

/** What is left of a removed version. */
export interface Stone {
  readonly key: string;
  /** As of {@link ArchivedVersion}. */
  readonly rank: number;
}

/** What an owner said last of who may see an object. */
export interface ArchivedWord {
  readonly owner: string;
  readonly audience: ClassId;
}

/** The lowest of each key and audience, in order. */
export function lowestStones(stones: readonly Stone[]): Stone[] {
  const placeOf = ({ key, rank }: Stone): string => JSON.stringify([key, audienceIn(rank)]);
  const found = new Map<string, Stone>();
  for (const stone of stones) {
    const before = found.get(placeOf(stone));
    if (!before || stone.rank < before.rank) found.set(placeOf(stone), stone);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stone]) => stone);
}

export interface ArchivedStatus {
  readonly kind: 'status';
  readonly id: string;
  readonly root: string;
  readonly collection: string;
  readonly principal: string;
  readonly requested: Micros;
  readonly total: number;
  readonly complete: boolean;
  readonly partsDone: number;
  /** By number. */
  readonly parts: readonly {
    readonly part: number;
    readonly successes: readonly StatusDetails[];
    readonly failures: readonly StatusDetails[];
    readonly pendings: readonly StatusDetails[];
  }[];
}

export type ArchiveRecord =
  | { readonly kind: 'catalog'; readonly channels: readonly Channel[] }
  | { readonly kind: 'organisation'; readonly organisation: Organisation }
  | { readonly kind: 'principal'; readonly principal: Principal; readonly passwordHash: string }
  | { readonly kind: 'token'; readonly token: ApiToken; readonly tokenHash: string; readonly used?: Micros }
  | { readonly kind: 'grant'; readonly grant: HandGrant }
  | {
      readonly kind: 'marking';
      readonly id: string;
      readonly organisation: string;
      /** The collection that took it; not there if that is not known. */
      readonly collection?: string;
      readonly rank: Rank | null;
      /** Whether a curator of the collection published it. */
      readonly trusted: boolean;
      /** What its author may open (src/domain/markings.ts); everything where that was not kept. */
      readonly authority?: Rank;
    }
  /** A class of readers that a collection knows (src/domain/audience.ts), as JSON. */
  | {
      readonly kind: 'audience';
      readonly collection: string;
      readonly id: ClassId;
      readonly definition: string;
    }
  | ArchivedObject
  /** The newest date that a collection has given. */
  | { readonly kind: 'last'; readonly collection: string; readonly date: Micros }
  | ArchivedStatus
  /** A publication that is being worked off; the body in base64. */
  | {
      readonly kind: 'publication';
      readonly status: string;
      readonly body: string;
      readonly cut?: number;
      readonly tokenId?: string;
    }
  /** `seq`: its place among its kind, so that loading it twice is as once. */
  | { readonly kind: 'audit'; readonly seq: number; readonly record: AuditRecord }
  | { readonly kind: 'run'; readonly seq: number; readonly run: JobRun }
  | { readonly kind: 'note'; readonly of: string; readonly name: string; readonly value: string }
  | { readonly kind: 'reading'; readonly reading: Reading };

export interface ArchiveStore {
  /** Whether nothing was ever written here, but what a migration notes of itself. */
  empty(): Promise<boolean>;
  /** How many objects there are, for progress. */
  objects(): Promise<number>;
  /**
   * Everything, also while others write. An object that comes twice counts as it came last. What a record needs comes
   * before it. All collections are as of one moment; on a MongoDB too slow to hold those who write for it, each object is
   * whole and as of a moment of its own between the beginning and the end. People, policies and statuses are there as of the
   * beginning: a part that is not done in them is done again, which is harmless.
   */
  dump(): AsyncIterable<ArchiveRecord>;
  /** Writes records as they are, dates and all; one that is there is replaced. For a store that nobody serves. */
  load(records: readonly ArchiveRecord[]): Promise<void>;
}

/** Counts and digests by kind, whatever the order: equal summaries are equal stores. */
export class Summary {
  private readonly kinds = new Map<string, { count: number; sum: Buffer }>();
  /** Of objects and last dates, so that one that comes again replaces itself. */
  private readonly latest = new Map<string, Buffer>();
  private readonly lasts = new Map<string, Micros>();

  add(record: ArchiveRecord): void {
    if (record.kind === 'note' && record.of === 'migration') return;
    if (record.kind === 'last') {
      // A store keeps the newest.
      if (record.date < (this.lasts.get(record.collection) ?? 0)) return;
      this.lasts.set(record.collection, record.date);
    }
    const said = JSON.stringify({ ...record, seq: undefined });
    const digest = createHash('sha256').update(said).digest();
    const kind = this.kinds.get(record.kind) ?? { count: 0, sum: Buffer.alloc(32) };
    this.kinds.set(record.kind, kind);
    if (record.kind === 'object' || record.kind === 'last') {
      // 16 bytes of key and 32 of digest for an object: a million are some 100 MB.
      const which = `${record.collection} ${record.kind === 'object' ? record.id : ''}`;
      const name = createHash('md5').update(which).digest('base64');
      const before = this.latest.get(name);
      this.latest.set(name, digest);
      if (before) {
        mix(kind.sum, before);
        kind.count--;
      }
    }
    mix(kind.sum, digest);
    kind.count++;
  }

  /** @returns by kind, such as `12 9f3c…`. */
  toJSON(): Record<string, string> {
    const found = [...this.kinds].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
      found.map(([kind, { count, sum }]) => [kind, `${count} ${sum.toString('hex')}`]),
    );
  }

  /** @returns by kind. */
  counts(): Record<string, number> {
    return Object.fromEntries(
      [...this.kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, { count }]) => [k, count]),
    );
  }
}

function mix(sum: Buffer, digest: Buffer): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) ^ (digest[i] as number);
}
