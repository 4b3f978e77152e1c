import { formatTimestamp } from '../../src/domain/timestamp';
import { tlpName } from '../../src/domain/tlp';
import { searchCollection } from '../../src/operations/search';
import { titleOf } from '../../src/operations/title';
import { actingAs, collectionNamed, reading, SELECTION, SELECTION_HELP, selectionOf } from '../local/select';
import { table, UsageError, type Verb } from '../verb';

export const search: Verb = {
  name: 'search',
  summary: 'find objects of a collection',
  help: `jisr search ROOT/ALIAS [--limit 100] [OPTIONS] [--json]

${SELECTION_HELP}
  --limit            at most so many (default 100); the oldest arrival first

With --json one line an object: {id, type, version, date_added, tlp, publisher, object}.

Example:
  jisr search europe/indicators --type indicator --text phishing`,
  options: { ...SELECTION, limit: { type: 'string' } },
  run: async (a, context) => {
    const limit = Number(a.text('limit') ?? 100);
    if (!Number.isInteger(limit) || limit < 1)
      throw new UsageError('--limit: a whole number above 0 is expected.');
    const store = await context.store();
    const collection = await collectionNamed(store, a.words[0]);
    const principal = await actingAs(store, a);
    const all = searchCollection(store, principal, collection, selectionOf(a, context));
    const rows: string[][] = [];
    let found = 0;
    for await (const { publisher, ...item } of reading(collection, all)) {
      if (found++ === limit) break;
      const [date, tlp] = [formatTimestamp(item.date), tlpName(item.rank)];
      if (a.json) {
        const { id, type, version, object } = item;
        context.print(JSON.stringify({ id, type, version, date_added: date, tlp, publisher, object }));
      } else rows.push([date.slice(0, 19), tlp, titleOf(item), publisher, item.id]);
    }
    if (a.json) return 0;
    if (rows.length === 0) context.print('Nothing was found.');
    else context.print(table(['added', 'tlp', 'what', 'publisher', 'id'], rows));
    if (found > limit) context.print(`\nThere is more; these are the first ${limit}. Say --limit.`);
    return 0;
  },
};
