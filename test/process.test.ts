/** The real server process: crashes, restarts, SIGTERM. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tool, toolId } from './support/exchange';

const TAXII = 'application/taxii+json;version=2.1';
let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'jisr-test-'))));
afterEach(async () => {
  if (child && child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
});

let password = '';
async function start(): Promise<string> {
  const started = spawn(process.execPath, [join(__dirname, '../src/main.js')], {
    env: { PATH: process.env['PATH'], JISR_STORE: `sqlite:${join(folder, 'jisr.db')}`, JISR_PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  let [out, err] = ['', ''];
  started.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const origin = await new Promise<string>((resolve, reject) => {
    started.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      const line = out.split('\n').find((l) => l.includes('"msg":"listening"'));
      if (line !== undefined) resolve(new URL((JSON.parse(line) as { url: string }).url).origin);
    });
    started.once('exit', (code) => reject(new Error(`ended with ${code ?? 0}: ${err}`)));
  });
  expect(out).not.toContain('password');
  password = /password +(\S+)/.exec(err)?.[1] ?? password;
  return origin;
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
  child!.kill('SIGKILL');
  await once(child!, 'exit');

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
