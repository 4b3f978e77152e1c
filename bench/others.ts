/**
 * Other open servers beside Jisr, in the same run, with the same objects and requests: medallion 3.0 (in memory) and OpenTAXII
 * (SQLite, gunicorn), installed from PyPI into a folder that goes afterwards. Where one cannot do it, the table says so.
 *
 * Usage: others [--objects 1000] [--seconds 5] [--json FILE]
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { TAXII_MEDIA_TYPE } from '../src/domain/taxii';
import { maker } from './data';
import { envelopeOf, poll, secondsSince, urlOf } from './exchange';
import { startServer } from './server';
import { machine, save, say } from './table';

const VERSIONS = ['medallion==3.0.0', 'opentaxii==0.9.3', 'gunicorn==23.0.0'];
const PASSWORD = 'reference';
const BASIC = `Basic ${Buffer.from(`tool:${PASSWORD}`).toString('base64')}`;
/** Objects of one POST: what all of them take. */
const PART = 100;

interface Server {
  readonly name: string;
  /** Of a collection. */
  readonly url: string;
  readonly authorization: string;
  readonly stop: () => Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function run(command: string, argv: readonly string[], env: Record<string, string> = {}): string {
  const done = spawnSync(command, argv, { encoding: 'utf8', env: { ...process.env, ...env } });
  if (done.status !== 0) throw new Error(`${command} ${argv.join(' ')}: ${done.stderr.slice(-500)}`);
  return done.stdout + done.stderr;
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300 && child.exitCode === null; tries++) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await setTimeout(100);
  }
  throw new Error(`${url}: nobody answers`);
}

async function started(
  name: string,
  port: number,
  url: string,
  command: string,
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<Server> {
  const child = spawn(command, argv, { stdio: 'ignore', env: { ...process.env, ...env } });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await answers(`http://127.0.0.1:${port}/taxii2/`, child);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return { name, url, authorization: BASIC, stop };
}

async function medallion(bin: string, folder: string): Promise<Server> {
  const port = await freePort();
  const id = '365fed99-08fa-4c40-8b2e-3b0e1c2a6a2f';
  const collection = {
    id,
    title: 'all',
    can_read: true,
    can_write: true,
    media_types: ['application/stix+json;version=2.1'],
    objects: [],
    manifest: [],
  };
  const root = `http://127.0.0.1:${port}/bench/`;
  const information = { title: 'bench', versions: [TAXII_MEDIA_TYPE], max_content_length: 100_000_000 };
  const data = join(folder, 'medallion.json');
  const config = join(folder, 'medallion-config.json');
  writeFileSync(
    data,
    JSON.stringify({
      '/discovery': { title: 'bench', default: root, api_roots: [root] },
      bench: { information, status: [], collections: [collection] },
    }),
  );
  const backend = {
    module: 'medallion.backends.memory_backend',
    module_class: 'MemoryBackend',
    filename: data,
  };
  const users = { tool: PASSWORD };
  writeFileSync(config, JSON.stringify({ backend, users, taxii: { max_page_size: 1000 } }));
  const argv = ['--port', String(port), '--log-level', 'ERROR', config];
  return started('medallion', port, `${root}collections/${id}/`, join(bin, 'medallion'), argv);
}

async function openTaxii(bin: string, folder: string): Promise<Server> {
  const port = await freePort();
  const config = join(folder, 'opentaxii.yml');
  const database = (name: string): string =>
    `    parameters:\n      db_connection: sqlite:///${join(folder, name)}\n      create_tables: yes\n`;
  writeFileSync(
    config,
    `---\ndomain: "127.0.0.1:${port}"\nsupport_basic_auth: yes\n` +
      `auth_api:\n    class: opentaxii.auth.sqldb.SQLDatabaseAPI\n${database('auth.db')}      secret: bench\n` +
      `taxii1:\ntaxii2:\n  max_content_length: 100000000\n  public_discovery: true\n  persistence_api:\n` +
      `    class: opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI\n${database('data.db')}`,
  );
  const env = { OPENTAXII_CONFIG: config, PYTHONWARNINGS: 'ignore' };
  const uuid = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/;
  run(join(bin, 'opentaxii-create-account'), ['-u', 'tool', '-p', PASSWORD, '--admin'], env);
  run(join(bin, 'opentaxii-add-api-root'), ['-t', 'bench', '--default'], env);
  const [root = ''] = uuid.exec(run(join(bin, 'opentaxii-add-collection'), ['--help'], env)) ?? [];
  const open = ['-r', root, '-t', 'all', '-a', 'all', '--public', '--public-write'];
  run(join(bin, 'opentaxii-add-collection'), open, env);
  const argv = ['-w', '2', '-b', `127.0.0.1:${port}`, 'opentaxii.http:app'];
  const url = `http://127.0.0.1:${port}/taxii2/${root}/collections/all/`;
  return started('OpenTAXII', port, url, join(bin, 'gunicorn'), argv, env);
}

async function jisr(): Promise<Server> {
  const server = await startServer();
  const { authorization } = server;
  return { name: 'Jisr', url: urlOf(server, ''), authorization, stop: () => server.stop() };
}

/** Fills it and polls it. */
async function measure({ name, url, authorization }: Server, count: number, seconds: number): Promise<void> {
  const headers = { authorization, accept: TAXII_MEDIA_TYPE };
  const { objects } = maker();
  const begun = process.hrtime.bigint();
  for (let sent = 0; sent < count; sent += PART) {
    const body = envelopeOf(objects(PART));
    const post = { method: 'POST', headers: { ...headers, 'content-type': TAXII_MEDIA_TYPE }, body };
    const response = await fetch(`${url}objects/`, post);
    if (response.status !== 202)
      throw new Error(`POST: ${response.status} ${(await response.text()).replaceAll(/\s+/g, ' ')}`);
    await response.arrayBuffer();
  }
  say(`${name}: publishing ${count} objects, ${PART} at a time`, count / secondsSince(begun), 'objects/s');
  // One request after the other: medallion has one thread, and takes seconds for some.
  const rate = async (rest: string): Promise<number> => {
    const start = process.hrtime.bigint();
    const waits = await poll(`${url}objects/?${rest}`, headers, () => secondsSince(start) > seconds);
    return waits.length / secondsSince(start);
  };
  for (const limit of [100, 1000])
    say(`${name}: pages of ${limit}, one client`, await rate(`limit=${limit}`), 'a second');
  say(
    `${name}: polls with nothing new, one client`,
    await rate('added_after=2200-01-01T00:00:00.000000Z'),
    'a second',
  );
}

async function main(count: number, seconds: number): Promise<void> {
  console.log(machine());
  const folder = mkdtempSync(join(tmpdir(), 'jisr-others-'));
  const bin = join(folder, 'venv', 'bin');
  try {
    run('python3', ['-m', 'venv', join(folder, 'venv')]);
    run(join(bin, 'pip'), ['install', '-q', ...VERSIONS]);
    for (const start of [jisr, () => medallion(bin, folder), () => openTaxii(bin, folder)]) {
      const server = await start();
      try {
        await measure(server, count, seconds);
      } catch (error) {
        say(`${server.name}: failed (${(error as Error).message.slice(0, 9)})`, null, '');
      } finally {
        await server.stop();
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'string' },
  },
});
main(Number(values.objects), Number(values.seconds)).then(
  () => save(values.json),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
