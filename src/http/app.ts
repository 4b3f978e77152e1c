/** What happens to every request, in order. */
import { randomUUID } from 'node:crypto';
import express, { type Express } from 'express';
import helmet from 'helmet';
import type { Config } from '../config';
import type { Micros } from '../domain/timestamp';
import type { CredentialKind } from '../identity/claim';
import type { Door } from '../publish/door';
import type { Logger } from '../log';
import type { Store } from '../store/store';
import { Answers } from './answers';
import { createAuthenticate } from './auth';
import { Again } from './kept/again';
import { PageCache } from './kept/page-cache';
import { Pages } from './pages';
import { certificateMatches } from './peer';
import { problem } from './problem';
import type { Readings } from './readings';
import { createRouter } from './router';
import { logRequests, requestIdOf } from './trail';
import type { Uses } from './uses';

export interface AppDeps {
  readonly store: Store;
  readonly door: Door;
  readonly config: Config;
  readonly log: Logger;
  readonly clock: () => Micros;
  readonly readings: Readings;
  readonly uses: Uses;
  /** Kinds of credentials beside passwords and tokens. */
  readonly kinds?: readonly CredentialKind[];
}

export function createApp({ store, door, config, log, clock, readings, uses, kinds = [] }: AppDeps): Express {
  if (config.behindProxy && config.publicUrl === undefined)
    log.warn(
      'JISR_BEHIND_PROXY without JISR_PUBLIC_URL: api_roots are relative, which some clients cannot resolve',
    );
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false); // domain/query.ts reads the query as it came
  if (config.behindProxy) app.set('trust proxy', 1); // for the address in the log

  const pages = new Pages();
  const cache =
    store.changes && config.pageCacheBytes > 0
      ? new PageCache(store.changes, config.pageCacheBytes)
      : undefined;
  const again = cache && new Again({ cache, clock, pages, readings });

  app.use(logRequests(log, randomUUID));
  if (again) app.use(again.serve);
  // RFC 6797 §7.2: not over plain HTTP, which a browser would take as a word about another server.
  // Of this host alone: what else is below its name is not ours to speak of.
  const secure = config.tls !== undefined || config.behindProxy;
  app.use(helmet({ strictTransportSecurity: secure && { includeSubDomains: false } }));
  app.use((_req, res, next) => {
    res.setHeader('X-Request-Id', requestIdOf(res));
    res.setHeader('Cache-Control', 'no-store'); // an answer is for who asked, up to their clearance
    next();
  });
  app.use(
    createRouter({
      store,
      door,
      config,
      answers: new Answers({ pages, readings, cache, again, readerOf: store.changes?.readerOf }),
      again,
      certificateOf: (req) => certificateMatches(req, config.proxyPin, clock() / 1000),
      authenticate: createAuthenticate({
        people: store.people,
        clock,
        others: kinds,
        outdated: (request) =>
          void door
            .changePassword(request)
            .catch((error: unknown) => log.warn({ error: String(error) }, 'a password was not hashed anew')),
        used: (token, at) => uses.note(token, at),
      }),
    }),
  );
  app.use(problem(log));
  return app;
}
