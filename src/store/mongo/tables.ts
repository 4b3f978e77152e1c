/** What is kept where: the documents of each collection of the database, and the indexes. */
import type { Binary, Collection, IndexSpecification } from 'mongodb';
import type { Question } from '../../domain/entries';
import type { Range } from '../../domain/regions';
import type { StatusDetails } from '../../domain/taxii';
import type { Micros } from '../../domain/timestamp';
import type { Rank } from '../../domain/tlp';

/**
 * One entry (src/domain/entries.ts) with the version that it lists, so that a page is one scan of one index. What was
 * taken out stays as a stone without its body, so that a process that was asleep in the middle of an old batch finds the
 * place taken: for a while if it is spent (prune.ts), for ever if its version was removed, for DELETE tells what is gone
 * from what never was.
 */
export interface EntryDoc extends Record<Question, Range> {
  /** `<collection>:<date>` */
  readonly _id: string;
  readonly c: string;
  readonly date: Micros;
  /** The date of the version's first entry: the store's name for the version. */
  readonly ref: Micros;
  /** The object's id, and the UUID in it. */
  readonly o: string;
  readonly u: string;
  readonly type: string;
  readonly spec: string;
  readonly version: string;
  readonly key: string;
  readonly digest: string;
  readonly created: string | null;
  readonly createdBy: string | null;
  readonly revoked: boolean;
  readonly publisher: string;
  readonly size: number;
  /** live: answers questions; spent: another entry of the version answers them; removed: the version is gone. */
  readonly state: 'live' | 'spent' | 'removed';
  /** Who may see it, as one number (levelOf in src/domain/audience.ts): a rank, if everyone may who reaches it. */
  readonly rank: number;
  readonly declared: Rank | null;
  readonly unresolved: readonly string[];
  /** All marking definitions that it cites but TLP's own; not there in what was written before it was kept. */
  readonly cited?: readonly string[];
  /** The organisation that the object belonged to when it came (D8a); not there in what was written before it was kept. */
  readonly owner?: string;
  /** false: the version is neither "last" nor "first" for anybody, and no new one changes what it answers. */
  readonly edge?: boolean;
  readonly body: string;
  /** The batch that settled it last. */
  readonly by: number;
  /** Of what is spent: when it may be pruned ({@link stoneOf}); not there in what was spent before it was kept. */
  readonly stone?: string;
}

/** Sorts by collection and batch: one index that holds nothing but stones. */
export const stoneOf = (c: string, n: number): string => `${c}:${String(n).padStart(16, '0')}`;
/** The stones of batches up to one. */
export const stonesUpTo = (c: string, n: number): { readonly $gt: string; readonly $lte: string } => ({
  $gt: `${c}:`,
  $lte: stoneOf(c, n),
});

/** A link of a collection's chain: see chain.ts. */
export interface BatchDoc {
  /** `<collection>:<n>` */
  readonly _id: string;
  readonly c: string;
  readonly n: number;
  readonly last: Micros;
  /** Where it cuts: the first and last date of each span; an earlier version did not say. */
  readonly cuts?: readonly Micros[];
  /** Who wrote it: names its chunks, and tells a writer that lost the answer whether it won. */
  readonly token: string;
  /** When it was written; an earlier version did not say. */
  readonly at?: Micros;
  readonly applied: boolean;
  readonly chunks: number;
  readonly data?: Binary;
  /** Bytes of the largest object that this batch or any before it added. */
  readonly largest?: number;
  /** The number of the last audience that this batch or any before it defined. */
  readonly audiences?: number;
  /** Of the first batch, which stays: the mark up to which the others were pruned, or may be at any time. */
  readonly pruned?: number;
  /** Of the first batch: a mark, and an instant at which it stood. */
  readonly since?: { readonly n: number; readonly at: Micros };
}

/** A class of readers (src/domain/audience.ts). */
export interface AudienceDoc {
  /** `<collection>:<n>` */
  readonly _id: string;
  readonly c: string;
  readonly n: number;
  readonly definition: string;
}

/** What an owner said last of who may see an object: it outlives the versions. */
export interface WordDoc {
  /** `<collection> <object> <owner>` */
  readonly _id: string;
  readonly c: string;
  /** The object, its UUID in lower case, and the UUID. */
  readonly o: string;
  readonly u: string;
  readonly owner: string;
  readonly audience: number;
  /** The batch that wrote it last. */
  readonly by: number;
}

export interface ChunkDoc {
  /** `<token>:<number>` */
  readonly _id: string;
  readonly token: string;
  readonly at: Micros;
  readonly data: Binary;
}

export interface StatusDoc {
  readonly _id: string;
  readonly root: string;
  readonly c: string;
  readonly principal: string;
  readonly requested: Micros;
  readonly total: number;
  readonly complete?: boolean;
  /** How far it is: parts, successes, failures. Statuses of before have none of it; their parts are counted. */
  readonly done?: number;
  readonly success?: number;
  readonly failure?: number;
}

export interface StatusPartDoc {
  /** `<status>:<part>`, or `<status>:abandoned` */
  readonly _id: string;
  readonly status: string;
  readonly part: number;
  readonly last: boolean;
  readonly successes: readonly StatusDetails[];
  readonly failures: readonly StatusDetails[];
}

export interface AuditDoc {
  readonly _id: string;
  readonly at: Micros;
  readonly order: number;
  readonly principal: string;
  readonly action: string;
  readonly collection: string;
  readonly subject: string;
  readonly detail: string;
  readonly behalf?: string;
}

/** What changes with a document, in the one write that changes it: see audit.ts. */
export interface Telling {
  /** Lists of AuditDoc as JSON, until they stand in the audit. */
  readonly told?: readonly string[];
}

export interface MarkingDoc {
  /** `<marking> <organisation> <collection> <rank> <trusted> <authority>` */
  readonly _id: string;
  readonly marking: string;
  readonly organisation: string;
  /** The collection that took it; not there in what was written before it was kept. */
  readonly collection?: string;
  readonly rank: Rank | null;
  /** Whether a curator of the collection published it. */
  readonly trusted: boolean;
  /** What its author may open (src/domain/markings.ts); not there in what was written before it was kept. */
  readonly authority?: Rank;
}

export interface TokenDoc extends Telling {
  readonly _id: string;
  readonly principal: string;
  readonly name: string;
  readonly hash: string;
  readonly definition: string;
  /** When it last signed somebody in. */
  readonly used?: Micros;
  /** Taken away; it stays until the audit says so. */
  readonly gone?: true;
}

/** Somebody's turn: of a job (lease.ts, with `job`, `fence` and `tick`) or of a writer (work.ts). */
export interface LeaseDoc {
  readonly _id: string;
  readonly holder: string;
  readonly until: Micros;
  readonly job?: string;
  readonly fence?: number;
  /** The newest instant that the job was taken for. */
  readonly tick?: Micros | null;
}

export interface Tables {
  readonly entries: Collection<EntryDoc>;
  readonly batches: Collection<BatchDoc>;
  readonly chunks: Collection<ChunkDoc>;
  readonly audiences: Collection<AudienceDoc>;
  readonly words: Collection<WordDoc>;
  readonly statuses: Collection<StatusDoc>;
  readonly parts: Collection<StatusPartDoc>;
  readonly pendings: Collection<{ _id: string; status: string; part: number; items: StatusDetails[] }>;
  readonly publications: Collection<{
    _id: string;
    at: Micros;
    chunks: number;
    /** Those of before have none of this. */
    bytes?: number;
    cut?: number;
    parts?: number;
    /** By which token it was accepted. */
    token?: string;
    /** How often each part was set about, by its number. */
    begun?: Readonly<Record<string, number>>;
  }>;
  readonly audit: Collection<AuditDoc>;
  readonly markings: Collection<MarkingDoc>;
  readonly meta: Collection<
    { _id: string; value: string; ranking?: Readonly<Record<string, Rank>> } & Telling
  >;
  readonly grants: Collection<{ _id: string; c: string; definition: string; gone?: true } & Telling>;
  readonly organisations: Collection<
    { _id: string; name: string; identity?: string; definition: string } & Telling
  >;
  readonly principals: Collection<
    {
      _id: string;
      name: string;
      organisation: string;
      hash: string;
      definition: string;
      /** What its certificates are known by. */
      certificates?: readonly string[];
    } & Telling
  >;
  readonly tokens: Collection<TokenDoc>;
  readonly leases: Collection<LeaseDoc>;
  readonly runs: Collection<{ name: string; started: Micros; took: Micros; ok: boolean; result: string }>;
  readonly notes: Collection<{ _id: string; kind: string; name: string; value: string }>;
  readonly reads: Collection<{ _id: string; c: string; organisation: string; last: Micros }>;
}

/** Which index serves which query; `unique` ones are promises. */
export const INDEXES: readonly [keyof Tables, IndexSpecification, { unique?: true; sparse?: true }][] = [
  // A page: one scan for each range of ranks, merged by date.
  ['entries', { c: 1, latest_all: 1, date: 1 }, {}],
  ['entries', { c: 1, latest_last: 1, date: 1 }, {}],
  ['entries', { c: 1, latest_first: 1, date: 1 }, {}],
  ['entries', { c: 1, type: 1, latest_all: 1, date: 1 }, {}],
  ['entries', { c: 1, type: 1, latest_last: 1, date: 1 }, {}],
  // What stands of an object, and whatever stands under its UUID.
  ['entries', { c: 1, u: 1, edge: 1 }, {}],
  // By date: retention, the check.
  ['entries', { c: 1, date: 1 }, {}],
  // Who waits for a marking definition.
  ['entries', { unresolved: 1 }, {}],
  ['entries', { cited: 1 }, {}],
  // What may be pruned.
  ['entries', { stone: 1 }, { sparse: true }],
  // The newest batch; that a place is taken once is what _id is for.
  ['batches', { c: 1, n: 1 }, {}],
  ['chunks', { token: 1 }, {}],
  ['audiences', { c: 1, n: 1 }, {}],
  ['words', { c: 1, u: 1 }, {}],
  ['parts', { status: 1 }, {}],
  ['pendings', { status: 1 }, {}],
  ['statuses', { requested: 1 }, {}],
  ['audit', { at: 1, order: 1 }, {}],
  ['markings', { marking: 1 }, {}],
  ['organisations', { name: 1 }, { unique: true }],
  ['organisations', { identity: 1 }, { unique: true, sparse: true }],
  ['principals', { name: 1 }, { unique: true }],
  // Sparse: who has none is not in it; whose certificate it is, is decided by it.
  ['principals', { certificates: 1 }, { unique: true, sparse: true }],
  ['tokens', { principal: 1, name: 1 }, { unique: true }],
  ['notes', { kind: 1, name: 1 }, {}],
];
