/** New versions of objects: STIX lets only the creator of an object make one (§3.6.2, D8a). */
import type { Principal } from '../../src/domain/access';
import { groupOf, modifiedAfter, type StixObject } from '../../src/domain/stix';
import { parseTimestamp, type Micros } from '../../src/domain/timestamp';
import type { Store } from '../../src/store/store';
import { tell, type Step } from '../local/act';
import { gather, GATHERING, GATHERING_HELP } from '../local/gather';
import { LocalDoor } from '../local/local-door';
import { isExpired, type Item } from '../../src/operations/read-collection';
import { actingAs, collectionNamed, SELECTION, SELECTION_HELP } from '../local/select';
import type { Verb } from '../verb';

/** @returns why an account's organisation may not revise an object, or undefined. */
function notTheCreator(
  item: Item,
  principal: Principal,
  owners: ReadonlyMap<string, string>,
): string | undefined {
  const { organisation } = principal;
  const creator = item.object['created_by_ref'];
  const owner = typeof creator === 'string' ? owners.get(creator) : undefined;
  if (owner !== undefined && owner !== organisation.id)
    return 'another organisation created it; only its creator revises it';
  if (owner === undefined && item.publisher !== organisation.id)
    return 'another organisation published it; only its creator revises it';
  return undefined;
}

interface Revision {
  readonly name: 'revoke' | 'expire';
  readonly summary: string;
  readonly text: string;
  /** Why an object cannot be revised so, or undefined. */
  readonly unfit: (item: Item, now: Micros) => string | undefined;
  readonly change: (object: StixObject, modified: string) => StixObject;
}

const REVISIONS: readonly Revision[] = [
  {
    name: 'revoke',
    summary: 'take objects back by a new version with "revoked": true',
    text: 'jisr revoke europe/indicators --value evil.example',
    unfit: ({ object }) => (object['revoked'] === true ? 'it is revoked already' : undefined),
    change: (object, modified) => ({ ...object, revoked: true, modified }),
  },
  {
    name: 'expire',
    summary: 'end the validity of indicators now, by a new version',
    text: 'jisr expire europe/indicators --until 2024-01-01 --label old-feed',
    unfit: (item, now) => {
      if (item.type !== 'indicator') return 'only indicators have a validity';
      if (isExpired(item.object, now)) return 'its time has passed already';
      const from = parseTimestamp(String(item.object['valid_from'])) ?? 0;
      return from >= now ? 'it is not valid yet; revoke it instead' : undefined;
    },
    change: (object, modified) => ({ ...object, valid_until: modified, modified }),
  },
];

/** Revises what may be revised. @returns what became of each. */
async function revise(
  store: Store,
  principal: Principal,
  items: readonly Item[],
  { unfit, change }: Revision,
  now: Micros,
  door: LocalDoor,
): Promise<Step[]> {
  const owners = new Map(
    (await store.people.organisations()).flatMap((o) =>
      o.identity === undefined ? [] : [[o.identity, o.id]],
    ),
  );
  const steps: Step[] = [];
  for (const item of items) {
    const versionless = item.object['modified'] === undefined || groupOf(item.type) === 'SCO';
    const refused = versionless
      ? `a ${item.type} has no versions; remove it instead`
      : (unfit(item, now) ?? notTheCreator(item, principal, owners));
    if (refused === undefined)
      await door.add(JSON.stringify(change(item.object, modifiedAfter(item.object, now))));
    steps.push(refused === undefined ? { item } : { item, refused });
  }
  await door.flush();
  const failed = new Map(door.outcome.refused.map((f) => [f.id, f.message ?? 'refused']));
  return steps.map((step) => {
    const why = failed.get(step.item.id);
    return why === undefined ? step : { ...step, refused: why };
  });
}

const verbOf = (revision: Revision): Verb => ({
  name: revision.name,
  summary: revision.summary,
  help: `jisr ${revision.name} ROOT/ALIAS (OPTIONS | --file FILE | --all) [--apply] [--json]

Only the organisation that created an object may revise it; what others created is refused, with the reason. A
curator can remove or copy it.

${SELECTION_HELP}
${GATHERING_HELP}

Example:
  ${revision.text}`,
  changes: true,
  options: { ...SELECTION, ...GATHERING },
  run: async (a, context) => {
    const store = await context.store();
    const collection = await collectionNamed(store, a.words[0]);
    const principal = await actingAs(store, a);
    const items = await gather(store, collection, a, context);
    const door = new LocalDoor(store, principal, collection, context, a.apply);
    const steps = await revise(store, principal, items, revision, context.clock(), door);
    return tell(a, context, revision.name, steps);
  },
});

export const [revoke, expire] = REVISIONS.map(verbOf) as [Verb, Verb];
