import { notFound, type Scope } from '../../domain/access';
import type { ObjectQuery } from '../../domain/query';
import type { Micros } from '../../domain/timestamp';
import type { StoreOptions } from '../store';
import type { Inspected, Listed, ObjectStore, Page } from '../objects';
import { manifestRecords, pageOf, READ_LIMITS } from '../page';
import { writer, type Writer } from './writer';
import type { CatalogReader } from './catalog';
import { guarded } from './connection';
import { heldObjects } from './held';
import { KeptLooks } from './kept-looks';
import { look, type Looked } from './look';
import { bodiesOf, pick, type Row } from './query';
import type { Worker } from './work';

/** A page as it was looked at; bodies in the order of the rows, if they were asked for. */
interface Looking {
  readonly rows: readonly Row[];
  readonly bodies: readonly string[];
  readonly about: Omit<Page<undefined>, 'items'>;
}

/** What a row takes in memory, about. */
const ROW_BYTES = 500;
const NOTHING: Looking = {
  rows: [],
  bodies: [],
  about: { count: 0, first: undefined, last: undefined, more: false, through: undefined },
};

/** As much of a page as lies before a date. */
function shorten({ rows, bodies }: Looking, before: Micros): Looking | undefined {
  const count = rows.filter((row) => row.date < before).length;
  if (count === 0) return undefined;
  const kept = rows.slice(0, count);
  const last = kept.at(-1)?.date;
  const about = { count, first: kept[0]?.date, last, more: true, through: last };
  return { rows: kept, bodies: bodies.slice(0, count), about };
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
  { append, appendEach, foresee, remove, retire }: Writer = writer(worker, catalog),
  { reads = {}, pageBytes = 0 }: Pick<StoreOptions, 'reads' | 'pageBytes'> = {},
): ObjectStore {
  const { connection } = worker;
  const limits = { ...READ_LIMITS, ...reads };
  const kept = new KeptLooks<Looking>(pageBytes, ({ rows, bodies }) =>
    bodies.reduce((sum, body) => sum + body.length, rows.length * ROW_BYTES),
  );

  /** A page as of one moment; only what is on it is loaded, and of that only the keys unless bodies are asked for. */
  async function page(
    scope: Scope<'read'>,
    query: ObjectQuery,
    withBodies: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Looking> {
    const { id } = scope.collection;
    const looked = look<Looking>(
      worker,
      id,
      async (link, session): Promise<Looked<Looking>> => {
        const reader = await worker.audiences.reader(scope, link);
        const effort = { limits, signal, withBodies };
        const picked = await pick(connection, session, scope.collection, reader, query, link, effort);
        const { rows, page: about } = pageOf(picked, query.limit, limits.bytes);
        const value = async (): Promise<Looking | undefined> => {
          const bodies: string[] = [];
          if (withBodies)
            for await (const group of bodiesOf(connection, id, rows))
              bodies.push(...group.map(([, body]) => body));
          return bodies.includes('') ? undefined : { rows, bodies, about };
        };
        const to = picked.rows[rows.length]?.date ?? picked.through;
        return { value, within: [[picked.after + 1, to ?? link.last]], open: to === undefined };
      },
      {
        shorten,
        beyond: query.after === undefined ? undefined : { date: query.after, nothing: NOTHING },
        ...kept.of(scope, worker.log.known(id), query, withBodies),
      },
    );
    const [held, found] = await Promise.all([catalog.collection(id), looked]);
    if (!held) throw notFound();
    return found;
  }

  return {
    ...heldObjects(worker),
    append: (scope, part) => guarded(() => append(scope, part)),
    appendEach: (parts) => guarded(() => appendEach(parts)),
    foresee: (scope, parts) => guarded(() => foresee(scope, parts)),
    remove: (scope, id, selection) => guarded(() => remove(scope, id, selection)),
    retire: (id, retirement, by, apply, permit) => guarded(() => retire(id, retirement, by, apply, permit)),
    find: (scope, query, signal) =>
      guarded(async () => {
        const { bodies, about } = await page(scope, query, true, signal);
        return { ...about, items: Buffer.from(bodies.join(',')) };
      }),
    manifest: (scope, query, signal) =>
      guarded(async () => {
        const { rows, about } = await page(scope, query, false, signal);
        return { ...about, items: manifestRecords(rows.map(listed), scope.collection) };
      }),
    list: (scope, query, signal) =>
      guarded(async () => {
        const { rows, about } = await page(scope, query, false, signal);
        return { ...about, items: rows.map(listed) };
      }),
    inspect: (scope, query, signal) =>
      guarded(async () => {
        const { rows, bodies, about } = await page(scope, query, true, signal);
        const items = await Promise.all(
          rows.map(async (row, i): Promise<Inspected> => {
            const { type, rank, publisher } = row;
            const shown = await worker.audiences.shown(scope.collection.id, rank);
            return { ...listed(row), type, ...shown, publisher, text: bodies[i] ?? '' };
          }),
        );
        return { ...about, items };
      }),
  };
}
