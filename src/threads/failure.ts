/** Errors as they cross from one thread to another: what a client may read stays what it was. */
import { StoreUnavailable, TaxiiError, type ErrorCode } from '../domain/errors';

export type Failure =
  | { kind: 'taxii'; code: ErrorCode; message: string; headers: TaxiiError['headers'] }
  | { kind: 'unavailable' | 'bug'; message: string };

export function toFailure(error: unknown): Failure {
  if (error instanceof TaxiiError) {
    const { code, message, headers } = error;
    return { kind: 'taxii', code, message, headers };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { kind: error instanceof StoreUnavailable ? 'unavailable' : 'bug', message };
}

export function toError(failure: Failure): Error {
  if (failure.kind === 'taxii') return new TaxiiError(failure.code, failure.message, failure.headers);
  return failure.kind === 'unavailable' ? new StoreUnavailable(failure.message) : new Error(failure.message);
}
