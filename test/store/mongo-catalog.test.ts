/** A `default_tlp` that changes, with the process ended at each of its writes (§3 MongoDB: raise before, lower after). */
import { MongoClient } from 'mongodb';
import { v4 as uuid } from 'uuid';
import type { Rank } from '../../src/domain/tlp';
import { writer } from '../../src/store/mongo/writer';
import { catalogReader, mongoCatalog } from '../../src/store/mongo/catalog';
import { connect, type Connection } from '../../src/store/mongo/connection';
import { worker } from '../../src/store/mongo/work';
import { openStore } from '../../src/store/open';
import {
  applied,
  channel,
  collection,
  everything,
  found,
  part,
  read,
  tool,
  toolId,
  write,
} from '../support/exchange';
import { databaseAt } from '../support/mongo-url';

const server = process.env['JISR_TEST_MONGODB'];
const WRITES = /^(insert|update|delete|bulk|replace)/;
class Ended extends Error {}

/** The connection of a process that ends at one of its writes, before or after the database has done it. */
function ending(connection: Connection, at: number, done: boolean): Connection {
  let writes = 0;
  const tables = new Proxy(connection.tables, {
    get: (of, name) =>
      new Proxy(of[name as keyof typeof of], {
        get: (table, method) => {
          const own = Reflect.get(table, method) as unknown;
          if (typeof own !== 'function') return own;
          if (!WRITES.test(String(method))) return own.bind(table) as unknown;
          return async (...args: unknown[]): Promise<unknown> => {
            const last = ++writes === at;
            if (writes > at || (last && !done)) throw new Ended();
            const answer = await (own as (...a: unknown[]) => Promise<unknown>).apply(table, args);
            if (last) throw new Ended();
            return answer;
          };
        },
      }),
  });
  return { ...connection, tables };
}

if (server === undefined) {
  test.skip('SKIPPED, JISR_TEST_MONGODB names no server: a default_tlp that changes', () => undefined);
} else {
  jest.setTimeout(300_000);

  test.each<[string, Rank, Rank, boolean]>([
    ['raised', 1, 4, false],
    ['raised', 1, 4, true],
    ['lowered', 4, 1, false],
    ['lowered', 4, 1, true],
  ])(
    '%s from %d to %d: ended at any write (done: %s), nobody reads what the catalog forbids, and it goes on',
    async (_, from, to, done) => {
      const url = databaseAt(server, `jisr-test-${uuid().slice(0, 8)}`);
      const store = await openStore(url);
      try {
        for (let at = 1; ; at++) {
          const c = collection({ defaultTlp: from });
          const now = { ...c, defaultTlp: to };
          await applied(store, c);
          const objects = [1, 2, 3].map((n) => tool(toolId(), n, null));
          await store.objects.append(write(c), part(objects));
          const connection = await connect(url, {});
          let ended = false;
          try {
            const mortal = ending(connection, at, done);
            const reader = catalogReader(mortal);
            const work = worker(mortal);
            await mongoCatalog(mortal, reader, writer(work, reader)).apply([channel([now])], {
              apply: true,
              dropObjects: true,
            });
          } catch (error) {
            if (!(error instanceof Ended)) throw error;
            ended = true;
          } finally {
            await connection.close();
          }
          // Whoever publishes now has a scope of before, and is judged by the higher of both.
          const late = tool(toolId(), 1, null);
          await store.objects.append(write(c), part([late]));
          const [inForce] = (await store.catalog.channels()).flatMap((ch) => ch.collections);
          const seen = await found(store, read(c, 1), everything);
          if (inForce!.defaultTlp === 4) expect([at, seen]).toEqual([at, []]);
          await applied(store, now);
          const whole = await found(store, read(c, 1), everything);
          expect([at, whole.length]).toEqual([at, to === 4 ? 0 : 4]);
          expect(await found(store, read(c, 4), everything)).toHaveLength(4);
          expect(await store.house.check(() => undefined)).toEqual([]);
          if (!ended) break;
        }
      } finally {
        await store.close();
        const client = await MongoClient.connect(url);
        await client.db().dropDatabase();
        await client.close();
      }
    },
  );

  test('raised, ended, and given up again: the old default holds for all', async () => {
    const url = databaseAt(server, `jisr-test-${uuid().slice(0, 8)}`);
    const store = await openStore(url);
    try {
      const c = collection({ defaultTlp: 1 });
      await applied(store, c);
      await store.objects.append(write(c), part([tool(toolId(), 1, null)]));
      const connection = await connect(url, {});
      const mortal = ending(connection, 8, false);
      const reader = catalogReader(mortal);
      await expect(
        mongoCatalog(mortal, reader, writer(worker(mortal), reader)).apply(
          [channel([{ ...c, defaultTlp: 4 }])],
          { apply: true, dropObjects: true },
        ),
      ).rejects.toThrow(Ended);
      await connection.close();
      await applied(store, c);
      expect(await found(store, read(c, 1), everything)).toHaveLength(1);
    } finally {
      await store.close();
      const client = await MongoClient.connect(url);
      await client.db().dropDatabase();
      await client.close();
    }
  });
}
