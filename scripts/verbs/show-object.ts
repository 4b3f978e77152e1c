/** Printing one object with all that is known of it. */
import { OperatorError } from '../../src/domain/errors';
import { formatTimestamp } from '../../src/domain/timestamp';
import { tlpName } from '../../src/domain/tlp';
import { showObject, type Shown, type ShownVersion } from '../../src/operations/show';
import type { Store } from '../../src/store/store';
import { actingAs } from '../local/select';
import { table, type Arguments, type Context } from '../verb';

/** As it is printed, key by key. */
const versionSaid = ({ version, date, rank, publisher, revoked }: ShownVersion) => ({
  version,
  date_added: formatTimestamp(date),
  tlp: tlpName(rank),
  publisher,
  revoked,
});
type VersionSaid = ReturnType<typeof versionSaid>;

/** The same of all that is shown; the collection by its name. */
const said = ({ collection, object, versions, rivals, relationships, readers }: Shown) => ({
  collection: `${collection.apiRoot}/${collection.alias}`,
  object,
  versions: versions.map(versionSaid),
  rivals: rivals.map(versionSaid),
  relationships: relationships.map((r) => ({ ...r, title: r.title ?? 'not held here' })),
  readers,
});

const versionTable = (versions: readonly VersionSaid[]): string =>
  table(
    ['version', 'added', 'tlp', 'publisher', ''],
    versions.map((v) => [v.version, v.date_added, v.tlp, v.publisher, v.revoked ? 'revoked' : '']),
  );

/** @throws {OperatorError} no collection that the account may read holds it. */
export async function printObject(store: Store, a: Arguments, context: Context, id: string): Promise<void> {
  const principal = await actingAs(store, a);
  const shown = (await showObject(store, principal, id)).map(said);
  if (shown.length === 0)
    throw new OperatorError(`No collection that ${principal.name} may read holds ${id}. See: jisr search`);
  if (a.json) {
    context.print(JSON.stringify(shown));
    return;
  }
  for (const { collection, object, versions, rivals, relationships, readers } of shown) {
    context.print(`${collection}\n\n${JSON.stringify(object, null, 2)}\n`);
    context.print(versionTable(versions));
    if (rivals.length > 0) {
      context.print(
        `\nPublished by several that could not see each other's; readers of both get the first:\n${versionTable(rivals)}`,
      );
      context.print(`To settle it: jisr remove objects ${collection} --id ${id} --publisher NAME`);
    }
    if (relationships.length > 0) {
      const ends = relationships.map((r) => [
        r.direction === 'to' ? '→' : '←',
        r.relationship,
        r.title,
        r.other,
      ]);
      context.print(`\n${table(['', 'relationship', 'what', 'id'], ends)}`);
    }
    context.print(
      `\nMay read the newest version: ${readers.length === 0 ? 'nobody' : readers.join(', ')}.\n`,
    );
  }
}
