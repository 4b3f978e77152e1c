/** What waits to be worked off: leases, turns, faults, quotas (the line, src/publish/line.ts). */
import { v4 as uuid } from 'uuid';
import type { Principal } from '../../src/domain/access';
import type { Collection } from '../../src/domain/channel';
import { MemberFault, StoreUnavailable } from '../../src/domain/errors';
import type { Status } from '../../src/domain/taxii';
import { LEASE } from '../../src/publish/line';
import { openDoor, type DoorOptions, type OpenDoor } from '../../src/publish/publish';
import { openStore } from '../../src/store/open';
import { leaseOf } from '../../src/store/records';
import type { Store } from '../../src/store/store';
import { jisrOn } from '../support/jisr';
import {
  applied,
  collection,
  day,
  found,
  principal,
  query,
  read,
  tool,
  toolId,
  write,
} from '../support/exchange';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let folder: string;
let store: Store;
let c: Collection;
let who: Principal;
let now: number;
const doors: OpenDoor[] = [];
const told: [string, Record<string, unknown>][] = [];
const url = (): string => `sqlite:${join(folder, 'jisr.db')}`;

beforeEach(async () => {
  now = 1_700_000_000_000_000;
  folder = mkdtempSync(join(tmpdir(), 'jisr-line-'));
  store = await openStore(url());
  c = collection();
  who = await somebody();
  await applied(store, c);
  told.length = 0;
});
afterEach(async () => {
  for (const door of doors.splice(0)) await door.stop();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function somebody(): Promise<Principal> {
  const one = principal(4);
  await store.people.saveOrganisation(one.organisation);
  await store.people.savePrincipal(one, 'hash');
  return one;
}

function doorOn(over: Store, options: Partial<DoorOptions> = {}): OpenDoor {
  const door = openDoor(over, {
    clock: () => now,
    limits: { depth: 64, objects: 1e6 },
    report: (event, details) => told.push([event, details]),
    ...options,
  });
  doors.push(door);
  return door;
}
const tools = (count: number) => Array.from({ length: count }, () => tool(toolId(), 1, 0));
const bodyOf = (objects: readonly object[]): Buffer => Buffer.from(JSON.stringify({ objects }));
const publish = (door: OpenDoor, objects: readonly object[], by = who): Promise<Status> =>
  door.publish({ principalId: by.id, collectionId: c.id, body: bodyOf(objects) });
const statusOf = async ({ id }: Pick<Status, 'id'>): Promise<Status> =>
  (await store.records.status(c.apiRoot, id))!.status;
async function completed(status: Pick<Status, 'id'>): Promise<Status> {
  let seen = await statusOf(status);
  while (seen.status === 'pending') {
    await new Promise((resolve) => setImmediate(resolve));
    seen = await statusOf(status);
  }
  return seen;
}
/** A store in which something of the objects goes wrong. */
const broken = (append: (real: Store['objects']['append']) => Store['objects']['append']): Store => ({
  ...store,
  objects: { ...store.objects, append: append((scope, part) => store.objects.append(scope, part)) },
});

/** A publication that somebody accepted and left behind. */
async function left(
  objects: readonly { id?: unknown }[],
  cut?: { cut: number; sizes: number[] },
): Promise<string> {
  const seed = { id: uuid(), requested: now, total: objects.length };
  const pendings = objects.map((o) => ({ id: String(o.id), version: day(1) }));
  await store.records.begin(write(c, who), seed, bodyOf(objects), pendings, cut);
  return seed.id;
}

test('what comes while nobody waits is looked through once: its bytes are not read again; what waits behind it is read', async () => {
  const reads: string[] = [];
  const publication = (id: string) => {
    reads.push(id);
    return store.records.publication(id);
  };
  const door = doorOn({ ...store, records: { ...store.records, publication } });
  await completed(await publish(door, tools(1500)));
  expect(reads).toEqual([]);
  const [first, second] = [await publish(door, tools(2500)), await publish(door, tools(1500))];
  await Promise.all([completed(first), completed(second)]);
  expect(reads).toContain(second.id);
  expect(await found(store, read(c, 4), query({ limit: 10_000 }))).toHaveLength(5500);
});

test('what another process holds is left to it, and taken over when its lease has run out', async () => {
  const id = await left(tools(3));
  await store.house.lease(leaseOf(id), 'another server', now, now + LEASE);
  const door = doorOn(store);
  await door.resume();
  await publish(door, tools(1001)).then(completed);
  expect((await statusOf({ id })).status).toBe('pending');
  now += LEASE;
  await door.resume();
  expect(await completed({ id })).toMatchObject({ success_count: 3 });
  expect(await store.records.unfinished()).toEqual([]);
});

test('a part that ends each process that sets about it fails with words, and the publication goes on behind it', async () => {
  const id = await left(tools(1001));
  /** Sets about a part and never comes back from it. */
  const life = async (): Promise<void> => {
    const line = new Promise<void>((reached) => {
      const door = doorOn(
        broken((append) => async (scope, part) => {
          if (part.number > 0) return append(scope, part);
          reached();
          return new Promise(() => undefined);
        }),
      );
      void door.resume();
    });
    await line;
    now += LEASE; // ... and with the process its lease goes
    doors.pop();
  };
  for (let n = 0; n < 5; n++) await life();
  await doorOn(store).resume();
  const status = await completed({ id });
  expect(status).toMatchObject({ success_count: 1, failure_count: 1000 });
  expect(status.failures![0]!.message).toMatch(/^FAULT/);
});

test('what cannot even be opened is given up after some processes more', async () => {
  const id = await left(tools(3));
  for (let n = 0; n < 6; n++) expect(await store.records.setAbout(id, 0)).toBe(n + 1);
  await doorOn(store).resume();
  expect(await completed({ id })).toMatchObject({ success_count: 0, failure_count: 3 });
  expect(await store.records.setAbout(id, 0)).toBe(0);
});

test('a publication that was begun before parts had bounds in bytes goes on as it was cut', async () => {
  const definition = {
    type: 'marking-definition',
    spec_version: '2.1',
    id: `marking-definition--${uuid()}`,
    created: day(1),
    definition_type: 'statement',
    definition: { statement: 'a' },
  };
  const objects = [...tools(1500), definition];
  const id = await left(objects);
  await doorOn(store).resume();
  expect(await completed({ id })).toMatchObject({ success_count: 1501 });
  // In each part definitions come first.
  const worked = [...objects.slice(0, 1000), definition, ...objects.slice(1000, 1500)];
  expect(await found(store, read(c, 4), query({ limit: 5000 }))).toEqual(worked);
});

test('marking definitions are worked first, the rest in its order', async () => {
  const definition = {
    type: 'marking-definition',
    spec_version: '2.1',
    id: `marking-definition--${uuid()}`,
    created: day(1),
    definition_type: 'statement',
    definition: { statement: 'a' },
  };
  const objects = tools(1500);
  await completed(await publish(doorOn(store), [...objects, definition]));
  expect(await found(store, read(c, 4), query({ limit: 5000 }))).toEqual([definition, ...objects]);
});

test('parts are bounded in bytes: some large objects are as many parts', async () => {
  const large = Array.from({ length: 3 }, () => tool(toolId(), 1, 0, { description: 'x'.repeat(5_000_000) }));
  const status = await publish(doorOn(store), large);
  expect(status).toMatchObject({ status: 'pending', total_count: 3 });
  const [waiting] = await store.records.unfinished();
  expect(waiting).toMatchObject({ parts: 3, cut: 1 });
  expect(await completed(status)).toMatchObject({ success_count: 3 });
});

test.each([1, 1500])(
  'of %i objects, the one that brings about something unexpected fails alone',
  async (count) => {
    const objects = tools(count);
    const culprit = String(objects[0]!['id']);
    const door = doorOn(
      broken((real) => async (scope, part) => {
        const index = part.members.findIndex((m) => 'candidate' in m && m.candidate.id === culprit);
        if (index >= 0) throw new MemberFault(index, new RangeError('Maximum call stack size exceeded'));
        return real(scope, part);
      }),
    );
    const status = await completed(await publish(door, objects));
    expect(status).toMatchObject({ status: 'complete', success_count: count - 1, failure_count: 1 });
    expect(status.failures).toEqual([
      {
        id: culprit,
        version: day(1),
        message: expect.stringMatching(/^FAULT at \/: .*Tell your operator/) as string,
      },
    ]);
  },
);

test('a part that no member is to blame for is tried a few times; then its members fail, and the rest goes on', async () => {
  let tries = 0;
  const door = doorOn(
    broken((real) => async (scope, part) => {
      if (part.number === 0 && part.members.some((m) => 'candidate' in m)) {
        tries++;
        throw new Error('broken');
      }
      return real(scope, part);
    }),
  );
  const status = await completed(await publish(door, tools(1500)));
  expect(status).toMatchObject({ success_count: 500, failure_count: 1000 });
  expect(tries).toBe(3);
});

test('a store that is out of reach, also for an abandonment, ends nothing: it is tried as long as it takes', async () => {
  const id = await left(tools(2));
  let refusals = 0;
  const unwilling: Store = {
    ...store,
    records: {
      ...store.records,
      abandon: async (...args) => {
        if (refusals++ === 0) throw new StoreUnavailable('not now');
        return store.records.abandon(...args);
      },
    },
  };
  await store.people.savePrincipal({ ...who, disabled: true, clearance: 0 });
  await applied(store, { ...c, grants: [] });
  await doorOn(unwilling).resume();
  const status = await completed({ id });
  expect(status).toMatchObject({ success_count: 0, failure_count: 2 });
  expect(told.map(([event]) => event)).toEqual(['line failed', 'publication abandoned']);
});

test('one organisation does not make another wait: they take turns, and a small publication is done at once', async () => {
  const order: string[] = [];
  const other = await somebody();
  const first = await left(tools(30_000));
  const door = doorOn(
    broken((real) => (scope, part) => {
      order.push(part.status.id);
      return real(scope, part);
    }),
  );
  await door.resume();
  const second = await publish(door, tools(1001), other);
  const small = await publish(door, tools(1), other);
  expect(small.status).toBe('complete');
  await completed(second);
  expect((await statusOf({ id: first })).status).toBe('pending');
  expect(order.filter((id) => id === first).length).toBeLessThanOrEqual(20);
});

test('quotas: too much of an organisation, or in total, is refused with words and Retry-After (D12)', async () => {
  await left(tools(2));
  await store.house.lease(leaseOf((await store.records.unfinished())[0]!.status.id), 'x', now, now + LEASE);
  const some = { publications: 2, bytes: 1e9, ownPublications: 1, ownBytes: 1e9 };
  const door = doorOn(store, { quotas: some });
  const refusal = { code: 'unavailable', headers: { 'Retry-After': '30' } };
  await expect(publish(door, tools(1001))).rejects.toMatchObject({
    ...refusal,
    message: expect.stringContaining('of your organisation') as string,
  });
  const full = doorOn(store, { quotas: { ...some, publications: 1 } });
  await expect(publish(full, tools(1001), await somebody())).rejects.toMatchObject(refusal);
  expect(await publish(door, tools(1000))).toMatchObject({ status: 'complete' });
});

test('jisr publications lists, shows and abandons what waits', async () => {
  const id = await left(tools(3));
  const operator = principal(4, { name: 'operator', role: 'curator' });
  await store.people.saveOrganisation({ ...operator.organisation, kind: 'operator' });
  await store.people.savePrincipal(
    { ...operator, organisation: { ...operator.organisation, kind: 'operator' } },
    'hash',
  );
  const jisr = jisrOn(url, () => now + 5e6);
  const listed = JSON.parse((await jisr('publications --json')).out) as { publications: object[] };
  const row = { status: id, organisation: who.organisation.name, parts_done: 0, parts: 1, age_seconds: 5 };
  expect(listed.publications).toEqual([expect.objectContaining({ ...row, worked_by: null })]);
  expect((await jisr('publications')).out).toContain(id);
  expect(JSON.parse((await jisr(`publications show ${id} --json`)).out)).toMatchObject(row);
  expect((await jisr(`publications abandon ${id}`)).code).toBe(2);
  expect((await jisr(['publications', 'abandon', id, '--why', 'a test'])).out).toContain(
    'Nothing was changed',
  );
  expect((await statusOf({ id })).status).toBe('pending');
  expect((await jisr(['publications', 'abandon', id, '--why', 'a test', '--apply'])).code).toBe(0);
  expect((await statusOf({ id })).failures?.[0]?.message).toBe('a test');
  expect((await jisr(['publications', 'show', id])).code).toBe(3);
  expect((await jisr('publications')).out).toBe('Nothing waits.');
  expect(await store.records.audit(1, 'abandon')).toMatchObject([
    { principal: expect.stringMatching(/^local:/) as string, subject: id },
  ]);
});
