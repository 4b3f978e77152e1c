import { formatTimestamp } from '../../src/domain/timestamp';
import { tlpName } from '../../src/domain/tlp';
import type { Item } from '../../src/operations/read-collection';
import { select, collectionNamed, SELECTION, SELECTION_HELP } from '../local/select';
import { table, UsageError, type Verb } from '../verb';

/** What a person calls an object. */
export function titleOf({ object, id }: Pick<Item, 'object' | 'id'>): string {
  const said = [
    'name',
    'value',
    'pattern',
    'relationship_type',
    'content',
    'path',
    'key',
    'product',
    'abstract',
  ]
    .map((name) => object[name])
    .find((value) => typeof value === 'string');
  const text = said ?? id;
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

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
    const names = new Map((await store.people.organisations()).map((o) => [o.id, o.name]));
    const rows: string[][] = [];
    let found = 0;
    for await (const item of select(store, collection, a, context)) {
      if (found++ === limit) break;
      const publisher = names.get(item.publisher) ?? item.publisher;
      const date = formatTimestamp(item.date);
      if (a.json)
        context.print(
          JSON.stringify({
            ...{ id: item.id, type: item.type, version: item.version, date_added: date },
            ...{ tlp: tlpName(item.rank), publisher, object: item.object },
          }),
        );
      else rows.push([date.slice(0, 19), tlpName(item.rank), titleOf(item), publisher, item.id]);
    }
    if (a.json) return 0;
    if (rows.length === 0) context.print('Nothing was found.');
    else context.print(table(['added', 'tlp', 'what', 'publisher', 'id'], rows));
    if (found > limit) context.print(`\nThere is more; these are the first ${limit}. Say --limit.`);
    return 0;
  },
};
