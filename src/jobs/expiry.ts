/**
 * Indicators past their valid_until are reported to the organisations that published them. Only those of the
 * operator's own organisation are revoked, by a new version: nobody else may revise others' objects (§3.6.2).
 */
import { accessOf, operatorOf, type Principal } from '../domain/access';
import type { Collection } from '../domain/channel';
import { modifiedAfter } from '../domain/stix';
import { formatTimestamp } from '../domain/timestamp';
import { isExpired, readCollection } from '../operations/read-collection';
import type { JobContext } from './job';
import { paced } from './paced';

/** Ids that a report names; all are counted. */
const MOST_NAMED = 100;
const BATCH = 500;

export interface ExpiryReport {
  readonly at: string;
  readonly organisation: string;
  readonly count: number;
  readonly objects: readonly { collection: string; id: string; valid_until: string }[];
}

async function publish(
  { door, signal }: JobContext,
  principal: Principal,
  collection: Collection,
  texts: readonly string[],
): Promise<number> {
  signal.throwIfAborted();
  const body = Buffer.from(`{"objects":[${texts.join(',')}]}`);
  return (await door.publish({ principalId: principal.id, collectionId: collection.id, body })).success_count;
}

export async function expire(context: JobContext): Promise<Record<string, unknown>> {
  const { store, clock, apply, signal, lease } = context;
  const operator = operatorOf(await store.people.principals());
  if (!operator) return { skipped: 'there is no operator account' };
  const now = clock();
  const names = new Map((await store.people.organisations()).map((o) => [o.id, o.name]));
  const reports = new Map<string, { count: number; objects: ExpiryReport['objects'][number][] }>();
  let revocations = 0;
  for (const collection of (await store.catalog.channels()).flatMap((c) => c.collections)) {
    const access = accessOf(operator, collection);
    if (!access.read) continue;
    let own: string[] = [];
    const flush = async (): Promise<void> => {
      if (access.write && own.length > 0)
        revocations += apply ? await publish(context, operator, collection, own) : own.length;
      own = [];
    };
    const indicators = readCollection(store, operator, collection, { types: ['indicator'] });
    for await (const item of paced(indicators, signal)) {
      const { object, publisher, id } = item;
      if (object['revoked'] === true || !isExpired(object, now)) continue;
      const identity = operator.organisation.identity;
      const creator = object['created_by_ref'];
      if (publisher === operator.organisation.id && (creator === undefined || creator === identity)) {
        own.push(JSON.stringify({ ...object, revoked: true, modified: modifiedAfter(object, now) }));
        if (own.length >= BATCH) await flush();
      } else {
        const report = reports.get(publisher) ?? { count: 0, objects: [] };
        report.count++;
        if (report.objects.length < MOST_NAMED)
          report.objects.push({
            collection: `${collection.apiRoot}/${collection.alias}`,
            id,
            valid_until: String(object['valid_until']),
          });
        reports.set(publisher, report);
      }
    }
    await flush();
  }
  if (apply) {
    for (const organisation of (await store.house.notes('expired')).keys())
      if (!reports.has(organisation)) await store.house.note('expired', organisation, undefined, lease);
    for (const [id, report] of reports) {
      const full: ExpiryReport = { at: formatTimestamp(now), organisation: names.get(id) ?? id, ...report };
      await store.house.note('expired', id, JSON.stringify(full), lease);
    }
  }
  const reported = [...reports].map(([id, { count }]) => [names.get(id) ?? id, count]);
  return { revoked: revocations, reported: Object.fromEntries(reported) as Record<string, number> };
}
