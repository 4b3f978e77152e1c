/** One table of refusals: the code is stable, the HTTP status follows from it. */
const STATUS = {
  'bad-query': 400,
  'bad-cursor': 400,
  'bad-request': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'not-acceptable': 406,
  'request-timeout': 408,
  'too-large': 413,
  'unsupported-media-type': 415,
  unprocessable: 422,
  internal: 500,
  unavailable: 503,
} as const;

export type ErrorCode = keyof typeof STATUS;

const TITLE: Record<ErrorCode, string> = {
  'bad-query': 'Bad query parameter',
  'bad-cursor': 'Bad cursor',
  'bad-request': 'Bad request',
  unauthenticated: 'Unauthorized',
  forbidden: 'Forbidden',
  'not-found': 'Not found',
  'method-not-allowed': 'Method not allowed',
  'not-acceptable': 'Not acceptable',
  'request-timeout': 'Request timeout',
  'too-large': 'Request body too large',
  'unsupported-media-type': 'Unsupported media type',
  unprocessable: 'Unprocessable content',
  internal: 'Internal error',
  unavailable: 'Temporarily unavailable',
};

/**
 * A refusal that the client may read (TAXII 2.1 §3.6.1). Anything else that is thrown is a bug and is
 * rendered as `internal`, without its text.
 */
export class TaxiiError extends Error {
  override readonly name = 'TaxiiError';
  readonly status: number;
  readonly title: string;

  /** @param description what happened, why, and what to do; shown to the client. */
  constructor(
    readonly code: ErrorCode,
    description: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(description);
    this.status = STATUS[code];
    this.title = TITLE[code];
  }
}

/** The store cannot be reached or is busy: all was written or nothing, nobody knows; repeating the call is harmless. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** Something unexpected that one member of a part brought about: nothing was written, the others may be tried without it. */
export class MemberFault extends Error {
  override readonly name = 'MemberFault';

  /** @param index of the member in its part. */
  constructor(
    readonly index: number,
    cause: unknown,
  ) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** A text of a driver without the names and passwords of the URLs in it. */
export const withoutSecrets = (text: string): string => text.replace(/\/\/[^\n]*@/g, '//…@');

/**
 * What waiting does not mend: a wrong use of an operator verb, a wrong file, a store that cannot be. The message is for
 * the operator.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

/** Does something for one member of a part; what it throws names the member, unless the store itself is the reason. */
export function blaming<T>(
  index: number,
  work: () => T,
  storesOwn: (error: unknown) => boolean = () => false,
): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof StoreUnavailable || storesOwn(error)) throw error;
    throw new MemberFault(index, error);
  }
}
