/** TAXII's URLs: a line each. */
import express, { type RequestHandler, type Router } from 'express';
import type { Config } from '../config';
import { notFound } from '../domain/access';
import { TaxiiError } from '../domain/errors';
import type { Door } from '../publish/door';
import type { Store } from '../store/store';
import { openGate, type Handler } from './access';
import type { Authenticate } from './auth';
import { bodyReader } from './body';
import { apiRoot, discovery, getCollection, listCollections } from './catalog';
import { health } from './health';
import {
  addObjects,
  deleteObject,
  getObject,
  getStatus,
  listManifest,
  listObjects,
  listVersions,
} from './objects';
import { Pages } from './pages';
import type { Readings } from './readings';

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
  readonly readings: Readings;
}

export function createRouter({ store, door, config, authenticate, readings }: RouterDeps): Router {
  const { objects, catalog, records } = store;
  const { limits } = config;
  const { seeing, seeingOrNobody, reading, writing, removing } = openGate(authenticate, catalog);
  const pages = new Pages();
  const readBody = bodyReader({
    mostBytes: config.maxBodyBytes,
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
  router.use(health(store));

  url('/taxii2', { get: seeingDiscovery(discovery(catalog, config)) });
  url('/:root', { get: seeing(apiRoot(catalog, config)) });
  url('/:root/status/:id', { get: seeing(getStatus(records, catalog)) });
  url('/:root/collections', { get: seeing(listCollections(catalog)) });
  url(collection, { get: seeing(getCollection(catalog)) });
  url(`${collection}/manifest`, { get: reading(listManifest(objects, limits, pages)) });
  url(`${collection}/objects`, {
    get: reading(listObjects(objects, limits, pages, readings)),
    post: writing(addObjects(door, readBody, config)),
  });
  url(object, {
    get: reading(getObject(objects, limits, pages, readings)),
    delete: removing(deleteObject(door, limits)),
  });
  url(`${object}/versions`, { get: reading(listVersions(objects, limits, pages)) });
  router.use(() => {
    throw notFound();
  });
  return router;
}
