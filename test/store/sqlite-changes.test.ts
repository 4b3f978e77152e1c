/** What tells a process that keeps answers whether they still are right (D13), on SQLite. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { range } from '../../src/domain/regions';
import { openStore } from '../../src/store/open';
import type { Store, StoreOptions } from '../../src/store/store';
import type { ChangeStore } from '../../src/store/changes';
import {
  applied,
  channel,
  collection,
  part,
  principal,
  query,
  read,
  removal,
  tool,
  toolId,
  write,
} from '../support/exchange';

let folder: string;
const opened: Store[] = [];
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'jisr-changes-'))));
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  rmSync(folder, { recursive: true, force: true });
});
const open = async (options: StoreOptions = {}): Promise<Store & { changes: ChangeStore }> => {
  const store = await openStore(`sqlite:${join(folder, 'jisr.db')}`, options);
  opened.push(store);
  return store as Store & { changes: ChangeStore };
};

test('the pulse moves with every write of this connection and of others, and with nothing else', async () => {
  const [writer, reader] = [await open(), await open()];
  const c = collection();
  const moves = async (work: () => Promise<unknown>): Promise<boolean> => {
    const before = reader.changes.pulse();
    expect(reader.changes.pulse()).toBe(before);
    await work();
    return reader.changes.pulse().written !== before.written;
  };
  for (const store of [writer, reader]) {
    expect(await moves(() => applied(store, c, collection()))).toBe(true);
    expect(await moves(() => store.objects.append(write(c), part([tool(toolId(), 1, 0)])))).toBe(true);
    expect(await moves(() => store.objects.find(read(c, 4), query()))).toBe(false);
  }
});

test('the policy moves with accounts, grants and channels alone', async () => {
  const [writer, reader] = [await open(), await open()];
  const c = collection();
  await applied(writer, c);
  const moves = async (work: () => Promise<unknown>): Promise<boolean> => {
    const { policy } = reader.changes.pulse();
    await work();
    return reader.changes.pulse().policy !== policy;
  };
  const { organisation } = principal(1);
  expect(await moves(() => writer.objects.append(write(c), part([tool(toolId(), 1, 0)])))).toBe(false);
  expect(await moves(() => writer.people.saveOrganisation(organisation))).toBe(true);
  expect(await moves(() => writer.people.savePrincipal(principal(1, { organisation }), 'hash'))).toBe(true);
  const grant = { source: 'test', to: {}, rights: ['see' as const] };
  expect(await moves(() => writer.people.saveGrant({ id: 'g', collectionId: c.id, grant }))).toBe(true);
  expect(await moves(() => writer.people.removeGrant('g'))).toBe(true);
  expect(await moves(() => applied(writer, c, collection()))).toBe(true);
});

test('a cut says which entry, and for which ranks it answered before and after', async () => {
  const store = await open();
  const c = collection();
  await applied(store, c);
  const id = toolId();
  const { objects } = store;
  await objects.append(write(c), part([tool(id, 1, 0), tool(toolId(), 1, 0)]));
  const date = (await objects.list(read(c, 0), query({ ids: [id] }))).items[0]!.date;
  const { cut } = store.changes.pulse();
  expect(store.changes.cutsSince(cut)).toEqual([]);
  // From GREEN on, day 2 is the last; day 1 stays the first, and one of all.
  await objects.append(write(c), part([tool(id, 2, 1)]));
  const latest_all = range(0, 5);
  const whole = { latest_all, latest_last: range(0, 5), latest_first: range(0, 5) };
  const left = { ...whole, latest_last: range(0, 1) };
  expect(store.changes.cutsSince(cut)).toEqual([{ collectionId: c.id, date, before: whole, after: left }]);
  const after = store.changes.pulse().cut;
  await objects.remove(removal(c), id, { version: { all: true }, specVersions: undefined });
  const gone = { latest_all: 0, latest_last: 0, latest_first: 0 };
  expect(store.changes.cutsSince(after)).toContainEqual({
    collectionId: c.id,
    date,
    before: left,
    after: gone,
  });
});

test('what was cut too long ago, or in a collection that is gone, is not known any more', async () => {
  const store = await open();
  const c = collection();
  await applied(store, c);
  const ids = Array.from({ length: 900 }, toolId);
  const revise = (n: number) => store.objects.append(write(c), part(ids.map((id) => tool(id, n, 0))));
  await revise(1);
  const { cut } = store.changes.pulse();
  for (const n of [2, 3, 4, 5]) await revise(n);
  expect(store.changes.cutsSince(cut)).toHaveLength(3600);
  await revise(6);
  expect(store.changes.cutsSince(cut)).toBeUndefined();
  const later = store.changes.pulse().cut;
  await revise(7);
  await store.catalog.apply([channel([])], { apply: true, dropObjects: true });
  expect(store.changes.cutsSince(later)).toBeUndefined();
});

test('in turns, others are looked for once a turn: what a request finds had been written when it began, or later', async () => {
  const [writer, reader] = [await open(), await open({ readonly: true, inTurns: true })];
  const c = collection();
  await applied(writer, c);
  const before = reader.changes.pulse();
  await writer.objects.append(write(c), part([tool(toolId(), 1, 0)]));
  expect(reader.changes.pulse()).toBe(before);
  await new Promise((resolve) => setImmediate(resolve));
  expect(reader.changes.pulse().written).not.toBe(before.written);
});
