/** Appending, removing, ranking anew: the only places where versions come and go. */
import { notFound, type Scope } from '../../domain/access';
import { chooseRemoval, judge, type Candidate } from '../../domain/publication';
import type { Matching } from '../../domain/query';
import { groupOf, typeOf, type StixObject } from '../../domain/stix';
import type { Status, StatusDetails } from '../../domain/taxii';
import { formatTimestamp, instantKey, type Micros } from '../../domain/timestamp';
import { highest, resolveMarks, type Known, type Rank } from '../../domain/tlp';
import type { Part, Removal, Retirement } from '../store';
import type { CatalogReader } from './catalog';
import type { EntryDoc, MarkingDoc } from './connection';
import { statusNow } from './records';
import { rerank } from './rerank';
import { objectKey, uuidOf, type Unit, type Version } from './unit';
import { walkObjects } from './walk';
import type { Worker } from './work';

/** A document holds 16 MB; an object must leave room for what stands beside it. */
const MOST_BYTES = 15 * 1024 * 1024;
const nameOf = ({ collection }: Pick<Scope, 'collection'>): string =>
  `${collection.apiRoot}/${collection.alias}`;
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** What a unit of publishing looks at beside the collection itself. */
interface Surroundings {
  readonly owners: ReadonlyMap<string, string>;
  readonly markings: MarkingDoc[];
}

async function surroundings({ connection: { tables } }: Worker, part: Part): Promise<Surroundings> {
  const candidates = part.members.flatMap((m) => ('candidate' in m ? [m.candidate] : []));
  const identities = candidates
    .flatMap((c) => [c.id, c.createdBy ?? ''])
    .filter((id) => id.startsWith('identity--'));
  const cited = candidates.flatMap((c) => c.marks.cited);
  const organisations =
    identities.length === 0
      ? []
      : await tables.organisations.find({ identity: { $in: [...new Set(identities)] } }).toArray();
  return {
    owners: new Map(organisations.map((o) => [o.identity ?? '', o._id])),
    markings:
      cited.length === 0
        ? []
        : await tables.markings.find({ marking: { $in: [...new Set(cited)] } }).toArray(),
  };
}

/** A stored definition counts for its own organisation's objects, and for everyone's if a curator published it (D5). */
const knownIn =
  (markings: readonly MarkingDoc[], organisation: string) =>
  (id: string): Known => {
    const own = markings.filter((m) => m.marking === id && (m.organisation === organisation || m.trusted));
    return (own.find((m) => m.trusted) ?? own[0])?.rank;
  };

interface Adding {
  readonly scope: Scope<'write'>;
  readonly part: Part;
  readonly unit: Unit;
  readonly around: Surroundings;
  /** Definitions that this unit brings. */
  readonly defined: MarkingDoc[];
}

function addOne(adding: Adding, candidate: Candidate): { ok: boolean; details: StatusDetails } {
  const { scope, part, unit, around } = adding;
  const organisation = scope.principal.organisation.id;
  const standing = unit.versions(candidate.id).map((v) => ({ ...v, ref: v.ref }));
  const known = knownIn([...around.markings, ...adding.defined], organisation);
  const marks = resolveMarks(candidate.marks, (id) => part.definitions.get(id) ?? known(id));
  const judgement = judge(scope, candidate, standing, marks, {
    identityOwner: (identity) => around.owners.get(identity),
    lineage: (ref) => {
      const v = standing.find((s) => s.ref === ref) as EntryDoc;
      return { created: v.created ?? undefined, createdBy: v.createdBy ?? undefined, revoked: v.revoked };
    },
    otherTypes: unit
      .under(uuidOf(candidate.id))
      .filter(
        (id) =>
          objectKey(id) !== objectKey(candidate.id) &&
          unit.versions(id).some((v) => v.publisher === organisation),
      )
      .map(typeOf),
  });
  const stated = candidate.stated?.version ?? formatTimestamp(part.status.requested);
  const details = (version: string, message: string | undefined): StatusDetails => ({
    id: candidate.id,
    version,
    ...(message === undefined ? {} : { message }),
  });
  const size = Buffer.byteLength(candidate.text);
  if (judgement.outcome === 'fail') return { ok: false, details: details(stated, judgement.message) };
  if (judgement.outcome === 'held')
    return { ok: true, details: details(judgement.version, judgement.message) };
  // Beside the text: what it cites; in the audit it is quoted once more.
  const whole =
    judgement.outcome === 'conceal'
      ? Buffer.byteLength(JSON.stringify(candidate.text))
      : size + Buffer.byteLength(JSON.stringify(judgement.marks.unresolved));
  if (whole > MOST_BYTES)
    return {
      ok: false,
      details: details(
        stated,
        `SIZE at /: found ${size} bytes, expected at most ${MOST_BYTES} on this store.`,
      ),
    };
  if (judgement.outcome === 'conceal') {
    const detail = JSON.stringify({ reason: judgement.reason, object: candidate.text });
    unit.tell(scope.principal.name, 'set-aside', nameOf(scope), candidate.id, detail);
    return { ok: true, details: details(stated, judgement.message) };
  }
  const object = JSON.parse(candidate.text) as StixObject;
  const { version } = unit.add((date): Version => {
    const own = candidate.stated?.version ?? formatTimestamp(date);
    return {
      ...{ o: candidate.id, u: uuidOf(candidate.id), type: candidate.type, spec: candidate.spec },
      ...{
        version: own,
        key: candidate.stated?.key ?? (instantKey(own) as string),
        digest: candidate.digest,
      },
      ...{ created: text(object['created']), createdBy: text(object['created_by_ref']) },
      ...{ revoked: object['revoked'] === true, publisher: organisation, size, rank: judgement.rank },
      ...{ declared: judgement.marks.declared, unresolved: judgement.marks.unresolved, body: candidate.text },
    };
  });
  if (candidate.definition !== undefined) define(adding, candidate.id, candidate.definition);
  return { ok: true, details: details(version, judgement.message) };
}

/** A marking definition arrived: who cites it here and waited for it gets the rank that it says (D5). */
function define({ scope, unit, defined }: Adding, id: string, rank: Rank | null): void {
  const organisation = scope.principal.organisation.id;
  const trusted = scope.curate;
  defined.push({ _id: `${id} ${organisation}`, marking: id, organisation, rank, trusted });
  resolve(unit, [{ marking: id, organisation, rank, trusted }], scope.collection.defaultTlp);
}

/** Gives whoever waits for one of some definitions what it says. @returns whether anything changed. */
function resolve(unit: Unit, definitions: readonly Omit<MarkingDoc, '_id'>[], byDefault: Rank): boolean {
  let changed = false;
  const seen = new Set<Micros>();
  for (const doc of unit.live()) {
    if (doc.unresolved.length === 0 || seen.has(doc.ref)) continue;
    seen.add(doc.ref);
    const found = definitions.filter(
      (d) => doc.unresolved.includes(d.marking) && (d.trusted || d.organisation === doc.publisher),
    );
    if (found.length === 0) continue;
    changed = true;
    const declared = found.reduce((rank, d) => highest(rank, d.rank), doc.declared);
    const left = doc.unresolved.filter((id) => !found.some((d) => d.marking === id));
    unit.remark(doc.o, doc.ref, declared, left, byDefault);
  }
  return changed;
}

export function writer(worker: Worker, catalog: CatalogReader) {
  const { connection } = worker;
  const { tables } = connection;

  /** The entries of every object of which one entry fits. */
  async function whole(collection: string, some: object): Promise<{ u: { $in: string[] } } | undefined> {
    const found = await tables.entries.distinct('u', { c: collection, state: 'live', ...some });
    return found.length === 0 ? undefined : { u: { $in: found } };
  }

  /** Ranks anew whoever waits for definitions that are known by now, wherever it stands. */
  async function spread(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const waiting = { unresolved: { $in: [...ids] } };
    for (const collection of await tables.entries.distinct('c', { state: 'live', ...waiting })) {
      for await (const uuids of walkObjects(tables, collection, { state: 'live', ...waiting }))
        await worker.run(
          collection,
          async () => ({ u: { $in: uuids } }),
          async (unit) => {
            // Inside the unit: a policy that changes meanwhile takes the place of this batch (rerank.ts).
            const held = await catalog.collection(collection);
            if (!held) return { answer: undefined };
            const definitions = await tables.markings.find({ marking: { $in: [...ids] } }).toArray();
            const changed = resolve(unit, definitions, held.defaultTlp);
            return changed ? { answer: undefined, effects: {} } : { answer: undefined };
          },
        );
    }
  }

  return {
    spread,

    append: async (asked: Scope<'write'>, part: Part): Promise<Status> => {
      let scope = asked;
      const { id } = part.status;
      const candidates = part.members.flatMap((m) => ('candidate' in m ? [m.candidate] : []));
      const uuids = [...new Set(candidates.map((c) => uuidOf(c.id)))];
      const definitions = candidates.filter((c) => c.definition !== undefined).map((c) => c.id);
      const looked = async (): Promise<{ u: { $in: string[] } }> => {
        const citing =
          definitions.length === 0
            ? undefined
            : await whole(scope.collection.id, { unresolved: { $in: definitions } });
        return { u: { $in: [...uuids, ...(citing?.u.$in ?? [])] } };
      };
      const cited = new Set<string>();
      const done = await worker.run<boolean>(scope.collection.id, looked, async (unit) => {
        // Inside the unit: a policy that changes meanwhile takes the place of this batch (rerank.ts).
        const held = await catalog.collection(asked.collection.id);
        if (!held) throw notFound();
        scope = { ...asked, collection: { ...asked.collection, defaultTlp: held.defaultTlp } };
        const before = await tables.parts.findOne({ _id: `${id}:${part.number}` });
        const status = await tables.statuses.findOne({ _id: id });
        if (before || status?.complete === true) return { answer: true };
        const adding: Adding = { scope, part, unit, around: await surroundings(worker, part), defined: [] };
        const verdicts = part.members.map((member) =>
          'candidate' in member ? addOne(adding, member.candidate) : { ok: false, details: member.refused },
        );
        const successes = verdicts.filter((v) => v.ok).map((v) => v.details);
        const failures = verdicts.filter((v) => !v.ok).map((v) => v.details);
        const counts = JSON.stringify({ success: successes.length, failure: failures.length });
        unit.tell(scope.principal.name, 'publish', nameOf(scope), id, counts);
        for (const doc of unit.live()) for (const marking of doc.unresolved) cited.add(marking);
        return {
          answer: false,
          effects: {
            ...{ markings: adding.defined, begun: status !== null },
            status: {
              ...{
                _id: id,
                root: scope.collection.apiRoot,
                c: scope.collection.id,
                principal: scope.principal.id,
              },
              ...{ requested: part.status.requested, total: part.status.total },
            },
            part: {
              _id: `${id}:${part.number}`,
              status: id,
              part: part.number,
              last: part.last,
              successes,
              failures,
            },
          },
        };
      });
      // What waits elsewhere for what came, and what came and waits for what came elsewhere meanwhile.
      if (!done) await spread([...new Set([...definitions, ...cited])]);
      return (await statusNow(connection, id)) as Status;
    },

    remove: async (
      scope: Scope<'remove'>,
      id: string,
      selection: Pick<Matching, 'version' | 'specVersions'>,
    ): Promise<Removal> => {
      if (!(await catalog.collection(scope.collection.id))) throw notFound();
      const organisations = await tables.organisations.find({ identity: { $exists: true } }).toArray();
      const owners = new Map(organisations.map((o) => [o.identity ?? '', o._id]));
      return worker.run<Removal>(
        scope.collection.id,
        async () => ({ u: uuidOf(id) }),
        async (unit) => {
          const ownerless = groupOf(typeOf(id)) === 'SCO';
          const standing = unit
            .versions(id)
            .map((v) => ({ ...v, createdBy: v.createdBy ?? undefined, ownerless }));
          const choice = chooseRemoval(scope, id, standing, selection, (identity) => owners.get(identity));
          if (typeof choice === 'string') return { answer: choice };
          unit.drop(id, choice.remove);
          const removed = choice.remove.length;
          unit.tell(scope.principal.name, 'remove', nameOf(scope), id, JSON.stringify({ versions: removed }));
          return { answer: { removed }, effects: {} };
        },
      );
    },

    rerank: (collection: string, byDefault: Rank): Promise<void> => rerank(worker, collection, byDefault),

    /** Settles objects anew, whatever stands. @returns how many were not as they should be. */
    resettle: async (collection: string, uuids: readonly string[]): Promise<number> => {
      return worker.run(
        collection,
        async () => ({ u: { $in: [...uuids] } }),
        async (unit) => {
          const ids = [...new Set(unit.live().map((d) => objectKey(d.o)))];
          for (const id of ids) unit.settle(id);
          const { inserts, cuts } = unit.effects().effects;
          const wrong = new Set([...inserts.map((i) => i.o), ...cuts.map((c) => c.date)]).size;
          return wrong === 0 ? { answer: 0 } : { answer: ids.length, effects: {} };
        },
      );
    },

    drop: async (collection: string): Promise<void> => {
      await worker.run(
        collection,
        async () => undefined,
        async () => ({ answer: undefined, effects: { drop: true } }),
      );
    },

    retire: async (
      collectionId: string,
      { types, before, held }: Retirement,
      by: string,
      apply: boolean,
    ): Promise<{ objects: number; versions: number }> => {
      const collection = await catalog.collection(collectionId);
      if (!collection) return { objects: 0, versions: 0 };
      const kept = new Set(held);
      const wanted = (doc: { o: string; type: string }): boolean =>
        !kept.has(doc.o) && (types.includes(doc.type) || types.includes(groupOf(doc.type)));
      const projection = { o: 1, type: 1, date: 1, ref: 1 } as const;
      const seen = new Set<string>();
      let [objects, versions] = [0, 0];
      const { last } = await worker.log.settled(collectionId);
      const old = { c: collectionId, state: 'live', date: { $lt: Math.min(before, last + 1) } } as const;
      for await (const { o, type } of tables.entries.find(old, { projection }).sort({ date: 1 })) {
        if (seen.has(objectKey(o)) || !wanted({ o, type })) continue;
        seen.add(objectKey(o));
        const gone = await worker.run<number>(
          collectionId,
          async () => ({ u: uuidOf(o) }),
          async (unit) => {
            const docs = unit.live().filter((d) => objectKey(d.o) === objectKey(o));
            if (docs.length === 0 || docs.some((d) => d.date >= before)) return { answer: 0 };
            const refs = [...new Set(docs.map((d) => d.ref))];
            if (!apply) return { answer: refs.length };
            unit.drop(o, refs);
            const name = `${collection.apiRoot}/${collection.alias}`;
            unit.tell(by, 'retire', name, o, JSON.stringify({ versions: refs.length }));
            return { answer: refs.length, effects: {} };
          },
        );
        if (gone > 0) objects++;
        versions += gone;
      }
      return { objects, versions };
    },
  };
}
export type Writer = ReturnType<typeof writer>;
