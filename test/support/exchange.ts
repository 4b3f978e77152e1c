/** Builders for tests: people, collections, scopes and objects, with the data in sight. */
import { v4 as uuid } from 'uuid';
import { scopeFor, type Organisation, type Principal, type Scope } from '../../src/domain/access';
import {
  DEFAULT_POLICY,
  IMPORT_DEFAULTS,
  NO_RETENTION,
  type Channel,
  type Collection,
  type Localised,
} from '../../src/domain/channel';
import type { Candidate, Member } from '../../src/domain/publication';
import { ALL, LAST, type ObjectQuery } from '../../src/domain/query';
import { groupOf, specVersionOf, statedVersion, type StixObject } from '../../src/domain/stix';
import { definitionRank, marksOf, type Rank } from '../../src/domain/tlp';
import type { Part } from '../../src/store/records';
import type { Store } from '../../src/store/store';
import { audienceOf } from '../../src/validation/originator-control';
import { canonicalDigest } from '../../src/validation/canonical';

const localised = (text: string): Localised => ({ en: text, ar: text, fr: text, es: text });

export function organisation(properties: Partial<Organisation> = {}): Organisation {
  return {
    id: uuid(),
    name: `organisation ${uuid()}`,
    kind: 'desk',
    region: 'europe',
    disabled: false,
    ...properties,
  };
}

export function principal(clearance: Rank, properties: Partial<Principal> = {}): Principal {
  return {
    id: uuid(),
    name: `principal ${uuid()}`,
    kind: 'service',
    role: 'curator',
    clearance,
    disabled: false,
    organisation: organisation(),
    ...properties,
  };
}

export function collection(properties: Partial<Collection> = {}): Collection {
  const id = properties.id ?? uuid();
  return {
    id,
    apiRoot: 'europe',
    alias: `c-${id.slice(0, 8)}`,
    title: localised(`Collection ${id}`),
    description: localised('For a test'),
    defaultTlp: 0,
    maxTlp: 4,
    types: ['SDO', 'SRO', 'SCO', 'SMO', 'custom'],
    specVersions: ['2.1'],
    unknownMarkings: 'default',
    policy: DEFAULT_POLICY,
    retention: NO_RETENTION,
    imports: IMPORT_DEFAULTS,
    grants: [{ source: 'test', to: {}, rights: ['see', 'read', 'write', 'curate'] }],
    ...properties,
  };
}

export function channel(collections: readonly Collection[], apiRoot = 'europe'): Channel {
  return {
    apiRoot,
    title: localised(apiRoot),
    description: localised('For a test'),
    region: 'europe',
    collections,
  };
}

export async function applied(store: Store, ...collections: Collection[]): Promise<void> {
  await store.catalog.apply([channel(collections)], { apply: true, dropObjects: true });
}

export const read = (c: Collection, clearance: Rank): Scope<'read'> =>
  scopeFor(principal(clearance), c, 'read');
export const write = (c: Collection, who: Principal = principal(4)): Scope<'write'> =>
  scopeFor(who, c, 'write');
export const removal = (c: Collection, who: Principal = principal(4)): Scope<'remove'> =>
  scopeFor(who, c, 'remove');

export function candidate(object: StixObject): Candidate {
  const type = object['type'] as string;
  const audience = audienceOf(object);
  if ('wrong' in audience) throw new Error(JSON.stringify(audience.wrong));
  return {
    id: object['id'] as string,
    type,
    spec: specVersionOf(object),
    stated: statedVersion(object),
    digest: canonicalDigest(object),
    marks: marksOf(object),
    definition: type === 'marking-definition' ? definitionRank(object) : undefined,
    createdBy: object['created_by_ref'] as string | undefined,
    created: object['created'] as string | undefined,
    audience: audience.said,
    revoked: object['revoked'] === true,
    ownerless: groupOf(type) === 'SCO',
    text: JSON.stringify(object),
    warnings: [],
  };
}

export function part(objects: readonly StixObject[], properties: Partial<Part> = {}): Part {
  const members: Member[] = objects.map((object) => ({ candidate: candidate(object) }));
  return {
    status: { id: uuid(), requested: 1_700_000_000_000_000, total: members.length },
    number: 0,
    last: true,
    members,
    ...properties,
  };
}

/** The TLP 2.0 marking definition of each rank. */
export const TLP2 = [
  'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487',
  'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb',
  'marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421',
  'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003',
  'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1',
] as const;

export const day = (n: number): string => `2024-01-${String(n).padStart(2, '0')}T00:00:00.000Z`;

/** A `tool` object, version day n, marked with a rank unless it is null. */
export function tool(id: string, n: number, rank: Rank | null, more: StixObject = {}): StixObject {
  return {
    type: 'tool',
    spec_version: '2.1',
    id,
    created: day(1),
    modified: day(n),
    name: `tool of day ${n}`,
    ...(rank === null ? {} : { object_marking_refs: [TLP2[rank]] }),
    ...more,
  };
}

export const toolId = (): string => `tool--${uuid()}`;

export function query(properties: Partial<ObjectQuery> = {}): ObjectQuery {
  return {
    ids: undefined,
    types: undefined,
    version: LAST,
    specVersions: undefined,
    properties: new Map(),
    after: undefined,
    limit: 1000,
    filters: '',
    ...properties,
  };
}
export const everything = query({ version: ALL });

/** The objects that a reader gets, parsed. */
export async function found(
  store: Store,
  scope: Scope<'read'>,
  q: ObjectQuery = query(),
): Promise<StixObject[]> {
  const page = await store.objects.find(scope, q);
  return JSON.parse(`[${page.items.toString('utf8')}]`) as StixObject[];
}
