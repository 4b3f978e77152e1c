/**
 * The STIX objects that stand for an organisation: what `created_by_ref` of its objects names. They follow from the
 * organisation alone, so that whoever publishes them, and wherever, publishes the same.
 */
import { v5 } from 'uuid';
import type { Organisation } from './access';
import { acceptsType, type Collection } from './channel';
import { modifiedAfter, type StixObject } from './stix';
import type { Micros } from './timestamp';
import { markingIdsOf, type Rank } from './tlp';

/** Of these identifiers alone: STIX keeps its own namespace for cyber-observables (§2.9). */
const NAMESPACE = '0f5a1a52-7d0c-4f0e-9a53-6a7d4f4c1f0b';
/** Countries are everybody's: one object for each, whichever organisation is described first. */
const COUNTRIES_SINCE = '2020-01-01T00:00:00.000Z';
const COUNTRY_NAMES = new Intl.DisplayNames(['en'], { type: 'region' });

/** The collection, in a channel of region `global`, where every organisation is described. */
export const DIRECTORY = 'organisations';

export const directoryOf = (
  channels: readonly { region: string; collections: readonly Collection[] }[],
): Collection | undefined =>
  channels
    .filter((channel) => channel.region === 'global')
    .flatMap((channel) => channel.collections)
    .find((collection) => collection.alias === DIRECTORY);

/** The id of an organisation's identity: its own, or one that follows from its id here (a UUIDv4, as §2.9 asks). */
export const identityOf = ({ id, identity }: Pick<Organisation, 'id' | 'identity'>): string =>
  identity ?? `identity--${id}`;

/** Partners need not know of each other: they read up to GREEN. */
const rankOfOrganisation = ({ kind }: Organisation): Rank => (kind === 'partner' ? 2 : 1);

function bodiesOf(organisation: Organisation): Record<string, unknown>[] {
  const identity = identityOf(organisation);
  const { name, country, names = {}, sectors = [] } = organisation;
  const marked = { object_marking_refs: markingIdsOf(rankOfOrganisation(organisation)).slice(-1) };
  const idOf = (type: string): string => `${type}--${v5(`${identity} ${type}`, NAMESPACE)}`;
  const bodies: Record<string, unknown>[] = [
    {
      type: 'identity',
      id: identity,
      name,
      identity_class: 'organization',
      ...(sectors.length === 0 ? {} : { sectors }),
      ...marked,
    },
  ];
  if (Object.keys(names).length > 0)
    bodies.push({
      type: 'language-content',
      id: idOf('language-content'),
      object_ref: identity,
      contents: Object.fromEntries(Object.entries(names).map(([tag, said]) => [tag, { name: said }])),
      ...marked,
    });
  if (country !== undefined) {
    const location = `location--${v5(country, NAMESPACE)}`;
    bodies.push(
      {
        type: 'location',
        id: location,
        created: COUNTRIES_SINCE,
        modified: COUNTRIES_SINCE,
        name: COUNTRY_NAMES.of(country) ?? country,
        country,
        object_marking_refs: markingIdsOf(0).slice(-1),
      },
      {
        type: 'relationship',
        id: idOf('relationship'),
        relationship_type: 'located-at',
        source_ref: identity,
        target_ref: location,
        ...marked,
      },
    );
  }
  return bodies;
}

/** @returns the identity first; nothing for an organisation that nobody has described yet (`described`). */
function objectsOf(organisation: Organisation): StixObject[] {
  const { described } = organisation;
  if (!described) return [];
  return bodiesOf(organisation).map(({ type, id, ...body }) => ({
    type,
    spec_version: '2.1',
    id,
    created: described.created,
    modified: described.modified,
    ...body,
  }));
}

/** Of what describes an organisation, what a collection takes. */
export function descriptionFor(collection: Collection, organisation: Organisation): StixObject[] {
  if (!acceptsType(collection, 'identity') || rankOfOrganisation(organisation) > collection.maxTlp) return [];
  return objectsOf(organisation).filter((object) => acceptsType(collection, String(object['type'])));
}

/**
 * Gives an organisation the identity that it lacks, and the dates of its description.
 *
 * @param before as it was; undefined for a new one.
 */
export function described(before: Organisation | undefined, after: Organisation, now: Micros): Organisation {
  const stands = before?.described;
  const same = before && JSON.stringify(bodiesOf(before)) === JSON.stringify(bodiesOf(after));
  const stamp = modifiedAfter({ modified: stands?.modified }, now);
  return {
    ...after,
    identity: identityOf(after),
    described: stands && same ? stands : { created: stands?.created ?? stamp, modified: stamp },
  };
}
