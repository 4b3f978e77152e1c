/** The client. Everything is majority: what was acknowledged survives a failover. */
import {
  MongoClient,
  MongoServerError,
  type ClientSession,
  type Collection,
  type Db,
  type IndexDescription,
  type Timestamp,
} from 'mongodb';
import { OperatorError, StoreUnavailable, TaxiiError, withoutSecrets } from '../../domain/errors';
import type { Micros } from '../../domain/timestamp';
import { noStore } from '../refusals';
import type { StoreOptions } from '../store';
import { watch } from './watchdog';
import { cannotBe } from './cannot-be';
import { INDEXES, type Tables } from './tables';

export interface Connection {
  readonly client: MongoClient;
  readonly db: Db;
  readonly tables: Tables;
  readonly clock: () => Micros;
  readonly random: () => number;
  /** The newest that {@link inSession} has seen. */
  readonly moment: { time?: Timestamp };
  readonly close: () => Promise<void>;
}

export const DUPLICATE = 11000;
export const isDuplicate = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === DUPLICATE;

/** What a socket says when it ends; the driver hands some of them on as they are. */
const SOCKET: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_WRITE_AFTER_END',
  'ERR_SOCKET_CLOSED',
]);

/** What an adapter's method does, with what goes wrong told in the words of the port. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TaxiiError || error instanceof OperatorError || error instanceof StoreUnavailable)
      throw error;
    const { name, code, message } = error as Error & { code?: unknown };
    if (name.startsWith('Mongo') || SOCKET.has(code))
      throw new StoreUnavailable(`The store is busy or out of reach (${withoutSecrets(message)}).`, {
        cause: error,
      });
    throw error;
  }
}

/**
 * One history of all that this process reads and writes in sessions, across a failover too: whatever it has seen of the
 * database, a later session sees that or what came after it. A primary that was just elected answers when it knows it.
 */
export async function inSession<T>(
  { client, moment }: Pick<Connection, 'client' | 'moment'>,
  work: (session: ClientSession) => Promise<T>,
): Promise<T> {
  const session = client.startSession({ causalConsistency: true });
  try {
    if (moment.time) session.advanceOperationTime(moment.time);
    return await work(session);
  } finally {
    // Compatible servers that are one machine do not say it.
    const { operationTime } = session;
    if (operationTime && !(moment.time?.greaterThan(operationTime) ?? false)) moment.time = operationTime;
    await session.endSession();
  }
}

/** The clock of the database's machine: one wrong clock among many processes must not carry a collection ahead. */
async function serverClock(db: Db): Promise<() => Micros> {
  const before = Date.now();
  const { localTime } = (await db.admin().command({ hello: 1 })) as { localTime?: Date | number };
  const after = Date.now();
  // A compatible server may say it as a number.
  const ahead = localTime === undefined ? 0 : Number(localTime) - (before + after) / 2;
  return () => Math.round((Date.now() + ahead) * 1000);
}

/** Makes the indexes, unless these very ones were made: one look at every start of a server, a job or a verb. */
async function ensureIndexes(db: Db, tables: Tables): Promise<void> {
  const value = JSON.stringify(INDEXES);
  if ((await tables.meta.findOne({ _id: 'indexes' }))?.value === value) return;
  for (const name of new Set(INDEXES.map(([of]) => of))) {
    const own = INDEXES.filter(([of]) => of === name);
    await db
      .collection(name)
      .createIndexes(own.map(([, key, how]) => ({ key: key as IndexDescription['key'], ...how })));
  }
  await tables.meta.updateOne({ _id: 'indexes' }, { $set: { value } }, { upsert: true });
}

/**
 * @param url `mongodb://…` or `mongodb+srv://…`, with the database's name in its path.
 * @throws {OperatorError} it cannot be. @throws {StoreUnavailable} not now.
 */
export async function connect(url: string, options: StoreOptions): Promise<Connection> {
  try {
    return await open(url, options);
  } catch (error) {
    throw cannotBe(error instanceof StoreUnavailable ? error.cause : error) ?? error;
  }
}

const clientFor = (url: string): MongoClient =>
  new MongoClient(url, {
    appName: 'jisr',
    // Measured on compatible servers: more than this in parallel only waits inside.
    maxPoolSize: 8,
    readPreference: 'primary',
    readConcern: { level: 'majority' },
    writeConcern: { w: 'majority' },
    serverSelectionTimeoutMS: 5000,
    connectTimeoutMS: 5000,
    socketTimeoutMS: 60_000,
    ignoreUndefined: true,
  });

async function open(url: string, options: StoreOptions): Promise<Connection> {
  const client = clientFor(url);
  return guarded(async () => {
    try {
      await client.connect();
      const db = client.db();
      const table = (name: keyof Tables): Collection<never> => db.collection(name);
      const names = [...new Set(INDEXES.map(([name]) => name))];
      const rest = ['publications', 'meta', 'grants', 'leases', 'runs', 'reads'] as const;
      const tables = Object.fromEntries([...names, ...rest].map((n) => [n, table(n)])) as unknown as Tables;
      if (options.existing && !(await tables.meta.findOne({ _id: 'indexes' })))
        throw noStore(`${db.databaseName} on ${client.options.hosts.join(', ')}`);
      if (!options.trial) await ensureIndexes(db, tables);
      const clock = options.clock ?? (await serverClock(db));
      const unwatch = watch(client, () => clientFor(url));
      const close = async (): Promise<void> => {
        unwatch();
        await client.close();
      };
      return { client, db, tables, clock, random: options.random ?? Math.random, moment: {}, close };
    } catch (error) {
      await client.close();
      throw error;
    }
  });
}
