/** Which objects a verb is about: options that every verb with objects understands, and reading them page by page. */
import { operatorOf, scopeFor, type Principal } from '../../src/domain/access';
import type { Collection } from '../../src/domain/channel';
import { OperatorError, TaxiiError } from '../../src/domain/errors';
import { parseTimestamp, type Micros } from '../../src/domain/timestamp';
import type { Item } from '../../src/operations/read-collection';
import { select, type Selection } from '../../src/operations/select';
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

const nameOf = ({ apiRoot, alias }: Collection): string => `${apiRoot}/${alias}`;

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

/** @throws {UsageError} unless it is a number from 0 to 100. */
function confidenceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,3}$/.test(text) || Number(text) > 100)
    throw new UsageError(`--confidence: "${text}" is no number from 0 to 100.`);
  return Number(text);
}

/** What the options of a verb say. @throws {UsageError} a value that is none. */
export function selectionOf(a: Arguments, context: Context): Selection {
  return {
    versions: a.flag('versions'),
    ids: a.list('id'),
    types: a.list('type'),
    name: a.text('name'),
    text: a.text('text'),
    label: a.text('label'),
    value: a.text('value'),
    marking: a.text('marking'),
    producer: a.text('producer'),
    until: instant('until', a.text('until')),
    confidence: confidenceOf(a.text('confidence')),
    revoked: a.flag('revoked'),
    expired: a.flag('expired') ? context.clock() : undefined,
    since: instant('since', a.text('since')),
  };
}

/** @throws {OperatorError} the account may not read the collection. */
export function refuseUnread(principal: Principal, collection: Collection): void {
  try {
    scopeFor(principal, collection, 'read');
  } catch (error) {
    throw told(nameOf(collection), error);
  }
}

/** What is read of a collection; a refusal is told to an operator. */
export async function* reading<T>(collection: Collection, items: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    throw told(nameOf(collection), error);
  }
}

/** The objects of a collection that the options of a verb select. */
export async function* selected(
  store: Store,
  collection: Collection,
  a: Arguments,
  context: Context,
): AsyncGenerator<Item> {
  const principal = await actingAs(store, a);
  yield* reading(collection, select(store, principal, collection, selectionOf(a, context)));
}
