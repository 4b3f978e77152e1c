/** Small publications that wait together: one unit of work, and each its own outcome (src/publish/group.ts). */
import type { Principal } from '../../src/domain/access';
import type { Collection } from '../../src/domain/channel';
import { StoreUnavailable } from '../../src/domain/errors';
import type { Status } from '../../src/domain/taxii';
import { openDoor, type OpenDoor } from '../../src/publish/publish';
import { openStore } from '../../src/store/open';
import type { ObjectStore } from '../../src/store/objects';
import { PART_SIZE } from '../../src/store/records';
import type { Store } from '../../src/store/store';
import { applied, collection, found, principal, query, read, tool, toolId } from '../support/exchange';

let store: Store;
let c: Collection;
let who: Principal;
let door: OpenDoor;
/** How many members each unit of work had, by part. */
let units: number[][];

beforeEach(async () => {
  store = await openStore('sqlite::memory:');
  c = collection();
  who = principal(4);
  await store.people.saveOrganisation(who.organisation);
  await store.people.savePrincipal(who, 'hash');
  await applied(store, c);
  units = [];
  door = doorOver({});
});
afterEach(async () => {
  await door.stop();
  await store.close();
});

function doorOver(instead: Partial<ObjectStore>): OpenDoor {
  const objects: ObjectStore = {
    ...store.objects,
    append: (scope, part) => {
      units.push([part.members.length]);
      return store.objects.append(scope, part);
    },
    appendEach: (parts) => {
      units.push(parts.map(({ part }) => part.members.length));
      return store.objects.appendEach(parts);
    },
    ...instead,
  };
  return openDoor(
    { ...store, objects },
    { clock: () => 1_700_000_000_000_000, limits: { depth: 64, objects: 1e6 }, report: () => undefined },
  );
}

const publish = (objects: readonly object[]): Promise<Status> =>
  door.publish({
    principalId: who.id,
    collectionId: c.id,
    body: Buffer.from(JSON.stringify({ objects })),
  });
const tools = (count: number): object[] => Array.from({ length: count }, () => tool(toolId(), 1, 0));

test('sixteen that come together are one unit of work, each with a status of its own', async () => {
  const statuses = await Promise.all(Array.from({ length: 16 }, () => publish(tools(1))));
  expect(units).toEqual([Array.from({ length: 16 }, () => 1)]);
  expect(new Set(statuses.map((s) => s.id)).size).toBe(16);
  for (const status of statuses) {
    expect(status).toMatchObject({ status: 'complete', success_count: 1, failure_count: 0 });
    expect((await store.records.status(c.apiRoot, status.id))?.status).toEqual(status);
  }
  expect(await found(store, read(c, 4), query())).toHaveLength(16);
});

test('one that comes alone is a unit of work of its own, at once', async () => {
  await publish(tools(1));
  await publish(tools(2));
  expect(units).toEqual([[1], [2]]);
});

test('together they are no more than a part, in the order in which they came', async () => {
  const counts = [PART_SIZE - 1, 1, 1, PART_SIZE, 2, 3];
  await Promise.all(counts.map((count) => publish(tools(count))));
  expect(units).toEqual([[PART_SIZE - 1, 1], [1], [PART_SIZE], [2, 3]]);
});

test('each is judged by what those before it added', async () => {
  const id = toolId();
  const [first, again, other] = await Promise.all([
    publish([tool(id, 1, 0)]),
    publish([tool(id, 1, 0)]),
    publish([tool(id, 1, 0, { name: 'of other content' })]),
  ]);
  expect(first).toMatchObject({ success_count: 1 });
  expect(again.successes?.[0]?.message).toMatch(/Already present/);
  expect(other.failures?.[0]?.message).toMatch(/C-SAMEVER/);
});

test('where the store is out of reach each of them is told, and the next are taken', async () => {
  await door.stop();
  door = doorOver({ appendEach: () => Promise.reject(new StoreUnavailable('The store is busy.')) });
  const outcomes = await Promise.allSettled([publish(tools(1)), publish(tools(1))]);
  for (const outcome of outcomes)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'StoreUnavailable' } });
  expect(await publish(tools(1))).toMatchObject({ success_count: 1 });
});
