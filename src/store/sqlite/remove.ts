/** Removing versions of one object: one transaction. */
import type { Scope } from '../../domain/access';
import { audienceIn, rankIn } from '../../domain/audience';
import { ownerOf } from '../../domain/ownership';
import type { RemovalSelection } from '../../domain/query';
import { chooseRemoval, type RemovableVersion } from '../../domain/removal';
import { groupOf } from '../../domain/stix';
import type { Removal } from '../objects';
import { registered } from './append';
import type { Connection } from './connection';
import { writeAudit } from './audit';
import { readerIn } from './audiences';
import { edgesOf, levelsUnder } from './standing';
import { collectionRow, Work } from './work';

/** What the caller may see of an object, and nothing else: what is hidden costs no time that it could be told by. */
const visibleAt = (
  levels: readonly number[],
): string => `SELECT v.row AS ref, v.spec, v.version, v.version_key AS key, v.digest, v.rank, v.publisher,
    coalesce(o.owner, v.publisher) AS owner, json_extract(v.body, '$.created_by_ref') AS createdBy
  FROM versions v INDEXED BY versions_rank LEFT JOIN owners o ON o.version = v.row
  WHERE v.collection = @collection AND v.key = @key AND v.type = @type AND v.spec IN ('2.0', '2.1') AND v.rank IN (${levels.join(', ')})
  ORDER BY v.row`;

/** {@link ObjectStore.remove} in one transaction. */
export function remove(
  connection: Connection,
  scope: Scope<'remove'>,
  id: string,
  selection: RemovalSelection,
): Removal {
  return connection.write(() => {
    const work = new Work(connection, collectionRow(connection, scope.collection.id));
    const object = work.keyOf(id);
    const ownerless = groupOf(object.type) === 'SCO';
    const reader = readerIn(connection, object.collection, scope);
    const levels = levelsUnder(connection, object, reader);
    const rows = (levels.length === 0 ? [] : connection.sql(visibleAt(levels)).all(object)) as (Omit<
      RemovableVersion,
      'rank'
    > & { rank: number; createdBy: unknown })[];
    const standing = rows.map((v) => ({
      ...v,
      rank: rankIn(v.rank),
      audience: audienceIn(v.rank),
      createdBy: typeof v.createdBy === 'string' ? v.createdBy : undefined,
      ownerless,
    }));
    // Of the object itself its versions say whose they are.
    const identityOwner = (identity: string): string | undefined =>
      registered(connection)(identity) ??
      (identity === id ? undefined : ownerOf(reader, edgesOf(connection, work.keyOf(identity))));
    const choice = chooseRemoval(scope, reader, id, standing, selection, identityOwner);
    if (typeof choice === 'string') return choice;
    const chosen = new Set(choice.remove);
    work.drop(
      id,
      standing.filter((v) => chosen.has(v.ref)),
    );
    work.save();
    const { publisher } = selection;
    writeAudit(connection, scope, 'remove', id, JSON.stringify({ versions: chosen.size, publisher }));
    return { removed: chosen.size };
  });
}
