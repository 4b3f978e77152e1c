/** All of a store out, and in. */
import { ObjectId, type Filter } from 'mongodb';
import { objectOf } from '../../domain/unit';
import type { Organisation, Principal } from '../../domain/access';
import type { Channel } from '../../domain/channel';
import { QUESTIONS, type Question, type Range } from '../../domain/entries';
import { typeOf, type StixObject } from '../../domain/stix';
import type { Micros } from '../../domain/timestamp';
import type {
  ArchivedObject,
  ArchivedStatus,
  ArchivedVersion,
  ArchiveRecord,
  ArchiveStore,
} from '../archive';
import { settleTold, toAuditRecord } from './audit';
import { readChunks, writeChunks } from './chunks';
import { CATALOG, handGrants, policyChanged, type CatalogReader } from './catalog';
import { guarded } from './connection';
import { markingOf } from './markings';
import type { EntryDoc, StatusDoc } from './tables';
import type { Link } from './log';
import type { Span } from './spans';
import { look } from './look';
import { uuidOf } from './unit';
import { walkObjects } from './walk';
import type { Worker } from './work';

/** Rounds in which a dump follows those who write. */
const MOST_ROUNDS = 10;

function archived(collection: string, id: string, docs: readonly EntryDoc[]): ArchivedObject {
  const live = docs.filter((d) => d.state === 'live').sort((a, b) => a.date - b.date);
  const refs = [...new Set(live.map((d) => d.ref))];
  const oldest = live[0]?.publisher ?? '';
  const versions = refs.map((ref): ArchivedVersion => {
    const own = live.filter((d) => d.ref === ref);
    const [d] = own as [EntryDoc];
    return {
      ...{
        spec: d.spec,
        version: d.version,
        key: d.key,
        digest: d.digest,
        rank: d.rank,
        declared: d.declared,
      },
      ...{ unresolved: [...d.unresolved].sort(), cited: [...(d.cited ?? d.unresolved)].sort() },
      ...{ publisher: d.publisher, owner: d.owner ?? oldest, body: d.body },
      entries: own.map((e) => ({ date: e.date, ranges: QUESTIONS.map((q) => e[q]) })),
    };
  });
  versions.sort((a, b) => (a.entries[0]?.date ?? 0) - (b.entries[0]?.date ?? 0));
  const standing = new Set(live.map((d) => d.key));
  const gone = new Map(
    docs.filter((d) => d.state === 'removed' && !standing.has(d.key)).map((d) => [d.key, d.rank] as const),
  );
  const removed = [...gone].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, rank]) => ({ key, rank }));
  return { kind: 'object', collection, id, versions, removed };
}

/** An id that sorts before every one that is made here later. */
const loadedId = (seq: number): ObjectId => new ObjectId(seq.toString(16).padStart(24, '0'));

/** An object's entries as they stood elsewhere; what was removed gets stones without a date of their own. */
function entriesOf({ collection: c, id: o, versions, removed }: ArchivedObject): EntryDoc[] {
  const common = { c, o, u: uuidOf(o), type: typeOf(o), by: 0 };
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const live = versions.flatMap((v) => {
    const object = JSON.parse(v.body) as StixObject;
    const ref = v.entries[0]?.date ?? 0;
    return v.entries.map(({ date, ranges }): EntryDoc => ({
      ...{
        _id: `${c}:${date}`,
        ...common,
        o: text(object['id']) ?? o,
        date,
        ref,
        state: 'live',
        spec: v.spec,
        version: v.version,
        key: v.key,
      },
      ...{
        digest: v.digest,
        rank: v.rank,
        declared: v.declared,
        unresolved: v.unresolved,
        cited: v.cited ?? v.unresolved,
        publisher: v.publisher,
        ...(v.owner === undefined ? {} : { owner: v.owner }),
      },
      ...{ created: text(object['created']), createdBy: text(object['created_by_ref']) },
      ...{ revoked: object['revoked'] === true, size: Buffer.byteLength(v.body), body: v.body },
      ...(Object.fromEntries(QUESTIONS.map((q, i) => [q, ranges[i] ?? 0])) as Record<Question, Range>),
    }));
  });
  const stones = removed.map(({ key, rank }, i): EntryDoc => ({
    ...{
      _id: `${c}:removed:${o}:${key}`,
      ...common,
      date: -1 - i,
      ref: -1 - i,
      state: 'removed',
      spec: '',
      version: '',
    },
    ...{
      key,
      digest: '',
      rank,
      declared: null,
      unresolved: [],
      publisher: '',
      created: null,
      createdBy: null,
    },
    ...{ revoked: false, size: 0, body: '' },
    ...(Object.fromEntries(QUESTIONS.map((q) => [q, 0])) as Record<Question, Range>),
  }));
  return [...live, ...stones];
}

export function mongoArchive(worker: Worker, catalog: CatalogReader): ArchiveStore {
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
        return { value: { last, docs }, within: docs.map(({ date }) => [date, date]) };
      },
      () => (uuids.length > 1 ? 'disturbed' : undefined),
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
        for (const of of objects.values()) {
          // What a drop left holds a place here, and means nothing elsewhere.
          const standing =
            of.find((doc) => doc.state === 'live') ?? of.find((doc) => doc.state === 'removed');
          if (standing) yield archived(c, standing.o, of);
        }
      }
    }
  }

  /**
   * All collections. What changed while they were read is read again, less each time; once a round finds every chain where
   * the round before left it, all of them stand as of one moment. Where publishing never pauses there is no such round:
   * then each object is whole and as of a moment of its own between the beginning and the end.
   */
  async function* collectionsOf(ids: readonly string[]): AsyncGenerator<ArchiveRecord> {
    const tips = new Map<string, Link>();
    for (let round = 0; round < MOST_ROUNDS; round++) {
      let moved = false;
      for (const c of ids) {
        const before = tips.get(c);
        const tip = await log.settled(c);
        if (before?.n === tip.n) continue;
        moved = true;
        tips.set(c, tip);
        yield { kind: 'last', collection: c, date: tip.last };
        if (!before) yield* recordsOf(c, {}, tip);
        else {
          const cut = await log.cutsBetween(c, before, tip);
          const spans: Span[] = [...cut, [before.last + 1, tip.last]];
          yield* recordsOf(
            c,
            { $or: spans.map(([from, to]): Filter<EntryDoc> => ({ date: { $gte: from, $lte: to } })) },
            tip,
          );
        }
      }
      if (!moved) return;
    }
  }

  async function statusOf(doc: StatusDoc): Promise<ArchivedStatus> {
    const done = await tables.parts.find({ status: doc._id }).sort({ part: 1 }).toArray();
    const complete = done.some((p) => p.last);
    const waiting = complete
      ? []
      : await tables.pendings.find({ status: doc._id }).sort({ part: 1 }).toArray();
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
      ...{ kind: 'status', id: doc._id, root: doc.root, collection: doc.c, principal: doc.principal },
      ...{ requested: doc.requested, total: doc.total, complete, partsDone: done.length },
      // A part without any verdict says nothing.
      parts: parts.filter((p) => p.successes.length + p.failures.length + p.pendings.length > 0),
    };
  }

  async function* dump(): AsyncGenerator<ArchiveRecord> {
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
    for (const grant of await handGrants(connection)) yield { kind: 'grant', grant };
    for (const m of await tables.markings.find().toArray())
      yield {
        ...{ kind: 'marking', id: m.marking, organisation: m.organisation, collection: m.collection ?? '' },
        ...{ rank: m.rank, trusted: m.trusted, authority: m.authority ?? 4 },
      };
    // Before the objects: a part that is done by then is among them, and one that is not is done again, which is harmless.
    for await (const doc of tables.statuses.find().sort({ _id: 1 })) yield await statusOf(doc);
    for await (const { _id: status, chunks, cut = 0 } of tables.publications.find()) {
      const body = await readChunks(connection, status, chunks);
      if (body) yield { kind: 'publication', status, body: body.toString('base64'), cut };
    }
    await settleTold(connection);
    const collections = channels.flatMap((channel) => channel.collections).map((c) => c.id);
    yield* collectionsOf(collections.sort());
    for await (const doc of tables.audit.find().sort({ at: 1, order: 1 })) {
      yield { kind: 'audit', seq: ++seq, record: toAuditRecord(doc) };
    }
    for await (const { name, started, took, ok, result } of tables.runs.find().sort({ _id: 1 }))
      yield { kind: 'run', seq: ++seq, run: { name, started, took, result, ok } };
    for (const { kind, name, value } of await tables.notes.find().sort({ kind: 1, name: 1 }).toArray())
      yield { kind: 'note', of: kind, name, value };
    for (const { c, organisation, last } of await tables.reads.find().toArray())
      yield { kind: 'reading', reading: { collectionId: c, organisationId: organisation, lastDate: last } };
  }

  async function loadObjects(objects: readonly ArchivedObject[]): Promise<void> {
    const latest = new Map(objects.map((o) => [`${o.collection} ${o.id}`, o]));
    const byCollection = new Map<string, ArchivedObject[]>();
    for (const o of latest.values())
      byCollection.set(o.collection, [...(byCollection.get(o.collection) ?? []), o]);
    for (const [c, of] of byCollection) {
      for (const type of new Set(of.map((o) => typeOf(o.id)))) {
        const some = of.filter((o) => typeOf(o.id) === type).map((o) => uuidOf(o.id));
        await tables.entries.deleteMany({ c, type, u: { $in: some } });
      }
      const docs = of.flatMap(entriesOf);
      for (let i = 0; i < docs.length; i += 500) await tables.entries.insertMany(docs.slice(i, i + 500));
    }
  }

  async function loadStatus(s: ArchivedStatus): Promise<void> {
    const doc = {
      root: s.root,
      c: s.collection,
      principal: s.principal,
      requested: s.requested,
      total: s.total,
    };
    await tables.statuses.replaceOne(
      { _id: s.id },
      { ...doc, ...(s.complete ? { complete: true } : {}) },
      { upsert: true },
    );
    await tables.parts.deleteMany({ status: s.id });
    await tables.pendings.deleteMany({ status: s.id });
    for (let part = 0; part < Math.max(s.partsDone, s.complete ? 1 : 0); part++) {
      const own = s.parts.find((p) => p.part === part);
      const last = s.complete && part === Math.max(s.partsDone, 1) - 1;
      const { successes = [], failures = [] } = own ?? {};
      await tables.parts.insertOne({ _id: `${s.id}:${part}`, status: s.id, part, last, successes, failures });
    }
    for (const { part, pendings, failures } of s.parts) {
      if (part < s.partsDone) continue;
      if (s.complete && failures.length > 0)
        await tables.parts.replaceOne(
          { _id: `${s.id}:abandoned` },
          { status: s.id, part: Number.MAX_SAFE_INTEGER, last: true, successes: [], failures },
          { upsert: true },
        );
      if (pendings.length > 0)
        await tables.pendings.insertOne({ _id: `${s.id}:${part}`, status: s.id, part, items: [...pendings] });
    }
  }

  async function loadOne(record: Exclude<ArchiveRecord, ArchivedObject>): Promise<void> {
    switch (record.kind) {
      case 'catalog':
        await tables.meta.updateOne(
          { _id: CATALOG },
          { $set: { value: JSON.stringify(record.channels satisfies readonly Channel[]) } },
          { upsert: true },
        );
        await policyChanged(connection);
        return;
      case 'organisation': {
        const { id, name, identity } = record.organisation;
        const doc = {
          name,
          ...(identity === undefined ? {} : { identity }),
          definition: JSON.stringify(record.organisation),
        };
        await tables.organisations.replaceOne({ _id: id }, doc, { upsert: true });
        return;
      }
      case 'principal': {
        const { organisation, ...person } = record.principal;
        const doc = {
          name: person.name,
          organisation: organisation.id,
          hash: record.passwordHash,
          definition: JSON.stringify(person),
        };
        await tables.principals.replaceOne({ _id: person.id }, doc, { upsert: true });
        return;
      }
      case 'grant': {
        const doc = { c: record.grant.collectionId, definition: JSON.stringify(record.grant) };
        await tables.grants.replaceOne({ _id: record.grant.id }, doc, { upsert: true });
        return;
      }
      case 'marking': {
        const { id: marking, organisation, collection = '', rank, trusted: curated, authority = 4 } = record;
        const doc = markingOf({ marking, organisation, collection, rank, curated, authority });
        await tables.markings.replaceOne({ _id: doc._id }, doc, { upsert: true });
        return;
      }
      case 'last': {
        const { collection: c, date } = record;
        if (date === 0) return;
        const doc = { c, n: 1, last: date, token: 'loaded', applied: true, chunks: 0 };
        await tables.batches.replaceOne({ _id: `${c}:1` }, doc, { upsert: true });
        return;
      }
      case 'status':
        return loadStatus(record);
      case 'publication': {
        await tables.chunks.deleteMany({ token: record.status });
        const body = Buffer.from(record.body, 'base64');
        const chunks = await writeChunks(connection, record.status, body);
        await tables.publications.replaceOne(
          { _id: record.status },
          { at: connection.clock(), chunks, bytes: body.length, cut: record.cut ?? 0 },
          { upsert: true },
        );
        return;
      }
      case 'audit':
        await tables.audit.replaceOne(
          { _id: `loaded:${record.seq}` },
          { order: record.seq, ...record.record },
          { upsert: true },
        );
        return;
      case 'run':
        await tables.runs.replaceOne({ _id: loadedId(record.seq) }, { ...record.run }, { upsert: true });
        return;
      case 'note':
        await tables.notes.replaceOne(
          { _id: `${record.of} ${record.name}` },
          { kind: record.of, name: record.name, value: record.value },
          { upsert: true },
        );
        return;
      case 'reading': {
        const { collectionId: c, organisationId: organisation, lastDate: last } = record.reading;
        await tables.reads.replaceOne(
          { _id: `${c} ${organisation}` },
          { c, organisation, last },
          { upsert: true },
        );
      }
    }
  }

  return {
    empty: () =>
      guarded(async () => {
        for (const name of ['entries', 'organisations', 'statuses', 'batches'] as const)
          if (await tables[name].findOne({})) return false;
        return (await catalog.stored()).length === 0;
      }),
    objects: () =>
      guarded(async () => {
        let count = 0;
        for (const { id } of (await catalog.stored()).flatMap((channel) => channel.collections))
          for await (const uuids of walkObjects(tables, id, { state: 'live' })) count += uuids.length;
        return count;
      }),
    dump,
    load: (records) =>
      guarded(async () => {
        const objects = records.filter((r) => r.kind === 'object');
        for (const record of records) if (record.kind !== 'object') await loadOne(record);
        await loadObjects(objects);
      }),
  };
}
