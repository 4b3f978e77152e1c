/** Judging a part: what is loaded for it, and what it is judged beside. */
import type { Filter } from 'mongodb';
import type { Scope } from '../../domain/access';
import { mayHaveTwin } from '../../domain/entries';
import { blaming } from '../../domain/errors';
import type { Definition } from '../../domain/markings';
import { audienceIn, rankIn, readerAsDefined, sees, type Reader, type ClassId } from '../../domain/audience';
import { mayReaddress } from '../../domain/addressing';
import { digestsOf, publisherOf, type Candidate, type StandingVersion } from '../../domain/publication';
import { publishPart, type Beside, type Published } from '../../domain/publishing';
import { typeOf } from '../../domain/stix';
import { objectOf } from '../../domain/unit';
import type { Part } from '../records';
import { loadOwn, wordsOf } from './addressed';
import type { Connection } from './connection';
import { definitionsOf } from './markings';
import type { EntryDoc } from './tables';
import { uuidOf, type LoadedDoc, type Unit } from './unit';

/** A document holds 16 MB; an object must leave room for what stands beside it. */
const MOST_BYTES = 15 * 1024 * 1024;

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

export const candidatesOf = (part: Pick<Part, 'members'>): Candidate[] =>
  part.members.flatMap((m) => ('candidate' in m ? [m.candidate] : []));

/** A document cannot hold it: refused before anything is decided. */
function tooLarge(candidate: Candidate): string | undefined {
  const size = Buffer.byteLength(candidate.text);
  return size > MOST_BYTES
    ? `SIZE at /: found ${size} bytes, expected at most ${MOST_BYTES} on this store.`
    : undefined;
}

/** What of an object is looked at: its edges, and what has the instant or content of something that comes. */
export function standingFilter(candidates: readonly Candidate[], citers: readonly string[]): object {
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

/** What a part is judged beside: it was loaded before, whoever may need it. */
function besideOf(
  scope: Scope<'write'>,
  unit: Unit,
  registered: ReadonlyMap<string, string>,
  definitions: readonly Definition[],
  before: readonly Published[],
  reader: () => Reader,
  word: Beside['word'],
): Beside {
  const organisation = scope.principal.organisation.id;
  const byRef = new Map(unit.loaded().map((doc) => [doc.ref, doc]));
  const earlier = before.flatMap((part) => part.additions);
  const added = new Map(earlier.map((a) => [a.ref, a.candidate]));
  return {
    get reader() {
      return reader();
    },
    word,
    lookAtOwn: (id) => unit.many.has(objectOf(id)),
    isUnavailable: () => false,
    look: () => undefined,
    lookAtAll: () => undefined,
    registered: (identity) => registered.get(identity),
    definitionsOf: (marking) => definitions.filter((d) => d.marking === marking),
    lineage: (ref) => {
      const candidate = added.get(ref);
      if (candidate) return candidate;
      const doc = byRef.get(ref) as LoadedDoc;
      return {
        created: doc.created ?? undefined,
        createdBy: doc.createdBy ?? undefined,
        revoked: doc.revoked,
      };
    },
    // What stood before the part: nothing of itself.
    otherTypes: (id) => {
      const uuid = uuidOf(id);
      const own = (v: StandingVersion): boolean => v.publisher === organisation && sees(reader(), v);
      const held = unit
        .under(uuid)
        .filter((other) =>
          unit.versions(other).some((d) => own(unit.domain.version(other, d.ref) as StandingVersion)),
        );
      const came = earlier.filter(({ candidate, ref }) => {
        const version = uuidOf(candidate.id) === uuid && unit.domain.version(candidate.id, ref);
        return version && own(version);
      });
      const types = [...held, ...came.map(({ candidate }) => candidate.id)].map(typeOf);
      return [...new Set(types)].filter((type) => type !== typeOf(id));
    },
  };
}

/** What a part needs beyond the edges: nearest older versions, twins, and all where two specifications meet. */
async function loadMore(
  connection: Connection,
  scope: Scope<'write'>,
  unit: Unit,
  candidates: readonly Candidate[],
  reader: Reader,
  word: Beside['word'],
): Promise<void> {
  const { tables } = connection;
  const c = scope.collection.id;
  const whole = new Set<string>();
  for (const candidate of candidates) {
    const { id, spec, stated } = candidate;
    const standing = unit.domain.standing(id);
    if (standing.some((v) => v.spec !== spec)) whole.add(uuidOf(id));
    const publisher = publisherOf(scope, candidate);
    const { id: owner } = publisher;
    const own = (): ClassId | undefined => word(id, owner);
    if (mayReaddress(candidate.audience, publisher, standing, unit.domain.classes, own))
      if (!(await loadOwn(connection, unit, id, owner))) unit.many.add(objectOf(id));
    const newer = stated && standing.some((v) => v.key > stated.key);
    if (!newer || reader.rank < 0 || whole.has(uuidOf(id))) continue;
    const older: Filter<EntryDoc> = {
      c,
      u: uuidOf(id),
      state: 'live',
      key: { $lt: stated.key },
      rank: { $in: [...reader.levels] },
    };
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
    const version = { rank: rankIn(doc.rank), audience: audienceIn(doc.rank) };
    if (doc.edge === false || !mayHaveTwin(version, [{ ranges: doc }])) continue;
    const twins = { c, u: doc.u, state: 'live', key: doc.key } as const;
    unit.take(await tables.entries.find(twins, { projection: { body: 0 } }).toArray());
  }
  const old = unit.loaded().filter((doc) => doc.owner === undefined);
  for (const doc of old) whole.add(doc.u);
  if (whole.size === 0) return;
  const all = { c, u: { $in: [...whole] }, state: 'live' } as const;
  unit.take(await tables.entries.find(all, { projection: { body: 0 } }).toArray());
}

/** What candidates name that stands elsewhere. */
export interface Named {
  readonly registered: ReadonlyMap<string, string>;
  readonly definitions: readonly Definition[];
}

export async function namedBy(connection: Connection, candidates: readonly Candidate[]): Promise<Named> {
  const identities = candidates.flatMap((c) => [c.id, c.createdBy ?? '']);
  const cited = candidates.flatMap((c) => c.marks.cited);
  const [registered, definitions] = await Promise.all([
    registeredAmong(connection, identities),
    definitionsOf(connection, cited),
  ]);
  return { registered, definitions };
}

/** Judges a part in a unit that was loaded for it. @param before parts in the same unit. */
export async function judgePart(
  connection: Connection,
  scope: Scope<'write'>,
  unit: Unit,
  { members, status }: Pick<Part, 'members' | 'status'>,
  { registered, definitions }: Named,
  before: readonly Published[] = [],
): Promise<Published> {
  const candidates = candidatesOf({ members });
  const { clearance, principal } = scope;
  const { classes } = unit.domain;
  const reader = readerAsDefined(clearance ?? -1, principal.organisation, classes.defined);
  const earlier = before.flatMap((part) => part.words);
  const word = await wordsOf(connection, unit, candidates, earlier);
  await loadMore(connection, scope, unit, candidates, reader(), word);
  const known = [...definitions, ...before.flatMap((p) => p.definitions)];
  const beside = besideOf(scope, unit, registered, known, before, reader, word);
  return publishPart(unit.domain, scope, members, status.requested, beside);
}

/** A part without the members that no document can hold. */
export function holdable(part: Part): Part {
  const members = part.members.map((member, i) => {
    const message = 'candidate' in member ? blaming(i, () => tooLarge(member.candidate)) : undefined;
    if (!('candidate' in member) || message === undefined) return member;
    const version = member.candidate.stated?.version ?? '';
    return { refused: { id: member.candidate.id, version, message } };
  });
  return { ...part, members };
}
