/** What may come back: OpenAPI's responses, as components. */
import { TAXII_MEDIA_TYPE } from '../../domain/taxii';

const text = (description: string): object => ({ description, schema: { type: 'string' } });

export const HEADERS = {
  RequestId: text('Names the request in the log of the server.'),
  ETag: text('Send it back as If-None-Match: 304 while nothing changed.'),
  DateAddedFirst: text('The date_added of the first object of the page (§3.3).'),
  DateAddedLast: text('The date_added of the last object of the page: poll on with added_after=this.'),
  RetryAfter: text('Repeat the request after so many seconds.'),
  Challenge: text('Which credentials are taken.'),
} as const;
type HeaderName = keyof typeof HEADERS;

const ref = (name: HeaderName): object => ({ $ref: `#/components/headers/${name}` });
const error = (description: string, headers: Record<string, object> = {}): object => ({
  description,
  headers,
  content: { [TAXII_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/error' } } },
});

export const REFUSALS = {
  400: error('A parameter or the request itself is wrong; the description names what.'),
  401: error('No credentials, or wrong ones.', { 'WWW-Authenticate': ref('Challenge') }),
  403: error('You see the collection, and may not do this.'),
  404: error('It is not there, or not for you.'),
  406: error('Accept does not take TAXII 2.1, all that there is.'),
  408: error('The request came too slowly.'),
  413: error('The body is longer than max_content_length.'),
  415: error('The body is not TAXII 2.1, or encoded in a way that is not taken.'),
  422: error('The body is no envelope of objects.'),
  431: error('The URL and the header are too long together.'),
  500: error('A fault of the server; error_id names it to the operator.'),
  503: error('Not now; what was done is not done twice.', { 'Retry-After': ref('RetryAfter') }),
} as const;
export type Refusal = keyof typeof REFUSALS;

/** A resource of TAXII, or of Jisr beside it. @param dated with the dates of its first and last member. */
export const resource = (description: string, schema: string, dated = false): object => ({
  description,
  headers: {
    'X-Request-Id': ref('RequestId'),
    ETag: ref('ETag'),
    ...(dated && {
      'X-TAXII-Date-Added-First': ref('DateAddedFirst'),
      'X-TAXII-Date-Added-Last': ref('DateAddedLast'),
    }),
  },
  content: { [TAXII_MEDIA_TYPE]: { schema: { $ref: `#/components/schemas/${schema}` } } },
});

export const NOT_MODIFIED = {
  description: 'You have it already.',
  headers: { ETag: ref('ETag') },
};
