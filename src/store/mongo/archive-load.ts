/** All of a store in. */
import { ObjectId } from 'mongodb';
import type { Channel } from '../../domain/channel';
import { typeOf } from '../../domain/stix';
import { objectOf } from '../../domain/unit';
import type { ArchivedObject, ArchivedStatus, ArchiveRecord, ArchiveStore } from '../archive';
import { wordDoc } from './addressed';
import { CATALOG, policyChanged } from './catalog';
import { writeChunks } from './chunks';
import { guarded, type Connection } from './connection';
import { markingOf } from './markings';
import { entriesOf } from './archive-entries';
import { uuidOf } from './unit';

/** An id that sorts before every one that is made here later. */
const loadedId = (seq: number): ObjectId => new ObjectId(seq.toString(16).padStart(24, '0'));

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
      await tables.words.deleteMany({ c, o: { $in: of.map((o) => objectOf(o.id)) } });
      const words = of.flatMap(({ id, words: said = [] }) =>
        said.map((word) => wordDoc(c, { id, ...word }, 0)),
      );
      if (words.length > 0) await tables.words.insertMany(words);
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
      case 'audience': {
        const { collection: c, id: n, definition } = record;
        await tables.audiences.replaceOne({ _id: `${c}:${n}` }, { c, n, definition }, { upsert: true });
        const first = { c, n: 1, last: 0, token: 'loaded', applied: true, chunks: 0 };
        await tables.batches.updateOne(
          { _id: `${c}:1` },
          { $max: { audiences: n }, $setOnInsert: first },
          { upsert: true },
        );
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
