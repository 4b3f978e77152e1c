/** Appending a part of a publication: one transaction. */
import type { Scope } from '../../domain/access';
import { StoreUnavailable } from '../../domain/errors';
import { MOST_READDRESSED, readerAsDefined, sees, type ClassId } from '../../domain/audience';
import { digestsOf, type Candidate, type StandingVersion } from '../../domain/publication';
import { publishPart, type Beside, type Verdict } from '../../domain/publishing';
import type { Status } from '../../domain/taxii';
import type { Part } from '../records';
import { isUnavailable, type Connection } from './connection';
import { define, definitionsOf } from './markings';
import { writeAudit } from './audit';
import { recordPart } from './records';
import {
  edgesOf,
  lineageOf,
  nearestOlder,
  ownedBy,
  ofContent,
  ofInstant,
  typesUnder,
  type ObjectKey,
} from './standing';
import { collectionRow, Works, type Work } from './work';

/** The id of the organisation whose registered identity it is. */
export const registered =
  ({ sql }: Connection) =>
  (identity: string): string | undefined =>
    sql('SELECT id FROM organisations WHERE identity = ?').pluck().get(identity) as string | undefined;

const WORD = `SELECT audience FROM words WHERE collection = @collection AND key = @key AND type = @type AND owner = @owner`;

const wordOf = ({ sql }: Connection, object: ObjectKey, owner: string): ClassId | undefined =>
  sql(WORD)
    .pluck()
    .get({ ...object, owner }) as ClassId | undefined;

/** What a part is judged beside: looked at member by member, each by index. */
function besideOf(connection: Connection, work: Work, scope: Scope<'write'>): Beside {
  const organisation = scope.principal.organisation.id;
  const { unit } = work;
  const { clearance, principal } = scope;
  const reader = readerAsDefined(clearance ?? -1, principal.organisation, unit.classes.defined);
  const lookFor = (id: string, candidate: Candidate): StandingVersion[] => {
    const { stated } = candidate;
    const object = work.keyOf(id);
    if (!stated) return digestsOf(candidate).flatMap((digest) => ofContent(connection, object, digest));
    const newer = unit.standing(id).some((v) => v.key > stated.key);
    const older = newer ? nearestOlder(connection, object, stated.key, reader()) : [];
    return [...ofInstant(connection, object, stated.key), ...older];
  };
  return {
    get reader() {
      return reader();
    },
    lookAtOwn: (id, owner) => {
      const own = ownedBy(connection, work.keyOf(id), owner, MOST_READDRESSED + 1);
      if (own.length > MOST_READDRESSED) return true;
      work.take(id, own);
      return false;
    },
    word: (id, owner) =>
      unit.classes.defined.size === 0 ? undefined : wordOf(connection, work.keyOf(id), owner),
    isUnavailable,
    look: (id, candidate) => {
      work.look(id);
      if (candidate && unit.standing(id).length > 0) work.take(id, lookFor(id, candidate));
    },
    lookAtAll: (id) => work.lookAtAll(id),
    registered: registered(connection),
    definitionsOf: (marking) => definitionsOf(connection, marking, organisation),
    lineage: (ref) => lineageOf(connection, ref),
    otherTypes: (id) => {
      const own = work.keyOf(id);
      if (work.isNew(id)) return [];
      return typesUnder(connection, own).filter(
        (type) =>
          type !== own.type &&
          edgesOf(connection, { ...own, type }).some(
            (v) => v.publisher === organisation && sees(reader(), v),
          ),
      );
    },
  };
}

/** Judges and writes a part. @returns what is told of its members. */
function addPart(
  connection: Connection,
  scope: Scope<'write'>,
  { members, status }: Part,
): readonly Verdict[] {
  const works = new Works(connection);
  const work = works.on(collectionRow(connection, scope.collection.id));
  const published = publishPart(
    work.unit,
    scope,
    members,
    status.requested,
    besideOf(connection, work, scope),
  );
  for (const definition of published.definitions) define(works, definition);
  const settlement = work.save(published, scope);
  works.save(work);
  for (const { action, subject, detail } of published.remarks)
    writeAudit(connection, scope, action, subject, JSON.stringify(detail));
  return published.verdicts(settlement);
}

/** {@link ObjectStore.append} in one transaction. */
export function append(connection: Connection, scope: Scope<'write'>, part: Part): Status {
  return connection.write(() => {
    collectionRow(connection, scope.collection.id);
    return recordPart(connection, scope, part, () => addPart(connection, scope, part));
  });
}

/** {@link ObjectStore.appendEach}: one transaction, in which each part can be undone alone. */
export function appendEach(
  connection: Connection,
  parts: readonly { readonly scope: Scope<'write'>; readonly part: Part }[],
): PromiseSettledResult<Status>[] {
  return connection.write(() =>
    parts.map(({ scope, part }): PromiseSettledResult<Status> => {
      try {
        return { status: 'fulfilled', value: append(connection, scope, part) };
      } catch (reason) {
        if (reason instanceof StoreUnavailable || !connection.db.inTransaction) throw reason;
        return { status: 'rejected', reason };
      }
    }),
  );
}

/** Thrown to undo a transaction. */
class Undone extends Error {}

/** {@link ObjectStore.foresee} in one transaction that is undone. */
export function foresee(connection: Connection, scope: Scope<'write'>, parts: readonly Part[]): Verdict[] {
  let verdicts: Verdict[] = [];
  try {
    connection.write(() => {
      verdicts = parts.flatMap((part) => addPart(connection, scope, part));
      throw new Undone();
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
  }
  return verdicts;
}
