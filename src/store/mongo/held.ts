/** What somebody may know of named objects: asked by rank, so that what is hidden is never read. */
import type { Reader } from '../../domain/audience';
import { typeOf } from '../../domain/stix';
import {
  MOST_HELD,
  MOST_HELD_BYTES,
  MOST_LOOKED_UP_BYTES,
  type Held,
  type Inspected,
  type ObjectStore,
} from '../objects';
import { guarded } from './connection';
import type { EntryDoc } from './tables';
import { look } from './look';
import { uuidOf } from './unit';
import type { Worker } from './work';

/** A version without its body. */
type Known = Pick<EntryDoc, '_id' | 'o' | 'ref' | 'key' | 'size' | 'publisher'>;

export function heldObjects(worker: Worker): Pick<ObjectStore, 'lookup' | 'known' | 'presence' | 'rivals'> {
  const { connection, log, audiences } = worker;
  const { tables } = connection;

  /** The newest versions of one object that may be seen. */
  async function newest(collection: string, { rank, levels }: Reader, id: string): Promise<Known[]> {
    if (rank < 0) return [];
    const projection = { o: 1, ref: 1, key: 1, size: 1, publisher: 1 } as const;
    const docs = await tables.entries
      .find(
        { c: collection, u: uuidOf(id), type: typeOf(id), state: 'live', rank: { $in: [...levels] } },
        { projection },
      )
      .sort({ key: -1 })
      .limit(2 * MOST_HELD)
      .toArray();
    // A version may have several entries.
    const versions = new Map<number, Known>();
    for (const doc of docs) if (!versions.has(doc.ref)) versions.set(doc.ref, doc);
    return [...versions.values()].filter((doc) => doc.o === id).slice(0, MOST_HELD);
  }

  /** The organisations whose word binds everyone. */
  async function binding(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const organisations = await tables.organisations.find({ _id: { $in: [...new Set(ids)] } }).toArray();
    const kindOf = ({ definition }: { definition: string }): string =>
      (JSON.parse(definition) as { kind: string }).kind;
    return new Set(organisations.filter((o) => ['desk', 'operator'].includes(kindOf(o))).map((o) => o._id));
  }

  return {
    lookup: (scope, ids) =>
      guarded(async () => {
        const { id: collection } = scope.collection;
        const reader = await audiences.reader(scope, await log.caughtUp(collection));
        const found = new Map<string, Held[]>();
        let left = MOST_LOOKED_UP_BYTES;
        for (const id of ids) {
          const known = await newest(collection, reader, id);
          const trusted = await binding(known.map((v) => v.publisher));
          const held: Held[] = [];
          let most = Math.min(MOST_HELD_BYTES, left);
          for (const { _id, size, publisher } of known) {
            // What is older than one left out would pass for the newest.
            if (size > most) break;
            most -= size;
            left -= size;
            const doc = await tables.entries.findOne({ _id }, { projection: { body: 1 } });
            const own = publisher === scope.principal.organisation.id;
            if (doc && doc.body !== '') held.push({ text: doc.body, trusted: own || trusted.has(publisher) });
          }
          if (held.length > 0) found.set(id, held);
        }
        return found;
      }),

    known: (scope, ids) =>
      guarded(async () => {
        const { collection } = scope;
        const { rank, levels } = await audiences.reader(scope, await log.caughtUp(collection.id));
        const found = new Set<string>();
        if (rank >= 0) {
          const some = {
            c: collection.id,
            state: 'live',
            u: { $in: ids.map(uuidOf) },
            rank: { $in: [...levels] },
          } as const;
          const held = new Set<string>();
          for await (const { o } of tables.entries.find(some, { projection: { o: 1 } })) held.add(o);
          for (const id of ids) if (held.has(id)) found.add(id);
        }
        const identities = ids.filter((id) => id.startsWith('identity--'));
        const organisations = await tables.organisations.find({ identity: { $in: identities } }).toArray();
        for (const { identity } of organisations) if (identity !== undefined) found.add(identity);
        return found;
      }),

    rivals: (scope, id) =>
      guarded(async () => {
        const { clearance, collection } = scope;
        if (clearance === undefined) return [];
        const of = { c: collection.id, u: uuidOf(id), type: typeOf(id), state: 'live' } as const;
        return look(worker, collection.id, async (link, session) => {
          const { levels } = await audiences.reader(scope, link);
          const seen = { ...of, rank: { $in: [...levels] }, date: { $lte: link.last } };
          const docs = await tables.entries
            .find(seen, { session, projection: { body: 0 }, sort: { date: -1 } })
            .toArray();
          // Of several entries of a version the oldest.
          const versions = [...new Map(docs.map((doc) => [doc.ref, doc])).values()];
          const count = new Map<string, number>();
          for (const { key } of versions) count.set(key, (count.get(key) ?? 0) + 1);
          const several = versions
            .filter(({ key }) => count.get(key) !== 1)
            .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.ref - b.ref))
            .slice(0, MOST_HELD);
          const ids = several.map(({ _id }) => _id);
          const bodies = await tables.entries
            .find({ _id: { $in: ids } }, { session, projection: { body: 1 } })
            .toArray();
          const textOf = new Map(bodies.map(({ _id, body }) => [_id, body]));
          const value = await Promise.all(
            several.map(
              async ({ _id, o, date, version, spec, type, rank, publisher }): Promise<Inspected> => {
                const shown = await audiences.shown(collection.id, rank);
                return { id: o, date, version, spec, type, ...shown, publisher, text: textOf.get(_id) ?? '' };
              },
            ),
          );
          return { value: async () => value, within: value.map(({ date }) => [date, date]), open: true };
        });
      }),

    presence: (scope, id, instants) =>
      guarded(async () => {
        const { clearance, collection } = scope;
        if (clearance === undefined) return 'absent';
        const docs = await look(worker, collection.id, async (link, session) => {
          const { levels } = await audiences.reader(scope, link);
          const of = { c: collection.id, u: uuidOf(id), type: typeOf(id), rank: { $in: [...levels] } };
          const projection = { state: 1, key: 1, date: 1, o: 1 } as const;
          const asked = [{ state: 'live', edge: { $ne: false } }, { key: { $in: [...instants] } }] as const;
          const value = await tables.entries
            .find({ ...of, date: { $lte: link.last }, $or: [...asked] } as object, { session, projection })
            .toArray();
          return { value: async () => value, within: value.map(({ date }) => [date, date]), open: true };
        });
        const live = docs.filter((d) => d.state === 'live' && d.o === id);
        const gone = (instant: string): boolean =>
          docs.some((d) => d.state === 'removed' && d.key === instant) &&
          !docs.some((d) => d.state === 'live' && d.key === instant);
        if (instants.some(gone)) return 'removed';
        return live.length > 0 ? 'present' : 'absent';
      }),
  };
}
