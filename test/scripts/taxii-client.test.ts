/** publish and poll against a server of the test's own, with the faults that real servers have. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  appendFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatTimestamp } from '../../src/domain/timestamp';
import { jisrOn } from '../support/jisr';
import { tool, toolId } from '../support/exchange';
import type { StixObject } from '../../src/domain/stix';

interface Faults {
  /** `more` without `next`. */
  noNext?: boolean;
  /** No X-TAXII-Date-Added headers. */
  noHeaders?: boolean;
  /** Pages no larger than this, whatever is asked. */
  cap?: number;
  /** Answers these, in turn, before it serves. */
  refusals?: { status: number; headers?: Record<string, string>; body?: string }[];
  /** `next` is good for one page only. */
  forgetful?: boolean;
  /** `next` is the same for every page, and wants the filters it began with. */
  sameNext?: boolean;
  /** `next` that says no more when it is over, but gives one. */
  nextAlways?: boolean;
}

let server: Server;
let folder: string;
let faults: Faults;
/** With the date of each: several may have one date. */
let held: { date: number; object: StixObject }[];
let posts: StixObject[][];
let pending: number;
let asked: string[];
let breakAfter: number;
let session: { after: string | null; at: number };

function serve(request: IncomingMessage, response: ServerResponse, body: string): void {
  const url = new URL(request.url ?? '', 'http://x');
  asked.push(`${request.method ?? ''} ${url.pathname}${url.search}`);
  const say = (status: number, value: object, headers: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'application/taxii+json;version=2.1', ...headers });
    response.end(JSON.stringify(value));
  };
  const refusal = faults.refusals?.shift();
  if (refusal) {
    response.writeHead(refusal.status, refusal.headers).end(refusal.body ?? '');
    return;
  }
  if (breakAfter-- <= 0) {
    request.socket.destroy();
    return;
  }
  if (url.pathname === '/root/') say(200, { title: 't', versions: [], max_content_length: 2000 });
  else if (url.pathname.startsWith('/root/status/')) {
    say(200, { id: 's', status: --pending > 0 ? 'pending' : 'complete', success_count: 1, failure_count: 0 });
  } else if (request.method === 'POST') {
    const { objects } = JSON.parse(body) as { objects: StixObject[] };
    posts.push(objects);
    const bad = objects.filter((o) => o['name'] === 'bad');
    const failures = bad.map((o) => ({ id: o['id'], version: o['modified'], message: 'is bad' }));
    const status = pending > 0 ? 'pending' : 'complete';
    const counts = { success_count: objects.length - bad.length, failure_count: bad.length };
    say(202, { id: 's', status, ...counts, failures });
  } else {
    const { searchParams: q } = url;
    const after = q.get('added_after');
    if (faults.sameNext === true) {
      if (!q.has('next')) session = { after, at: 0 };
      else if (session.after !== after) {
        say(400, { title: 'the filters changed' });
        return;
      }
    }
    if (faults.forgetful === true && q.has('next') && asked.length % 3 === 0) {
      say(404, { title: 'no such next' });
      return;
    }
    const from = faults.sameNext === true ? session.at : Number(q.get('next') ?? 0);
    const matching = held.filter(
      ({ date }, i) => i >= from && (after === null || formatTimestamp(date) > after),
    );
    const limit = Math.min(Number(q.get('limit')), faults.cap ?? Infinity);
    const page = matching.slice(0, limit);
    const more = matching.length > limit;
    session.at = held.indexOf(page.at(-1)!) + 1;
    const next = faults.sameNext === true ? 'same' : String(session.at);
    const dates: Record<string, string> =
      faults.noHeaders === true || page.length === 0
        ? {}
        : {
            'X-TAXII-Date-Added-First': formatTimestamp(page[0]!.date),
            'X-TAXII-Date-Added-Last': formatTimestamp(page.at(-1)!.date),
          };
    const envelope = {
      ...(page.length === 0 ? {} : { objects: page.map((p) => p.object) }),
      ...(more ? { more } : {}),
      ...((more && faults.noNext !== true) || faults.nextAlways === true ? { next } : {}),
    };
    say(200, envelope, dates);
  }
}

const jisr = jisrOn(() => 'sqlite::memory:');
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
  [faults, posts, pending, asked, breakAfter] = [{}, [], 0, [], Infinity];
  session = { after: null, at: 0 };
  held = Array.from({ length: 23 }, (_, i) => ({
    // Every third shares its date with the one before.
    date: 1_700_000_000_000_000 + (i % 3 === 2 ? i - 1 : i) * 1_000_000,
    object: tool(toolId(), (i % 20) + 1, null),
  }));
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => serve(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const url = (): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/root/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/`;
const out = (): string => join(folder, 'out.jsonl');
const poll = (...more: string[]) => jisr(['poll', url(), '--out', out(), '--limit', '5', ...more]);
const lines = (path = out()): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((l) => l !== '');
const ids = (): string[] => lines().map((l) => (JSON.parse(l) as { id: string }).id);
const all = (): string[] => held.map(({ object }) => object['id'] as string);

describe('poll', () => {
  test.each<[string, Faults]>([
    ['a server as it should be', {}],
    ['more without next', { noNext: true }],
    ['no date headers', { noHeaders: true }],
    ['neither next nor headers', { noNext: true, noHeaders: true }],
    ['smaller pages than asked for', { cap: 3 }],
    ['smaller pages, without next', { cap: 3, noNext: true }],
    ['a next that is forgotten now and then', { forgetful: true }],
    ['one next for all pages, with the filters it began with', { sameNext: true }],
    ['next although it is over', { nextAlways: true }],
    ['429 with Retry-After', { refusals: [{ status: 429, headers: { 'retry-after': '2' } }] }],
    [
      '503 with a date, then 500',
      { refusals: [{ status: 503, headers: { 'retry-after': new Date(0).toUTCString() } }, { status: 500 }] },
    ],
  ])('%s: everything once, and what is new next time', async (_, given) => {
    faults = { ...given, refusals: [...(given.refusals ?? [])] };
    const first = await poll();
    expect([first.code, first.out]).toEqual([0, expect.stringContaining('23 new objects')]);
    expect(ids().sort()).toEqual(all().sort());
    held.push({ date: held.at(-1)!.date + 1, object: tool(toolId(), 1, null) });
    expect((await poll()).code).toBe(0);
    // Without any date a server can only be asked for everything again: what is known is left out all the same.
    expect(ids().sort()).toEqual(all().sort());
    expect((await poll()).code).toBe(0);
    expect(ids().sort()).toEqual(all().sort());
  });

  test('an interrupted poll goes on where it stood; what a break left half written is cut off', async () => {
    breakAfter = 2;
    const broken = await poll();
    expect([broken.code, broken.err]).toEqual([3, expect.stringContaining('trying again')]);
    expect(ids()).toHaveLength(10);
    appendFileSync(out(), '{"type":"tool","id":"half');
    breakAfter = Infinity;
    expect((await poll()).code).toBe(0);
    expect(ids().sort()).toEqual(all().sort());
  });

  test('1,000 objects of a server without next take as many requests as pages, not 901', async () => {
    faults = { noNext: true };
    held = Array.from({ length: 1000 }, (_, i) => ({
      date: 1_700_000_000_000_000 + i,
      object: tool(toolId(), (i % 20) + 1, null),
    }));
    expect((await poll('--limit', '100')).out).toContain('1000 new objects');
    expect(asked.length).toBeLessThanOrEqual(12);
  });

  test('it starts from what is there: a cursor that was removed costs repetition, never loss', async () => {
    held.length = 5;
    await poll();
    rmSync(`${out()}.cursor`);
    held.push({ date: held.at(-1)!.date + 1, object: tool(toolId(), 1, null) });
    breakAfter = 1;
    expect((await poll('--limit', '3')).code).toBe(3);
    breakAfter = Infinity;
    expect((await poll()).code).toBe(0);
    expect(ids().slice(0, 5)).toEqual(all().slice(0, 5));
    expect(ids().slice(5)).toEqual(all());
  });

  test.each<Faults>([{}, { noNext: true }, { noHeaders: true }, { noNext: true, noHeaders: true }])(
    'going on with a smaller limit repeats nothing (%j)',
    async (given) => {
      faults = given;
      breakAfter = 2;
      expect((await poll('--limit', '9')).code).toBe(3);
      breakAfter = Infinity;
      expect((await poll('--limit', '2')).code).toBe(0);
      expect(ids().sort()).toEqual(all().sort());
    },
  );

  test('files by type, and a cursor that is of another collection', async () => {
    held[0] = {
      ...held[0]!,
      object: { ...held[0]!.object, type: 'malware', id: toolId().replace('tool', 'malware') },
    };
    const types = join(folder, 'types');
    expect((await jisr(['poll', url(), '--out', types, '--format', 'types'])).code).toBe(0);
    expect(readdirSync(types).sort()).toEqual(['malware.jsonl', 'tool.jsonl']);
    const other = url().replace('91a7', '91a8');
    const wrong = await jisr(['poll', other, '--out', types, '--cursor', `${types}.cursor`]);
    expect([wrong.code, wrong.err]).toEqual([3, expect.stringContaining('is the cursor of')]);
  });

  test.each([
    [401, 'Unauthorized'],
    [404, 'gone'],
    [406, 'no'],
  ])('%d is told at once, with what the server says', async (status, title) => {
    faults = { refusals: [{ status, body: JSON.stringify({ title }) }] };
    const { code, err } = await poll();
    expect([code, err]).toEqual([3, expect.stringMatching(new RegExp(`${status} ${title}`))]);
    expect(asked).toHaveLength(1);
  });

  test('a server that stays away is given up after some tries, and an answer that is no JSON is told', async () => {
    breakAfter = 0;
    expect((await poll()).code).toBe(3);
    expect(asked.length).toBe(6);
    [breakAfter, faults] = [Infinity, { refusals: [{ status: 200, body: '<html>' }] }];
    expect((await poll()).err).toContain('no JSON');
  });

  test('a password stands in a file or the environment, and goes nowhere else', async () => {
    let authorization: string | undefined;
    server.on('request', (request: IncomingMessage) => (authorization = request.headers.authorization));
    await poll(
      '--user',
      'me',
      '--password-file',
      (writeFileSync(join(folder, 'p'), 'pass:word\n'), join(folder, 'p')),
    );
    expect(Buffer.from(authorization!.slice(6), 'base64').toString()).toBe('me:pass:word');
    await jisr(['poll', url(), '--out', out(), '--user', 'me'], { env: { JISR_TAXII_PASSWORD: 'other' } });
    expect(Buffer.from(authorization!.slice(6), 'base64').toString()).toBe('me:other');
    await jisr(['poll', url(), '--out', out()], { env: { JISR_TAXII_PASSWORD: 'a-token' } });
    expect(authorization).toBe('Bearer a-token');
    expect(readFileSync(`${out()}.cursor`, 'utf8')).not.toMatch(/other|pass:word/);
  });
});

describe('publish', () => {
  const objects = Array.from({ length: 30 }, (_, i) => tool(toolId(), (i % 20) + 1, null));
  const file = (): string => join(folder, 'bundle.json');
  beforeEach(() => writeFileSync(file(), JSON.stringify({ type: 'bundle', id: 'bundle--1', objects })));
  const publish = (...more: string[]) => jisr(['publish', file(), '--to', url(), ...more]);

  test('splits to the server’s limit, loses and repeats nothing, waits for pending ones', async () => {
    pending = 3;
    const { code, out: said } = await publish('--json');
    expect(code).toBe(0);
    expect(JSON.parse(said)).toMatchObject({ objects: 30, refused: 0 });
    expect(posts.length).toBeGreaterThan(2);
    expect(posts.flat()).toEqual(objects);
    for (const post of posts)
      expect(Buffer.byteLength(JSON.stringify({ objects: post }))).toBeLessThanOrEqual(2000);
    expect(asked.filter((a) => a.includes('/status/'))).not.toHaveLength(0);
  });

  test('a refused object is told with the server’s reason; 1', async () => {
    writeFileSync(file(), JSON.stringify({ objects: [{ ...objects[0], name: 'bad' }, objects[1]] }));
    const { code, out: said } = await publish();
    expect(code).toBe(1);
    expect(said).toMatch(new RegExp(`refused +${objects[0]!['id'] as string}\n +is bad`));
    expect(said).toContain('1 accepted, 1 refused.');
  });

  test('after a break the same command goes on where it stood', async () => {
    breakAfter = 3;
    expect((await publish()).code).toBe(3);
    const before = posts.flat().length;
    expect(before).toBeGreaterThan(0);
    breakAfter = Infinity;
    const { code, err } = await publish();
    expect([code, err]).toEqual([0, expect.stringContaining(`Going on after ${before} of 30`)]);
    expect(posts.flat()).toEqual(objects);
    expect(existsSync(`${file()}.published`)).toBe(false);
  });

  test('a file that is no JSON: nothing was published', async () => {
    writeFileSync(file(), '{"objects":[');
    const { code, err } = await publish();
    expect([code, err]).toEqual([3, expect.stringContaining('Nothing was published')]);
    expect(posts).toHaveLength(0);
  });
});

test.each([['ftp://x/'], ['http://127.0.0.1/nothing'], ['not a url']])(
  '%s is no collection',
  async (wrong) => {
    const { code, err } = await jisr(['poll', wrong, '--out', join(folder, 'o')]);
    expect([code, err]).toEqual([3, expect.stringContaining('is not the URL of a collection')]);
  },
);
