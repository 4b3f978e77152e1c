/** copy, move, remove: objects from one collection to another, or out of one. */
import { scopeFor, type Organisation } from '../../src/domain/access';
import { admits, ruleBy } from '../../src/domain/audience';
import type { Collection } from '../../src/domain/channel';
import { audienceOf } from '../../src/validation/originator-control';
import type { Store } from '../../src/store/store';
import { tell, type Step } from '../local/act';
import { gather, GATHERING, GATHERING_HELP } from '../local/gather';
import { LocalDoor } from '../local/local-door';
import { staysHere, type Item } from '../../src/operations/read-collection';
import { actingAs, collectionNamed, SELECTION, SELECTION_HELP } from '../local/select';
import {
  findOrganisation,
  UsageError,
  type Arguments,
  type Context,
  type ExitCode,
  type Verb,
} from '../verb';

/** Whether elsewhere it would be for others than it is here (D14): there its audience is what it says itself, by another. */
function isLimited({ audience, object }: Item, copier: Organisation, originator?: Organisation): boolean {
  if (!audience) return false;
  const own = audienceOf(object);
  if ('wrong' in own || own.said === undefined) return true;
  const here = ruleBy(audience.by, own.said);
  const there = ruleBy(copier.id, own.said);
  const isSame = JSON.stringify(here) === JSON.stringify(audience);
  return !isSame || (there !== undefined && (!originator || !admits(there, originator)));
}
const STRICT =
  'it is TLP:AMBER+STRICT of another organisation, and stays where that shared it; ask it to publish it there';
const LIMITED =
  'who may see it is said by another version or by its organisation, or does not name its originator, and would not go along; ask its originator to publish it there';

async function copyTo(
  store: Store,
  target: Collection,
  a: Arguments,
  context: Context,
  items: readonly Item[],
): Promise<Step[]> {
  const copier = await actingAs(store, a);
  const door = new LocalDoor(store, copier, target, context, a.apply);
  const organisations = new Map((await store.people.organisations()).map((o) => [o.id, o]));
  const away = new Map<string, string>();
  for (const item of items) {
    if (staysHere(item, copier)) away.set(item.id, STRICT);
    else if (isLimited(item, copier.organisation, organisations.get(item.audience?.by ?? '')))
      away.set(item.id, LIMITED);
  }
  await door.addAll(items.filter((item) => !away.has(item.id)));
  await door.flush();
  const failed = new Map(door.outcome.refused.map((f) => [f.id, f.message ?? 'refused']));
  return items.map((item) => {
    const refused = away.get(item.id) ?? failed.get(item.id);
    return refused === undefined ? { item } : { item, refused };
  });
}

async function removeFrom(
  store: Store,
  source: Collection,
  a: Arguments,
  context: Context,
  items: readonly Item[],
  publisher?: string,
): Promise<Step[]> {
  const door = new LocalDoor(store, await actingAs(store, a), source, context, a.apply);
  const steps: Step[] = [];
  // All versions of an object go at once.
  const outcomes = new Map<string, string | undefined>();
  for (const item of items) {
    if (!outcomes.has(item.id)) outcomes.set(item.id, await door.remove(item.id, publisher));
    const refused = outcomes.get(item.id);
    steps.push(refused === undefined ? { item } : { item, refused });
  }
  return steps;
}

const CONTESTED =
  'several organisations published one version of it, and only one would go along; settle it first: jisr show object ID';

/** The ids of objects of which a listing leaves versions out (D7a). */
async function contested(
  store: Store,
  source: Collection,
  a: Arguments,
  items: readonly Item[],
): Promise<ReadonlySet<string>> {
  const scope = scopeFor(await actingAs(store, a), source, 'read');
  const found = new Set<string>();
  for (const id of new Set(items.map((item) => item.id)))
    if ((await store.objects.rivals(scope, id)).length > 0) found.add(id);
  return found;
}

async function toAndFrom(
  a: Arguments,
  context: Context,
): Promise<{ store: Store; source: Collection; target: Collection; items: Item[] }> {
  const to = a.text('to');
  if (to === undefined) throw new UsageError('--to: name the collection, such as global/indicators.');
  const store = await context.store();
  const [source, target] = [await collectionNamed(store, a.words[0]), await collectionNamed(store, to)];
  if (source.id === target.id) throw new UsageError('--to: this is the same collection.');
  // Every version goes along.
  const items = await gather(
    store,
    source,
    { ...a, flag: (name) => name === 'versions' || a.flag(name) },
    context,
  );
  return { store, source, target, items };
}

const help = (
  usage: string,
  what: string,
  example: string,
): string => `${usage} (OPTIONS | --file FILE | --all) [--apply] [--json]

${what}

${SELECTION_HELP}
${GATHERING_HELP}

Example:
  ${example}`;
const options = { ...SELECTION, ...GATHERING, to: { type: 'string' } } as const;

export const copy: Verb = {
  name: 'copy',
  summary: 'publish objects of a collection in another one too',
  help: help(
    'jisr copy ROOT/ALIAS --to ROOT/ALIAS',
    'Objects go as they are, with every version the account may see; the other collection judges them by its own policy.',
    'jisr copy europe/indicators --to global/indicators --marking clear',
  ),
  changes: true,
  options,
  run: async (a, context): Promise<ExitCode> => {
    const { store, target, items } = await toAndFrom(a, context);
    return tell(a, context, 'copy', await copyTo(store, target, a, context, items));
  },
};

export const move: Verb = {
  name: 'move',
  summary: 'copy objects to another collection and remove them here',
  help: help(
    'jisr move ROOT/ALIAS --to ROOT/ALIAS',
    'An object is removed here only when all its versions are there.',
    'jisr move europe/partner-inbox --to europe/indicators --type indicator',
  ),
  changes: true,
  options,
  run: async (a, context): Promise<ExitCode> => {
    const { store, source, target, items } = await toAndFrom(a, context);
    const unsettled = await contested(store, source, a, items);
    const settled = items.filter((item) => !unsettled.has(item.id));
    const copied = [
      ...(await copyTo(store, target, a, context, settled)),
      ...items.filter((item) => unsettled.has(item.id)).map((item): Step => ({ item, refused: CONTESTED })),
    ];
    const kept = new Set(copied.filter((s) => s.refused !== undefined).map((s) => s.item.id));
    const removed = await removeFrom(
      store,
      source,
      a,
      context,
      items.filter((item) => !kept.has(item.id)),
    );
    return tell(a, context, 'move', [...copied.filter((s) => kept.has(s.item.id)), ...removed]);
  },
};

export const removeObjects = {
  help: help(
    'jisr remove objects ROOT/ALIAS',
    `All versions go. What another organisation published takes the right to curate. Where organisations that could not see
each other's published one version, --publisher NAME takes out what that organisation published, and leaves the rest.`,
    'jisr remove objects europe/indicators --expired',
  ),
  changes: true,
  options: { ...SELECTION, ...GATHERING, publisher: { type: 'string' as const } },
  run: async (a: Arguments, context: Context, name: string | undefined): Promise<ExitCode> => {
    const store = await context.store();
    const source = await collectionNamed(store, name);
    const of = a.text('publisher');
    const publisher = of === undefined ? undefined : (await findOrganisation(store, of)).id;
    const items = await gather(store, source, a, context);
    return tell(a, context, 'remove', await removeFrom(store, source, a, context, items, publisher));
  },
};
