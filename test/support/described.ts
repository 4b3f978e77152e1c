/** An answer held to /openapi.json: its status, media type, header fields and body are what the document says of them. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Response } from 'supertest';
import { openApi } from '../../src/http/openapi/document';

interface Ref {
  readonly $ref: string;
}
interface Header {
  readonly required?: boolean;
  readonly schema: object;
}
interface Said {
  readonly headers?: Readonly<Record<string, Header | Ref>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
interface Operation {
  readonly operationId: string;
  readonly responses: Readonly<Record<string, Said | Ref>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

/** As a client gets it. */
export const DOCUMENT = JSON.parse(JSON.stringify(openApi())) as Document;

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema({ $id: 'urn:jisr:openapi', components: DOCUMENT.components });
const compiled = new Map<object, ValidateFunction>();
/** @returns what does not fit. */
function misfit(schema: object, value: unknown): string | undefined {
  let validate = compiled.get(schema);
  if (!validate) {
    validate = ajv.compile(
      JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"urn:jisr:openapi#/')) as object,
    );
    compiled.set(schema, validate);
  }
  if (validate(value)) return undefined;
  return `${ajv.errorsText(validate.errors)} in ${JSON.stringify(value).slice(0, 500)}`;
}

function stands<Node extends object>(node: Node | Ref): Node {
  if (!('$ref' in node)) return node;
  const [, , kind = '', name = ''] = node.$ref.split('/');
  return DOCUMENT.components[kind]?.[name] as Node;
}

/** What names a place comes before what names any. */
const PATHS = Object.entries(DOCUMENT.paths)
  .map(([path, operations]) => ({
    path,
    pattern: new RegExp(`^${path.replace(/\/$/, '').replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
    operations,
  }))
  .sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')));

/** What the description says of all else: a URL or a method that there is not. */
const NONE: Record<string, Said> = Object.fromEntries(
  ['404', '405'].map((status) => [
    status,
    { content: { 'application/taxii+json;version=2.1': { schema: { $ref: '#/components/schemas/error' } } } },
  ]),
);
/** Fields that mean something: where one is sent, it is described. */
const TELLING = [
  'etag',
  'retry-after',
  'www-authenticate',
  'content-language',
  'x-taxii-date-added-first',
  'x-taxii-date-added-last',
];

/** @returns the operation, if it is one of the document. @throws what of the answer is not described. */
export function described(method: string, path: string, response: Response): string | undefined {
  const { status, headers } = response;
  const bare = path.split('?')[0] ?? '';
  const operation = PATHS.find(({ pattern }) => pattern.test(bare))?.operations[method.toLowerCase()];
  const told = (operation?.responses ?? NONE)[status];
  const at = `${method} ${path} ${status}`;
  if (!told) throw new Error(`${at}: the document does not know this status`);
  const said = stands(told);
  const fields = Object.entries(said.headers ?? {}).map(
    ([name, header]) => [name.toLowerCase(), stands(header)] as const,
  );
  for (const [name, { required = false, schema }] of fields) {
    const value = headers[name];
    if (value === undefined && required) throw new Error(`${at}: ${name} is missing`);
    if (value === undefined) continue;
    const number = (schema as { type?: string }).type === 'integer';
    const wrong = misfit(schema, number ? Number(value) : value);
    if (wrong !== undefined) throw new Error(`${at}: ${name}: ${wrong}`);
  }
  const known = new Set(fields.map(([name]) => name));
  const untold = TELLING.filter((name) => headers[name] !== undefined && !known.has(name) && operation);
  if (untold.length > 0) throw new Error(`${at}: the document does not know ${untold.join(', ')}`);

  const body = Buffer.isBuffer(response.body) ? response.body.toString() : response.text;
  if (method === 'HEAD' || !said.content) {
    if (body) throw new Error(`${at}: the document knows no body here`);
    return operation?.operationId;
  }
  const media = (headers['content-type'] ?? '').replace(/; ?charset=utf-8$/, '');
  const content = said.content[media];
  if (!content) throw new Error(`${at}: the document does not know ${media}`);
  const wrong = misfit(content.schema, JSON.parse(body));
  if (wrong !== undefined) throw new Error(`${at}: ${wrong}`);
  return operation?.operationId;
}
