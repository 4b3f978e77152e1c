/** Appending parts of publications: one batch of their collection's chain. */
import { actorIn, notFound, type Scope } from '../../domain/access';
import { levelOf } from '../../domain/audience';
import { blaming, StoreUnavailable } from '../../domain/errors';
import type { Candidate } from '../../domain/publication';
import type { Collection } from '../../domain/channel';
import type { Addition, Published, Verdict } from '../../domain/publishing';
import type { StixObject } from '../../domain/stix';
import type { Status } from '../../domain/taxii';
import type { Settlement } from '../../domain/unit';
import type { Part } from '../records';
import type { CatalogReader } from './catalog';
import { guarded } from './connection';
import { wordDoc } from './addressed';
import { candidatesOf, holdable, judgePart, namedBy, standingFilter, type Named } from './judging';
import { applyDefinition, citing, markingOf, type Spread } from './markings';
import { headsOf, statusNow } from './statuses';
import { together, type Given } from './together';
import { recordedOf, statusAfter, type Recorded, type Sofar } from './recorded';
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
    rank: levelOf(standing.audience, standing.rank),
    declared: marks.declared,
    unresolved: marks.unresolved,
    cited: candidate.marks.cited,
    body: candidate.text,
  };
}

/** What is looked at beside entries. */
interface Elsewhere extends Named {
  readonly held: Collection | undefined;
  /** Of each part how far its publication is; undefined if it was appended before, or that is over. */
  readonly heads: readonly (Sofar | undefined)[];
}

export function appender(worker: Worker, catalog: CatalogReader, spread: Spread) {
  const { connection } = worker;

  const concerned = (collection: string, candidates: readonly Candidate[]) => async (): Promise<object> => {
    const definitions = candidates.filter((c) => c.definition !== undefined).map((c) => c.id);
    const citers = await citing(connection, collection, definitions, MOST_CITING);
    return standingFilter(candidates, citers);
  };

  /**
   * Call it while the chain is looked at: a policy that changes meanwhile takes the place of the batch (rerank.ts).
   *
   * @param parts whose heads are wanted, too.
   */
  const elsewhereOf =
    (collection: string, candidates: readonly Candidate[], parts: readonly Part[]) =>
    async (): Promise<Elsewhere> => {
      const [held, heads, named] = await Promise.all([
        catalog.collection(collection),
        headsOf(connection, parts),
        namedBy(connection, candidates),
      ]);
      return { held, heads, ...named };
    };

  const inForce = (scope: Scope<'write'>, { held }: Elsewhere): Scope<'write'> => {
    if (!held) throw notFound();
    return { ...scope, collection: { ...scope.collection, defaultTlp: held.defaultTlp } };
  };

  /** Appends parts for one collection in one batch. @returns of each its status. @throws what one of them fails with. */
  async function write(given: readonly Given[]): Promise<Status[]> {
    const parts = given.map(({ part }) => holdable(part));
    const collection = (given[0] as Given).scope.collection.id;
    const candidates = parts.flatMap(candidatesOf);
    const told = await worker.run<(Status | undefined)[], Elsewhere>(
      collection,
      concerned(collection, candidates),
      async (unit, beside) => {
        const judged: Published[] = [];
        const tellings: ((settlement: Settlement) => Recorded)[] = [];
        const told: (Status | undefined)[] = [];
        for (const [i, part] of parts.entries()) {
          const scope = inForce((given[i] as Given).scope, beside);
          const head = beside.heads[i];
          if (!head) continue;
          const published = await judgePart(connection, scope, unit, part, beside);
          judged.push(published);
          for (const addition of published.additions)
            blaming(addition.index, () => unit.describe(addition.ref, versionOf(addition, unit)));
          for (const [ref, id] of published.readdressed) unit.readdress(id, ref);
          for (const definition of published.definitions)
            applyDefinition(unit, definition, collection, scope.collection.defaultTlp);
          for (const { action, subject, detail } of published.remarks)
            unit.tell(actorIn(scope), action, nameOf(scope), subject, JSON.stringify(detail));
          tellings.push((settlement) => {
            const verdicts = published.verdicts(settlement);
            const recorded = recordedOf(scope, part, verdicts, head);
            told[i] = statusAfter(part, recorded);
            const { id } = part.status;
            const success = verdicts.filter((v) => v.ok).length;
            const counts = JSON.stringify({ success, failure: verdicts.length - success });
            unit.tell(actorIn(scope), 'publish', nameOf(scope), id, counts);
            return recorded;
          });
        }
        if (judged.length === 0) return { answer: told };
        const definitions = judged.flatMap((published) => published.definitions.map(markingOf));
        return {
          answer: told,
          effects: (settlement) => ({
            markings: definitions,
            words: judged.flatMap((p) => p.words.map((word) => wordDoc(collection, word, unit.tip.n + 1))),
            recorded: tellings.map((tell) => tell(settlement)),
          }),
        };
      },
      elsewhereOf(collection, candidates, parts),
    );
    // What waits elsewhere for what came, and what came and waits for what came elsewhere meanwhile.
    const defined = candidates.filter((c) => c.definition !== undefined).map((c) => c.id);
    const cited = candidates.flatMap((c) => c.marks.cited);
    if (told.some((status) => status !== undefined)) await spread([...new Set([...defined, ...cited])]);
    return Promise.all(
      parts.map(
        async ({ status: { id }, number, last }, i) =>
          told[i] ?? ((await statusNow(connection, id, number === 0 && last)) as Status),
      ),
    );
  }

  /** @returns of each what became of it; if one fails, each is written alone. */
  async function writeEach(some: readonly Given[]): Promise<PromiseSettledResult<Status>[]> {
    try {
      return (await guarded(() => write(some))).map((value) => ({ status: 'fulfilled', value }));
    } catch (reason) {
      if (some.length === 1 || reason instanceof StoreUnavailable)
        return some.map(() => ({ status: 'rejected', reason }));
      const outcomes: PromiseSettledResult<Status>[] = [];
      for (const one of some) outcomes.push(...(await writeEach([one])));
      return outcomes;
    }
  }

  /** {@link ObjectStore.appendEach}: what concerns each other, in batches that follow each other. */
  async function appendEach(given: readonly Given[]): Promise<PromiseSettledResult<Status>[]> {
    const outcomes: PromiseSettledResult<Status>[] = [];
    await Promise.all(
      together(given).map(async (batches) => {
        for (const batch of batches)
          for (const [k, outcome] of (await writeEach(batch.map((i) => given[i] as Given))).entries())
            outcomes[batch[k] as number] = outcome;
      }),
    );
    return outcomes;
  }

  /** {@link ObjectStore.foresee}: a unit that is never committed. */
  async function foresee(asked: Scope<'write'>, given: readonly Part[]): Promise<readonly Verdict[]> {
    const parts = given.map(holdable);
    const candidates = parts.flatMap(candidatesOf);
    const { id } = asked.collection;
    return worker.run<readonly Verdict[], Elsewhere>(
      id,
      concerned(id, candidates),
      async (unit, beside) => {
        const scope = inForce(asked, beside);
        const judged: Published[] = [];
        for (const part of parts) judged.push(await judgePart(connection, scope, unit, part, beside, judged));
        const { settlement } = unit.settle();
        return { answer: judged.flatMap((p) => p.verdicts(settlement)) };
      },
      elsewhereOf(id, candidates, []),
    );
  }

  const append = async (scope: Scope<'write'>, part: Part): Promise<Status> =>
    (await write([{ scope, part }]))[0] as Status;
  return { append, appendEach, foresee };
}
