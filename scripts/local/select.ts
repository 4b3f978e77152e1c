/** Which objects a verb is about: options that every verb with objects understands, and reading them page by page. */
import { operatorOf, type Principal } from '../../src/domain/access';
import type { Collection } from '../../src/domain/channel';
import { OperatorError, TaxiiError } from '../../src/domain/errors';
import { groupOf } from '../../src/domain/stix';
import { parseTimestamp, type Micros } from '../../src/domain/timestamp';
import { rankOf } from '../../src/domain/tlp';
import { isExpired, readCollection, type Item } from '../../src/operations/read-collection';
import type { Store } from '../../src/store/store';

import { findCollection, findPrincipal, UsageError, type Arguments, type Context, type Verb } from '../verb';

/** The options, to be spread into a verb's own. */
export const SELECTION: Verb['options'] = {
  as: { type: 'string' },
  type: { type: 'string', multiple: true },
  id: { type: 'string', multiple: true },
  name: { type: 'string' },
  text: { type: 'string' },
  label: { type: 'string' },
  value: { type: 'string' },
  marking: { type: 'string' },
  producer: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  confidence: { type: 'string' },
  revoked: { type: 'boolean' },
  expired: { type: 'boolean' },
  versions: { type: 'boolean' },
};

export const SELECTION_HELP = `  --as LOGIN         read as this account; default: the first operator's
  --type, --id       one or more, with commas; a type or a group (SDO, SRO, SCO, SMO, custom)
  --name, --text     words in the name; words anywhere in the object (case does not matter)
  --label            one of its labels
  --value            an observable's value, a hash, or a constant in a pattern, exactly
  --marking          an id of a marking, or a level: clear, green, amber, amber+strict, red
  --producer         the identity that created it, or the organisation that published it
  --since, --until   when it was added here: 2024-01-31 or 2024-01-31T08:00:00Z
  --confidence       at least this (0 to 100)
  --revoked          only revoked ones; --expired: only indicators past their valid_until
  --versions         all versions, not only the newest`;

/** The account that a verb acts as. @throws {OperatorError} there is none. */
export async function actingAs(store: Store, a: Arguments): Promise<Principal> {
  const name = a.text('as');
  if (name !== undefined) return findPrincipal(store, name);
  const operator = operatorOf(await store.people.principals());
  if (!operator)
    throw new OperatorError(
      'There is no operator account on this store. Start the server once, make one (jisr add --help), or say --as LOGIN.',
    );
  return operator;
}

/** A TAXII refusal, told to an operator. */
export async function allowed<T>(what: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw told(what, error);
  }
}

const told = (what: string, error: unknown): unknown =>
  error instanceof TaxiiError ? new OperatorError(`${what}: ${error.message}`) : error;

export async function collectionNamed(store: Store, name: string | undefined): Promise<Collection> {
  if (name === undefined) throw new UsageError('Name a collection, such as europe/indicators.');
  return findCollection(await store.catalog.channels(), name);
}

export function instant(option: string, text: string | undefined): Micros | undefined {
  if (text === undefined) return undefined;
  const micros = parseTimestamp(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (micros === undefined)
    throw new UsageError(`--${option}: "${text}" is no time such as 2024-01-31 or 2024-01-31T08:00:00Z.`);
  return micros;
}

const contains = (value: unknown, word: string): boolean =>
  typeof value === 'string' && value.toLowerCase().includes(word);

/** Every string in an object, for `--value`. */
function holdsValue(value: unknown, wanted: string): boolean {
  if (typeof value === 'string') return value === wanted || value.includes(`'${wanted}'`);
  return (
    typeof value === 'object' && value !== null && Object.values(value).some((v) => holdsValue(v, wanted))
  );
}

type Test = (item: Item) => boolean;

function tests(a: Arguments, context: Context, organisations: ReadonlyMap<string, string>): Test[] {
  const found: Test[] = [];
  const types = a.list('type');
  if (types.length > 0) found.push((i) => types.includes(i.type) || types.includes(groupOf(i.type)));
  const name = a.text('name')?.toLowerCase();
  if (name !== undefined)
    found.push(({ object }) =>
      [object['name'], ...((object['aliases'] as unknown[] | undefined) ?? [])].some((v) =>
        contains(v, name),
      ),
    );
  const text = a.text('text')?.toLowerCase();
  if (text !== undefined) found.push((i) => i.text.toLowerCase().includes(text));
  const label = a.text('label');
  if (label !== undefined)
    found.push(({ object }) => (object['labels'] as unknown[] | undefined)?.includes(label) ?? false);
  const value = a.text('value');
  if (value !== undefined) found.push(({ object }) => holdsValue(object, value));
  const marking = a.text('marking');
  if (marking !== undefined) {
    const rank = rankOf(marking);
    const marks = ({ object }: Item): string =>
      JSON.stringify([object['object_marking_refs'], object['granular_markings']]);
    found.push((i) => (rank === undefined ? marks(i).includes(JSON.stringify(marking)) : i.rank === rank));
  }
  const producer = a.text('producer');
  if (producer !== undefined)
    found.push(
      (i) =>
        i.object['created_by_ref'] === producer ||
        i.publisher === producer ||
        organisations.get(i.publisher) === producer,
    );
  const until = instant('until', a.text('until'));
  if (until !== undefined) found.push((i) => i.date < until);
  const confidence = a.text('confidence');
  if (confidence !== undefined) {
    if (!/^\d{1,3}$/.test(confidence) || Number(confidence) > 100)
      throw new UsageError(`--confidence: "${confidence}" is no number from 0 to 100.`);
    found.push(({ object }) => Number(object['confidence'] ?? -1) >= Number(confidence));
  }
  if (a.flag('revoked')) found.push(({ object }) => object['revoked'] === true);
  const now = context.clock();
  if (a.flag('expired')) found.push(({ object }) => isExpired(object, now));
  return found;
}

/** The objects of a collection that the options of a verb select. */
export async function* select(
  store: Store,
  collection: Collection,
  a: Arguments,
  context: Context,
): AsyncGenerator<Item> {
  const principal = await actingAs(store, a);
  const organisations = new Map((await store.people.organisations()).map((o) => [o.id, o.name]));
  const all = tests(a, context, organisations);
  const ids = a.list('id');
  const since = instant('since', a.text('since'));
  const query = {
    versions: a.flag('versions'),
    ...(ids.length === 0 ? {} : { ids }),
    ...(since === undefined ? {} : { since }),
  };
  try {
    for await (const item of readCollection(store, principal, collection, query))
      if (all.every((test) => test(item))) yield item;
  } catch (error) {
    throw told(`${collection.apiRoot}/${collection.alias}`, error);
  }
}
