import { notFound, type Scope } from '../../domain/access';
import { StoreUnavailable } from '../../domain/errors';
import type { ObjectQuery } from '../../domain/query';
import { typeOf } from '../../domain/stix';
import { MOST_HELD, type Held, type Inspected, type Listed, type ObjectStore, type Page } from '../store';
import { pageOf } from '../page';
import { writer, type Writer } from './writer';
import type { CatalogReader } from './catalog';
import { asOf, guarded, type EntryDoc } from './connection';
import { pick } from './query';
import { uuidOf } from './unit';
import type { Worker } from './work';

/** A page that the collection changes under again and again is given up. */
const MOST_LOOKS = 50;

const listed = (doc: EntryDoc): Listed => ({
  id: doc.o,
  date: doc.date,
  version: doc.version,
  spec: doc.spec,
});

export function mongoObjects(
  worker: Worker,
  catalog: CatalogReader,
  { append, foresee, remove, retire }: Writer = writer(worker, catalog),
): ObjectStore {
  const { connection, log } = worker;
  const { tables } = connection;

  /** A page as of one moment: if the chain went on meanwhile, entries may have been cut in the middle of it. */
  async function page(
    scope: Scope<'read'>,
    query: ObjectQuery,
  ): Promise<{ rows: readonly EntryDoc[]; page: Omit<Page<undefined>, 'items'> }> {
    const { id } = scope.collection;
    if (!(await catalog.collection(id))) throw notFound();
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const tip = await log.settled(id);
      const rows = await asOf(connection, id, tip, (session) =>
        pick(tables, session, scope, query, tip.last),
      );
      if (await log.isTip(id, tip)) return pageOf({ rows }, query.limit);
    }
    throw new StoreUnavailable('The collection changes faster than it can be read. Try again.');
  }

  /** What a publisher sees under some ids: up to its clearance, whoever published it (D8b); the newest first. */
  async function seen(scope: Scope<'write'>, ids: readonly string[], body: 0 | 1): Promise<EntryDoc[]> {
    await log.settled(scope.collection.id);
    const docs = await tables.entries
      .find(
        {
          ...{ c: scope.collection.id, state: 'live', u: { $in: ids.map(uuidOf) }, o: { $in: [...ids] } },
          rank: { $lte: scope.clearance ?? -1 },
        } as object,
        body === 0 ? { projection: { body: 0 } } : {},
      )
      .toArray();
    const versions = new Map<number, EntryDoc>();
    for (const doc of docs) if (!versions.has(doc.ref)) versions.set(doc.ref, doc);
    return [...versions.values()].sort((a, b) => (a.key < b.key ? 1 : -1));
  }

  return {
    lookup: (scope, ids) =>
      guarded(async () => {
        const docs = await seen(scope, ids, 1);
        const organisations = await tables.organisations
          .find({ _id: { $in: [...new Set(docs.map((d) => d.publisher))] } })
          .toArray();
        const binding = new Set(
          organisations
            .filter((o) => ['desk', 'operator'].includes((JSON.parse(o.definition) as { kind: string }).kind))
            .map((o) => o._id),
        );
        const found = new Map<string, Held[]>();
        for (const { o, publisher, body } of docs) {
          const of = found.get(o) ?? [];
          const trusted = publisher === scope.principal.organisation.id || binding.has(publisher);
          if (of.length < MOST_HELD) of.push({ text: body, trusted });
          found.set(o, of);
        }
        return found;
      }),
    known: (scope, ids) =>
      guarded(async () => {
        const found = new Set((await seen(scope, ids, 0)).map((d) => d.o));
        const identities = ids.filter((id) => id.startsWith('identity--'));
        const organisations = await tables.organisations.find({ identity: { $in: identities } }).toArray();
        for (const { identity } of organisations) if (identity !== undefined) found.add(identity);
        return found;
      }),
    append: (scope, part) => guarded(() => append(scope, part)),
    foresee: (scope, parts) => guarded(() => foresee(scope, parts)),
    remove: (scope, id, selection) => guarded(() => remove(scope, id, selection)),
    retire: (id, retirement, by, apply, permit) => guarded(() => retire(id, retirement, by, apply, permit)),
    find: (scope, query) =>
      guarded(async () => {
        const { rows, page: about } = await page(scope, query);
        return { ...about, items: Buffer.from(rows.map((row) => row.body).join(',')) };
      }),
    list: (scope, query) =>
      guarded(async () => {
        const { rows, page: about } = await page(scope, query);
        return { ...about, items: rows.map(listed) };
      }),
    inspect: (scope, query) =>
      guarded(async () => {
        const { rows, page: about } = await page(scope, query);
        const items = rows.map((row): Inspected => ({
          ...{ ...listed(row), type: row.type, rank: row.rank, publisher: row.publisher, text: row.body },
        }));
        return { ...about, items };
      }),
    rivals: (scope, id) =>
      guarded(async () => {
        const { clearance } = scope;
        if (clearance === undefined) return [];
        const tip = await log.settled(scope.collection.id);
        const mine = { c: scope.collection.id, u: uuidOf(id), type: typeOf(id), state: 'live' } as const;
        const docs = await tables.entries
          .find(
            { ...mine, rank: { $lte: clearance }, date: { $lte: tip.last } },
            { projection: { body: 0 }, sort: { date: 1 } },
          )
          .toArray();
        const versions = [...new Map([...docs].reverse().map((d) => [d.ref, d])).values()];
        const count = new Map<string, number>();
        for (const { key } of versions) count.set(key, (count.get(key) ?? 0) + 1);
        const several = versions
          .filter(({ key }) => count.get(key) !== 1)
          .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.ref - b.ref))
          .slice(0, MOST_HELD);
        const bodies = await tables.entries
          .find({ _id: { $in: several.map((d) => d._id) } }, { projection: { body: 1 } })
          .toArray();
        const textOf = new Map(bodies.map((d) => [d._id, d.body]));
        return several.map((d): Inspected => {
          const { type, rank, publisher } = d;
          return { ...listed(d), type, rank, publisher, text: textOf.get(d._id) ?? '' };
        });
      }),
    presence: (scope, id, instants) =>
      guarded(async () => {
        const tip = await log.settled(scope.collection.id);
        const docs = await tables.entries
          .find(
            { c: scope.collection.id, u: uuidOf(id), o: id, date: { $lte: tip.last } },
            { projection: { state: 1, key: 1, rank: 1 } },
          )
          .toArray();
        const mine = docs.filter((d) => d.rank <= (scope.clearance ?? -1));
        const live = mine.filter((d) => d.state === 'live');
        const gone = (instant: string): boolean =>
          mine.some((d) => d.state === 'removed' && d.key === instant) &&
          !live.some((d) => d.key === instant);
        if (instants.some(gone)) return 'removed';
        return live.length > 0 ? 'present' : 'absent';
      }),
  };
}
