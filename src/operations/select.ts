/** The objects of a collection that somebody may read and that fit a description. */
import type { Principal } from '../domain/access';
import type { Collection } from '../domain/channel';
import { groupOf } from '../domain/stix';
import type { Micros } from '../domain/timestamp';
import { rankOf } from '../domain/tlp';
import type { Store } from '../store/store';
import { isExpired, readCollection, type Item } from './read-collection';

/** All of it must fit; what is left out, or an empty list, restricts nothing. */
export interface Selection {
  /** All versions; else the newest of each object that the reader may see. */
  readonly versions?: boolean | undefined;
  readonly ids?: readonly string[] | undefined;
  /** Type names, or groups of types. */
  readonly types?: readonly string[] | undefined;
  /** Part of its name or of an alias, in whatever case. */
  readonly name?: string | undefined;
  /** Part of its JSON, in whatever case. */
  readonly text?: string | undefined;
  /** One of its labels. */
  readonly label?: string | undefined;
  /** A string anywhere in it, or a constant in a pattern: all of it, in this case. */
  readonly value?: string | undefined;
  /** The id of a marking, or the name of a TLP level. */
  readonly marking?: string | undefined;
  /** The identity that created it, or the organisation that published it, by name or id. */
  readonly producer?: string | undefined;
  /** Added at or after this. */
  readonly since?: Micros | undefined;
  /** Added before this. */
  readonly until?: Micros | undefined;
  /** At least this, 0 to 100; an object that states none does not fit. */
  readonly confidence?: number | undefined;
  /** Only revoked ones. */
  readonly revoked?: boolean | undefined;
  /** Only indicators whose time had passed at this instant. */
  readonly expired?: Micros | undefined;
}

type Test = (item: Item) => boolean;
/** The name of an organisation by its id. */
type Names = ReadonlyMap<string, string>;

const contains = (value: unknown, word: string): boolean =>
  typeof value === 'string' && value.toLowerCase().includes(word);

const listed = (value: unknown): readonly unknown[] => (value as readonly unknown[] | undefined) ?? [];

/** A pattern holds its constants in quotes. */
function holdsValue(value: unknown, wanted: string): boolean {
  if (typeof value === 'string') return value === wanted || value.includes(`'${wanted}'`);
  return (
    typeof value === 'object' && value !== null && Object.values(value).some((v) => holdsValue(v, wanted))
  );
}

function named(name: string): Test {
  const word = name.toLowerCase();
  return ({ object }) => [object['name'], ...listed(object['aliases'])].some((v) => contains(v, word));
}

function saying(text: string): Test {
  const word = text.toLowerCase();
  return (item) => item.text.toLowerCase().includes(word);
}

function marked(marking: string): Test {
  const rank = rankOf(marking);
  if (rank !== undefined) return (item) => item.rank === rank;
  const id = JSON.stringify(marking);
  return ({ object }) =>
    JSON.stringify([object['object_marking_refs'], object['granular_markings']]).includes(id);
}

function producedBy(producer: string, names: Names): Test {
  return ({ object, publisher }) =>
    object['created_by_ref'] === producer || publisher === producer || names.get(publisher) === producer;
}

/** What the store does not answer by itself. */
function testsOf(s: Selection, names: Names): Test[] {
  const { types = [], name, text, label, value, marking, producer, until, confidence, expired } = s;
  const found: Test[] = [];
  if (types.length > 0) found.push((i) => types.includes(i.type) || types.includes(groupOf(i.type)));
  if (name !== undefined) found.push(named(name));
  if (text !== undefined) found.push(saying(text));
  if (label !== undefined) found.push(({ object }) => listed(object['labels']).includes(label));
  if (value !== undefined) found.push(({ object }) => holdsValue(object, value));
  if (marking !== undefined) found.push(marked(marking));
  if (producer !== undefined) found.push(producedBy(producer, names));
  if (until !== undefined) found.push((i) => i.date < until);
  if (confidence !== undefined) found.push(({ object }) => Number(object['confidence'] ?? -1) >= confidence);
  if (s.revoked) found.push(({ object }) => object['revoked'] === true);
  if (expired !== undefined) found.push(({ object }) => isExpired(object, expired));
  return found;
}

/**
 * The oldest arrival first, a page at a time. A version that the principal may not see is never looked at: where the newest
 * is above its clearance, the newest that it may see is the one that fits or not.
 *
 * @throws {TaxiiError} the principal may not read the collection. @throws {StoreUnavailable}
 */
export async function* select(
  store: Store,
  principal: Principal,
  collection: Collection,
  selection: Selection,
): AsyncGenerator<Item> {
  const { ids = [], versions = false, since } = selection;
  const names = new Map((await store.people.organisations()).map((o) => [o.id, o.name]));
  const tests = testsOf(selection, names);
  const reading = {
    versions,
    ...(ids.length === 0 ? {} : { ids }),
    ...(since === undefined ? {} : { since }),
  };
  for await (const item of readCollection(store, principal, collection, reading))
    if (tests.every((test) => test(item))) yield item;
}
