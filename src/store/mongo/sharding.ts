/** How the collections are spread over a sharded cluster, and why. */
import { MongoClient } from 'mongodb';
import { OperatorError } from '../../domain/errors';

export interface ShardKey {
  readonly collection: string;
  readonly key: Readonly<Record<string, 1 | 'hashed'>>;
  readonly why: string;
}

export const SHARD_KEYS: readonly ShardKey[] = [
  {
    collection: 'entries',
    key: { c: 1, u: 1 },
    why: 'all entries of an object on one shard, so that its place is taken once and its versions are one look; a page by date is merged from the shards',
  },
  {
    collection: 'batches',
    key: { _id: 1 },
    why: 'the unique insert of <collection>:<number> is the decision: the key must be what is unique; a collection stays together',
  },
  { collection: 'chunks', key: { token: 'hashed' }, why: 'large, short-lived, read by their token only' },
  { collection: 'statuses', key: { _id: 'hashed' }, why: 'read by their id only' },
  { collection: 'parts', key: { status: 'hashed' }, why: 'read by their status only' },
  { collection: 'audit', key: { _id: 'hashed' }, why: 'written evenly; read by operators, from all shards' },
];

/** The commands as an administrator would type them in mongosh. */
export function shardCommands(database: string): string[] {
  return [
    `sh.enableSharding(${JSON.stringify(database)})`,
    ...SHARD_KEYS.map(
      ({ collection, key }) =>
        `sh.shardCollection(${JSON.stringify(`${database}.${collection}`)}, ${JSON.stringify(key)})`,
    ),
  ];
}

/** Runs them. @throws {OperatorError} the server is not a cluster's router. */
export async function shard(url: string): Promise<void> {
  const client = await MongoClient.connect(url, { serverSelectionTimeoutMS: 5000 });
  try {
    const admin = client.db('admin');
    const { msg } = (await admin.command({ hello: 1 })) as { msg?: string };
    if (msg !== 'isdbgrid')
      throw new OperatorError(
        'This server is not the router (mongos) of a sharded cluster; nothing was changed.',
      );
    const { databaseName } = client.db();
    await admin.command({ enableSharding: databaseName });
    for (const { collection, key } of SHARD_KEYS)
      await admin.command({ shardCollection: `${databaseName}.${collection}`, key });
  } finally {
    await client.close();
  }
}
