/** For orchestrators: alive at all, and ready to serve. No TAXII resources, no authentication, nothing told. */
import type { Response } from 'express';
import type { Store } from '../store/store';
import type { Handler } from './access';

/** Not by Express, which says 304 to If-None-Match: * whatever there is. */
const say = (res: Response, status: number, state: string): void =>
  void res
    .status(status)
    .type('application/json')
    .end(JSON.stringify({ status: state }));

export const live: Handler = async (_req, res) => say(res, 200, 'live');

export const ready =
  (store: Pick<Store, 'ping'>): Handler =>
  async (_req, res) => {
    const reached = await store.ping().then(
      () => true,
      () => false,
    );
    say(res, reached ? 200 : 503, reached ? 'ready' : 'store out of reach');
  };
