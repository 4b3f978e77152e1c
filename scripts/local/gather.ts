/** Objects that a verb acts on: named on the command line, in a file, or selected in the collection. */
import type { Collection } from '../../src/domain/channel';
import { OperatorError } from '../../src/domain/errors';
import { isIdentifier } from '../../src/domain/stix';
import type { Store } from '../../src/store/store';
import type { Item } from '../../src/operations/read-collection';
import { selected } from './select';
import { readStix } from '../input/stix-files';
import { readLines, readText } from '../input/text-lines';
import { UsageError, type Arguments, type Context } from '../verb';

/** More would not be looked through by anybody before saying --apply. */
const MOST = 100_000;

const SELECTORS = [
  'type',
  'id',
  'name',
  'text',
  'label',
  'value',
  'marking',
  'producer',
  'since',
  'until',
  'confidence',
  'revoked',
  'expired',
];

/** The ids of the objects in a file of STIX, or one a line. @throws {OperatorError} it is neither. */
async function idsIn(file: string, context: Context): Promise<Set<string>> {
  const found = new Set<string>();
  const texts = await readStix(file, context);
  if (texts.every((t) => t.unreadable === undefined)) {
    for (const { members } of texts) for (const { id } of members) found.add(id);
    return found;
  }
  for await (const { number, text = '' } of readLines(readText(file, undefined, context))) {
    const id = text.trim();
    if (id === '' || id.startsWith('#')) continue;
    if (!isIdentifier(id))
      throw new OperatorError(`${file}:${number}: is neither STIX nor an id: "${id.slice(0, 80)}".`);
    found.add(id);
  }
  return found;
}

/** @throws {UsageError} nothing was named: what concerns a whole collection must be said with --all. */
export async function gather(
  store: Store,
  collection: Collection,
  a: Arguments,
  context: Context,
): Promise<Item[]> {
  const file = a.text('file');
  const wanted = file === undefined ? undefined : await idsIn(file, context);
  if (wanted === undefined && !a.flag('all') && !SELECTORS.some((name) => a.given(name)))
    throw new UsageError('Say which objects: --id, --file, --type, --text …, or --all.');
  const found: Item[] = [];
  for await (const item of selected(store, collection, a, context)) {
    if (wanted && !wanted.has(item.id)) continue;
    found.push(item);
    if (found.length > MOST)
      throw new UsageError(`More than ${MOST} objects; narrow the selection, by --until perhaps.`);
  }
  return found;
}

export const GATHERING = { file: { type: 'string' }, all: { type: 'boolean' } } as const;
export const GATHERING_HELP = `  --file FILE        the objects that stand in this bundle or list of STIX, or whose ids do, one a line
  --all              all objects of the collection`;
