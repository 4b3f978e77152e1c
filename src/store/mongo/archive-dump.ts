/** All of a store out. */
import { randomUUID } from 'node:crypto';
import type { Filter } from 'mongodb';
import type { Organisation, Principal } from '../../domain/access';
import type { Micros } from '../../domain/timestamp';
import type { ApiToken } from '../../domain/tokens';
import { objectOf } from '../../domain/unit';
import type { ArchiveRecord, ArchiveStore } from '../archive';
import { archivedObject, archivedStatus } from './archived';
import { settleTold, toAuditRecord } from './audit';
import { handGrants, type CatalogReader } from './catalog';
import { readChunks } from './chunks';
import { NOTHING } from './effects';
import type { Link } from './link';
import { look } from './look';
import type { Span } from './spans';
import type { EntryDoc } from './tables';
import { walkObjects } from './walk';
import type { Worker } from './work';

/** Rounds in which a dump follows those who write; then times that it holds them, and tries for each to be the faster one. */
const ROUNDS = 4;
const MOST_HOLDS = 5;
const MOST_TRIES = 50;

/** @param rounds before those who write are held; replaced in tests. */
export function dumper(worker: Worker, catalog: CatalogReader, rounds = ROUNDS): ArchiveStore['dump'] {
  const { connection, log } = worker;
  const { tables } = connection;

  /** Some objects as of one moment; where one of many is cut again and again while they are looked at, fewer at once. */
  async function* objectsNow(
    c: string,
    uuids: readonly string[],
  ): AsyncGenerator<{ last: Micros; docs: EntryDoc[] }> {
    const u = { $in: [...uuids] };
    const found = await look<{ last: Micros; docs: EntryDoc[] } | 'disturbed'>(
      worker,
      c,
      async ({ last }, session) => {
        const docs = await tables.entries.find({ c, u, date: { $lte: last } }, { session }).toArray();
        const within = docs.map(({ date }): Span => [date, date]);
        // What comes later is found by the next round.
        return { value: async () => ({ last, docs }), within, open: false };
      },
      { shorten: () => (uuids.length > 1 ? 'disturbed' : undefined) },
    );
    if (found !== 'disturbed') {
      yield found;
      return;
    }
    const half = Math.ceil(uuids.length / 2);
    yield* objectsNow(c, uuids.slice(0, half));
    yield* objectsNow(c, uuids.slice(half));
  }

  async function* recordsOf(c: string, filter: Filter<EntryDoc>, tip: Link): AsyncGenerator<ArchiveRecord> {
    let said = tip.last;
    for await (const uuids of walkObjects(tables, c, filter)) {
      for await (const { last, docs } of objectsNow(c, uuids)) {
        if (last !== said) yield { kind: 'last', collection: c, date: last };
        said = last;
        const objects = new Map<string, EntryDoc[]>();
        for (const doc of docs) {
          const of = objects.get(objectOf(doc.o));
          if (of) of.push(doc);
          else objects.set(objectOf(doc.o), [doc]);
        }
        const words = tip.audiences ? await tables.words.find({ c, u: { $in: uuids } }).toArray() : [];
        for (const [object, of] of objects) {
          // What a drop left holds a place here, and means nothing elsewhere.
          const standing =
            of.find((doc) => doc.state === 'live') ?? of.find((doc) => doc.state === 'removed');
          const said = words.filter(({ o }) => o === object);
          if (standing) yield archivedObject(c, standing.o, of, said);
        }
      }
    }
  }

  /** What a collection holds as of a tip, or what changed in it since an earlier one. */
  async function* changesOf(c: string, before: Link | undefined, tip: Link): AsyncGenerator<ArchiveRecord> {
    yield { kind: 'last', collection: c, date: tip.last };
    if (!before) {
      yield* recordsOf(c, {}, tip);
      return;
    }
    const cut = await log.cutsBetween(c, before, tip);
    const spans: Span[] = [...cut, [before.last + 1, tip.last]];
    const within = spans.map(([from, to]): Filter<EntryDoc> => ({ date: { $gte: from, $lte: to } }));
    yield* recordsOf(c, { $or: within }, tip);
  }

  /**
   * Follows the collections that move while they are held, for less than a second: who writes there waits.
   *
   * @param tips where they were; moved on. @returns whether all collections stand as of one moment.
   */
  async function* heldRound(
    ids: readonly string[],
    moving: readonly string[],
    tips: Map<string, Link>,
  ): AsyncGenerator<ArchiveRecord, boolean> {
    const held = await Promise.all(
      moving.map(async (c) => {
        for (let tries = 0; ; tries++) {
          const tip = await log.caughtUp(c);
          const link = await log.hold(c, tip, randomUUID(), NOTHING);
          if (link || tries >= MOST_TRIES) return { c, tip, link };
        }
      }),
    );
    try {
      for (const { c, tip } of held) {
        yield* changesOf(c, tips.get(c), tip);
        tips.set(c, tip);
      }
      const ends = new Map([...tips, ...held.map(({ c, tip, link }) => [c, link ?? tip] as const)]);
      const still = await Promise.all(ids.map((c) => log.isTip(c, ends.get(c) as Link)));
      return held.every(({ link }) => link !== undefined) && still.every(Boolean);
    } finally {
      await Promise.all(held.flatMap(({ c, link }) => (link ? [log.letGo(c, link, NOTHING)] : [])));
    }
  }

  /**
   * All collections, as of one moment. What changed while they were read is read again, less each time, until a round finds
   * every chain where the round before left it. Where publishing leaves no such gap, those that move are held for a last
   * short round. Only where that fails several times, on a database too slow for it, each object is as of a moment of its
   * own between the beginning and the end.
   */
  async function* collectionsOf(ids: readonly string[]): AsyncGenerator<ArchiveRecord> {
    const tips = new Map<string, Link>();
    let moving = [...ids];
    for (let round = 0; round < rounds; round++) {
      moving = [];
      for (const c of ids) {
        const before = tips.get(c);
        const tip = await log.caughtUp(c);
        if (before?.n === tip.n) continue;
        moving.push(c);
        yield* changesOf(c, before, tip);
        tips.set(c, tip);
      }
      if (moving.length === 0) return;
    }
    for (let holds = 0; holds < MOST_HOLDS; holds++) {
      if (yield* heldRound(ids, moving, tips)) return;
      moving = [...ids];
    }
  }

  return async function* dump(): AsyncGenerator<ArchiveRecord> {
    let seq = 0;
    const channels = await catalog.stored();
    yield { kind: 'catalog', channels };
    const organisations = new Map<string, Organisation>();
    for (const { definition } of await tables.organisations.find().sort({ _id: 1 }).toArray()) {
      const organisation = JSON.parse(definition) as Organisation;
      organisations.set(organisation.id, organisation);
      yield { kind: 'organisation', organisation };
    }
    for (const { definition, organisation: of, hash } of await tables.principals
      .find()
      .sort({ _id: 1 })
      .toArray()) {
      const organisation = organisations.get(of);
      if (!organisation) continue;
      const principal = { ...(JSON.parse(definition) as Omit<Principal, 'organisation'>), organisation };
      yield { kind: 'principal', principal, passwordHash: hash };
    }
    for (const { definition, hash: tokenHash, used } of await tables.tokens
      .find({ gone: { $exists: false } })
      .sort({ _id: 1 })
      .toArray()) {
      const token = JSON.parse(definition) as ApiToken;
      yield { kind: 'token', token, tokenHash, ...(used === undefined ? {} : { used }) };
    }
    for (const grant of await handGrants(connection)) yield { kind: 'grant', grant };
    for (const m of await tables.markings.find().toArray())
      yield {
        kind: 'marking',
        id: m.marking,
        organisation: m.organisation,
        collection: m.collection ?? '',
        rank: m.rank,
        trusted: m.trusted,
        authority: m.authority ?? 4,
      };
    // Before the objects: a part that is done by then is among them, and one that is not is done again, which is harmless.
    for await (const doc of tables.statuses.find().sort({ _id: 1 }))
      yield await archivedStatus(connection, doc);
    for await (const { _id: status, chunks, cut = 0, token } of tables.publications.find()) {
      const bytes = await readChunks(connection, status, chunks);
      if (!bytes) continue;
      const body = bytes.toString('base64');
      yield { kind: 'publication', status, body, cut, ...(token === undefined ? {} : { tokenId: token }) };
    }
    await settleTold(connection);
    const collections = channels.flatMap((channel) => channel.collections).map((c) => c.id);
    yield* collectionsOf(collections.sort());
    for await (const { c, n, definition } of tables.audiences
      .find({ c: { $in: collections } })
      .sort({ c: 1, n: 1 }))
      yield { kind: 'audience', collection: c, id: n, definition };
    for await (const doc of tables.audit.find().sort({ at: 1, order: 1 })) {
      yield { kind: 'audit', seq: ++seq, record: toAuditRecord(doc) };
    }
    for await (const { name, started, took, ok, result } of tables.runs.find().sort({ _id: 1 }))
      yield { kind: 'run', seq: ++seq, run: { name, started, took, result, ok } };
    for (const { kind, name, value } of await tables.notes.find().sort({ kind: 1, name: 1 }).toArray())
      yield { kind: 'note', of: kind, name, value };
    for (const { c, organisation, last } of await tables.reads.find().toArray())
      yield { kind: 'reading', reading: { collectionId: c, organisationId: organisation, lastDate: last } };
  };
}
