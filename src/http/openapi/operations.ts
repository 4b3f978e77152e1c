/** Every URL with its methods: the same lines as in http/router.ts, and a test holds them together. */
import { TAXII_MEDIA_TYPE, STIX_MEDIA_TYPE } from '../../domain/taxii';
import { FIELD_PARAMETERS, type ParameterName } from './parameters';
import { NAMED, notModified, plainJson, resource, type Beside, type Refusal } from './responses';

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, object>>;
  /** Empty: without any credentials. */
  readonly security?: readonly object[];
}
export type Operations = { readonly [Method in 'get' | 'post' | 'delete']?: Operation };

const parameter = (name: string): object => ({ $ref: `#/components/parameters/${name}` });
const named = (...names: readonly ParameterName[]): object[] => names.map(parameter);
const refused = (...statuses: readonly Refusal[]): Record<string, object> =>
  Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${status}` }]));

/** Before there is a request: http/server.ts. */
const UNREAD: readonly Refusal[] = [400, 408, 431];
/** Wherever one signs in. */
const ALWAYS: readonly Refusal[] = [...UNREAD, 401, 406, 500, 503];
const PAGE = named('added_after', 'limit', 'next');

function getting(
  operationId: string,
  summary: string,
  schema: string,
  parameters: readonly object[] = [],
  { also = [404], ...beside }: Beside & { readonly also?: readonly Refusal[] } = {},
): Operation {
  const { tagged = true, dated = false, localised = false } = beside;
  const all = { tagged, dated, localised };
  return {
    operationId,
    summary,
    parameters: [
      ...parameters,
      ...(tagged ? named('if_none_match') : []),
      ...(localised ? named('accept_language') : []),
      ...(dated ? named('accept_encoding') : []),
    ],
    responses: {
      200: resource(summary, schema, all),
      ...(tagged && { 304: notModified(all) }),
      ...refused(...ALWAYS, ...also),
    },
  };
}
const paged = (
  operationId: string,
  summary: string,
  schema: string,
  parameters: readonly object[],
): Operation => getting(operationId, summary, schema, parameters, { dated: true, also: [403, 404] });
const localised = { localised: true };

const ROOT = named('api_root');
const COLLECTION = named('api_root', 'collection_id');
const OBJECT = named('api_root', 'collection_id', 'object_id');
const FILTERS = [
  ...named('match_id', 'match_type', 'match_version', 'match_spec_version'),
  ...Array.from(FIELD_PARAMETERS.keys(), parameter),
];
/** As short as one can be. */
const EXAMPLE = {
  objects: [
    {
      type: 'tool',
      spec_version: '2.1',
      id: 'tool--5a6b7c8d-0000-4000-8000-000000000001',
      created: '2024-01-01T00:00:00.000Z',
      modified: '2024-01-01T00:00:00.000Z',
      name: 'An example',
    },
  ],
};
const publication = { schema: { $ref: '#/components/schemas/publication' }, example: EXAMPLE };
const health = (summary: string, statuses: readonly number[]): Operation => ({
  operationId: summary.replace(/ .*/, '').toLowerCase(),
  summary,
  security: [],
  responses: {
    ...Object.fromEntries(
      statuses.map((status) => [
        status,
        plainJson(status === 200 ? 'Yes.' : 'No.', { $ref: '#/components/schemas/health' }),
      ]),
    ),
    ...refused(...UNREAD),
  },
});

export const OPERATIONS: Readonly<Record<string, Operations>> = {
  '/taxii2/': { get: getting('discovery', 'Server Discovery (§4.1)', 'discovery', [], { also: [] }) },
  '/account/password': {
    post: {
      operationId: 'changePassword',
      summary: 'Change one’s own password, signed in by the one before',
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['password'],
              properties: { password: { type: 'string', minLength: 12, maxLength: 1024 } },
              additionalProperties: false,
            },
          },
        },
      },
      security: [{ basic: [] }],
      responses: {
        204: { description: 'From now on only the new one counts.', headers: NAMED },
        ...refused(...ALWAYS, 403, 413, 415, 422),
      },
    },
  },
  '/{api_root}/': { get: getting('apiRoot', 'API Root Information (§4.2)', 'api-root', ROOT, localised) },
  '/{api_root}/status/{status_id}/': {
    get: getting('status', 'Status of a publication (§4.3)', 'status', named('api_root', 'status_id'), {
      tagged: false,
    }),
  },
  '/{api_root}/collections/': {
    get: getting('collections', 'Collections (§5.1)', 'collections', ROOT, localised),
  },
  '/{api_root}/collections/{collection_id}/': {
    get: getting('collection', 'A collection (§5.2)', 'collection', COLLECTION, localised),
  },
  '/{api_root}/collections/{collection_id}/my-access/': {
    get: getting('myAccess', 'What the caller may do in a collection, and why', 'my-access', COLLECTION),
  },
  '/{api_root}/collections/{collection_id}/manifest/': {
    get: paged('manifest', 'Object manifests (§5.3)', 'manifest', [...COLLECTION, ...PAGE, ...FILTERS]),
  },
  '/{api_root}/collections/{collection_id}/objects/': {
    get: paged('objects', 'Objects (§5.4)', 'envelope', [...COLLECTION, ...PAGE, ...FILTERS]),
    post: {
      operationId: 'addObjects',
      summary: 'Add objects (§5.5)',
      parameters: [...COLLECTION, ...named('content_encoding')],
      requestBody: {
        required: true,
        description: 'An envelope or a bundle.',
        content: { [TAXII_MEDIA_TYPE]: publication, [STIX_MEDIA_TYPE]: publication },
      },
      responses: {
        202: resource('Taken: the status says of each object what became of it, now or later.', 'status', {}),
        ...refused(...ALWAYS, 403, 404, 413, 415, 422),
      },
    },
  },
  '/{api_root}/collections/{collection_id}/objects/{object_id}/': {
    get: paged('object', 'An object (§5.6)', 'envelope', [
      ...OBJECT,
      ...PAGE,
      ...named('match_version', 'match_spec_version'),
    ]),
    delete: {
      operationId: 'deleteObject',
      summary: 'Delete an object (§5.7)',
      parameters: [...OBJECT, ...named('match_version', 'match_spec_version')],
      responses: { 200: { description: 'It is gone.', headers: NAMED }, ...refused(...ALWAYS, 403, 404) },
    },
  },
  '/{api_root}/collections/{collection_id}/objects/{object_id}/versions/': {
    get: paged('versions', 'Versions of an object (§5.8)', 'versions', [
      ...OBJECT,
      ...PAGE,
      ...named('match_spec_version'),
    ]),
  },
  '/health/live': { get: health('Alive: the process answers', [200]) },
  '/health/ready': { get: health('Ready: the store can be reached', [200, 503]) },
  '/openapi.json': {
    get: {
      operationId: 'openapi',
      summary: 'This document',
      parameters: named('if_none_match'),
      security: [],
      responses: {
        200: plainJson(
          'In application/json: it is none of TAXII’s resources, whose media type would say that it is, and what reads OpenAPI asks for JSON.',
          { type: 'object' },
          { tagged: true },
        ),
        304: notModified({ tagged: true }),
        ...refused(...UNREAD),
      },
    },
  },
};
