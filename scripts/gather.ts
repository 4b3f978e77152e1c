/** Objects that a verb acts on: named on the command line, in a file, or selected in the collection. */
import type { Collection } from '../src/domain/channel';
import type { Store } from '../src/store/store';
import type { Item } from '../src/read-collection';
import { select } from './select';
import { readStix } from './stix-files';
import { UsageError, type Arguments, type Context } from './verb';

/** More would not be looked through by anybody before saying --apply. */
const MOST = 100_000;

const SELECTORS = [
  ...['type', 'id', 'name', 'text', 'label', 'value', 'marking', 'producer', 'since', 'until', 'confidence'],
  ...['revoked', 'expired'],
];

/** @throws {UsageError} nothing was named: what concerns a whole collection must be said with --all. */
export async function gather(
  store: Store,
  collection: Collection,
  a: Arguments,
  context: Context,
): Promise<Item[]> {
  const file = a.text('file');
  const wanted =
    file === undefined
      ? undefined
      : new Set((await readStix(file, context)).flatMap((t) => t.members.map((m) => m.id)));
  if (wanted === undefined && !a.flag('all') && !SELECTORS.some((name) => a.given(name)))
    throw new UsageError('Say which objects: --id, --file, --type, --text …, or --all.');
  const found: Item[] = [];
  for await (const item of select(store, collection, a, context)) {
    if (wanted && !wanted.has(item.id)) continue;
    found.push(item);
    if (found.length > MOST)
      throw new UsageError(`More than ${MOST} objects; narrow the selection, by --until perhaps.`);
  }
  return found;
}

export const GATHERING = { file: { type: 'string' }, all: { type: 'boolean' } } as const;
export const GATHERING_HELP = `  --file FILE        the objects whose ids stand in this bundle or list
  --all              all objects of the collection`;
