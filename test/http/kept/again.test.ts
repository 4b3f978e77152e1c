/** Answers that are kept (D13) say what the store would say, to everybody, whatever was written by whom. */
import fc from 'fast-check';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { readConfig } from '../../../src/config';
import { LAST } from '../../../src/domain/query';
import type { Rank } from '../../../src/domain/tlp';
import { createApp } from '../../../src/http/app';
import { Uses } from '../../../src/http/uses';
import { Readings } from '../../../src/http/readings';
import { createServer } from '../../../src/http/server';
import { hashPassword } from '../../../src/identity/passwords';
import { createLogger } from '../../../src/log';
import { openDoor } from '../../../src/publish/publish';
import { openStore } from '../../../src/store/open';
import type { ObjectStore } from '../../../src/store/objects';
import type { Store } from '../../../src/store/store';
import {
  applied,
  channel,
  collection,
  part,
  principal,
  removal,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { basic, TAXII } from '../../support/http';

interface Served {
  readonly origin: string;
  readonly server: Server;
  /** How often a page was read from the store. */
  readonly reads: () => number;
}

let folder: string;
let hash: string;
const closing: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-kept-'));
  hash = await hashPassword('correct horse battery staple');
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let clock = Date.now() * 1000;

async function serve(store: Store, cacheMb: number): Promise<Served> {
  const config = readConfig({ JISR_LOG_LEVEL: 'silent', JISR_PAGE_CACHE_MB: String(cacheMb) });
  const { envelope: limits, quotas } = config;
  const door = openDoor(store, { clock: () => clock, limits, quotas, report: () => undefined });
  let reads = 0;
  const objects: ObjectStore = {
    ...store.objects,
    find: (...asked) => (reads++, store.objects.find(...asked)),
    manifest: (...asked) => (reads++, store.objects.manifest(...asked)),
    list: (...asked) => (reads++, store.objects.list(...asked)),
  };
  const deps = {
    door,
    config,
    log: createLogger('silent'),
    clock: () => clock,
    readings: new Readings(),
    uses: new Uses(),
  };
  const server = createServer(createApp({ store: { ...store, objects }, ...deps }), config);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
    await door.stop();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, server, reads: () => reads };
}

const RANKS = [0, 1, 3] as const;
let stores = 0;

/** A store in a file, with a reader of each rank; what is written comes from another connection, as from another process. */
async function exchange(): Promise<{ store: Store; writer: Store; c: ReturnType<typeof collection> }> {
  const url = `sqlite:${join(folder, `${stores++}.db`)}`;
  const writer = await openStore(url, { clock: () => (clock += 1000) });
  const c = collection();
  await applied(writer, c);
  for (const rank of RANKS) {
    const reader = principal(rank, { name: `reader ${rank}` });
    await writer.people.saveOrganisation(reader.organisation);
    await writer.people.savePrincipal(reader, hash);
  }
  const store = await openStore(url, { readonly: true });
  closing.push(
    () => writer.close(),
    () => store.close(),
  );
  return { store, writer, c };
}

interface Got {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | null>>;
}

const HEADERS = ['x-taxii-date-added-first', 'x-taxii-date-added-last', 'etag', 'vary', 'content-type'];

async function get(
  served: Served,
  rank: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<Got> {
  const authorization = basic(`reader ${rank}`);
  const response = await fetch(served.origin + path, {
    headers: { authorization, accept: TAXII, 'accept-encoding': 'identity', ...headers },
  });
  const body = (await response.text()).replace(/"error_id":"[^"]*"/, '');
  return {
    status: response.status,
    body,
    headers: Object.fromEntries(HEADERS.map((name) => [name, response.headers.get(name)])),
  };
}

const step = fc.record({
  what: fc.constantFrom('add', 'add', 'add', 'add', 'remove', 'default', 'rights'),
  id: fc.nat(4),
  day: fc.integer({ min: 1, max: 4 }),
  rank: fc.option(fc.constantFrom<Rank>(0, 1, 2, 3, 4)),
});

test('random histories: what is kept equals what the store says, at every step, for every rank, twice (promises 1 to 3)', async () => {
  let [hot, asked] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
      const { store, writer, c } = await exchange();
      const [keeps, plain] = [await serve(store, 16), await serve(store, 0)];
      const ids = Array.from({ length: 5 }, toolId);
      let here = c;
      const base = `/europe/collections/${c.id}`;
      const both = async (rank: Rank, path: string): Promise<Got> => {
        const wanted = await get(plain, rank, path);
        for (let time = 0; time < 2; time++) {
          asked++;
          expect(await get(keeps, rank, path)).toEqual(wanted);
        }
        const tag = wanted.headers['etag'];
        if (tag) {
          const again = await get(keeps, rank, path, { 'if-none-match': tag });
          expect({ status: again.status, body: again.body, headers: again.headers['etag'] }).toEqual({
            status: 304,
            body: '',
            headers: tag,
          });
        }
        return wanted;
      };
      for (const s of steps) {
        const id = ids[s.id] as string;
        if (s.what === 'add')
          await writer.objects.append(write(here), part([tool(id, s.day, s.rank, { name: String(clock) })]));
        else if (s.what === 'remove')
          await writer.objects.remove(removal(here), id, { version: LAST, specVersions: undefined });
        else {
          const rights =
            s.what === 'rights' && s.day > 2 ? ['see' as const] : ['see' as const, 'read' as const];
          const grants = [
            { source: 'test', to: {}, rights },
            {
              source: 'curators',
              to: { kind: 'desk' as const },
              rights: ['see', 'read', 'write', 'curate'] as const,
            },
          ];
          here = { ...here, defaultTlp: s.what === 'default' ? (s.rank ?? 0) : here.defaultTlp };
          here = { ...here, grants: s.what === 'rights' ? grants : here.grants };
          await writer.catalog.apply([channel([here])], { apply: true, dropObjects: false });
        }
        for (const rank of RANKS) {
          for (const kind of ['objects', 'manifest']) {
            for (let position = '', pages = 0; pages < 6; pages++) {
              const page = await both(rank, `${base}/${kind}/?limit=2${position}`);
              if (page.status !== 200) break;
              const { next } = JSON.parse(page.body) as { next?: string };
              if (next === undefined) break;
              position = `&next=${next}`;
            }
          }
          await both(rank, `${base}/objects/?limit=2&match[version]=all`);
          await both(rank, `${base}/objects/?limit=1&match[type]=tool`);
          await both(rank, `${base}/objects/${id}/`);
          await both(rank, `${base}/objects/${id}/versions/`);
        }
      }
      hot += keeps.reads();
    }),
    { numRuns: 12 },
  );
  // Else nothing was tried.
  expect(hot).toBeLessThan(asked * 0.8);
});

/** 100 tools of one rank in one part, in pages of ten. */
async function filled(): Promise<{
  keeps: Served;
  store: Store;
  writer: Store;
  c: ReturnType<typeof collection>;
  ids: string[];
  page: (n: number) => string;
}> {
  const { store, writer, c } = await exchange();
  const ids = Array.from({ length: 100 }, toolId);
  const objects = ids.map((id) => tool(id, 1, 0, { description: 'x'.repeat(500) }));
  await writer.objects.append(write(c), part(objects));
  const keeps = await serve(store, 16);
  const starts: string[] = [''];
  for (let n = 0; n < 9; n++) {
    const got = await get(keeps, 0, `/europe/collections/${c.id}/objects/?limit=10${starts[n]}`);
    starts.push(`&added_after=${got.headers['x-taxii-date-added-last'] ?? ''}`);
  }
  return {
    keeps,
    store,
    writer,
    c,
    ids,
    page: (n) => `/europe/collections/${c.id}/objects/?limit=10${starts[n]}`,
  };
}

test('a full page outlives what is published behind it, and is read again when something on it was cut (D13)', async () => {
  const { keeps, writer, c, ids, page } = await filled();
  const reads = async (n: number, rank = 0): Promise<number> => {
    const before = keeps.reads();
    await get(keeps, rank, page(n));
    return keeps.reads() - before;
  };
  expect([await reads(0), await reads(5)]).toEqual([0, 0]);
  await writer.objects.append(write(c), part([tool(toolId(), 1, 0)]));
  expect([await reads(0), await reads(5)]).toEqual([0, 0]);
  // A newer version of an object of the sixth page.
  await writer.objects.append(write(c), part([tool(ids[55]!, 2, 0)]));
  expect([await reads(0), await reads(5), await reads(5)]).toEqual([0, 1, 0]);
});

test('what is hidden from a reader drops nothing of theirs: no time of theirs tells of it (promise 2)', async () => {
  const { keeps, writer, c, ids, page } = await filled();
  const [told] = [await get(keeps, 0, page(5)), await get(keeps, 3, page(5))];
  const before = keeps.reads();
  // For whoever sees it the page changes.
  await writer.objects.append(write(c), part([tool(ids[55]!, 2, 3)]));
  // Its tag neither.
  expect(await get(keeps, 0, page(5))).toEqual(told);
  expect(keeps.reads() - before).toBe(0);
  await get(keeps, 3, page(5));
  expect(keeps.reads() - before).toBe(1);
});

test.each(['password', 'account', 'organisation'])(
  'a changed %s counts at once, however lately the same request was answered',
  async (what) => {
    const { keeps, writer, page } = await filled();
    expect((await get(keeps, 0, page(0))).status).toBe(200);
    const [reader] = (await writer.people.principals()).filter(({ name }) => name === 'reader 0');
    if (!reader) throw new Error('no reader');
    if (what === 'password') await writer.people.savePrincipal(reader, await hashPassword('another'));
    if (what === 'account') await writer.people.savePrincipal({ ...reader, disabled: true });
    if (what === 'organisation')
      await writer.people.saveOrganisation({ ...reader.organisation, disabled: true });
    expect((await get(keeps, 0, page(0))).status).toBe(401);
  },
);

test('credentials are taken for a minute, and looked at again after it and when the clock was set back (T-105)', async () => {
  const { keeps, store, page } = await filled();
  const credentials = jest.spyOn(store.people, 'credentials');
  const looksAfter = async (change: number): Promise<boolean> => {
    clock += change;
    credentials.mockClear();
    expect((await get(keeps, 0, page(0))).status).toBe(200);
    return credentials.mock.calls.length > 0;
  };
  expect(await looksAfter(50e6)).toBe(false);
  expect(await looksAfter(11e6)).toBe(true);
  expect(await looksAfter(0)).toBe(false);
  expect(await looksAfter(-1e9)).toBe(true);
});

test('an answer that is asked for again comes compressed, and says the same (RFC 9110 §8.4)', async () => {
  const { keeps, page } = await filled();
  const raw = async (encoding: string): Promise<{ as: string | undefined; body: Buffer }> => {
    const headers = { authorization: basic('reader 0'), accept: TAXII, 'accept-encoding': encoding };
    const asking = request(keeps.origin + page(0), { headers }).end();
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { as: response.headers['content-encoding'], body: Buffer.concat(chunks) };
  };
  const { body: plain } = await raw('identity');
  for (const [encoding, decode] of [
    ['br', brotliDecompressSync],
    ['gzip', gunzipSync],
  ] as const) {
    let got = await raw(encoding);
    for (let asked = 0; got.as === undefined && asked < 200; asked++) got = await raw(encoding);
    expect(got.as).toBe(encoding);
    expect(got.body.length).toBeLessThan(plain.length / 4);
    expect(decode(got.body)).toEqual(plain);
  }
  expect((await raw('br;q=0, gzip;q=0')).body).toEqual(plain);
});
