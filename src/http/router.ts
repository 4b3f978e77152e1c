/** All URLs, TAXII's and what stands beside them: a line each. */
import express, { type RequestHandler, type Router } from 'express';
import type { Config } from '../config';
import { notFound } from '../domain/access';
import { TaxiiError } from '../domain/errors';
import type { Door } from '../publish/door';
import type { Store } from '../store/store';
import { openGate, type CertificateOf, type Handler } from './access';
import { changeOwnPassword, MOST_BYTES } from './account';
import type { Answers } from './answers';
import type { Authenticate } from './auth';
import { bodyReader } from './body';
import { apiRoot, discovery, getCollection, getMyAccess, listCollections } from './catalog';
import { live, ready } from './health';
import {
  addObjects,
  deleteObject,
  getObject,
  getStatus,
  listManifest,
  listObjects,
  listVersions,
} from './objects';
import type { Again } from './kept/again';
import { serveOpenApi } from './openapi/serve';

type Methods = { readonly [Method in 'get' | 'post' | 'delete']?: Handler };

/** T-014: a method that a known path does not have, OPTIONS among them. */
function refuseOthers(methods: Methods): RequestHandler {
  const allow = Object.keys(methods).flatMap((method) =>
    method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()],
  );
  return (req) => {
    throw new TaxiiError(
      'method-not-allowed',
      `${req.method} is not for this URL. It takes ${allow.join(', ')}.`,
      {
        Allow: allow.join(', '),
      },
    );
  };
}

/** T-034, T-036: what cannot be the path of anything, said before anything else is looked at. */
const soundPath: RequestHandler = (req, _res, next) => {
  const path = decodeURIComponent(req.path); // URIError → 404
  if (path.includes('//') || path.includes('\0') || /(?:^|\/)\.\.?(?:\/|$)/.test(path)) throw notFound();
  next();
};

export interface RouterDeps {
  readonly store: Store;
  readonly door: Door;
  readonly config: Config;
  readonly authenticate: Authenticate;
  readonly certificateOf: CertificateOf;
  readonly answers: Answers;
  readonly again: Again | undefined;
}

export function createRouter({
  store,
  door,
  config,
  authenticate,
  certificateOf,
  answers,
  again,
}: RouterDeps): Router {
  const { objects, catalog, records } = store;
  const { limits } = config;
  const { seeing, seeingOrNobody, reading, writing, removing } = openGate(
    authenticate,
    certificateOf,
    catalog,
    (res, until) => again?.taking(res, until),
  );
  const readBody = bodyReader({
    mostBytes: config.maxBodyBytes,
    leastRate: config.minUploadRate,
    requestTimeoutMs: config.requestTimeoutMs,
  });
  const readPassword = bodyReader({
    mostBytes: MOST_BYTES,
    leastRate: config.minUploadRate,
    requestTimeoutMs: config.requestTimeoutMs,
  });
  const seeingDiscovery = config.publicDiscovery ? seeingOrNobody : seeing;

  const router = express.Router({ caseSensitive: true, strict: false }); // T-031: both with and without the last slash
  const url = (path: string, methods: Methods): void => {
    const route = router.route(path);
    if (methods.get) route.get(methods.get as unknown as RequestHandler);
    if (methods.post) route.post(methods.post as unknown as RequestHandler);
    if (methods.delete) route.delete(methods.delete as unknown as RequestHandler);
    route.all(refuseOthers(methods));
  };
  const collection = '/:root/collections/:collection';
  const object = `${collection}/objects/:objectId`;

  router.use(soundPath);

  url('/health/live', { get: live });
  url('/health/ready', { get: ready(store) });
  url('/openapi.json', { get: serveOpenApi() });
  url('/taxii2', { get: seeingDiscovery(discovery(catalog, config)) });
  url('/account/password', { post: seeing(changeOwnPassword(door, readPassword)) });
  url('/:root', { get: seeing(apiRoot(catalog, config)) });
  url('/:root/status/:id', { get: seeing(getStatus(records, catalog)) });
  url('/:root/collections', { get: seeing(listCollections(catalog)) });
  url(collection, { get: seeing(getCollection(catalog)) });
  url(`${collection}/my-access`, { get: seeing(getMyAccess(catalog)) });
  url(`${collection}/manifest`, { get: reading(listManifest(objects, limits, answers)) });
  url(`${collection}/objects`, {
    get: reading(listObjects(objects, limits, answers)),
    post: writing(addObjects(door, readBody, config)),
  });
  url(object, {
    get: reading(getObject(objects, limits, answers)),
    delete: removing(deleteObject(door, limits)),
  });
  url(`${object}/versions`, { get: reading(listVersions(objects, limits, answers)) });
  router.use(() => {
    throw notFound();
  });
  return router;
}
