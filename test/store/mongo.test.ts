/** The store on MongoDB: the whole contract, what other processes change, and a server that goes away. */
import { readerOf } from '../../src/domain/audience';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { MongoClient } from 'mongodb';
import { v4 as uuid } from 'uuid';
import { rangesHolding } from '../../src/domain/entries';
import { StoreUnavailable } from '../../src/domain/errors';
import { dumper } from '../../src/store/mongo/archive-dump';
import { catalogReader } from '../../src/store/mongo/catalog';
import { connect as connectStore } from '../../src/store/mongo/connection';
import { watch } from '../../src/store/mongo/watchdog';
import { worker } from '../../src/store/mongo/work';
import { openStore } from '../../src/store/open';
import {
  applied,
  collection,
  everything,
  found,
  organisation,
  part,
  query,
  read,
  tool,
  toolId,
  write,
} from '../support/exchange';
import { databaseAt, firstHost } from '../support/mongo-url';
import { kill, LISTENING, runServer } from '../support/server';
import { describeStore } from './contract';

const server = process.env['JISR_TEST_MONGODB'];

if (server === undefined) {
  test.skip('SKIPPED, JISR_TEST_MONGODB names no server: the store on MongoDB', () => undefined);
} else {
  jest.setTimeout(300_000);
  const used: string[] = [];
  const database = (host?: string): string => {
    const name = `jisr-test-${uuid().slice(0, 8)}`;
    used.push(databaseAt(server, name));
    return databaseAt(server, name, host);
  };
  afterAll(async () => {
    for (const url of used) {
      const client = await MongoClient.connect(url);
      await client.db().dropDatabase();
      await client.close();
    }
  });

  // Over kept pages, too: nearly every question of these tests is asked again after something changed.
  describeStore('mongodb', (options) => openStore(database(), { ...options, pageBytes: 8e6 }));

  test('what a change tells is written with it: after a crash in between, whoever asks finds it in the audit, once', async () => {
    const url = database();
    const store = await openStore(url);
    const client = await MongoClient.connect(url);
    try {
      const house = organisation({ name: 'House' });
      await store.people.saveOrganisation(house);
      const table = client.db().collection<{ _id: string; told: string[] }>('organisations');
      const [record] = await client.db().collection('audit').find().toArray();
      // As the one write leaves it: the record stands with the document, and not in the audit yet.
      await table.updateOne({ _id: house.id }, { $set: { told: [JSON.stringify([record])] } });
      await client.db().collection('audit').deleteMany({});
      for (let i = 0; i < 2; i++)
        expect(await store.records.audit(10)).toMatchObject([
          { action: 'add-organisation', subject: 'House' },
        ]);
      expect(await table.findOne({ _id: house.id })).toMatchObject({ told: [] });
    } finally {
      await client.close();
      await store.close();
    }
  });

  test('a store that is not there is not made by whoever only looks', async () => {
    const url = database();
    await expect(openStore(url, { existing: true })).rejects.toThrow('There is no store at');
    const trial = await openStore(url, { trial: true });
    expect(await trial.archive.empty()).toBe(true);
    await trial.close();
    await expect(openStore(url, { existing: true })).rejects.toThrow('There is no store at');
    await (await openStore(url)).close();
    await (await openStore(url, { existing: true })).close();
  });

  test('two processes that write to one collection: one order, nothing twice, and what one changes the other sees', async () => {
    const url = database();
    const [a, b] = [await openStore(url), await openStore(url)];
    try {
      const c = collection();
      await applied(a, c);
      expect(await b.catalog.channels()).toHaveLength(1);
      const ids = Array.from({ length: 24 }, toolId);
      const shared = toolId();
      await Promise.all(
        ids.map((id, i) =>
          (i % 2 === 0 ? a : b).objects.append(
            write(c),
            part([tool(id, 1, 0), tool(shared, 1 + (i % 3), 0)]),
          ),
        ),
      );
      const [seenByA, seenByB] = [
        await found(a, read(c, 4), everything),
        await found(b, read(c, 4), everything),
      ];
      expect(seenByA).toEqual(seenByB);
      expect(seenByA).toHaveLength(24 + 3);
      const page = await b.objects.list(read(c, 4), everything);
      const dates = page.items.map((i) => i.date);
      expect(dates).toEqual([...new Set(dates)].sort((x, y) => x - y));
      expect(await a.house.check(() => undefined)).toEqual([]);
      await b.catalog.apply([], { apply: true, dropObjects: true });
      expect(await a.catalog.channels()).toEqual([]);
    } finally {
      await a.close();
      await b.close();
    }
  });

  test.each([
    ['follows them until they pause, or holds them', undefined],
    ['holds them from the first round on', 0],
  ])('a backup beside writers that never pause is of one moment: it %s', async (_, rounds) => {
    const url = database();
    const [writer, connection] = [await openStore(url), await connectStore(url, {})];
    try {
      const quiet = collection();
      // Written in the opposite order of that in which they are read: what is read late would hold more.
      const moving = Array.from({ length: 6 }, () => collection()).sort((x, y) => (x.id < y.id ? 1 : -1));
      await applied(writer, quiet, ...moving);
      await writer.objects.append(write(quiet), part([tool(toolId(), 1, 0)]));
      const writes = { over: false };
      const writing = (async () => {
        const id = toolId();
        for (let n = 1; !writes.over; n++)
          for (const c of moving)
            await writer.objects.append(
              write(c),
              part([tool(toolId(), 1, 0), tool(id, 1, 0, { modified: new Date(n).toISOString() })]),
            );
      })();
      const dump = dumper(worker(connection), catalogReader(connection), rounds);
      for (let backups = 0; backups < 3; backups++) {
        const last = new Map<string, Map<string, number>>();
        for await (const record of dump())
          if (record.kind === 'object') {
            const of = last.get(record.collection) ?? new Map<string, number>();
            last.set(record.collection, of.set(record.id, record.versions.length));
          }
        const versions = (c: typeof quiet): number =>
          [...(last.get(c.id)?.values() ?? [])].reduce((sum, n) => sum + n, 0);
        expect(versions(quiet)).toBe(1);
        const counts = moving.map(versions);
        expect(counts).toEqual([...counts].sort((x, y) => y - x));
        expect([0, 2]).toContain((counts[0] ?? 0) - (counts.at(-1) ?? 0));
      }
      writes.over = true;
      await writing;
      expect(await writer.house.check(() => undefined)).toEqual([]);
    } finally {
      await writer.close();
      await connection.close();
    }
  });

  test('maintenance writes no batch where nothing is to be ranked anew', async () => {
    const url = database();
    const store = await openStore(url);
    const client = await MongoClient.connect(url);
    try {
      const c = collection();
      await applied(store, c, collection());
      await store.objects.append(write(c), part([tool(toolId(), 1, null), tool(toolId(), 1, 2)]));
      const before = await client.db().collection('batches').countDocuments();
      expect(await store.house.maintain()).toMatchObject({ batches_removed: 0, stones_removed: 0 });
      expect(await client.db().collection('batches').countDocuments()).toBe(before);
    } finally {
      await client.close();
      await store.close();
    }
  });

  test('every query of the exchange is served by an index: what is examined is what is given (a real mongod tells)', async () => {
    const url = database();
    const store = await openStore(url);
    const client = await MongoClient.connect(url);
    try {
      const { ferretdbVersion } = (await client.db().admin().buildInfo()) as { ferretdbVersion?: string };
      if (ferretdbVersion !== undefined) {
        console.warn('SKIPPED: this server does not explain its plans');
        return;
      }
      const [c, other] = [collection(), collection()];
      await applied(store, c, other);
      for (const at of [c, other])
        await store.objects.append(write(at), part(Array.from({ length: 300 }, () => tool(toolId(), 1, 0))));
      const id = toolId();
      await store.objects.append(write(c), part([tool(id, 1, 0)]));
      const entries = client.db().collection('entries');
      const ranges = { $in: rangesHolding(readerOf(2)) };
      const live = { c: c.id, state: 'live', date: { $gt: -1, $lte: 1e17 } };
      for (const [filter, most] of [
        [{ ...live, latest_last: ranges }, 20],
        [{ ...live, latest_all: ranges }, 20],
        [{ ...live, latest_first: ranges }, 20],
        [{ ...live, type: { $in: ['malware'] }, latest_last: ranges }, 0],
        [{ c: c.id, u: id.slice(-36) }, 1],
        [{ unresolved: { $in: ['marking-definition--x'] } }, 0],
      ] as const) {
        const plan = await entries.find(filter).sort({ date: 1 }).limit(20).explain('executionStats');
        const { totalDocsExamined } = (plan as { executionStats: { totalDocsExamined: number } })
          .executionStats;
        expect([filter, totalDocsExamined]).toEqual([filter, Math.min(totalDocsExamined, most + 1)]);
      }
    } finally {
      await client.close();
      await store.close();
    }
  });

  test('a batch of 24 MB, which no document holds; an object that none holds is refused by itself', async () => {
    const store = await openStore(database());
    try {
      const c = collection();
      await applied(store, c);
      const large = (bytes: number) => tool(toolId(), 1, 0, { description: 'x'.repeat(bytes) });
      const objects = Array.from({ length: 40 }, () => large(600_000));
      const status = await store.objects.append(write(c), part([...objects, large(16_000_000)]));
      expect(status).toMatchObject({ success_count: 40, failure_count: 1 });
      expect(status.failures![0]!.message).toMatch(/^SIZE at/);
      const first = await store.objects.find(read(c, 4), query());
      const rest = await found(store, read(c, 4), query({ after: first.through }));
      expect([...(JSON.parse(`[${first.items.toString()}]`) as object[]), ...rest]).toEqual(objects);
      expect(await store.house.maintain()).toMatchObject({ chunks_removed: 0 });
    } finally {
      await store.close();
    }
  });

  describe('a server that goes away', () => {
    let proxy: Server;
    let up = true;
    const sockets = new Set<Socket>();
    const cut = (): void => {
      up = false;
      for (const socket of sockets) socket.destroy();
    };
    beforeEach(async () => {
      up = true;
      const { hostname, port } = firstHost(server);
      proxy = createServer((socket) => {
        if (!up) {
          socket.destroy();
          return;
        }
        const far = connect(port, hostname);
        for (const [one, other] of [
          [socket, far],
          [far, socket],
        ] as const) {
          sockets.add(one);
          one.on('error', () => other.destroy());
          one.on('close', () => {
            sockets.delete(one);
            other.destroy();
          });
          one.pipe(other);
        }
      });
      proxy.listen(0, '127.0.0.1');
      await once(proxy, 'listening');
    });
    afterEach(async () => {
      cut();
      proxy.close();
      await once(proxy, 'close');
    });
    const host = (): string => `127.0.0.1:${(proxy.address() as AddressInfo).port}`;

    test('in the middle of a write: unavailable, nothing half done, and the same part again is there once', async () => {
      const store = await openStore(database(host()));
      try {
        const c = collection();
        await applied(store, c);
        const p = part(Array.from({ length: 50 }, () => tool(toolId(), 1, 0)));
        const writing = store.objects.append(write(c), p);
        const outcome = expect(writing).rejects.toThrow(StoreUnavailable);
        setTimeout(cut, 15);
        await outcome;
        up = true;
        // Until the driver has found the server again, who is told "unavailable" repeats it: that is harmless.
        const again = (): Promise<unknown> =>
          store.objects
            .append(write(c), p)
            .catch((error: unknown) =>
              error instanceof StoreUnavailable ? again() : Promise.reject(error as Error),
            );
        await again();
        expect(await found(store, read(c, 4), everything)).toHaveLength(50);
        expect(await store.house.check(() => undefined)).toEqual([]);
      } finally {
        await store.close();
      }
    });

    test('connections that are cut a hundred times, at any moment: it goes on by itself each time', async () => {
      const store = await openStore(database(host()));
      try {
        for (let i = 0; i < 100; i++) {
          const asked = [store.ping(), store.ping()].map((ping) => ping.catch((error: unknown) => error));
          for (let turns = 0; turns < i % 10; turns++) await new Promise((resolve) => setImmediate(resolve));
          for (const socket of sockets) socket.destroy();
          for (const outcome of await Promise.all(asked))
            if (outcome !== undefined) expect(outcome).toBeInstanceOf(StoreUnavailable);
          await store.ping().catch(() => store.ping());
        }
      } finally {
        await store.close();
      }
    });

    test('a client whose connections say nothing more is opened anew, for the server is there', async () => {
      const url = `mongodb://${host()}/?directConnection=true`;
      const client = await new MongoClient(url).connect();
      const quick = { everyMs: 20, patienceMs: 1000, strikes: 1 };
      let unwatch = (): void => undefined;
      const opened = new Promise<void>((resolve) => {
        unwatch = watch(client, () => new MongoClient(url), quick, resolve);
      });
      for (const socket of sockets) socket.unpipe().pause();
      await opened;
      unwatch();
      expect(await client.db('admin').command({ ping: 1 })).toMatchObject({ ok: 1 });
      await client.close(true);
    });

    test('at the start it is waited for; while running 503 with Retry-After, and it goes on by itself', async () => {
      cut();
      const running = runServer({ JISR_STORE: database(host()) });
      try {
        await running.says(/the store cannot be reached; trying again/);
        up = true;
        await running.says(LISTENING);
        const url = `${running.origin()}/taxii2/`;
        const authorization = `Basic ${Buffer.from(`operator:${running.password()!}`).toString('base64')}`;
        const headers = { authorization, accept: 'application/taxii+json;version=2.1' };
        expect((await fetch(url, { headers })).status).toBe(200);
        cut();
        const down = await fetch(url, { headers });
        expect([down.status, down.headers.get('retry-after')]).toEqual([503, '5']);
        expect((await fetch(new URL('/health/ready', url))).status).toBe(503);
        up = true;
        let status = 503;
        for (let i = 0; i < 20 && status === 503; i++) status = (await fetch(url, { headers })).status;
        expect(status).toBe(200);
      } finally {
        await kill(running);
      }
    });
  });
}
