import { notFound, type Scope } from '../../domain/access';
import type { ObjectQuery } from '../../domain/query';
import { typeOf } from '../../domain/stix';
import { MOST_HELD, type Held, type Inspected, type Listed, type ObjectStore, type Page } from '../store';
import { pageOf } from '../page';
import { writer, type Writer } from './append';
import type { CatalogReader } from './catalog';
import { guarded, type EntryDoc } from './connection';
import { look, type Looked } from './look';
import { bodiesOf, pick, type Row } from './query';
import { objectKey, uuidOf } from './unit';
import type { Worker } from './work';

/** A page as it was looked at; bodies in the order of the rows, if they were asked for. */
interface Looking {
  readonly rows: readonly Row[];
  readonly bodies: readonly string[];
  readonly about: Omit<Page<undefined>, 'items'>;
}

const listed = (doc: Row): Listed => ({
  id: doc.o,
  date: doc.date,
  version: doc.version,
  spec: doc.spec,
});

export function mongoObjects(
  worker: Worker,
  catalog: CatalogReader,
  { append, remove, retire }: Writer = writer(worker, catalog),
): ObjectStore {
  const { connection, log } = worker;
  const { tables } = connection;

  /** A page as of one moment; only what is on it is loaded, and of that only the keys unless bodies are asked for. */
  async function page(scope: Scope<'read'>, query: ObjectQuery, withBodies: boolean): Promise<Looking> {
    const { id } = scope.collection;
    if (!(await catalog.collection(id))) throw notFound();
    return look(
      worker,
      id,
      async ({ last }, session): Promise<Looked<Looking>> => {
        const picked = await pick(tables, session, scope, query, last);
        const { rows, page: about } = pageOf(picked, query.limit);
        const bodies: string[] = [];
        if (withBodies)
          for await (const group of bodiesOf(tables, session, rows))
            bodies.push(...group.map(([, body]) => body));
        const next = picked.rows[rows.length];
        return { value: { rows, bodies, about }, within: [[picked.after + 1, next?.date ?? last]] };
      },
      ({ rows, bodies }, before) => {
        const count = rows.filter((row) => row.date < before).length;
        if (count === 0) return undefined;
        const kept = rows.slice(0, count);
        const about = { count, first: kept[0]?.date, last: kept.at(-1)?.date, more: true };
        return { rows: kept, bodies: bodies.slice(0, count), about };
      },
    );
  }

  /** What a publisher sees under some ids: its own, and what its clearance allows; the newest first. */
  async function seen(scope: Scope<'write'>, ids: readonly string[], body: 0 | 1): Promise<EntryDoc[]> {
    await log.settled(scope.collection.id);
    const docs = await tables.entries
      .find(
        {
          ...{ c: scope.collection.id, state: 'live', u: { $in: ids.map(uuidOf) } },
          type: { $in: [...new Set(ids.map(typeOf))] },
          $or: [{ publisher: scope.principal.organisation.id }, { rank: { $lte: scope.clearance ?? -1 } }],
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
        const named = new Map(ids.map((id) => [objectKey(id), id]));
        const found = new Map<string, Held[]>();
        for (const { o, publisher, body } of docs) {
          const id = named.get(objectKey(o));
          if (id === undefined) continue;
          const of = found.get(id) ?? [];
          const trusted = publisher === scope.principal.organisation.id || binding.has(publisher);
          if (of.length < MOST_HELD) of.push({ text: body, trusted });
          found.set(id, of);
        }
        return found;
      }),
    known: (scope, ids) =>
      guarded(async () => {
        const keys = new Set((await seen(scope, ids, 0)).map((d) => objectKey(d.o)));
        const found = new Set(ids.filter((id) => keys.has(objectKey(id))));
        const identities = ids.filter((id) => id.startsWith('identity--'));
        const organisations = await tables.organisations.find({ identity: { $in: identities } }).toArray();
        for (const { identity } of organisations) if (identity !== undefined) found.add(identity);
        return found;
      }),
    append: (scope, part) => guarded(() => append(scope, part)),
    remove: (scope, id, selection) => guarded(() => remove(scope, id, selection)),
    retire: (id, retirement, by, apply) => guarded(() => retire(id, retirement, by, apply)),
    find: (scope, query) =>
      guarded(async () => {
        const { bodies, about } = await page(scope, query, true);
        return { ...about, items: Buffer.from(bodies.join(',')) };
      }),
    list: (scope, query) =>
      guarded(async () => {
        const { rows, about } = await page(scope, query, false);
        return { ...about, items: rows.map(listed) };
      }),
    inspect: (scope, query) =>
      guarded(async () => {
        const { rows, bodies, about } = await page(scope, query, true);
        const items = rows.map((row, i): Inspected => ({
          id: row.o,
          date: row.date,
          version: row.version,
          spec: row.spec,
          type: row.type,
          rank: row.rank,
          publisher: row.publisher,
          text: bodies[i] ?? '',
        }));
        return { ...about, items };
      }),
    presence: (scope, id, instants) =>
      guarded(async () => {
        const of = { c: scope.collection.id, u: uuidOf(id), type: typeOf(id) };
        const docs = await look(worker, scope.collection.id, async ({ last }, session) => {
          const projection = { state: 1, key: 1, rank: 1, date: 1, o: 1 } as const;
          const value = await tables.entries
            .find({ ...of, date: { $lte: last } }, { session, projection })
            .toArray();
          return { value, within: value.map(({ date }) => [date, date]) };
        });
        const mine = docs.filter((d) => d.rank <= (scope.clearance ?? -1));
        const live = mine.filter((d) => d.state === 'live' && d.o === id);
        const gone = (instant: string): boolean =>
          mine.some((d) => d.state === 'removed' && d.key === instant) &&
          !docs.some((d) => d.state === 'live' && d.key === instant);
        if (instants.some(gone)) return 'removed';
        return live.length > 0 ? 'present' : 'absent';
      }),
  };
}
