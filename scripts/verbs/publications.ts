import type { Principal } from '../../src/domain/access';
import type { Channel } from '../../src/domain/channel';
import { OperatorError } from '../../src/domain/errors';
import { formatTimestamp } from '../../src/domain/timestamp';
import type { Unfinished } from '../../src/store/records';
import type { Store } from '../../src/store/store';
import { actorOf, conclude, required, table, UsageError, type Verb } from '../verb';

interface Row {
  readonly status: string;
  readonly organisation: string;
  readonly collection: string;
  readonly bytes: number;
  readonly objects: number;
  readonly parts_done: number;
  readonly parts: number;
  readonly requested: string;
  readonly age_seconds: number;
  readonly worked_by: string | null;
}

async function rowsOf(store: Store, now: number): Promise<Row[]> {
  const [waiting, people, channels]: [readonly Unfinished[], readonly Principal[], readonly Channel[]] =
    await Promise.all([store.records.unfinished(), store.people.principals(), store.catalog.channels()]);
  const collections = channels.flatMap((c) => c.collections);
  return waiting.map(({ status, principalId, collectionId, bytes, parts, partsDone, lease }) => {
    const collection = collections.find((c) => c.id === collectionId);
    return {
      status: status.id,
      organisation: people.find((p) => p.id === principalId)?.organisation.name ?? principalId,
      collection: collection ? `${collection.apiRoot}/${collection.alias}` : collectionId,
      bytes,
      objects: status.total,
      parts_done: partsDone,
      parts,
      requested: formatTimestamp(status.requested),
      age_seconds: Math.max(0, Math.round((now - status.requested) / 1e6)),
      worked_by: lease && lease.until > now ? lease.holder : null,
    };
  });
}

export const publications: Verb = {
  name: 'publications',
  summary: 'large publications that wait or hang: list, show, abandon',
  help: `jisr publications [--json]
jisr publications show ID [--json]
jisr publications abandon ID --why TEXT [--as LOGIN] [--apply] [--json]

A large publication waits in the store and is worked off in parts, by any server that runs on it. Abandoning one fails
what is not done yet with the text of --why, in the status that its publisher reads; what is done stays.

Example:
  jisr publications`,
  changes: true,
  options: { why: { type: 'string' }, as: { type: 'string' } },
  run: async (a, context) => {
    const [what = 'list', id] = a.words;
    if (!['list', 'show', 'abandon'].includes(what))
      throw new UsageError(`"${what}": say list, show ID or abandon ID.`);
    if (what !== 'list' && id === undefined)
      throw new UsageError(`Say which: jisr publications ${what} ID. See: jisr publications`);
    const why = what === 'abandon' ? required(a, 'why') : '';
    const store = await context.store();
    const rows = await rowsOf(store, context.clock());
    if (what === 'list') {
      if (a.json) context.print(JSON.stringify({ publications: rows }));
      else if (rows.length === 0) context.print('Nothing waits.');
      else {
        const cells = rows.map((r) => [
          r.status,
          r.organisation,
          r.collection,
          String(r.bytes),
          `${r.parts_done}/${r.parts}`,
          `${r.age_seconds} s`,
          r.worked_by ?? '',
        ]);
        const head = ['status', 'organisation', 'collection', 'bytes', 'parts', 'age', 'worked by'];
        context.print(table(head, cells));
      }
      return 0;
    }
    const row = rows.find((r) => r.status === id);
    if (!row) throw new OperatorError(`No publication ${id ?? ''} waits here. See: jisr publications`);
    if (what === 'show') {
      if (a.json) context.print(JSON.stringify(row));
      else
        context.print(
          table(
            ['what', 'value'],
            Object.entries(row).map(([name, value]) => [name, String(value ?? 'nobody')]),
          ),
        );
      return 0;
    }
    const actor = await actorOf(a, context, store);
    const done = a.apply ? await store.records.abandon(row.status, why, actor) : true;
    if (!done) throw new OperatorError(`Publication ${row.status} was finished meanwhile.`);
    return conclude(
      a,
      context,
      `abandon publication ${row.status} of ${row.organisation}, part ${row.parts_done} of ${row.parts}`,
      {
        ...row,
        why,
      },
    );
  },
};
