/** Appending a part of a publication: one batch of its collection's chain. */
import { actorIn, notFound, type Scope } from '../../domain/access';
import { blaming } from '../../domain/errors';
import type { Candidate } from '../../domain/publication';
import type { Addition, Published, Verdict } from '../../domain/publishing';
import type { StixObject } from '../../domain/stix';
import type { Status, StatusDetails } from '../../domain/taxii';
import type { Part } from '../records';
import type { Effects } from './effects';
import type { CatalogReader } from './catalog';
import { candidatesOf, holdable, judgePart, standingFilter } from './judging';
import { applyDefinition, citing, markingOf, type Spread } from './markings';
import { headOf, statusNow } from './records';
import { uuidOf, type Unit, type Version } from './unit';
import type { Worker } from './work';

/** Objects that are ranked anew in the batch of the definition that they cite; more follow in batches of their own. */
const MOST_CITING = 500;

export const nameOf = ({ collection }: Pick<Scope, 'collection'>): string =>
  `${collection.apiRoot}/${collection.alias}`;
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

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
      for (const addition of published.additions)
        blaming(addition.index, () => unit.describe(addition.ref, versionOf(addition, unit)));
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
        judged.push(
          await judgePart(connection, scope, { unit, candidates: candidatesOf(part) }, part, [...judged]),
        );
      }
      const { settlement } = unit.settle();
      return { answer: judged.flatMap((p) => p.verdicts(settlement)) };
    });
  }

  return { append, foresee };
}
