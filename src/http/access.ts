/**
 * What every TAXII endpoint does before its own work, in the order of T-108: authentication 401, Accept 406,
 * visibility 404, permission 403. Route and method came before; Content-Type, length, query and body come after.
 */
import type { Request, Response } from 'express';
import { scopeFor, type Principal, type Scope } from '../domain/access';
import type { Collection } from '../domain/channel';
import type { Micros } from '../domain/timestamp';
import type { CatalogStore } from '../store/catalog';
import { note, noteScope, noteWho } from './trail';
import type { Authenticate } from './auth';
import { requireAcceptable } from './negotiate';

/** The names in TAXII's URLs; each path has some of them. */
export interface Names {
  root: string;
  collection: string;
  objectId: string;
  id: string;
}

type AnyRequest = Pick<Request<Names>, 'headers' | 'ip' | 'socket'>;
export type Handler = (req: Request<Names>, res: Response) => Promise<void>;
type Work<Who> = (who: Who, req: Request<Names>, res: Response) => Promise<void>;

export interface Gate {
  /** Anyone who has an account. */
  readonly seeing: (work: Work<Principal>) => Handler;
  /** Anyone at all; wrong credentials are refused all the same (T-250). */
  readonly seeingOrNobody: (work: Work<Principal | undefined>) => Handler;
  readonly reading: (work: Work<Scope<'read'>>) => Handler;
  readonly writing: (work: Work<Scope<'write'>>) => Handler;
  readonly removing: (work: Work<Scope<'remove'>>) => Handler;
}

/** What a request's client is known by, beside what it says (http/peer.ts). */
export type CertificateOf = (req: Pick<Request<Names>, 'headers' | 'socket'>) => readonly string[];

/** @param taking told until when somebody's credentials are taken. */
export function openGate(
  authenticate: Authenticate,
  certificateOf: CertificateOf,
  catalog: Pick<CatalogStore, 'channels'>,
  taking: (res: Response, until: Micros) => void = () => undefined,
): Gate {
  async function enter(req: AnyRequest, res: Response): Promise<Principal> {
    const principal = await authenticate(req.headers.authorization, {
      address: req.ip,
      certificate: certificateOf(req),
      onHangUp: (left) => {
        res.once('close', left);
        return () => res.off('close', left);
      },
      onTaken: (until) => taking(res, until),
      onRefused: (tried) => note(res, { tried }),
    });
    noteWho(res, principal);
    requireAcceptable(req);
    return principal;
  }

  /** By id or alias (T-293), under its own API Root only. */
  async function collectionOf({ root, collection }: Names): Promise<Collection | undefined> {
    const channel = (await catalog.channels()).find((c) => c.apiRoot === root);
    return channel?.collections.find((c) => c.id === collection || c.alias === collection);
  }

  const scoped =
    <Action extends 'read' | 'write' | 'remove'>(action: Action) =>
    (work: Work<Scope<Action>>): Handler =>
    async (req, res) => {
      const principal = await enter(req, res);
      const scope = scopeFor(principal, await collectionOf(req.params), action);
      noteScope(res, scope);
      await work(scope, req, res);
    };

  return {
    seeing: (work) => async (req, res) => work(await enter(req, res), req, res),
    seeingOrNobody: (work) => async (req, res) => {
      if (req.headers.authorization !== undefined || certificateOf(req).length > 0)
        return work(await enter(req, res), req, res);
      requireAcceptable(req);
      return work(undefined, req, res);
    },
    reading: scoped('read'),
    writing: scoped('write'),
    removing: scoped('remove'),
  };
}
