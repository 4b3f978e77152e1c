/**
 * Before all tests: a server for the store on MongoDB. The one that JISR_TEST_MONGODB names; else a mongod on the PATH;
 * else the compatible server, if test/ferretdb/serve.sh has built it; else none, and those tests are skipped.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MongoMemoryServer } from 'mongodb-memory-server-core';

const COMPATIBLE = resolve(process.cwd(), 'build/ferretdb');

function mongodOnPath(): string | undefined {
  try {
    return execFileSync('which', ['mongod']).toString().trim();
  } catch {
    return undefined;
  }
}

async function compatible(): Promise<{ url: string; stop: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-ferretdb-'));
  const child: ChildProcess = spawn(COMPATIBLE, ['sqlite', folder], { stdio: ['ignore', 'pipe', 'ignore'] });
  const url = await new Promise<string>((done, fail) => {
    child.stdout?.on('data', (chunk: Buffer) => done(chunk.toString().trim()));
    child.once('exit', () => fail(new Error('the compatible server ended')));
  });
  return {
    url,
    stop: () => {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

declare global {
  var stopMongoServer: (() => Promise<void> | void) | undefined;
}

export default async function setup(): Promise<void> {
  if (process.env['JISR_TEST_MONGODB'] !== undefined) return;
  const mongod = mongodOnPath();
  if (mongod !== undefined) {
    const server = await MongoMemoryServer.create({ binary: { systemBinary: mongod } });
    process.env['JISR_TEST_MONGODB'] = server.getUri();
    globalThis.stopMongoServer = async () => {
      await server.stop();
    };
  } else if (existsSync(COMPATIBLE)) {
    const { url, stop } = await compatible();
    process.env['JISR_TEST_MONGODB'] = url;
    globalThis.stopMongoServer = stop;
  } else {
    process.stderr.write(
      '\n  SKIPPED: the tests of the store on MongoDB. There is no JISR_TEST_MONGODB, no mongod on the PATH, and no build/ferretdb (test/ferretdb/serve.sh builds it).\n',
    );
  }
}
