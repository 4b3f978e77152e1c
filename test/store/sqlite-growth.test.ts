/** What a part of a large publication costs does not grow with the parts before it: by statements, rows and bytes, not by time. */
import { v4 as uuid } from 'uuid';
import type Database from 'better-sqlite3';
import { append } from '../../src/store/sqlite/append';
import { sqliteCatalog } from '../../src/store/sqlite/catalog';
import { connect, type Connection } from '../../src/store/sqlite/connection';
import { sqliteRecords } from '../../src/store/sqlite/records';
import { channel, collection, day, part, tool, toolId, write } from '../support/exchange';

const PARTS = 200;
const EACH = 5;

interface Cost {
  statements: number;
  /** Rows given by SELECTs. */
  read: number;
  /** Characters of texts that were bound or read. */
  texts: number;
}

const textsIn = (value: unknown): number =>
  typeof value === 'string'
    ? value.length
    : typeof value === 'object' && value !== null && !Buffer.isBuffer(value)
      ? Object.values(value).reduce<number>((sum, inner) => sum + textsIn(inner), 0)
      : 0;

/** A connection that counts. */
function counting(connection: Connection, cost: Cost): Connection {
  const around = (statement: Database.Statement): Database.Statement => {
    const counted =
      <T>(run: (...args: unknown[]) => T) =>
      (...args: unknown[]): T => {
        const result = run(...args);
        cost.statements++;
        cost.read += Array.isArray(result) ? result.length : 1;
        cost.texts += textsIn(args) + textsIn(result);
        return result;
      };
    const all = {
      run: counted((...args) => statement.run(...args)),
      get: counted((...args) => statement.get(...args)),
      all: counted((...args) => statement.all(...args)),
      pluck: () => around(statement.pluck()),
    };
    return all as unknown as Database.Statement;
  };
  return { ...connection, sql: (text) => around(connection.sql(text)) };
}

test(`the last of ${PARTS} parts of one publication costs what the first did`, async () => {
  const connection = connect(':memory:');
  const c = collection();
  await sqliteCatalog(connection).apply([channel([c])], { apply: true, dropObjects: true });
  const scope = write(c);
  const ids = Array.from({ length: PARTS * EACH }, toolId);
  const seed = { id: uuid(), requested: 1_700_000_000_000_000, total: ids.length };
  const sizes = Array.from({ length: PARTS }, () => EACH);
  const pendings = ids.map((id) => ({ id, version: day(1) }));
  await sqliteRecords(connection).begin(scope, seed, Buffer.from('{}'), pendings, { cut: 1, sizes });
  const costs = Array.from({ length: PARTS }, (_, number): Cost & { changes: number } => {
    const changes = (): number => connection.db.prepare('SELECT total_changes()').pluck().get() as number;
    const before = changes();
    const cost: Cost = { statements: 0, read: 0, texts: 0 };
    const objects = ids.slice(number * EACH, (number + 1) * EACH).map((id) => tool(id, 1, 0));
    append(counting(connection, cost), scope, part(objects, { status: seed, number, last: false }));
    return { ...cost, changes: changes() - before };
  });
  expect(new Set(costs.map((cost) => JSON.stringify(cost))).size).toBe(1);
  connection.db.close();
});
