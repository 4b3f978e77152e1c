import { statedVersion, type StixObject } from '../../src/domain/stix';
import { titleOf } from './search';
import { readCollection } from '../../src/operations/read-collection';
import { actingAs, collectionNamed } from '../local/select';
import { readStix } from '../input/stix-files';
import { table, UsageError, type Arguments, type Context, type Verb } from '../verb';
import { isDeepStrictEqual } from 'node:util';
import type { Store } from '../../src/store/store';

/** The newest version of each object, by id. */
async function newest(
  store: Store,
  name: string,
  a: Arguments,
  context: Context,
): Promise<Map<string, StixObject>> {
  const found = new Map<string, StixObject>();
  if (/^[a-z0-9-]+\/[a-z0-9-]+$/.test(name) && !/\.[a-z]+$/i.test(name)) {
    const collection = await collectionNamed(store, name);
    for await (const { id, object } of readCollection(store, await actingAs(store, a), collection))
      found.set(id, object);
    return found;
  }
  for (const text of await readStix(name, context)) {
    if (text.unreadable !== undefined) throw new UsageError(`${text.source}: ${text.unreadable}`);
    for (const { id, object } of text.members) {
      const before = found.get(id);
      const version = (o: StixObject): string => statedVersion(o)?.key ?? '';
      if (!before || version(before) <= version(object)) found.set(id, object);
    }
  }
  return found;
}

interface Changed {
  readonly id: string;
  readonly object: StixObject;
  readonly properties: readonly { name: string; before: unknown; after: unknown }[];
}

function changes(before: StixObject, after: StixObject): Changed['properties'] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => !isDeepStrictEqual(before[name], after[name]))
    .map((name) => ({ name, before: before[name] ?? null, after: after[name] ?? null }));
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
    const added = [...two].filter(([id]) => !one.has(id));
    const missing = [...one].filter(([id]) => !two.has(id));
    const changed = [...one].flatMap(([id, object]): Changed[] => {
      const other = two.get(id);
      const properties = other ? changes(object, other) : [];
      return properties.length === 0 ? [] : [{ id, object, properties }];
    });
    if (a.json)
      context.print(
        JSON.stringify({
          added: added.map(([id]) => id),
          missing: missing.map(([id]) => id),
          changed: changed.map(({ id, properties }) => ({ id, properties })),
        }),
      );
    else {
      const rows = [
        ...added.map(([id, object]) => ['added', titleOf({ id, object }), '', '', '', id]),
        ...missing.map(([id, object]) => ['missing', titleOf({ id, object }), '', '', '', id]),
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
      context.print(`${added.length} added, ${missing.length} missing, ${changed.length} changed.`);
    }
    return added.length + missing.length + changed.length > 0 ? 1 : 0;
  },
};
