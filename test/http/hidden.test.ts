/** What an account may not see changes no byte of what it is answered: over HTTP, an empty collection beside a full one. */
import type { Response } from 'supertest';
import type { Collection, Right } from '../../src/domain/channel';
import { DEFAULT_POLICY } from '../../src/domain/channel';
import type { StixObject } from '../../src/domain/stix';
import { ORIGINATOR_CONTROL } from '../../src/validation/originator-control';
import { collection, day, TLP2, tool } from '../support/exchange';
import { json, serveExchange, type Account, type Exchange } from '../support/http';

const uuid = (n: number): string => `6d1f4c1e-0000-4000-8000-${String(n).padStart(12, '0')}`;
const RED = { object_marking_refs: [TLP2[4]] };
const SECRET = {
  tool: `tool--${uuid(1)}`,
  other: `malware--${uuid(1)}`,
  identity: `identity--${uuid(2)}`,
  marking: `marking-definition--${uuid(3)}`,
  extension: `extension-definition--${uuid(4)}`,
  address: `ipv4-addr--${uuid(5)}`,
  translated: `tool--${uuid(6)}`,
};
const dated = { spec_version: '2.1', created: day(1), modified: day(1) };
const SCHEMA = JSON.stringify({ type: 'object', required: ['x'], properties: { x: { type: 'number' } } });

/** All of them above what the attacker sees, or not meant for it at any level. */
const hidden: StixObject[] = [
  tool(SECRET.tool, 1, 4, { name: 'secret' }),
  tool(SECRET.tool, 3, 4, { name: 'secret', revoked: true }),
  { ...dated, ...RED, type: 'malware', id: SECRET.other, is_family: false },
  { ...dated, ...RED, type: 'identity', id: SECRET.identity, name: 'secret' },
  {
    type: 'marking-definition',
    spec_version: '2.1',
    id: SECRET.marking,
    created: day(1),
    ...RED,
    definition_type: 'statement',
    definition: { statement: 'TLP:RED' },
  },
  {
    ...dated,
    ...RED,
    type: 'extension-definition',
    id: SECRET.extension,
    created_by_ref: SECRET.identity,
    name: 'secret',
    schema: SCHEMA,
    version: '1.0',
    extension_types: ['property-extension'],
  },
  { type: 'ipv4-addr', spec_version: '2.1', id: SECRET.address, value: '198.51.100.7', ...RED },
  tool(SECRET.translated, 1, 4, { name: 'secret' }),
];

const forNobody = ({ object_marking_refs: _, ...object }: StixObject): StixObject => ({
  ...object,
  extensions: {
    [ORIGINATOR_CONTROL]: { extension_type: 'property-extension', audience: { only: {} } },
  },
});
const HIDDEN = {
  'above its clearance': hidden,
  'not meant for it': hidden.filter(({ type }) => type !== 'marking-definition').map(forNobody),
};

/** What the attacker publishes, one envelope after the other. */
const probes = (rank: 1 | 4): StixObject[][] => {
  const marked = { object_marking_refs: [TLP2[rank]] };
  return [
    [tool(SECRET.tool, 1, rank, { name: 'mine' }), tool(SECRET.tool, 2, rank), tool(SECRET.tool, 4, rank)],
    [tool(SECRET.tool, 1, rank, { name: 'secret' })],
    [tool(SECRET.tool, 1, rank, { name: 'mine' })],
    [{ ...dated, ...marked, type: 'malware', id: SECRET.other, is_family: true }],
    [tool(`tool--${uuid(10)}`, 1, rank, { created_by_ref: SECRET.identity })],
    [{ ...dated, ...marked, type: 'identity', id: SECRET.identity, name: 'mine' }],
    [tool(`tool--${uuid(11)}`, 1, rank, { object_marking_refs: [TLP2[rank], SECRET.marking] })],
    [
      tool(`tool--${uuid(12)}`, 1, rank, {
        extensions: { [SECRET.extension]: { extension_type: 'property-extension', x: 'no number' } },
      }),
    ],
    [
      {
        ...dated,
        ...marked,
        type: 'language-content',
        id: `language-content--${uuid(13)}`,
        object_ref: SECRET.translated,
        contents: { de: { nothing_of_it: 'x' } },
      },
    ],
    [
      {
        ...dated,
        ...marked,
        type: 'relationship',
        id: `relationship--${uuid(14)}`,
        relationship_type: 'uses',
        source_ref: SECRET.translated,
        target_ref: SECRET.other,
      },
    ],
    [
      { type: 'ipv4-addr', spec_version: '2.1', id: SECRET.address, value: '198.51.100.7', ...marked },
      { type: 'ipv4-addr', spec_version: '2.1', id: SECRET.address, value: '198.51.100.7', ...RED },
      { type: 'ipv4-addr', spec_version: '2.1', id: SECRET.address, value: '198.51.100.8', ...marked },
    ],
  ];
};

const grants = (rights: readonly Right[]): Collection['grants'] => [
  { source: 'test', to: { kind: 'desk' }, rights },
  { source: 'test', to: { kind: 'member' }, rights: ['see', 'read', 'write'] },
];

describe.each([
  ['reads and writes', ['see', 'read', 'write'], 1],
  ['only writes', ['see', 'write'], 4],
] as const)('an account that %s', (_, rights, rank) => {
  test.each([
    ['unchecked', 'above its clearance'],
    ['known', 'above its clearance'],
    ['unchecked', 'not meant for it'],
    ['known', 'not meant for it'],
  ] as const)('is answered as if nothing were hidden (references: %s; %s)', async (references, how) => {
    const own = (alias: string): Collection =>
      collection({
        alias,
        grants: grants(rights),
        policy: { ...DEFAULT_POLICY, references },
      });
    const [empty, full] = [own('empty'), own('full')];
    const exchange: Exchange = await serveExchange({}, [empty, full]);
    try {
      const path = (c: Collection, rest: string): string => `/europe/collections/${c.id}/${rest}`;
      const ask = async (
        method: string,
        c: Collection,
        rest: string,
        as: Account,
        body?: object,
        query?: string,
      ) => {
        return exchange.send(method, path(c, rest), {
          as,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          ...(query === undefined ? {} : { query }),
        });
      };
      const filled = await ask('POST', full, 'objects/', 'member', { objects: HIDDEN[how] });
      expect(json(filled)['failures']).toBeUndefined();

      /** Without what differs by nature: ids of answers, and dates of today. */
      const plain = ({ status, headers, body }: Response): unknown => {
        const told = Object.entries(headers as Record<string, string>).filter(
          ([name]) => !['date', 'x-request-id', 'etag'].includes(name),
        );
        const text = (body as Buffer)
          .toString()
          .replaceAll(/"(?:error_id|id)":"[\da-f-]*"|"next":"[^"]*"/g, 'ID');
        return JSON.parse(
          JSON.stringify({ status, told, text })
            .replaceAll(empty.id, full.id)
            .replaceAll(/20(?!24)\d\d-\d\d-\d\dT[\d:.]+Z/g, 'NOW'),
        );
      };
      const same = async (...question: [string, string, object?, string?]): Promise<void> => {
        const [method, rest, body, query] = question;
        const answers = [];
        for (const c of [empty, full]) answers.push(plain(await ask(method, c, rest, 'green', body, query)));
        expect({ question, answer: answers[1] }).toEqual({ question, answer: answers[0] });
      };
      const look = async (): Promise<void> => {
        for (const query of [
          '',
          'limit=2',
          'match[version]=all',
          'match[version]=first',
          'match[type]=tool',
          `match[version]=${day(3)}`,
        ]) {
          await same('GET', 'objects/', undefined, query);
          await same('GET', 'manifest/', undefined, query);
          for (const id of [SECRET.tool, SECRET.address, SECRET.identity]) {
            await same('GET', `objects/${id}/`, undefined, query);
            if (!query.includes('type'))
              await same('GET', `objects/${id}/versions/`, undefined, query.includes('match') ? '' : query);
          }
        }
      };
      await look();
      for (const objects of probes(rank)) await same('POST', 'objects/', { objects });
      await look();
      await same('DELETE', `objects/${SECRET.tool}/`, undefined, `match[version]=${day(1)}`);
      await look();
      await same('DELETE', `objects/${SECRET.tool}/`, undefined, 'match[version]=last');
      await same('DELETE', `objects/${SECRET.translated}/`);
      await same('DELETE', `objects/${SECRET.address}/`);
      await look();
      for (const objects of probes(rank).reverse()) await same('POST', 'objects/', { objects });
      await look();
    } finally {
      await exchange.close();
    }
  });
});
