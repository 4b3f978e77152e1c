/** What a request may say, beside its body: OpenAPI's parameters, as components. */
import { FIELDS } from '../../domain/filters';
import { TLP_NAMES } from '../../domain/tlp';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: true;
  readonly description: string;
  readonly schema: object;
}

const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';
const OBJECT_ID =
  '^[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*--[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$';

const TEXT = '[^,\\s](?:[^,]*[^,\\s])?';
const INTEGER = '[+-]?\\d{1,16}';
const TIMESTAMP = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?Z';
/** In letters of either case. */
const LEVEL = [...TLP_NAMES, 'white']
  .map((name) => name.replace('+', '\\+').replace(/[a-z]/g, (c) => `[${c}${c.toUpperCase()}]`))
  .join('|');

/** A value, or several with commas between them: any of them. White space around each is nothing. */
const values = (one: string): string => `${one}(?:\\s*,\\s*${one})*`;
const listOf = (one: string): object => ({ type: 'string', pattern: `^\\s*${values(one)}\\s*$` });

const inPath = (name: string, description: string, schema: object): Parameter => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', ...schema },
});
const inQuery = (name: string, description: string, schema: object): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
});
const inHeader = (name: string, description: string, schema: object = {}): Parameter => ({
  name,
  in: 'header',
  description,
  schema: { type: 'string', ...schema },
});

/** Accept and Content-Type are none: OpenAPI says them by the media types of answers and bodies. */
export const PARAMETERS = {
  api_root: inPath('api_root', 'A channel.', { pattern: '^[a-z0-9]+(?:-[a-z0-9]+)*$', maxLength: 64 }),
  collection_id: inPath('collection_id', 'A collection, by its id or alias.', { minLength: 1 }),
  object_id: inPath('object_id', 'A STIX object.', { pattern: OBJECT_ID, maxLength: 300 }),
  status_id: inPath('status_id', 'The status of a publication.', { pattern: UUID }),
  added_after: inQuery('added_after', 'Only what was added later than this (§3.4).', {
    type: 'string',
    format: 'date-time',
  }),
  limit: inQuery('limit', 'Members of the page at most; what is larger than the server gives is capped.', {
    type: 'integer',
    minimum: 1,
  }),
  next: inQuery('next', 'The cursor of the page before, unchanged. It brings its filters with it.', {
    type: 'string',
    pattern: '^[A-Za-z0-9_-]*$',
    maxLength: 512,
  }),
  match_version: inQuery(
    'match[version]',
    'all; or any of first, last, and versions: timestamps, none of them twice. By default last, and all where objects are deleted.',
    { type: 'string', pattern: `^\\s*(?:all|${values(`(?:first|last|${TIMESTAMP})`)})\\s*$` },
  ),
  match_spec_version: inQuery(
    'match[spec_version]',
    'Specification versions: 2.0, 2.1. By default the latest of each object.',
    listOf(TEXT),
  ),
  match_id: inQuery('match[id]', 'Ids of objects.', listOf(TEXT)),
  match_type: inQuery('match[type]', 'Types of objects.', listOf(TEXT)),
  if_none_match: inHeader(
    'If-None-Match',
    'Tags of answers that you have: 304 if one of them still is right.',
  ),
  accept_language: inHeader('Accept-Language', 'Titles come in English, Arabic, French or Spanish.'),
  accept_encoding: inHeader(
    'Accept-Encoding',
    'A page that is asked for again comes in br or gzip, if you take it.',
  ),
  content_encoding: inHeader('Content-Encoding', 'How the body is compressed. In letters of either case.', {
    enum: ['identity', 'gzip', 'x-gzip', 'deflate', 'br'],
  }),
} as const;
export type ParameterName = keyof typeof PARAMETERS;

/** The form of one value of a field. */
function valueOf(field: string): string {
  if (/^(?:confidence|number|src_port|dst_port)(?:-[gl]te)?$/.test(field)) return INTEGER;
  if (/-[gl]te$/.test(field)) return TIMESTAMP;
  if (field === 'revoked') return '(?:true|false)';
  return field === 'tlp' ? `(?:${LEVEL})` : TEXT;
}

/** Each field of the interoperability document, by its name as a component. */
export const FIELD_PARAMETERS: ReadonlyMap<string, Parameter> = new Map(
  Array.from(FIELDS.keys(), (field) => [
    `match_${field.replace(/[^A-Za-z0-9_.-]/g, '_')}`,
    inQuery(
      `match[${field}]`,
      'A filter of the TAXII 2.1 interoperability document.',
      listOf(valueOf(field)),
    ),
  ]),
);
