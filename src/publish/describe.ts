/**
 * Every organisation is described by STIX objects (src/domain/identity.ts) in one collection that all who read its
 * objects may read, the directory: a client that polls it too resolves every `created_by_ref`, the description has one
 * home where it is renewed, and nothing in the other collections is there that nobody published. Jisr's own extension
 * stands beside them.
 */
import { operatorOf, scopeFor, type Principal } from '../domain/access';
import type { Actor } from '../domain/actor';
import { acceptsType, type Collection } from '../domain/channel';
import { described, descriptionFor, directoryOf, identityOf } from '../domain/identity';
import type { StixObject } from '../domain/stix';
import type { StatusDetails } from '../domain/taxii';
import { instantKey, type Micros } from '../domain/timestamp';
import type { Door } from './door';
import type { Store } from '../store/store';
import { originatorControlDefinition } from '../validation/originator-control';

/** Objects of one publication: below the size from which the door works in the background. */
const BATCH = 500;

const keyOf = (object: StixObject): string => instantKey(String(object['modified'])) ?? '';

/** Of some objects, those that the directory does not hold, or holds in an earlier version. */
async function newsAmong(
  store: Store,
  operator: Principal,
  directory: Collection,
  objects: readonly StixObject[],
): Promise<StixObject[]> {
  const ids = objects.map((object) => String(object['id']));
  const held = await store.objects.lookup(scopeFor(operator, directory, 'write'), ids);
  return objects.filter((object) => {
    const text = held.get(String(object['id']))?.[0]?.text;
    return text === undefined || keyOf(JSON.parse(text) as StixObject) < keyOf(object);
  });
}

/**
 * Gives every organisation that lacks one an identity, and brings the directory up to date in the name of an operator
 * who may curate it. What cannot be done yet, since there is no such account or no directory, is done at another time:
 * it is repeated at every start and after every change, and changes nothing where all is well.
 *
 * @returns what was refused. @throws {StoreUnavailable}
 */
export async function describeAll(
  store: Store,
  door: Pick<Door, 'publish'>,
  now: Micros,
  actor: Actor,
): Promise<readonly StatusDetails[]> {
  for (const organisation of await store.people.organisations())
    if (!organisation.described)
      await store.people.saveOrganisation(described(organisation, organisation, now), actor);
  const directory = directoryOf(await store.catalog.channels());
  const operator = operatorOf(await store.people.principals());
  if (!directory || operator?.role !== 'curator') return [];
  const organisations = await store.people.organisations();
  const wanted = new Map(
    organisations
      .flatMap((organisation) => descriptionFor(directory, organisation))
      .concat(
        acceptsType(directory, 'extension-definition')
          ? originatorControlDefinition(identityOf(operator.organisation))
          : [],
      )
      .map((object) => [String(object['id']), object]),
  );
  const news = await newsAmong(store, operator, directory, [...wanted.values()]);
  const refused: StatusDetails[] = [];
  for (let i = 0; i < news.length; i += BATCH) {
    const body = Buffer.from(JSON.stringify({ objects: news.slice(i, i + BATCH) }));
    const ids = { principalId: operator.id, collectionId: directory.id };
    const status = await door.publish({ ...ids, body, by: actor.by });
    refused.push(...(status.failures ?? []));
  }
  return refused;
}
