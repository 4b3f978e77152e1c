/** The only renderer of errors, and the only place that logs those that are ours (§3.6.1). */
import type { ErrorRequestHandler } from 'express';
import { notFound } from '../domain/access';
import { StoreUnavailable, TaxiiError } from '../domain/errors';
import type { ErrorMessage } from '../domain/taxii';
import { BASIC_CHALLENGE } from '../identity/basic';
import type { Logger } from '../log';
import { note, requestIdOf } from './trail';
import { reply } from './reply';

const GENERIC = 'Something went wrong on the server. Give the error_id to your operator.';
const RETRY_SECONDS = '5';

/** What to say when the store did not answer: of a write nobody knows whether it was done. */
function outOfReach(method: string): TaxiiError {
  const writes = method !== 'GET' && method !== 'HEAD';
  return new TaxiiError(
    'unavailable',
    writes
      ? 'The store is busy or out of reach. It is not known whether all of the request was done or nothing of it. Repeat it later: what was done already is not done twice.'
      : 'The store is busy or out of reach. Repeat the request later.',
    { 'Retry-After': RETRY_SECONDS },
  );
}

/**
 * What a client may know of anything that was thrown; the text of an unexpected error stays here (T-124).
 *
 * @param method of the request that it was thrown in.
 */
export function toTaxiiError(error: unknown, method: string): TaxiiError {
  if (error instanceof TaxiiError) return error;
  if (error instanceof StoreUnavailable) return outOfReach(method);
  // A path that cannot be percent-decoded names nothing (T-036).
  if (error instanceof URIError) return notFound();
  return new TaxiiError('internal', GENERIC);
}

/** T-120 to T-123 */
export function errorMessage(
  known: Pick<TaxiiError, 'title' | 'message' | 'code' | 'status'>,
  id: string,
): string {
  const message: ErrorMessage = {
    title: known.title,
    description: known.message,
    error_id: id,
    error_code: known.code,
    http_status: String(known.status),
  };
  return JSON.stringify(message);
}

export function problem(log: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.

  return (error: unknown, req, res, _next) => {
    const known = toTaxiiError(error, req.method);
    const requestId = requestIdOf(res);
    note(res, { refusal: known.code });
    // What is refused on purpose is in the line of the request; a flood of it must not flood the log.
    if (known.status >= 500 && known !== error)
      log.error({ err: error, requestId, code: known.code }, known.title);
    if (res.headersSent) {
      req.socket.destroy();
      return;
    }
    // Whoever finds an account gone behind the sign-in knows of no challenge.
    if (known.status === 401) res.setHeader('WWW-Authenticate', BASIC_CHALLENGE);
    for (const [name, value] of Object.entries(known.headers)) res.setHeader(name, value);
    reply(res, known.status, errorMessage(known, requestId));
  };
}
