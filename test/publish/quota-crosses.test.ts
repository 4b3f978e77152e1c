/** A quota's refusal in the writer's thread (D12): a client reads what the thread said, and when to come again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tool, toolId } from '../support/exchange';
import { kill, LISTENING, runServer, type RunningServer } from '../support/server';

const TAXII = 'application/taxii+json;version=2.1';
let folder: string;
let server: RunningServer | undefined;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'jisr-test-'))));
afterEach(async () => {
  if (server) await kill(server);
  rmSync(folder, { recursive: true, force: true });
});

test('with JISR_MAX_OWN_WAITING=1 the second large publication is 503 with Retry-After; a small one is taken', async () => {
  server = runServer({ JISR_STORE: `sqlite:${join(folder, 'jisr.db')}`, JISR_MAX_OWN_WAITING: '1' });
  await server.says(LISTENING);
  const url = `${server.origin()}/europe/collections/indicators/objects/`;
  const authorization = `Basic ${Buffer.from(`operator:${server.password()!}`).toString('base64')}`;
  const bodyOf = (count: number): string =>
    JSON.stringify({ objects: Array.from({ length: count }, () => tool(toolId(), 1, 0)) });
  const publish = (body: string): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      headers: { authorization, accept: TAXII, 'content-type': TAXII },
      body,
    });
  // Of more parts than are worked off before the next one is asked for.
  const [long, next] = [bodyOf(20_000), bodyOf(1001)];
  const first = await publish(long);
  expect([first.status, await first.json()]).toEqual([202, expect.objectContaining({ status: 'pending' })]);
  const second = await publish(next);
  expect([second.status, second.headers.get('retry-after'), await second.json()]).toEqual([
    503,
    '30',
    expect.objectContaining({
      description: expect.stringContaining('1 publications of your organisation wait') as string,
    }),
  ]);
  const small = await publish(bodyOf(1));
  expect([small.status, await small.json()]).toEqual([202, expect.objectContaining({ status: 'complete' })]);
});
