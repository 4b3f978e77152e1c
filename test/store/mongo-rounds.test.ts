/** How often a store on MongoDB waits for the database: what is asked at the same time is one round trip. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { v4 as uuid } from 'uuid';
import { connect as connectStore } from '../../src/store/mongo/connection';
import { ALL } from '../../src/domain/query';
import { openStore } from '../../src/store/open';
import {
  applied,
  collection,
  found,
  part,
  query,
  read,
  removal,
  tool,
  toolId,
  write,
} from '../support/exchange';
import { databaseAt, firstHost } from '../support/mongo-url';

const server = process.env['JISR_TEST_MONGODB'];

/** A way to the server that counts: a question that is sent after an answer came begins another round trip. */
async function counter(url: string) {
  const { hostname, port } = firstHost(url);
  let [rounds, answered] = [0, true];
  const proxy = createServer((near) => {
    const far = connect(port, hostname);
    far.on('error', () => near.destroy());
    near.on('error', () => far.destroy());
    near.on('close', () => far.destroy());
    near.on('data', (sent) => {
      // The driver's own looks at the server are nobody's wait.
      if (answered && !sent.includes('hello') && !sent.includes('ismaster')) rounds++;
      answered = false;
      far.write(sent);
    });
    far.on('data', (said) => {
      answered = true;
      near.write(said);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    host: `127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    /** The fewest of several times: connections are made at first, and the driver looks at the server now and then. */
    least: async (work: () => Promise<unknown>): Promise<number> => {
      const counts: number[] = [];
      for (let times = 0; times < 8; times++) {
        [rounds, answered] = [0, true];
        await work();
        counts.push(rounds);
      }
      return Math.min(...counts);
    },
    close: () => proxy.close(),
  };
}

if (server === undefined) {
  test.skip('SKIPPED, JISR_TEST_MONGODB names no server: round trips', () => undefined);
} else {
  jest.setTimeout(60_000);
  test('a page takes two round trips, nothing new one, a publication four, and the chain is asked each time', async () => {
    const way = await counter(server);
    const name = `jisr-${uuid().slice(0, 13)}`;
    const store = await openStore(databaseAt(server, name, way.host));
    const other = await openStore(databaseAt(server, name));
    const connection = await connectStore(databaseAt(server, name), {});
    try {
      const c = collection();
      await applied(store, c);
      const ten = () => part(Array.from({ length: 10 }, () => tool(toolId(), 1, 0)));
      await store.objects.append(write(c), ten());
      const { last } = await store.objects.list(read(c, 4), query());
      expect(await way.least(() => store.objects.find(read(c, 4), query({ limit: 5 })))).toBe(2);
      expect(await way.least(() => store.objects.find(read(c, 4), query()))).toBe(2);
      expect(await way.least(() => store.objects.manifest(read(c, 4), query()))).toBe(2);
      expect(await way.least(() => store.objects.find(read(c, 4), query({ after: last })))).toBe(1);
      expect(await way.least(() => store.objects.append(write(c), ten()))).toBe(4);
      // Whatever another process wrote before it was asked for is there.
      for (let times = 0; times < 5; times++) {
        const before = await store.objects.list(read(c, 4), query());
        await other.objects.append(write(c), ten());
        expect(await found(store, read(c, 4), query({ after: before.last }))).toHaveLength(10);
      }
      // Where it is not known how large objects are, their sizes are looked at first: bodies come with the second trip.
      const whole = await found(store, read(c, 4), query());
      await connection.tables.batches.updateMany({}, { $unset: { largest: '' } });
      const old = await openStore(databaseAt(server, name, way.host));
      expect(await found(old, read(c, 4), query())).toEqual(whole);
      expect(await way.least(() => old.objects.find(read(c, 4), query()))).toBe(2);
      await old.close();
      // What is kept is right if the chain says so: one walk, and nothing is read again.
      const keeping = await openStore(databaseAt(server, name, way.host), { pageBytes: 1e6 });
      for (const asked of [query({ limit: 5 }), query()]) {
        const ask = () => keeping.objects.find(read(c, 4), asked);
        const page = await ask();
        expect(await way.least(async () => expect(await ask()).toEqual(page))).toBe(1);
      }
      const first = await keeping.objects.find(read(c, 4), query({ limit: 5 }));
      await other.objects.append(write(c), ten());
      expect(await found(keeping, read(c, 4), query())).toHaveLength(whole.length + 10);
      // A full page outlives what is published behind it; what is taken out of it does not stay in it.
      const again = () => keeping.objects.find(read(c, 4), query({ limit: 5 }));
      expect(await way.least(async () => expect(await again()).toEqual(first))).toBe(1);
      const [gone] = JSON.parse(`[${first.items.toString()}]`) as { id: string }[];
      await other.objects.remove(removal(c), gone!.id, { version: ALL, specVersions: undefined });
      expect((await again()).items.toString()).not.toContain(gone!.id);
      await keeping.close();
    } finally {
      await store.close();
      await other.close();
      await connection.db.dropDatabase();
      await connection.close();
      way.close();
    }
  });
}
