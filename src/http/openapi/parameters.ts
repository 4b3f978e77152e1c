/** What a request may say, beside its body: OpenAPI's parameters, as components. */
import { FIELDS } from '../../domain/filters';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: true;
  readonly description: string;
  readonly schema: object;
}

const UUID = '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';
/** One value, or several with commas between them: any of them. */
const VALUES = { type: 'string', minLength: 1 };

const inPath = (name: string, description: string, schema: object): Parameter => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string', ...schema },
});
const inQuery = (name: string, description: string, schema: object = VALUES): Parameter => ({
  name,
  in: 'query',
  description,
  schema,
});

export const PARAMETERS = {
  api_root: inPath('api_root', 'A channel.', { pattern: '^[a-z0-9]+(?:-[a-z0-9]+)*$', maxLength: 64 }),
  collection_id: inPath('collection_id', 'A collection, by its id or alias.', { minLength: 1 }),
  object_id: inPath('object_id', 'A STIX object.', {
    pattern: '^[a-z0-9-]+--[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  }),
  status_id: inPath('status_id', 'The status of a publication.', { pattern: UUID }),
  added_after: inQuery('added_after', 'Only what was added later than this (§3.4).', {
    type: 'string',
    format: 'date-time',
  }),
  limit: inQuery('limit', 'Members of the page at most; what is larger than the server gives is capped.', {
    type: 'integer',
    minimum: 1,
  }),
  next: inQuery('next', 'The cursor of the page before.', { type: 'string' }),
  match_version: inQuery('match[version]', 'first, last, all, or versions: timestamps. By default last.'),
  match_spec_version: inQuery('match[spec_version]', 'Specification versions: 2.0, 2.1.'),
  match_id: inQuery('match[id]', 'Ids of objects.'),
  match_type: inQuery('match[type]', 'Types of objects.'),
} as const;
export type ParameterName = keyof typeof PARAMETERS;

/** Each field of the interoperability document, by its name as a component. */
export const FIELD_PARAMETERS: ReadonlyMap<string, Parameter> = new Map(
  Array.from(FIELDS.keys(), (field) => [
    `match_${field.replace(/[^A-Za-z0-9_.-]/g, '_')}`,
    inQuery(`match[${field}]`, 'A filter of the TAXII 2.1 interoperability document.'),
  ]),
);
