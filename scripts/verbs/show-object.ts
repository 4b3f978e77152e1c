/** One object with all that is known of it: versions, relationships and their ends, who brought it, who may read it. */
import { accessOf, scopeFor } from '../../src/domain/access';
import { OperatorError } from '../../src/domain/errors';
import { formatTimestamp } from '../../src/domain/timestamp';
import { tlpName } from '../../src/domain/tlp';
import type { StixObject } from '../../src/domain/stix';
import type { Inspected } from '../../src/store/objects';
import type { Store } from '../../src/store/store';
import { titleOf } from './search';
import { readCollection, type Item } from '../../src/operations/read-collection';
import { actingAs } from '../local/select';
import { table, type Arguments, type Context } from '../verb';

interface Related {
  readonly id: string;
  readonly relationship: string;
  readonly direction: 'to' | 'from';
  readonly other: string;
  readonly title: string;
}

interface ShownVersion {
  readonly version: string;
  readonly date_added: string;
  readonly tlp: string;
  readonly publisher: string;
  readonly revoked: boolean;
}

interface Shown {
  readonly collection: string;
  readonly object: Item['object'];
  readonly versions: readonly ShownVersion[];
  /** Versions that several organisations published, unable to see each other's: the first of each is among `versions`. */
  readonly rivals: readonly ShownVersion[];
  readonly relationships: readonly Related[];
  readonly readers: readonly string[];
}

async function related(
  read: (ids?: readonly string[]) => AsyncIterable<Item>,
  id: string,
): Promise<Related[]> {
  const found: Omit<Related, 'title'>[] = [];
  for await (const { id: own, object } of read()) {
    const { source_ref: source, target_ref: target, sighting_of_ref: seen } = object;
    const type = object['relationship_type'];
    const relationship = typeof type === 'string' ? type : 'sighting-of';
    if (source === id) found.push({ id: own, relationship, direction: 'to', other: String(target) });
    if (target === id || seen === id)
      found.push({
        id: own,
        relationship,
        direction: 'from',
        other: typeof source === 'string' ? source : own,
      });
  }
  const titles = new Map<string, string>();
  if (found.length > 0)
    for await (const item of read(found.map((f) => f.other))) titles.set(item.id, titleOf(item));
  return found.map((f) => ({ ...f, title: titles.get(f.other) ?? 'not held here' }));
}

/** @throws {OperatorError} no collection that the account may read holds it. */
async function look(store: Store, a: Arguments, id: string): Promise<Shown[]> {
  const principal = await actingAs(store, a);
  const principals = await store.people.principals();
  const names = new Map((await store.people.organisations()).map((o) => [o.id, o.name]));
  const shownOf = (v: Inspected): ShownVersion => ({
    version: v.version,
    date_added: formatTimestamp(v.date),
    tlp: tlpName(v.rank),
    publisher: names.get(v.publisher) ?? v.publisher,
    revoked: (JSON.parse(v.text) as StixObject)['revoked'] === true,
  });
  const found: Shown[] = [];
  for (const collection of (await store.catalog.channels()).flatMap((c) => c.collections)) {
    if (!accessOf(principal, collection).read) continue;
    const versions: Item[] = [];
    for await (const item of readCollection(store, principal, collection, { ids: [id], versions: true }))
      versions.push(item);
    const newest = [...versions].sort((x, y) => (x.version < y.version ? 1 : -1))[0];
    if (!newest) continue;
    const read = (ids?: readonly string[]): AsyncIterable<Item> =>
      readCollection(store, principal, collection, ids ? { ids } : { types: ['relationship', 'sighting'] });
    found.push({
      collection: `${collection.apiRoot}/${collection.alias}`,
      object: newest.object,
      versions: versions.map(shownOf),
      rivals: (await store.objects.rivals(scopeFor(principal, collection, 'read'), id)).map(shownOf),
      relationships: await related(read, id),
      readers: principals
        .filter((p) => {
          const { clearance } = accessOf(p, collection);
          return clearance !== undefined && clearance >= newest.rank;
        })
        .map((p) => p.name),
    });
  }
  if (found.length === 0)
    throw new OperatorError(`No collection that ${principal.name} may read holds ${id}. See: jisr search`);
  return found;
}

const versionTable = (versions: readonly ShownVersion[]): string =>
  table(
    ['version', 'added', 'tlp', 'publisher', ''],
    versions.map((v) => [v.version, v.date_added, v.tlp, v.publisher, v.revoked ? 'revoked' : '']),
  );

export async function showObject(store: Store, a: Arguments, context: Context, id: string): Promise<void> {
  const shown = await look(store, a, id);
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
