/** A snapshot a day of what the collections hold, kept for a year and a bit. */
import { accessOf, operatorOf } from '../domain/access';
import { formatTimestamp } from '../domain/timestamp';
import { isExpired, readCollection } from '../operations/read-collection';
import type { JobContext } from './job';
import { paced } from './paced';

const KEPT = 400;

interface Snapshot {
  objects: number;
  revoked: number;
  expired: number;
  readonly types: Record<string, number>;
}

export async function snapshot({
  store,
  clock,
  apply,
  signal,
  lease,
}: JobContext): Promise<Record<string, unknown>> {
  const operator = operatorOf(await store.people.principals());
  if (!operator) return { skipped: 'there is no operator account' };
  const now = clock();
  const all: Record<string, Snapshot> = {};
  for (const collection of (await store.catalog.channels()).flatMap((c) => c.collections)) {
    if (!accessOf(operator, collection).read) continue;
    const counts: Snapshot = { objects: 0, revoked: 0, expired: 0, types: {} };
    for await (const { object, type } of paced(readCollection(store, operator, collection), signal)) {
      counts.objects++;
      if (object['revoked'] === true) counts.revoked++;
      else if (isExpired(object, now)) counts.expired++;
      counts.types[type] = (counts.types[type] ?? 0) + 1;
    }
    if (counts.objects > 0) all[`${collection.apiRoot}/${collection.alias}`] = counts;
  }
  const day = formatTimestamp(now).slice(0, 10);
  if (apply) {
    await store.house.note('statistics', day, JSON.stringify(all), lease);
    const days = [...(await store.house.notes('statistics')).keys()];
    for (const old of days.slice(0, Math.max(0, days.length - KEPT)))
      await store.house.note('statistics', old, undefined, lease);
  }
  return {
    day,
    objects: Object.values(all).reduce((sum, c) => sum + c.objects, 0),
    collections: Object.keys(all).length,
  };
}
