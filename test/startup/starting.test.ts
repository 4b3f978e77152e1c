/** Starting and stopping as an operator does: npm, what cannot be, the first password. Real processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { verifyPassword } from '../../src/identity/passwords';
import { openStore } from '../../src/store/open';
import { jisrOn } from '../support/jisr';
import { kill, LISTENING, runServer, type RunningServer } from '../support/server';

let folder: string;
const servers: RunningServer[] = [];
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'jisr-test-'))));
afterEach(async () => {
  for (const server of servers.splice(0)) await kill(server);
  rmSync(folder, { recursive: true, force: true });
});

const storeUrl = (): string => `sqlite:${join(folder, 'jisr.db')}`;
function run(env: Record<string, string> = {}): RunningServer {
  const server = runServer({ JISR_STORE: storeUrl(), ...env });
  servers.push(server);
  return server;
}
/** What a server says that ends by itself. */
async function refused(env: Record<string, string>): Promise<string> {
  const { child, said } = run(env);
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(1);
  return said.err;
}
const ended = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

test('SIGTERM to npm start reaches the server, which ends in good order; nothing is left running', async () => {
  const env = { PATH: process.env['PATH'], HOME: folder, JISR_PORT: '0', JISR_STORE: storeUrl() };
  const npm = spawn('npm', ['start'], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  npm.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  while (!LISTENING.test(out)) await once(npm.stdout, 'data');
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => holdsOpen(pid, join(folder, 'jisr.db')));
  expect(pids).toHaveLength(1);
  const exit = once(npm, 'close');
  npm.kill('SIGTERM');
  await exit;
  expect(out).toContain('"signal":"SIGTERM"');
  expect(out).toContain('"msg":"stopped"');
  expect(pids.map(ended)).toEqual([true]);
});

function holdsOpen(pid: number, file: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === file);
  } catch {
    return false;
  }
}

test('a port in use: one line, at once, also with several processes; the first password is shown all the same', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const port = String((other.address() as AddressInfo).port);
  try {
    const first = await refused({ JISR_PORT: port });
    expect(first).toMatch(/password +\S{20}/);
    const line = `Cannot listen on 127.0.0.1, port ${port}: another program, perhaps another Jisr, listens there. Stop it, or choose another JISR_PORT.`;
    expect(first).toContain(line);
    expect(await refused({ JISR_PORT: port })).toBe(`${line}\n`);
    expect(await refused({ JISR_PORT: port, JISR_PROCESSES: '2' })).toContain(line);
  } finally {
    other.close();
  }
});

test.each<[string, () => string, RegExp]>([
  ['a file that is no database', () => join(folder, 'text.db'), /text\.db: is no SQLite database/],
  ['a folder', () => folder, /cannot be opened \(SQLITE_CANTOPEN/],
  [
    'a folder that cannot be made',
    () => '/proc/jisr/x.db',
    /\/proc\/jisr: the folder of the store cannot be made/,
  ],
  [
    'a folder that is a file',
    () => join(folder, 'text.db', 'x.db'),
    /text\.db: the folder of the store cannot be made/,
  ],
])(
  'a store that cannot be (%s): one line, at once, what to do; the same from a verb, exit code 3',
  async (_, file, said) => {
    writeFileSync(
      join(folder, 'text.db'),
      'no database, but long enough to have a header of its own\n'.repeat(100),
    );
    const err = await refused({ JISR_STORE: `sqlite:${file()}` });
    expect(err).toMatch(said);
    expect(err.trimEnd()).not.toContain('\n');
    expect(err).toContain('JISR_STORE');
    const ran = await jisrOn(() => `sqlite:${file()}`)('apply collections --apply');
    expect([ran.code, ran.err]).toEqual([3, expect.stringMatching(said)]);
  },
);

test('a mongodb:// URL that is wrong is no reason to wait; one line without the password', async () => {
  const err = await refused({ JISR_STORE: 'mongodb://jisr:ge/heim@127.0.0.1/x' });
  expect(err).toMatch(/^JISR_STORE: the mongodb:\/\/ URL is wrong \(.*\n$/);
  expect(err).not.toContain('heim');
});

test('the first password stands alone and last, and every start says that it is to be changed until it is', async () => {
  const first = run();
  await first.says(LISTENING);
  expect(first.said.err.trim().split('\n')[0]).toBe('First start: an operator account was made.');
  expect(first.said.out).not.toContain(first.password()!);
  expect(first.said.out.trim().split('\n').at(-1)).toMatch(LISTENING);
  await kill(first);
  const again = run();
  await again.says(LISTENING);
  expect(again.said.err).toBe('');
  expect(again.said.out).toContain('the first password is to be changed');
  await kill(again);
  const jisr = jisrOn(storeUrl);
  expect((await jisr('change principal operator --new-password --apply')).code).toBe(0);
  const changed = run();
  await changed.says(LISTENING);
  expect(changed.said.out).not.toContain('to be changed');
});

test.each([['1'], ['2']])(
  'a first start that is told to stop before it listens shows the password that it made (JISR_PROCESSES %s)',
  async (processes) => {
    const { child, said, password } = run({ JISR_PROCESSES: processes });
    const closed = once(child, 'close');
    while (!accountIn(join(folder, 'jisr.db'))) await new Promise((resolve) => setImmediate(resolve));
    child.kill('SIGTERM');
    expect(await closed).toEqual([0, null]);
    expect(said.err).toContain('First start: an operator account was made.');
    const store = await openStore(storeUrl());
    const kept = await store.people.credentials('operator');
    expect(await verifyPassword(kept!.passwordHash, password()!)).toBe(true);
    await store.close();
  },
);

function accountIn(file: string): boolean {
  try {
    const db = new Database(file, { readonly: true });
    try {
      return db.prepare('SELECT count(*) FROM principals').pluck().get() !== 0;
    } finally {
      db.close();
    }
  } catch {
    return false; // not made yet
  }
}

test('a store that a script set up, operator and all, is served as it is: no account is made', async () => {
  const jisr = jisrOn(storeUrl);
  for (const line of [
    'add organisation Operators --kind operator --region global --apply',
    'add principal chief --organisation Operators --kind person --role curator --clearance red --apply --json',
  ])
    expect((await jisr(line)).code).toBe(0);
  const server = run();
  await server.says(LISTENING);
  expect(server.said.err).toBe('');
  const { out } = await jisr('list principals --json');
  expect((JSON.parse(out) as { name: string }[]).map((p) => p.name)).toEqual(['chief']);
  expect((await jisr('search global/organisations --type identity')).out).toContain('Operators');
});

test('a first start puts its account into the operators’ organisation that a script has made', async () => {
  const jisr = jisrOn(storeUrl);
  await jisr('add organisation Operators --kind operator --region global --apply');
  const server = run();
  await server.says(LISTENING);
  const principals = JSON.parse((await jisr('list principals --json')).out) as {
    organisation: { name: string };
  }[];
  const organisations = JSON.parse((await jisr('list organisations --json')).out) as object[];
  expect([principals.map((p) => p.organisation.name), organisations.length]).toEqual([['Operators'], 1]);
});

test('a verb in a folder without a store says so, and leaves the folder as it is', async () => {
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  const verb = spawn(process.execPath, [join(__dirname, '../../scripts/jisr.js'), 'list', 'principals'], {
    cwd: empty,
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  verb.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  expect(await once(verb, 'close')).toEqual([3, null]);
  expect(err).toMatch(/^There is no store at data\/jisr\.db\. Start the server once.*\n$/);
  expect(existsSync(join(empty, 'data'))).toBe(false);
});
