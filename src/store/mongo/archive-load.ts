/** All of a store in. */
import { ObjectId } from 'mongodb';
import type { Channel } from '../../domain/channel';
import { QUESTIONS, type Question, type Range } from '../../domain/entries';
import { typeOf, type StixObject } from '../../domain/stix';
import type { ArchivedObject, ArchivedStatus, ArchiveRecord, ArchiveStore } from '../archive';
import { CATALOG, policyChanged } from './catalog';
import { writeChunks } from './chunks';
import { guarded, type Connection } from './connection';
import { markingOf } from './markings';
import type { EntryDoc } from './tables';
import { uuidOf } from './unit';

/** An id that sorts before every one that is made here later. */
const loadedId = (seq: number): ObjectId => new ObjectId(seq.toString(16).padStart(24, '0'));

/** By question; what is not told answers nothing. */
const rangesOf = (ranges: readonly Range[]): Record<Question, Range> =>
  Object.fromEntries(QUESTIONS.map((q, i) => [q, ranges[i] ?? 0])) as Record<Question, Range>;

/** An object's entries as they stood elsewhere; what was removed gets stones without a date of their own. */
function entriesOf({ collection: c, id: o, versions, removed }: ArchivedObject): EntryDoc[] {
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
    _id: `${c}:removed:${o}:${key}`,
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

export function loader(connection: Connection): ArchiveStore['load'] {
  const { tables } = connection;

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
          ...(person.certificate && { certificates: person.certificate.matches }),
        };
        await tables.principals.replaceOne({ _id: person.id }, doc, { upsert: true });
        return;
      }
      case 'token': {
        const { token, tokenHash: hash, used } = record;
        const doc = {
          principal: token.principalId,
          name: token.name,
          hash,
          definition: JSON.stringify(token),
          ...(used === undefined ? {} : { used }),
        };
        await tables.tokens.replaceOne({ _id: token.id }, doc, { upsert: true });
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
          {
            at: connection.clock(),
            chunks,
            bytes: body.length,
            cut: record.cut ?? 0,
            ...(record.tokenId === undefined ? {} : { token: record.tokenId }),
          },
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

  return (records) =>
    guarded(async () => {
      const objects = records.filter((r) => r.kind === 'object');
      for (const record of records) if (record.kind !== 'object') await loadOne(record);
      await loadObjects(objects);
    });
}
