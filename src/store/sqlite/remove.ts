/** Removing versions of one object: one transaction. */
import type { Scope } from '../../domain/access';
import { ownerOf } from '../../domain/publication';
import type { RemovalSelection } from '../../domain/query';
import { chooseRemoval, type RemovableVersion } from '../../domain/removal';
import { groupOf } from '../../domain/stix';
import type { Removal } from '../objects';
import { registered } from './append';
import type { Connection } from './connection';
import { writeAudit } from './audit';
import { edgesOf } from './standing';
import { collectionRow, Work } from './work';

/** What the caller may see of an object, and nothing else: what is hidden costs no time that it could be told by. */
const VISIBLE = `SELECT v.row AS ref, v.spec, v.version, v.version_key AS key, v.digest, v.rank, v.publisher,
    coalesce(o.owner, v.publisher) AS owner, json_extract(v.body, '$.created_by_ref') AS createdBy
  FROM versions v INDEXED BY versions_rank LEFT JOIN owners o ON o.version = v.row
  WHERE v.collection = @collection AND v.key = @key AND v.type = @type AND v.spec IN ('2.0', '2.1') AND v.rank <= @clearance
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
    const rows = connection
      .sql(VISIBLE)
      .all({ ...object, clearance: scope.clearance ?? -1 }) as (RemovableVersion & {
      createdBy: unknown;
    })[];
    const standing = rows.map((v) => ({
      ...v,
      createdBy: typeof v.createdBy === 'string' ? v.createdBy : undefined,
      ownerless,
    }));
    const identityOwner = (identity: string): string | undefined =>
      registered(connection)(identity) ?? ownerOf(scope, edgesOf(connection, work.keyOf(identity)));
    const choice = chooseRemoval(scope, id, standing, selection, identityOwner);
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
