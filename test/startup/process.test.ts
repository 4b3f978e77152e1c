/** The real server process: crashes, restarts, SIGTERM. */
import { execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { MongoClient } from 'mongodb';
import { tool, toolId } from '../support/exchange';
import { databaseAt } from '../support/mongo-url';
import { connect, request } from '../support/raw-client';
import { kill, LISTENING, runServer, type RunningServer } from '../support/server';

const TAXII = 'application/taxii+json;version=2.1';
let folder: string;
const servers: RunningServer[] = [];
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'jisr-test-'))));
afterEach(async () => {
  for (const server of servers.splice(0)) await kill(server);
  rmSync(folder, { recursive: true, force: true });
});

const storeUrl = (): string => `sqlite:${join(folder, 'jisr.db')}`;
function run(env: Record<string, string> = {}, limit?: string): RunningServer {
  const server = runServer({ JISR_STORE: storeUrl(), ...env }, limit);
  servers.push(server);
  return server;
}

let password = '';
let child: ChildProcess | undefined;
async function start(limit?: string): Promise<string> {
  const server = run({}, limit);
  child = server.child;
  await server.says(LISTENING);
  password = server.password() ?? password;
  expect(server.said.out).not.toContain(password);
  return server.origin();
}

const headers = (): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`operator:${password}`).toString('base64')}`,
  accept: TAXII,
  'content-type': TAXII,
});
interface Status {
  id: string;
  status: string;
  success_count: number;
  failure_count: number;
}

test('a large publication that was answered pending goes on after kill -9 and a restart; nothing is lost (promise 2, T-334)', async () => {
  let origin = await start();
  const objects = Array.from({ length: 12_000 }, () => tool(toolId(), 1, 0));
  const body = JSON.stringify({ objects });
  const response = await fetch(`${origin}/europe/collections/indicators/objects/`, {
    method: 'POST',
    headers: headers(),
    body,
  });
  let status = (await response.json()) as Status;
  expect([response.status, status.status]).toEqual([202, 'pending']);
  await kill({ child: child! });

  origin = await start();
  while (status.status === 'pending') {
    status = (await (
      await fetch(`${origin}/europe/status/${status.id}/`, { headers: headers() })
    ).json()) as Status;
  }
  expect(status).toMatchObject({ status: 'complete', success_count: 12_000, failure_count: 0 });
  const ids: string[] = [];
  for (let next = ''; ;) {
    const page = (await (
      await fetch(`${origin}/europe/collections/indicators/manifest/?limit=5000${next}`, {
        headers: headers(),
      })
    ).json()) as { more: boolean; next?: string; objects: { id: string }[] };
    ids.push(...page.objects.map((o) => o.id));
    if (!page.more) break;
    next = `&next=${page.next!}`;
  }
  expect(ids).toEqual(objects.map((o) => o['id']));
});

test('the first start makes one operator and shows the password once, outside the log; SIGTERM ends in good order', async () => {
  await start();
  expect(password).toMatch(/^\S{20,}$/);
  for (let i = 0; i < 2; i++) {
    const ended = once(child!, 'exit');
    child!.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    if (i === 0) {
      const before = password;
      await start();
      expect(password).toBe(before);
    }
  }
});

/** How long it takes to end after SIGTERM, in ms, and how. */
async function stopped({ child: server }: RunningServer): Promise<[ms: number, ended: unknown[]]> {
  const exit = once(server, 'exit');
  const from = performance.now();
  server.kill('SIGTERM');
  const ended = (await exit) as unknown[];
  return [performance.now() - from, ended];
}
const large = (): string =>
  JSON.stringify({ objects: Array.from({ length: 12_000 }, () => tool(toolId(), 1, 0)) });

test.each(['1', '2'])(
  'under load stopping takes < 5 s: pollers, an upload that crawls, a large publication under way (JISR_PROCESSES %s)',
  async (processes) => {
    const server = run({ JISR_PROCESSES: processes });
    await server.says(LISTENING, Number(processes));
    await server.says(/not shown again/);
    password = server.password()!;
    const path = '/europe/collections/indicators/objects/';
    const url = server.origin() + path;
    const posted = await fetch(url, { method: 'POST', headers: headers(), body: large() });
    expect(((await posted.json()) as Status).status).toBe('pending');
    const port = Number(new URL(url).port);
    const crawling = await connect(port);
    crawling.write(request('POST', path, { ...headers(), 'Content-Length': '1000' }) + '{');
    const polls = Array.from({ length: 8 }, async () => {
      for (let status = 200; status === 200;)
        status = await fetch(url, { headers: headers() }).then(
          async (answer) => (await answer.arrayBuffer(), answer.status),
          () => 0,
        );
    });
    const crawl = setInterval(() => crawling.write(' '), 200);
    await fetch(url, { headers: headers() });

    const [ms, ended] = await stopped(server);
    clearInterval(crawl);
    await Promise.all([...polls, crawling.closed]);
    expect(ended).toEqual([0, null]);
    expect(ms).toBeLessThan(5000);
  },
);

test.each(['1', '2'])(
  'stopping takes < 5 s while another program holds the lock of writers; the log says what was not waited for (JISR_PROCESSES %s)',
  async (processes) => {
    const server = run({ JISR_PROCESSES: processes });
    await server.says(LISTENING, Number(processes));
    await server.says(/not shown again/);
    password = server.password()!;
    const lock = new Database(join(folder, 'jisr.db'));
    lock.exec('BEGIN IMMEDIATE');
    const url = `${server.origin()}/europe/collections/indicators/objects/`;
    const post = fetch(url, { method: 'POST', headers: headers(), body: large() }).catch(() => undefined);
    // Its body has come when a request that began after it is answered.
    await fetch(url, { headers: headers() });

    const [ms] = await stopped(server);
    await post;
    lock.close();
    expect(ms).toBeLessThan(5000);
    expect(server.said.out).toMatch(/"left":\[.*"the writer".*not waited for/);
  },
);

const mongo = process.env['JISR_TEST_MONGODB'];
const STORES: [string, () => string][] = [['SQLite', storeUrl]];
if (mongo === undefined)
  test.skip('SKIPPED, JISR_TEST_MONGODB names no server: several processes on MongoDB', () => undefined);
else STORES.push(['MongoDB', () => databaseAt(mongo, `jisr-test-${folder.slice(-6)}`)]);

describe.each(STORES)('several processes over one store on %s', (_, storeOf) => {
  const env = (): Record<string, string> => ({ JISR_STORE: storeOf() });
  afterEach(async () => {
    if (!storeOf().startsWith('mongodb')) return;
    for (const server of servers) await kill(server);
    const client = await MongoClient.connect(storeOf());
    await client.db().dropDatabase();
    await client.close();
  });

  test('all start at once on a new store: one makes the account, none fails', async () => {
    const all = [run(env()), run(env()), run(env())];
    await Promise.all(all.map(({ says }) => says(LISTENING)));
    expect(all.filter(({ said }) => said.err.includes('First start'))).toHaveLength(1);
  });

  test('JISR_PROCESSES: n serve one port; one that is killed is started again; SIGTERM ends them all', async () => {
    const { child: server, said, says, origin: at } = run({ ...env(), JISR_PROCESSES: '2' });
    await says(LISTENING, 2);
    await says(/First start/);
    expect(said.err.match(/First start/g)).toHaveLength(1);
    const origin = at();
    const children = execFileSync('pgrep', ['-P', String(server.pid)])
      .toString()
      .trim()
      .split('\n')
      .map(Number);
    expect(children).toHaveLength(2);
    process.kill(children[0]!, 'SIGKILL');
    await says(/a process ended; another one is started/);
    await says(LISTENING, 3);
    expect((await fetch(`${origin}/health/ready`)).status).toBe(200);
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  });

  test('a password that one process changed is the only one that another takes', async () => {
    const [a, b] = [run(env()), run(env())];
    await Promise.all([a, b].map(({ says }) => says(LISTENING)));
    const old = (a.password() ?? b.password())!;
    const ask = async ({ origin }: RunningServer, secret: string): Promise<number> => {
      const authorization = `Basic ${Buffer.from(`operator:${secret}`).toString('base64')}`;
      return (await fetch(`${origin()}/taxii2/`, { headers: { authorization, accept: TAXII } })).status;
    };
    // Both have the credential in their caches now.
    expect([await ask(a, old), await ask(b, old)]).toEqual([200, 200]);
    const jisr = join(__dirname, '../../scripts/jisr.js');
    const argv = ['change', 'principal', 'operator', '--new-password', '--apply', '--json'];

    const { password: fresh } = JSON.parse(
      execFileSync(process.execPath, [jisr, ...argv], {
        env: { PATH: process.env['PATH'], ...env() },
      }).toString(),
    ) as {
      password: string;
    };
    expect([await ask(a, old), await ask(b, old)]).toEqual([401, 401]);
    expect([await ask(a, fresh), await ask(b, fresh)]).toEqual([200, 200]);
  });
});

test('bodies that would be gigabytes when parsed: refused, or worked part by part, within 512 MB of heap (D12)', async () => {
  const server = run({ NODE_OPTIONS: '--max-old-space-size=512' });
  await server.says(LISTENING);
  password = server.password()!;
  const lists = (count: number): string => Array.from({ length: count }, () => '[]').join();
  const of = (objects: number, values: number): Buffer => {
    const x = lists(values);
    const texts = Array.from({ length: objects }, () => {
      const text = JSON.stringify(tool(toolId(), 1, 0));
      return `${text.slice(0, -1)},"x_a":[${x}]}`;
    });
    return gzipSync(`{"objects":[${texts.join()}]}`);
  };
  const url = `${server.origin()}/europe/collections/indicators/objects/`;
  const post = (body: Buffer): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { ...headers(), 'content-encoding': 'gzip' },
      body: new Uint8Array(body),
    });
  // Beyond what a body may hold: 422, with words, before anything is parsed.
  const refused = await post(of(1, 11_000_000));
  expect([refused.status, await refused.text()]).toEqual([
    422,
    expect.stringMatching(/more than 10000000 values/),
  ]);
  // Within it, four times four million values: more than the heap if they waited parsed.
  const attack = of(22, 190_000);
  const answers = await Promise.all(Array.from({ length: 4 }, () => post(attack)));
  expect(answers.map((a) => a.status)).toEqual([202, 202, 202, 202]);
  const honest = await post(gzipSync(JSON.stringify({ objects: [tool(toolId(), 1, 0)] })));
  expect(await honest.json()).toMatchObject({ status: 'complete', success_count: 1 });
  // They are worked, a part at a time.
  const { id } = (await answers[0]!.json()) as Status;
  for (let done = 0; done < 2;) {
    const response = await fetch(`${server.origin()}/europe/status/${id}/`, { headers: headers() });
    const status = (await response.json()) as Status;
    done = status.success_count + status.failure_count;
  }
  expect(server.child.exitCode).toBeNull();
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.child.pid!}/status`, 'utf8'))?.[1];
  expect(Number(peak) / 1024).toBeLessThan(1000);
}, 240_000);

test('a full disk: 503, what was acknowledged stays, and with room again it goes on', async () => {
  const full = await start('8192');
  const acknowledged: string[] = [];
  let status = 202;
  for (let i = 0; i < 200 && status === 202; i++) {
    const objects = Array.from({ length: 100 }, () => tool(toolId(), 1, 0, { description: 'x'.repeat(500) }));
    const url = `${full}/europe/collections/indicators/objects/`;
    const response = await fetch(url, {
      method: 'POST',
      headers: headers(),
      body: JSON.stringify({ objects }),
    });
    status = response.status;
    if (status === 202) acknowledged.push(...objects.map((o) => o['id'] as string));
    else expect([status, response.headers.get('retry-after')]).toEqual([503, '5']);
  }
  expect(status).toBe(503);
  await kill({ child: child! });
  const origin = await start();
  const held = new Set<string>();
  let next = '';
  do {
    const response = await fetch(`${origin}/europe/collections/indicators/manifest/?limit=5000${next}`, {
      headers: headers(),
    });
    const page = (await response.json()) as { objects?: { id: string }[]; next?: string };
    for (const { id } of page.objects ?? []) held.add(id);
    next = page.next === undefined ? '' : `&next=${page.next}`;
  } while (next !== '');
  expect(acknowledged.length).toBeGreaterThan(100);
  expect(acknowledged.filter((id) => !held.has(id))).toEqual([]);
});
