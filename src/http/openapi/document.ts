/** The interface as OpenAPI 3.1 says it: the same for every server of this version, and nothing of what one holds. */
import { schemas } from '#compiled-schemas';
import { OPERATIONS, type Operation } from './operations';
import { FIELD_PARAMETERS, PARAMETERS } from './parameters';
import { HEADERS, REFUSALS } from './responses';

const RESOURCES = [
  'taxii-2.1/discovery',
  'taxii-2.1/api-root',
  'taxii-2.1/status',
  'taxii-2.1/collections',
  'taxii-2.1/collection',
  'taxii-2.1/manifest',
  'taxii-2.1/envelope',
  'taxii-2.1/versions',
  'taxii-2.1/error',
  'jisr/my-access',
] as const;

const DESCRIPTION = [
  'TAXII 2.1 with all of its optional parts. An object that the caller may not see is not there, in any answer.',
  'All of TAXII speaks application/taxii+json;version=2.1. An Accept header must take it, by its name with or without the version, by a wildcard, or by not being there; a Content-Type may leave the version out, and say charset=utf-8.',
  'A URL may leave out its last slash. What is not described here is not there: another method of a URL is answered 405, with Allow, and another URL 404, each with an error message.',
].join('\n\n');

/** What is published: more is taken than an envelope that is given out may hold (§3.7). */
const PUBLICATION = {
  title: 'An envelope, or a STIX bundle; what stands beside its objects is ignored',
  type: 'object',
  required: ['objects'],
  properties: {
    objects: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['id', 'type'],
        properties: { id: { type: 'string', minLength: 1 }, type: { type: 'string', minLength: 1 } },
        additionalProperties: true,
      },
    },
  },
};

/** A schema as a component: what refers to its own definitions refers to them where they stand then. */
function component(name: string, node: unknown): unknown {
  if (Array.isArray(node)) return node.map((item) => component(name, item));
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key]) => key !== '$schema' && key !== '$id')
      .map(([key, value]) => [
        key,
        key === '$ref'
          ? String(value).replace('#/', `#/components/schemas/${name}/`)
          : component(name, value),
      ]),
  );
}

/** HEAD is GET without the body (RFC 9110 §9.3.2). */
function head({ operationId, responses, ...rest }: Operation): object {
  const bare = Object.entries(responses).map(([status, response]) => {
    const { content: _, ...without } = response as { content?: object };
    return [status, without] as const;
  });
  return { ...rest, operationId: `${operationId}Head`, responses: Object.fromEntries(bare) };
}

export function openApi(): object {
  const paths = Object.entries(OPERATIONS).map(([path, { get, ...others }]) => [
    path,
    { ...(get && { get, head: head(get) }), ...others },
  ]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Jisr',
      version: '1',
      summary: 'A TAXII 2.1 server for the exchange of STIX 2.1 objects.',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ basic: [] }, { bearer: [] }, { certificate: [] }],
    paths: Object.fromEntries(paths) as object,
    components: {
      securitySchemes: {
        basic: {
          type: 'http',
          scheme: 'basic',
          description: 'An account with its password, or with an API token in its place.',
        },
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'An API token, or an access token of a provider that the server knows.',
        },
        certificate: { type: 'mutualTLS', description: 'A client certificate, alone or beside a secret.' },
      },
      parameters: { ...PARAMETERS, ...Object.fromEntries(FIELD_PARAMETERS) },
      headers: HEADERS,
      responses: REFUSALS,
      schemas: {
        ...Object.fromEntries(
          RESOURCES.map((of) => {
            const name = of.replace(/^.*\//, '');
            return [name, component(name, schemas[of])];
          }),
        ),
        publication: PUBLICATION,
        health: {
          type: 'object',
          required: ['status'],
          properties: { status: { type: 'string' } },
          additionalProperties: false,
        },
      },
    },
  };
}
