/** Promise 2: what was acknowledged is stored, whatever happens to the process or the machine. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/open';
import { connect } from '../../src/store/sqlite/connection';
import { collection, everything, found, read } from '../support/exchange';

const WRITER = join(__dirname, '../support/append-forever.js');
const COUNTER = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
static void count(void) {
  int fd = open(getenv("SYNC_COUNT"), O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (fd >= 0) { (void)!write(fd, ".", 1); close(fd); }
}
int fsync(int fd) { static int (*real)(int); if (!real) real = dlsym(RTLD_NEXT, "fsync"); count(); return real(fd); }
int fdatasync(int fd) { static int (*real)(int); if (!real) real = dlsym(RTLD_NEXT, "fdatasync"); count(); return real(fd); }
`;

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'jisr-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('kill -9 in the middle of appends: every acknowledged version is there (promise 2)', async () => {
  const file = join(folder, 'jisr.db');
  const c = collection({ id: '7d9a2c3e-5f41-4b6a-8c0d-1e2f3a4b5c6d' });
  for (let round = 0; round < 3; round++) {
    const acknowledged = await new Promise<string[]>((resolve, reject) => {
      const writer = spawn(process.execPath, [WRITER, `sqlite:${file}`, c.id], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      writer.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.split('\n').length > 30 + round * 17) writer.kill('SIGKILL');
      });
      writer.on('error', reject);
      writer.on('close', () => resolve(text.split('\n').slice(0, -1)));
    });
    expect(acknowledged.length).toBeGreaterThan(20);
    const store = await openStore(`sqlite:${file}`);
    const ids = (await found(store, read(c, 4), { ...everything, limit: 100_000 })).map((o) => o['id']);
    await store.close();
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  }
});

test('every connection runs with synchronous=FULL and WAL, readers too', () => {
  const file = join(folder, 'jisr.db');
  for (const options of [{}, { readonly: true }]) {
    const { db } = connect(file, options);
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    db.close();
  }
});

const compiler = spawnSync('cc', ['--version']).status === 0;
const linux = process.platform === 'linux';
(compiler && linux ? test : test.skip)(
  compiler && linux
    ? 'a commit really calls fsync, once or more for each'
    : 'SKIPPED, needs Linux and a C compiler: a commit really calls fsync',
  () => {
    const source = join(folder, 'count.c');
    const library = join(folder, 'count.so');
    const counts = join(folder, 'syncs');
    writeFileSync(source, COUNTER);
    execFileSync('cc', ['-shared', '-fPIC', '-o', library, source, '-ldl']);
    const args = [WRITER, `sqlite:${join(folder, 'jisr.db')}`, '7d9a2c3e-5f41-4b6a-8c0d-1e2f3a4b5c6d', '50'];
    const env = { ...process.env, LD_PRELOAD: library, SYNC_COUNT: counts };
    const acknowledged = execFileSync(process.execPath, args, { env }).toString().split('\n').length - 1;
    expect(acknowledged).toBe(50);
    expect(readFileSync(counts).length).toBeGreaterThanOrEqual(50);
  },
);
