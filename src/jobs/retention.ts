/** Retention by each collection's policy; the first run only gives notice, and a legal hold wins. */
import { createHash } from 'node:crypto';
import type { Collection } from '../domain/channel';
import { DAY, formatTimestamp, type Micros } from '../domain/timestamp';
import type { JobContext } from './job';

interface Notice {
  readonly digest: string;
  readonly given: Micros;
}

const digestOf = ({ retention }: Collection): string =>
  createHash('sha256').update(JSON.stringify(retention.rules)).digest('hex').slice(0, 16);

export async function retire({
  store,
  clock,
  apply,
  signal,
  lease,
}: JobContext): Promise<Record<string, unknown>> {
  const now = clock();
  const notices = await store.house.notes('retention');
  const said: Record<string, unknown> = {};
  for (const collection of (await store.catalog.channels()).flatMap((c) => c.collections)) {
    const { rules, noticeDays, legalHold } = collection.retention;
    const text = notices.get(collection.id);
    if (rules.length === 0) {
      if (text !== undefined && apply) await store.house.note('retention', collection.id, undefined, lease);
      continue;
    }
    const name = `${collection.apiRoot}/${collection.alias}`;
    if (legalHold === true) {
      said[name] = 'legal hold';
      continue;
    }
    const before = text === undefined ? undefined : (JSON.parse(text) as Notice);
    const standing = before?.digest === digestOf(collection) ? before : undefined;
    // New rules give notice anew, even if that is of no days: the first run never removes.
    const due = standing !== undefined && now >= standing.given + noticeDays * DAY;
    let [objects, versions] = [0, 0];
    for (const { types, days } of rules) {
      const retirement = { types, before: now - days * DAY, held: legalHold };
      const gone = await store.objects.retire(collection.id, retirement, 'retention', apply && due, {
        signal,
        lease,
      });
      objects += gone.objects;
      versions += gone.versions;
    }
    if (!standing && apply)
      await store.house.note(
        'retention',
        collection.id,
        JSON.stringify({ digest: digestOf(collection), given: now } satisfies Notice),
        lease,
      );
    said[name] = due
      ? { removed: { objects, versions } }
      : {
          would_remove: { objects, versions },
          from: formatTimestamp((standing?.given ?? now) + noticeDays * DAY),
        };
  }
  return said;
}
