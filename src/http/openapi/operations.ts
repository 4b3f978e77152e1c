/** Every URL with its methods: the same lines as in http/router.ts, and a test holds them together. */
import { TAXII_MEDIA_TYPE, STIX_MEDIA_TYPE } from '../../domain/taxii';
import { FIELD_PARAMETERS, type ParameterName } from './parameters';
import { NOT_MODIFIED, resource, type Refusal } from './responses';

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

const ALWAYS: readonly Refusal[] = [400, 401, 404, 406, 408, 431, 500, 503];
const PAGE = named('added_after', 'limit', 'next');

function getting(
  operationId: string,
  summary: string,
  schema: string,
  parameters: readonly object[] = [],
  { dated = false, also = [] as readonly Refusal[] } = {},
): Operation {
  const found = resource(summary, schema, dated);
  return {
    operationId,
    summary,
    parameters,
    responses: { 200: found, 304: NOT_MODIFIED, ...refused(...ALWAYS, ...also) },
  };
}
const paged = (
  operationId: string,
  summary: string,
  schema: string,
  parameters: readonly object[],
): Operation => getting(operationId, summary, schema, parameters, { dated: true, also: [403] });

const ROOT = named('api_root');
const COLLECTION = named('api_root', 'collection_id');
const OBJECT = named('api_root', 'collection_id', 'object_id');
const FILTERS = [
  ...named('match_id', 'match_type', 'match_version', 'match_spec_version'),
  ...Array.from(FIELD_PARAMETERS.keys(), parameter),
];
const envelope = { schema: { $ref: '#/components/schemas/envelope' } };
const health = (summary: string, statuses: readonly number[]): Operation => ({
  operationId: summary.replace(/ .*/, '').toLowerCase(),
  summary,
  security: [],
  responses: {
    ...Object.fromEntries(
      statuses.map((status) => [
        status,
        {
          description: status === 200 ? 'Yes.' : 'No.',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/health' } } },
        },
      ]),
    ),
    ...refused(431),
  },
});

export const OPERATIONS: Readonly<Record<string, Operations>> = {
  '/taxii2/': { get: getting('discovery', 'Server Discovery (§4.1)', 'discovery') },
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
        204: { description: 'From now on only the new one counts.' },
        ...refused(...ALWAYS, 403, 413, 415, 422),
      },
    },
  },
  '/{api_root}/': { get: getting('apiRoot', 'API Root Information (§4.2)', 'api-root', ROOT) },
  '/{api_root}/status/{status_id}/': {
    get: getting('status', 'Status of a publication (§4.3)', 'status', named('api_root', 'status_id')),
  },
  '/{api_root}/collections/': {
    get: getting('collections', 'Collections (§5.1)', 'collections', ROOT),
  },
  '/{api_root}/collections/{collection_id}/': {
    get: getting('collection', 'A collection (§5.2)', 'collection', COLLECTION),
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
      parameters: COLLECTION,
      requestBody: {
        required: true,
        description: 'An envelope or a bundle; also compressed (Content-Encoding: gzip, deflate, br).',
        content: { [TAXII_MEDIA_TYPE]: envelope, [STIX_MEDIA_TYPE]: envelope },
      },
      responses: {
        202: {
          description: 'Taken: the status says of each object what became of it, now or later.',
          content: { [TAXII_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/status' } } },
        },
        ...refused(...ALWAYS, 403, 413, 415, 422),
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
      responses: { 200: { description: 'It is gone.' }, ...refused(...ALWAYS, 403) },
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
      security: [],
      responses: {
        200: {
          description: 'JSON, since it is not TAXII’s.',
          content: { 'application/json': { schema: { type: 'object' } } },
        },
        304: NOT_MODIFIED,
        ...refused(431),
      },
    },
  },
};
