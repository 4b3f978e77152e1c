/** What may come back: OpenAPI's responses, as components. */
import { LANGUAGES } from '../../domain/channel';
import { TAXII_MEDIA_TYPE } from '../../domain/taxii';

const header = (description: string, schema: object = {}, required = true): object => ({
  description,
  required,
  schema: { type: 'string', ...schema },
});
const DATE_ADDED = { pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z$' };

export const HEADERS = {
  RequestId: header('Names the request in the log of the server.'),
  RequestIdIfRead: header('As ever, unless it could not be read as a request.', {}, false),
  ETag: header('Send it back as If-None-Match: 304 while nothing changed.'),
  DateAddedFirst: header('The date_added of the first object of the page (§3.3).', DATE_ADDED),
  DateAddedLast: header(
    'The date_added of the last object of the page: poll on with added_after=this.',
    DATE_ADDED,
  ),
  ContentLanguage: header('Of titles and descriptions.', { enum: LANGUAGES }),
  RetryAfter: header('Repeat the request after so many seconds.', { type: 'integer', minimum: 1 }),
  Challenge: header('Which credentials are taken.'),
} as const;
type HeaderName = keyof typeof HEADERS;
type Fields = Readonly<Record<string, object>>;

const ref = (name: HeaderName): object => ({ $ref: `#/components/headers/${name}` });
/** Beside each answer of whoever has read the request. */
export const NAMED: Fields = { 'X-Request-Id': ref('RequestId') };
/** Beside each that may come before there is a request to name. */
const PERHAPS_NAMED: Fields = { 'X-Request-Id': ref('RequestIdIfRead') };

const error = (description: string, headers: Fields = NAMED): object => ({
  description,
  headers,
  content: { [TAXII_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/error' } } },
});

export const REFUSALS = {
  400: error('A parameter or the request itself is wrong; the description names what.', PERHAPS_NAMED),
  401: error('No credentials, or wrong ones.', { ...NAMED, 'WWW-Authenticate': ref('Challenge') }),
  403: error('You see the collection, and may not do this.'),
  404: error('It is not there, or not for you.'),
  406: error('Accept does not take TAXII 2.1, all that there is.'),
  408: error('The request came too slowly.', PERHAPS_NAMED),
  413: error('The body is longer than max_content_length.'),
  415: error('The body is not of a media type that is taken here, or encoded in a way that is not taken.'),
  422: error('The body does not say what is wanted here; the description names what is wrong.'),
  431: error('The URL and the header are too long together.', PERHAPS_NAMED),
  500: error('A fault of the server; error_id names it to the operator.'),
  503: error('Not now; what was done is not done twice.', { ...NAMED, 'Retry-After': ref('RetryAfter') }),
} as const;
export type Refusal = keyof typeof REFUSALS;

/** What stands beside a resource. */
export interface Beside {
  /** It has a tag, and is not sent again to who has it. */
  readonly tagged?: boolean;
  /** The dates of its first and last member. */
  readonly dated?: boolean;
  /** It is in the language that the caller likes best. */
  readonly localised?: boolean;
}

const fieldsOf = ({ tagged = false, dated = false, localised = false }: Beside): Fields => ({
  ...NAMED,
  ...(tagged && { ETag: ref('ETag') }),
  ...(dated && {
    'X-TAXII-Date-Added-First': ref('DateAddedFirst'),
    'X-TAXII-Date-Added-Last': ref('DateAddedLast'),
  }),
  ...(localised && { 'Content-Language': ref('ContentLanguage') }),
});

/** A resource of TAXII, or of Jisr beside it. */
export const resource = (description: string, schema: string, beside: Beside): object => ({
  description,
  headers: fieldsOf(beside),
  content: { [TAXII_MEDIA_TYPE]: { schema: { $ref: `#/components/schemas/${schema}` } } },
});

export const notModified = (beside: Beside): object => ({
  description: 'You have it already.',
  headers: fieldsOf(beside),
});

/** JSON that is none of TAXII's resources. */
export const plainJson = (description: string, schema: object, beside: Beside = {}): object => ({
  description,
  headers: fieldsOf(beside),
  content: { 'application/json': { schema } },
});
