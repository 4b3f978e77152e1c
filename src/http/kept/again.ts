/**
 * The same request again. What was decided for a request (who asks, what they may see, what they mean, what the answer is) is
 * decided for the same request of the same client while nothing that it was decided by has changed: credentials that were
 * verified within the minute, the policy, and the page (page-cache.ts). So a poller that asks again, for what is new or for
 * the page that all others read, is answered before anything else is looked at.
 */
import { hash, randomBytes } from 'node:crypto';
import type { ClientRequest } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import { LRUCache } from 'lru-cache';
import type { Scope } from '../../domain/access';
import type { Micros } from '../../domain/timestamp';
import type { Pages } from '../pages';
import type { Readings } from '../readings';
import type { Names } from '../access';
import { note, noteScope, noteWho, requestIdOf } from '../trail';
import { send } from './answer';
import type { Kept, PageCache } from './page-cache';

/** Requests that are known again, and their longest URL. */
const MOST = 10_000;
const LONGEST_URL = 2000;

/** An answer, and to whom it goes. */
interface Given {
  readonly kept: Kept;
  readonly scope: Scope<'read'>;
  /** Whether objects were read by it. */
  readonly reads: boolean;
}

interface Known extends Given {
  readonly policy: number;
  /** Until when the credentials are taken without being verified again. */
  readonly until: Micros;
  readonly since: Micros;
  /** What Express and its middleware found and said. */
  readonly route: unknown;
  readonly headers: readonly string[];
}

type Keyed = Pick<Request, 'method' | 'headers' | 'originalUrl'>;

/** Said of each request by itself. */
const OWN = new Set(['X-Request-Id', 'Connection']);

export interface AgainDeps {
  readonly cache: PageCache;
  readonly clock: () => Micros;
  readonly pages: Pages;
  readonly readings: Readings;
}

export class Again {
  private readonly known = new LRUCache<string, Known>({ max: MOST });
  private readonly secret = randomBytes(32).toString('base64');
  private readonly taken = new WeakMap<Response, Micros>();

  constructor(private readonly deps: AgainDeps) {}

  /** Middleware: answers what is known, and lets all else go on. */
  readonly serve: RequestHandler = (req, res, next) => {
    const key = this.keyOf(req);
    const known = key === undefined ? undefined : this.known.get(key);
    if (key === undefined || !known) {
      next();
      return;
    }
    const { clock, pages, readings } = this.deps;
    const now = clock();
    const policy = this.policy();
    const { kept, scope } = known;
    const { answer } = kept;
    if (!answer || known.policy !== policy || now >= known.until || now < known.since) {
      this.known.delete(key);
      next();
      return;
    }
    if (!pages.hasRoom(scope)) {
      next();
      return;
    }
    pages.hold(scope, answer.bytes, res);
    if (known.reads) readings.note(scope, answer.about);
    noteWho(res, scope.principal);
    note(res, { count: answer.about.count });
    noteScope(res, scope);
    req.route = known.route;
    send(req, res, answer, ['X-Request-Id', requestIdOf(res), ...known.headers]);
  };

  /** Credentials were taken, and will be until then without being verified again. */
  taking(res: Response, until: Micros): void {
    this.taken.set(res, until);
  }

  /** An answer that is kept is about to be sent. */
  keep(req: Request<Names>, res: Response, given: Given): void {
    const key = this.keyOf(req);
    const until = this.taken.get(res);
    if (key === undefined || until === undefined) return;
    const headers = (res as unknown as Pick<ClientRequest, 'getRawHeaderNames'>)
      .getRawHeaderNames()
      .filter((name) => !OWN.has(name))
      .flatMap((name) => [name, String(res.getHeader(name))]);
    const { cache, clock } = this.deps;
    const { policy } = cache.look();
    this.known.set(key, { ...given, policy, until, since: clock(), route: req.route, headers });
  }

  /** undefined: the store cannot say. It is for who asks it on the ordinary way to tell the client. */
  private policy(): number | undefined {
    try {
      return this.deps.cache.look().policy;
    } catch {
      return undefined;
    }
  }

  /** All of a request that its answer is decided by; what it takes of encodings and has already is looked at anew. */
  private keyOf({ method, headers, originalUrl }: Keyed): string | undefined {
    const { authorization, accept = '' } = headers;
    if (method !== 'GET' || authorization === undefined || originalUrl.length > LONGEST_URL) return undefined;
    return `${hash('sha256', `${this.secret}${authorization}`, 'base64')} ${accept}\n${originalUrl}`;
  }
}
