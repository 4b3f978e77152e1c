/** An exchange served over HTTP in this process: the real app, door and store; every answer is checked on the way. */
import type { Server } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Express } from 'express';
import request, { type Response } from 'supertest';
import type { Organisation, Principal } from '../../src/domain/access';
import type { Collection, Grant } from '../../src/domain/channel';
import type { StixObject } from '../../src/domain/stix';
import type { Status } from '../../src/domain/taxii';
import { readConfig, type Config } from '../../src/config';
import { createApp } from '../../src/http/app';
import { createServer } from '../../src/http/server';
import { readTls } from '../../src/http/tls';
import { Uses } from '../../src/http/uses';
import { Readings } from '../../src/http/readings';
import { createLogger } from '../../src/log';
import { hashPassword } from '../../src/identity/passwords';
import { openDoor, type OpenDoor } from '../../src/publish/publish';
import { openStore, type StoreOptions } from '../../src/store/open';
import type { Store } from '../../src/store/store';
import { described } from './described';
import { channel, collection, organisation, principal } from './exchange';

export const TAXII = 'application/taxii+json;version=2.1';
export const STAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
export const PASSWORD = 'correct horse battery staple';
const grant = (to: Grant['to'], rights: Grant['rights'], more: Partial<Grant> = {}): Grant => ({
  source: 'test',
  to,
  rights,
  ...more,
});

const RW: Grant[] = [
  grant({ kind: 'desk' }, ['see', 'read', 'write']),
  grant({ kind: 'member' }, ['see', 'read']),
  grant({ kind: 'operator' }, ['see', 'read', 'write', 'curate']),
];
export const COLLECTIONS = {
  main: collection({ id: '378e5de7-84a4-45e4-8a34-c02a43d0b657', alias: 'main', grants: RW }),
  readonly: collection({
    id: '253900d3-b9dd-46df-8184-469380fae6d2',
    alias: 'readonly',
    grants: [
      grant({ kind: 'desk' }, ['see', 'read']),
      grant({ kind: 'operator' }, ['see', 'read', 'write', 'curate']),
    ],
  }),
  inbox: collection({
    id: '1105e147-e4c1-4566-8fb1-1046d181fbf8',
    alias: 'inbox',
    grants: [grant({ kind: 'desk' }, ['see', 'write'])],
  }),
  seen: collection({
    id: '9d0f4b5c-3f0e-4f0f-9b8e-4f6f6a2f9f10',
    alias: 'seen',
    grants: [grant({ kind: 'desk' }, ['see'])],
  }),
  hidden: collection({
    id: 'b2c5a9d4-7f0a-4b1d-8e0a-0d5f3c9e7a11',
    alias: 'hidden',
    grants: [grant({ kind: 'operator' }, ['see', 'read'])],
  }),
  mixed: collection({
    id: 'c0ffee00-1234-4abc-9def-001122334455',
    alias: 'mixed',
    grants: RW,
    specVersions: ['2.0', '2.1'],
  }),
} as const;

export type Account = 'desk' | 'otherDesk' | 'green' | 'member' | 'operator' | 'stranger';
const ACCOUNTS: Record<Account, { kind: Organisation['kind']; clearance: Principal['clearance'] }> = {
  desk: { kind: 'desk', clearance: 4 },
  otherDesk: { kind: 'desk', clearance: 4 },
  green: { kind: 'desk', clearance: 1 },
  member: { kind: 'member', clearance: 4 },
  operator: { kind: 'operator', clearance: 4 },
  stranger: { kind: 'partner', clearance: 4 },
};

export interface Exchange {
  readonly app: Express;
  readonly server: Server | HttpsServer;
  readonly store: Store;
  readonly door: OpenDoor;
  readonly readings: Readings;
  readonly uses: Uses;
  /** Sends a request and checks what holds for every answer of a TAXII server. */
  send(method: string, path: string, options?: SendOptions): Promise<Response>;
  get(path: string, options?: SendOptions): Promise<Response>;
  /** POSTs an envelope of objects; the answer's status resource. */
  add(collection: keyof typeof COLLECTIONS, objects: readonly StixObject[], as?: Account): Promise<Status>;
  close(): Promise<void>;
}

export interface SendOptions {
  /** null: without credentials. */
  readonly as?: Account | null;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
  readonly query?: string;
}

export const url = (name: keyof typeof COLLECTIONS, rest = ''): string =>
  `/europe/collections/${COLLECTIONS[name].id}/${rest}`;
export const basic = (account: string, password = PASSWORD): string =>
  `Basic ${Buffer.from(`${account}:${password}`).toString('base64')}`;

/** What every answer must be: what /openapi.json says of it, in TAXII's media type, with a date. */
function check(method: string, path: string, response: Response): void {
  described(method, path, response);
  if (response.status === 204) return;
  expect(response.headers['content-type']).toBe(TAXII);
  expect(response.headers['date']).toBeDefined();
  if (method !== 'HEAD' && response.status >= 400)
    expect(json(response)['http_status']).toBe(String(response.status));
}

/** Parsed body of an answer; tests know what they expect in it. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export const json = (response: Response): Record<string, any> =>
  JSON.parse((response.body as Buffer).toString()) as Record<string, unknown>;

export async function serveExchange(
  env: Record<string, string> = {},
  extra: readonly Collection[] = [],
  options: StoreOptions = {},
  log = createLogger('silent'),
): Promise<Exchange> {
  const config: Config = readConfig({ JISR_LOG_LEVEL: 'silent', ...env });
  const store = await openStore('sqlite::memory:', options);
  await store.catalog.apply([channel([...Object.values(COLLECTIONS), ...extra])], {
    apply: true,
    dropObjects: false,
  });
  const hash = await hashPassword(PASSWORD);
  for (const [name, { kind, clearance }] of Object.entries(ACCOUNTS)) {
    const own = organisation({ name, kind });
    await store.people.saveOrganisation(own);
    await store.people.savePrincipal(principal(clearance, { name, organisation: own }), hash);
  }
  const clock = (): number => Date.now() * 1000;
  const door = openDoor(store, {
    clock,
    limits: config.envelope,
    quotas: config.quotas,
    report: () => undefined,
  });
  const readings = new Readings();
  const uses = new Uses();
  const tls = config.tls && (await readTls(config.tls));
  const app = createApp({ store, door, config, log, clock, readings, uses });
  const server = createServer(app, config, tls);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const send: Exchange['send'] = async (method, path, options = {}) => {
    const { as = 'desk', headers = {}, body, query } = options;
    const target = query === undefined ? path : `${path}?${query}`;
    const agent = request(server);
    const sending = agent[method.toLowerCase() as 'get'](target)
      .buffer(true)
      .parse((response, done) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => done(null, Buffer.concat(chunks)));
      })
      .redirects(0);
    if (!('Accept' in headers)) void sending.set('Accept', TAXII);
    if (as) void sending.set('Authorization', basic(as));
    if (method === 'POST' && !('Content-Type' in headers)) void sending.set('Content-Type', TAXII);
    for (const [name, value] of Object.entries(headers)) if (value !== '') void sending.set(name, value);
    if (body !== undefined) void sending.serialize((b: unknown) => b as string).send(body as string);
    const response = await sending.ok(() => true);
    check(method, path, response);
    return response;
  };
  return {
    app,
    server,
    store,
    door,
    readings,
    uses,
    send,
    get: (path, options) => send('GET', path, options),
    add: async (name, objects, as = 'desk') => {
      const response = await send('POST', url(name, 'objects/'), { as, body: JSON.stringify({ objects }) });
      expect(response.status).toBe(202);
      return json(response) as unknown as Status;
    },
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      await door.stop();
      await store.close();
    },
  };
}
