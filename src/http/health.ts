import { Router, type Response } from 'express';
import type { Store } from '../store/store';

/** Not by Express, which says 304 to If-None-Match: * whatever there is. */
const say = (res: Response, status: number, state: string): void =>
  void res
    .status(status)
    .type('application/json')
    .end(JSON.stringify({ status: state }));

/** For orchestrators: alive at all, and ready to serve. No TAXII resources, no authentication, nothing told. */
export function health(store: Store): Router {
  const routes = Router();
  routes.get('/health/live', (_req, res) => say(res, 200, 'live'));
  routes.get('/health/ready', async (_req, res) => {
    const ready = await store.ping().then(
      () => true,
      () => false,
    );
    say(res, ready ? 200 : 503, ready ? 'ready' : 'store out of reach');
  });
  return routes;
}
