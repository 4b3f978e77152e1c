/** Removing versions of one object: one batch. */
import { actorIn, notFound, type Scope } from '../../domain/access';
import { audienceIn, rankIn, readerAmong } from '../../domain/audience';
import { ownerOf } from '../../domain/ownership';
import type { RemovalSelection } from '../../domain/query';
import { chooseRemoval } from '../../domain/removal';
import { groupOf, typeOf } from '../../domain/stix';
import type { Removal } from '../objects';
import { nameOf } from './append';
import type { CatalogReader } from './catalog';
import { registeredAmong } from './judging';
import { uuidOf } from './unit';
import type { Worker } from './work';

export function remover(worker: Worker, catalog: CatalogReader) {
  const { connection } = worker;
  return async (scope: Scope<'remove'>, id: string, selection: RemovalSelection): Promise<Removal> => {
    if (!(await catalog.collection(scope.collection.id))) throw notFound();
    const ownerless = groupOf(typeOf(id)) === 'SCO';
    const { clearance } = scope;
    if (clearance === undefined) return 'absent';
    const c = scope.collection.id;
    const { log, audiences } = worker;
    return worker.run<Removal>(
      c,
      // What the caller may not see is looked at only when something goes: time tells nothing of it.
      async () => {
        const { levels } = await audiences.reader(scope, log.known(c) ?? (await log.caughtUp(c)));
        return { u: uuidOf(id), state: 'live', rank: { $in: [...levels] } };
      },
      async (unit) => {
        const { defined } = unit.domain.classes;
        const reader = readerAmong(clearance, scope.principal.organisation, defined);
        const standing = unit
          .versions(id)
          .map((v) => ({ ...v, owner: v.owner ?? unit.domain.version(id, v.ref)?.owner ?? v.publisher }))
          .map((v) => ({ ...v, createdBy: v.createdBy ?? undefined, ownerless }))
          .map((v) => ({ ...v, rank: rankIn(v.rank), audience: audienceIn(v.rank) }));
        const identities = standing.flatMap((v) => v.createdBy ?? []);
        const registered = await registeredAmong(connection, [...identities, id]);
        const owners = new Map(registered);
        for (const identity of new Set(identities)) {
          if (owners.has(identity)) continue;
          const held = {
            c,
            u: uuidOf(identity),
            state: 'live',
            rank: { $in: [...reader.levels] },
            edge: { $ne: false },
          } as const;
          unit.take(await connection.tables.entries.find(held, { projection: { body: 0 } }).toArray());
          const owner = ownerOf(reader, unit.domain.standing(identity));
          if (owner !== undefined) owners.set(identity, owner);
        }
        const choice = chooseRemoval(scope, reader, id, standing, selection, (identity) =>
          owners.get(identity),
        );
        if (typeof choice === 'string') return { answer: choice };
        const all = { c, u: uuidOf(id), state: 'live' } as const;
        unit.take(await connection.tables.entries.find(all, { projection: { body: 0 } }).toArray());
        unit.drop(id, choice.remove);
        const removed = choice.remove.length;
        unit.tell(
          actorIn(scope),
          'remove',
          nameOf(scope),
          id,
          JSON.stringify({ versions: removed, publisher: selection.publisher }),
        );
        return { answer: { removed }, effects: () => ({}) };
      },
    );
  };
}
