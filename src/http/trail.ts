/** One line in the log for each finished request: who, what, where, up to which clearance, how much, how it ended. */
import type { RequestHandler, Response } from 'express';
import type { Principal, Scope } from '../domain/access';
import { tlpName } from '../domain/tlp';
import type { Logger } from '../log';

/** What becomes known on the way. Credentials have no place here. */
export interface Trail {
  who?: string;
  /** What a sign-in that failed named: the beginning of a login name, or the id of a token. */
  tried?: string;
  /** The name of the token that they signed in by. */
  token?: string;
  collection?: string;
  clearance?: string;
  /** Members of a page, of a publication, or versions removed. */
  count?: number;
  /** The code of the refusal; absent when there was none. */
  refusal?: string;
}

interface Locals {
  requestId: string;
  trail: Trail;
}

const locals = (res: Response): Locals => res.locals as Locals;

export function requestIdOf(res: Response): string {
  return locals(res).requestId;
}

/** Adds to the line of a request. */
export function note(res: Response, found: Trail): void {
  Object.assign(locals(res).trail, found);
}

export function noteWho(res: Response, { name, token }: Principal): void {
  note(res, token ? { who: name, token: token.name } : { who: name });
}

export function noteScope(res: Response, scope: Scope): void {
  note(res, {
    collection: scope.collection.id,
    ...(scope.clearance === undefined ? {} : { clearance: tlpName(scope.clearance) }),
  });
}

/** What somebody searched for is theirs: of a filter the log has the name. */
const withoutValues = (url: string): string => url.replace(/([?&]match(?:%5B|\[)[^=&]*=)[^&]*/gi, '$1…');

export function logRequests(log: Logger, newId: () => string): RequestHandler {
  // All that such a line holds is named below, and nothing of it carries credentials: looking for them costs 10 µs a line.
  const lines = log.child({}, { redact: [] });
  return (req, res, next) => {
    const started = process.hrtime.bigint();
    const trail: Trail = {};
    const requestId = newId();
    Object.assign(res.locals, { requestId, trail } satisfies Locals);
    res.once('close', () => {
      const route = req.route as { path?: string } | undefined;
      const line = {
        requestId,
        ...trail,
        action: `${req.method} ${route?.path ?? '?'}`,
        url: withoutValues(req.originalUrl).slice(0, 500),
        status: res.statusCode,
        outcome: res.writableFinished ? (trail.refusal ?? 'done') : 'aborted',
        from: req.ip,
        agent: req.headers['user-agent']?.slice(0, 200),
        ms: Number(process.hrtime.bigint() - started) / 1e6,
      };
      if (req.originalUrl.startsWith('/health/')) lines.debug(line, 'request');
      else lines.info(line, 'request');
    });
    next();
  };
}
