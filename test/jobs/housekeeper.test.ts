/** The housekeeper: a thread beside the one that answers polls, one for all processes of a server. */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { startHousekeeper, type HousekeeperOptions } from '../../src/jobs/thread';
import { openStore } from '../../src/store/open';
import { tool, toolId } from '../support/exchange';
import { kill, LISTENING, runServer, type RunningServer } from '../support/server';

const TAXII = 'application/taxii+json;version=2.1';
const EVERY_SECOND = '* * * * * *';

let folder: string;
const servers: RunningServer[] = [];
const file = (): string => join(folder, 'jisr.db');
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'jisr-test-'))));
afterEach(async () => {
  for (const server of servers.splice(0)) await kill(server);
  rmSync(folder, { recursive: true, force: true });
});

async function start(env: Record<string, string>): Promise<RunningServer> {
  const server = runServer({ JISR_STORE: `sqlite:${file()}`, ...env });
  servers.push(server);
  await server.says(LISTENING);
  return server;
}
const headers = (server: RunningServer): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(`operator:${server.password()!}`).toString('base64')}`,
  accept: TAXII,
  'content-type': TAXII,
});
const objectsOf = (server: RunningServer): string =>
  `${server.origin()}/europe/collections/indicators/objects/`;

/** Holds the one lock of writers, so that whichever thread wants to write next is held up until it is let go. */
function holdUp(): { letGo: () => void } {
  const db = new Database(file());
  db.exec('BEGIN IMMEDIATE');
  return {
    letGo: () => {
      db.exec('ROLLBACK');
      db.close();
    },
  };
}

test('while a job is held up by a lock, polls are answered; SIGTERM drains at once and does not wait for it', async () => {
  const server = await start({ JISR_JOB_STATUSES: EVERY_SECOND, JISR_LOG_LEVEL: 'debug' });
  const { child, said, says } = server;
  const body = JSON.stringify({ objects: [tool(toolId(), 1, 0)] });
  await fetch(objectsOf(server), { method: 'POST', headers: headers(server), body });
  await says(/"msg":"job done"/);
  if (process.platform === 'linux') {
    // The 19th field is the niceness; the name, the second, may hold spaces.
    const nicenessOf = (thread: string): number => {
      const stat = readFileSync(`/proc/${child.pid!}/task/${thread}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[17]);
    };
    const others = readdirSync(`/proc/${child.pid!}/task`).filter((thread) => thread !== String(child.pid));
    const main = nicenessOf(String(child.pid));
    // Who writes, who examines, and the housekeeper.
    expect(others.filter((thread) => nicenessOf(thread) > main)).toHaveLength(3);
  }
  const lock = holdUp();
  const ended = (): number => (said.out.match(/"msg":"job (?:done|failed|is done)/g) ?? []).length;
  // A run that ended before the lock was held may be told of late: then it is another one that is held up.
  for (let before = -1; before !== ended();) {
    await says(/"msg":"job is due"/, ended() + 1);
    before = ended();
    for (let i = 0; i < 20; i++)
      expect((await fetch(objectsOf(server), { headers: headers(server) })).status).toBe(200);
  }
  const held = ended();
  child.kill('SIGTERM');
  await says(/"msg":"stopping"/);
  // Nobody is let in any more, though the job is still where it was.
  const refused = async (): Promise<boolean> =>
    fetch(`${server.origin()}/health/live`, { headers: { connection: 'close' } }).then(
      () => false,
      () => true,
    );
  while (!(await refused()));
  expect(ended()).toBe(held);
  lock.letGo();
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('JISR_PROCESSES: one housekeeper for all; how far readers came reaches it, and is written before the end', async () => {
  const jobs = { JISR_JOB_STATISTICS: EVERY_SECOND, JISR_LOG_LEVEL: 'debug' };
  const server = await start({ JISR_PROCESSES: '2', ...jobs });
  await server.says(/not shown again/);
  const body = JSON.stringify({ objects: [tool(toolId(), 1, 0)] });
  const posted = await fetch(objectsOf(server), { method: 'POST', headers: headers(server), body });
  expect(posted.status).toBe(202);
  const page = await fetch(objectsOf(server), { headers: { ...headers(server), connection: 'close' } });
  expect(page.headers.get('x-taxii-date-added-last')).not.toBeNull();
  await server.says(/"job":"statistics"[^\n]*"msg":"job done"/, 2);
  server.child.kill('SIGTERM');
  expect(await once(server.child, 'exit')).toEqual([0, null]);
  const store = await openStore(`sqlite:${file()}`);
  expect(await store.house.readings()).toHaveLength(1);
  await store.close();
  // What a second one would find at every tick.
  expect(server.said.out).not.toContain('job is done elsewhere');
});

test('a housekeeper that ends by itself ends nobody else, and another one is started; stopping it waits for none', async () => {
  const options: HousekeeperOptions = {
    store: 'sqlite:/dev/null/nowhere/jisr.db',
    limits: { depth: 64, objects: 1000 },
    statusDays: 7,
    schedule: { times: {}, timeZone: 'UTC' },
  };
  const events: string[] = [];
  let restarted: () => void = () => undefined;
  const twice = new Promise<void>((resolve) => (restarted = resolve));
  const housekeeper = startHousekeeper(options, (level, _, event) => {
    events.push(`${level}: ${event}`);
    if (events.filter((e) => e.includes('another one')).length === 2) restarted();
  });
  housekeeper.note({ readings: [{ collectionId: 'c', organisationId: 'o', lastDate: 1 }], uses: [] });
  await twice;
  expect(events.slice(0, 2)).toEqual([
    'error: the housekeeper failed',
    'warn: the housekeeper ended; another one is started',
  ]);
  await housekeeper.stop();
  const heard = events.length;
  housekeeper.quiet();
  expect(events).toHaveLength(heard);
});
