/** Appending a part of a publication: one batch of its collection's chain. */
import { actorIn, notFound, type Scope } from '../../domain/access';
import { mayHaveTwin } from '../../domain/entries';
import type { Definition } from '../../domain/markings';
import { digestsOf, sees, type Candidate } from '../../domain/publication';
import {
  publishPart,
  type Addition,
  type Beside,
  type Published,
  type Verdict,
} from '../../domain/publishing';
import { typeOf, type StixObject } from '../../domain/stix';
import type { Status, StatusDetails } from '../../domain/taxii';
import type { Part } from '../records';
import type { Effects } from './batches';
import type { CatalogReader } from './catalog';
import type { Connection } from './connection';
import { applyDefinition, citing, definitionOf, markingOf, type Spread } from './markings';
import { headOf, statusNow } from './records';
import { uuidOf, type LoadedDoc, type Unit, type Version } from './unit';
import type { Worker } from './work';

/** A document holds 16 MB; an object must leave room for what stands beside it. */
const MOST_BYTES = 15 * 1024 * 1024;
/** Objects that are ranked anew in the batch of the definition that they cite; more follow in batches of their own. */
const MOST_CITING = 500;

export const nameOf = ({ collection }: Pick<Scope, 'collection'>): string =>
  `${collection.apiRoot}/${collection.alias}`;
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** The registered identities among some, with their organisations. */
export async function registeredAmong(
  { tables }: Connection,
  identities: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(identities)].filter((id) => id.startsWith('identity--'));
  if (wanted.length === 0) return new Map();
  const organisations = await tables.organisations.find({ identity: { $in: wanted } }).toArray();
  return new Map(organisations.map((o) => [o.identity ?? '', o._id]));
}

const candidatesOf = (part: Part): Candidate[] =>
  part.members.flatMap((m) => ('candidate' in m ? [m.candidate] : []));

/** A document cannot hold it: refused before anything is decided. */
function tooLarge(candidate: Candidate): string | undefined {
  const size = Buffer.byteLength(candidate.text);
  return size > MOST_BYTES
    ? `SIZE at /: found ${size} bytes, expected at most ${MOST_BYTES} on this store.`
    : undefined;
}

/** What of an object is looked at: its edges, and what has the instant or content of something that comes. */
function standingFilter(candidates: readonly Candidate[], citers: readonly string[]): object {
  const objects = candidates.map((c) => uuidOf(c.id));
  const identities = candidates.flatMap((c) => c.createdBy ?? []).map(uuidOf);
  const keys = candidates.flatMap((c) => c.stated?.key ?? []);
  const digests = candidates.filter((c) => !c.stated).flatMap(digestsOf);
  const near = [{ edge: { $ne: false } }, { key: { $in: keys } }, { digest: { $in: digests } }];
  return {
    state: 'live',
    $or: [{ u: { $in: [...new Set([...objects, ...identities])] }, $or: near }, { u: { $in: [...citers] } }],
  };
}

function versionOf({ candidate, ref, marks }: Addition, unit: Unit): Version {
  const object = JSON.parse(candidate.text) as StixObject;
  const standing = unit.domain.version(candidate.id, ref);
  if (!standing) throw new Error('an addition that the unit does not know');
  return {
    o: candidate.id,
    u: uuidOf(candidate.id),
    type: candidate.type,
    spec: candidate.spec,
    version: candidate.stated?.version ?? '',
    key: candidate.stated?.key ?? '',
    digest: candidate.digest,
    created: text(object['created']),
    createdBy: text(object['created_by_ref']),
    revoked: candidate.revoked,
    publisher: standing.publisher,
    owner: standing.owner,
    size: Buffer.byteLength(candidate.text),
    rank: standing.rank,
    declared: marks.declared,
    unresolved: marks.unresolved,
    cited: candidate.marks.cited,
    body: candidate.text,
  };
}

/** How far the status is with a part. */
function countsAfter(
  { success, failure }: { readonly success: number; readonly failure: number },
  { number }: Part,
  verdicts: readonly Verdict[],
): NonNullable<Effects['counts']> {
  const good = verdicts.filter((v) => v.ok).length;
  return { done: number + 1, success: success + good, failure: failure + verdicts.length - good };
}

/** What a part is judged beside: it was loaded before, whoever may need it. */
function besideOf(
  scope: Scope<'write'>,
  unit: Unit,
  registered: ReadonlyMap<string, string>,
  definitions: readonly Definition[],
): Beside {
  const organisation = scope.principal.organisation.id;
  const byRef = new Map(unit.loaded().map((doc) => [doc.ref, doc]));
  return {
    isUnavailable: () => false,
    look: () => undefined,
    lookAtAll: () => undefined,
    registered: (identity) => registered.get(identity),
    definitionsOf: (marking) => definitions.filter((d) => d.marking === marking),
    lineage: (ref) => {
      const doc = byRef.get(ref) as LoadedDoc;
      return {
        created: doc.created ?? undefined,
        createdBy: doc.createdBy ?? undefined,
        revoked: doc.revoked,
      };
    },
    otherTypes: (id) =>
      unit
        .under(uuidOf(id))
        .filter(
          (other) =>
            typeOf(other) !== typeOf(id) &&
            unit.versions(other).some((v) => v.publisher === organisation && sees(scope, v)),
        )
        .map(typeOf),
  };
}

/** What a part needs beyond the edges: nearest older versions, twins, and all where two specifications meet. */
async function loadMore(
  { tables }: Connection,
  scope: Scope<'write'>,
  unit: Unit,
  candidates: readonly Candidate[],
): Promise<void> {
  const c = scope.collection.id;
  const whole = new Set<string>();
  for (const { id, spec, stated } of candidates) {
    const standing = unit.versions(id);
    if (standing.some((v) => v.spec !== spec)) whole.add(uuidOf(id));
    const newer = stated && standing.some((v) => v.key > stated.key);
    if (!newer || scope.clearance === undefined || whole.has(uuidOf(id))) continue;
    const older = {
      c,
      u: uuidOf(id),
      state: 'live',
      key: { $lt: stated.key },
      rank: { $lte: scope.clearance },
    } as const;
    const [nearest] = await tables.entries
      .find(older, { projection: { ref: 1 } })
      .sort({ key: -1 })
      .limit(1)
      .toArray();
    if (!nearest) continue;
    const entries = { c, u: uuidOf(id), state: 'live', ref: nearest.ref } as const;
    unit.take(await tables.entries.find(entries, { projection: { body: 0 } }).toArray());
  }
  for (const doc of unit.loaded()) {
    if (doc.edge === false || !mayHaveTwin(doc, [{ ranges: doc }])) continue;
    const twins = { c, u: doc.u, state: 'live', key: doc.key } as const;
    unit.take(await tables.entries.find(twins, { projection: { body: 0 } }).toArray());
  }
  const old = unit.loaded().filter((doc) => doc.owner === undefined);
  for (const doc of old) whole.add(doc.u);
  if (whole.size === 0) return;
  const all = { c, u: { $in: [...whole] }, state: 'live' } as const;
  unit.take(await tables.entries.find(all, { projection: { body: 0 } }).toArray());
}

interface Looked {
  readonly unit: Unit;
  readonly candidates: readonly Candidate[];
}

/** Judges a part in a unit that was loaded for it. @param before definitions of parts before it that are not written. */
async function judgePart(
  connection: Connection,
  scope: Scope<'write'>,
  { unit, candidates }: Looked,
  { members, status }: Pick<Part, 'members' | 'status'>,
  before: readonly Definition[] = [],
): Promise<Published> {
  await loadMore(connection, scope, unit, candidates);
  const identities = candidates.flatMap((c) => [c.id, c.createdBy ?? '']);
  const registered = await registeredAmong(connection, identities);
  const known = [...(await knownDefinitions(connection, candidates)), ...before];
  const beside = besideOf(scope, unit, registered, known);
  return publishPart(unit.domain, scope, members, status.requested, beside);
}

async function knownDefinitions(
  { tables }: Connection,
  candidates: readonly Candidate[],
): Promise<Definition[]> {
  const cited = [...new Set(candidates.flatMap((c) => c.marks.cited))];
  const found = cited.length === 0 ? [] : await tables.markings.find({ marking: { $in: cited } }).toArray();
  return found.map(definitionOf);
}

/** A part without the members that no document can hold. */
function holdable(part: Part): Part {
  const members = part.members.map((member) => {
    const message = 'candidate' in member ? tooLarge(member.candidate) : undefined;
    if (!('candidate' in member) || message === undefined) return member;
    const version = member.candidate.stated?.version ?? '';
    return { refused: { id: member.candidate.id, version, message } };
  });
  return { ...part, members };
}

export function appender(worker: Worker, catalog: CatalogReader, spread: Spread) {
  const { connection } = worker;
  const { tables } = connection;

  /** What the batch says of the status, beside the objects. */
  function recorded(
    scope: Scope<'write'>,
    part: Part,
    { definitions }: Published,
    verdicts: readonly Verdict[],
  ): Partial<Effects> {
    const { id, requested, total } = part.status;
    const { apiRoot: root, id: c } = scope.collection;
    const detailsOf = (ok: boolean): StatusDetails[] =>
      verdicts.filter((v) => v.ok === ok).map((v) => v.details);
    return {
      markings: definitions.map(markingOf),
      status: { _id: id, root, c, principal: scope.principal.id, requested, total },
      part: {
        _id: `${id}:${part.number}`,
        status: id,
        part: part.number,
        last: part.last,
        successes: detailsOf(true),
        failures: detailsOf(false),
      },
    };
  }

  const concerned =
    (scope: Scope<'write'>, candidates: readonly Candidate[]) => async (): Promise<object> => {
      const definitions = candidates.filter((c) => c.definition !== undefined).map((c) => c.id);
      const citers = await citing(connection, scope.collection.id, definitions, MOST_CITING);
      return standingFilter(candidates, citers);
    };

  /** Call it inside the unit: a policy that changes meanwhile takes the place of its batch (rerank.ts). */
  async function inForce(scope: Scope<'write'>): Promise<Scope<'write'>> {
    const held = await catalog.collection(scope.collection.id);
    if (!held) throw notFound();
    return { ...scope, collection: { ...scope.collection, defaultTlp: held.defaultTlp } };
  }

  async function append(asked: Scope<'write'>, given: Part): Promise<Status> {
    const part = holdable(given);
    const { id } = part.status;
    const collection = asked.collection.id;
    const candidates = candidatesOf(part);
    const done = await worker.run<boolean>(collection, concerned(asked, candidates), async (unit) => {
      const scope = await inForce(asked);
      const before = await tables.parts.findOne({ _id: `${id}:${part.number}` });
      const status = await tables.statuses.findOne({ _id: id });
      if (before || status?.complete === true) return { answer: true };
      const sofar = status ? await headOf(connection, status) : { success: 0, failure: 0 };
      const published = await judgePart(connection, scope, { unit, candidates }, part);
      for (const addition of published.additions) unit.describe(addition.ref, versionOf(addition, unit));
      for (const definition of published.definitions)
        applyDefinition(unit, definition, collection, scope.collection.defaultTlp);
      for (const { action, subject, detail } of published.remarks)
        unit.tell(actorIn(scope), action, nameOf(scope), subject, JSON.stringify(detail));
      return {
        answer: false,
        effects: (settlement) => {
          const verdicts = published.verdicts(settlement);
          const success = verdicts.filter((v) => v.ok).length;
          const counts = JSON.stringify({ success, failure: verdicts.length - success });
          unit.tell(actorIn(scope), 'publish', nameOf(scope), id, counts);
          const status_ = recorded(scope, part, published, verdicts);
          return { ...status_, begun: status !== null, counts: countsAfter(sofar, part, verdicts) };
        },
      };
    });
    // What waits elsewhere for what came, and what came and waits for what came elsewhere meanwhile.
    const defined = candidates.filter((c) => c.definition !== undefined).map((c) => c.id);
    const cited = candidates.flatMap((c) => c.marks.cited);
    if (!done) await spread([...new Set([...defined, ...cited])]);
    return (await statusNow(connection, id, part.number === 0 && part.last)) as Status;
  }

  /** {@link ObjectStore.foresee}: a unit that is never committed. */
  async function foresee(asked: Scope<'write'>, given: readonly Part[]): Promise<readonly Verdict[]> {
    const parts = given.map(holdable);
    const candidates = parts.flatMap(candidatesOf);
    return worker.run(asked.collection.id, concerned(asked, candidates), async (unit) => {
      const scope = await inForce(asked);
      const judged: Published[] = [];
      for (const part of parts) {
        const before = judged.flatMap((p) => p.definitions);
        judged.push(
          await judgePart(connection, scope, { unit, candidates: candidatesOf(part) }, part, before),
        );
      }
      const { settlement } = unit.settle();
      return { answer: judged.flatMap((p) => p.verdicts(settlement)) };
    });
  }

  return { append, foresee };
}
