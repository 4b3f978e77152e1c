import { compare, newestAmong, newestIn, type Newest } from '../../src/operations/diff';
import { titleOf } from '../../src/operations/title';
import type { Store } from '../../src/store/store';
import { readStix } from '../input/stix-files';
import { actingAs, allowed, collectionNamed } from '../local/select';
import { table, UsageError, type Arguments, type Context, type Verb } from '../verb';

/** Of a collection, or of a file. */
async function newest(store: Store, name: string, a: Arguments, context: Context): Promise<Newest> {
  if (/^[a-z0-9-]+\/[a-z0-9-]+$/.test(name) && !/\.[a-z]+$/i.test(name)) {
    const collection = await collectionNamed(store, name);
    const principal = await actingAs(store, a);
    return allowed(name, () => newestIn(store, principal, collection));
  }
  const texts = await readStix(name, context);
  for (const { source, unreadable } of texts)
    if (unreadable !== undefined) throw new UsageError(`${source}: ${unreadable}`);
  return newestAmong(texts.flatMap((text) => text.members));
}

const short = (value: unknown): string => {
  const text = value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 50 ? `${text.slice(0, 49)}…` : text;
};

export const diff: Verb = {
  name: 'diff',
  summary: 'what two collections, or a collection and a file, do not have in common',
  help: `jisr diff ROOT/ALIAS (ROOT/ALIAS | FILE) [--as LOGIN] [--json]

Compares the newest version of each object that the account may see. "added" is in the second only, "missing" in the
first only, "changed" in both, property by property. Ends with 1 if there is a difference.

Example:
  jisr diff europe/indicators global/indicators`,
  options: { as: { type: 'string' } },
  run: async (a, context) => {
    const [first, second] = a.words;
    if (first === undefined || second === undefined)
      throw new UsageError('Say what to compare: jisr diff europe/indicators bundle.json.');
    const store = await context.store();
    const [one, two] = [await newest(store, first, a, context), await newest(store, second, a, context)];
    const { added, missing, changed } = compare(one, two);
    if (a.json)
      context.print(
        JSON.stringify({
          added: [...added.keys()],
          missing: [...missing.keys()],
          changed: changed.map(({ id, properties }) => ({ id, properties })),
        }),
      );
    else {
      const rows = [
        ...Array.from(added, ([id, object]) => ['added', titleOf({ id, object }), '', '', '', id]),
        ...Array.from(missing, ([id, object]) => ['missing', titleOf({ id, object }), '', '', '', id]),
        ...changed.flatMap(({ id, object, properties }) =>
          properties.map((p) => [
            'changed',
            titleOf({ id, object }),
            p.name,
            short(p.before),
            short(p.after),
            id,
          ]),
        ),
      ];
      if (rows.length > 0) context.print(table(['how', 'what', 'property', 'before', 'after', 'id'], rows));
      context.print(`${added.size} added, ${missing.size} missing, ${changed.length} changed.`);
    }
    return added.size + missing.size + changed.length > 0 ? 1 : 0;
  },
};
