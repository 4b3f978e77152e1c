/** A store that is out of reach for a moment when a thread starts ends nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { StoreUnavailable } from '../../src/domain/errors';
import { startThread } from '../../src/publish/thread';
import { QUOTAS } from '../../src/publish/quotas';
import { openStore } from '../../src/store/open';
import { openPatiently, type Wait } from '../../src/threads/patiently';

test('nothing thrown in the background ends a process: a store that cannot be opened for a moment is tried again', async () => {
  const waits: Wait[] = [];
  let tries = 0;
  let first: Promise<string> | undefined;
  const opening = openPatiently(
    async () => {
      if (++tries === 1) throw new StoreUnavailable('locked');
      return 'open';
    },
    (wait) => {
      waits.push(wait);
      first = opening.now();
    },
  );
  expect(await opening.opened).toBe('open');
  // Who asked meanwhile was told so.
  await expect(first).rejects.toThrow(StoreUnavailable);
  expect([waits, await opening.now(), await opening.stop()]).toEqual([
    [{ error: 'locked', wait: 500 }],
    'open',
    'open',
  ]);
});

test('what no waiting mends is thrown at once; and what is stopped is tried no more', async () => {
  const wrong = openPatiently(() => Promise.reject(new Error('no store')), fail);
  await expect(wrong.opened).rejects.toThrow('no store');
  const locked = openPatiently<string>(
    () => Promise.reject(new StoreUnavailable('locked')),
    () => undefined,
  );
  await expect(locked.now()).rejects.toThrow('locked');
  expect(await locked.stop()).toBeUndefined();
});

test('the thread of the writer starts while the store is locked: calls are told 503, and once it is free they are done', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-locked-'));
  const file = join(folder, 'jisr.db');
  await (await openStore(`sqlite:${file}`)).close();
  const db = new Database(file);
  db.pragma('locking_mode = EXCLUSIVE');
  db.exec('BEGIN IMMEDIATE');
  let tell: (wait: Wait) => void;
  const waited = new Promise<Wait>((resolve) => (tell = resolve));
  const door = startThread(
    { store: `sqlite:${file}`, limits: { depth: 16, objects: 1000 }, quotas: QUOTAS },
    () => undefined,
    (wait) => {
      tell(wait);
    },
    fail,
  );
  const ask = (): Promise<unknown> =>
    door.publish({ principalId: 'x', collectionId: 'y', body: Buffer.from('{}') });
  await expect(ask()).rejects.toThrow(StoreUnavailable);
  expect((await waited).error).toMatch(/busy or out of reach/);
  db.exec('ROLLBACK');
  db.close();
  // It decides again, so it reads the store.
  for (let said = ''; !said.includes('does not exist');) said = await ask().then(String, String);
  await door.stop();
  rmSync(folder, { recursive: true, force: true });
});

function fail(why: unknown): void {
  throw new Error(String(why));
}
