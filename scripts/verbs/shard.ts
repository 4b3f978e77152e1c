import { OperatorError } from '../../src/domain/errors';
import { mayBePlain } from '../../src/config';
import { requirePrivate } from '../../src/store/url';
import { SHARD_KEYS, shard as run, shardCommands } from '../../src/store/mongo/sharding';
import { table, type Verb } from '../verb';

export const shard: Verb = {
  name: 'shard',
  summary: 'spread a store on MongoDB over a sharded cluster',
  help: `jisr shard [--apply] [--json]

Prints the shard key of each collection with its reason, and the commands; --apply runs them. JISR_STORE must name the
router of a sharded cluster. Run it once, best before there is much in the store.

Example:
  JISR_STORE=mongodb://router.example.org/jisr jisr shard`,
  changes: true,
  options: {},
  run: async (a, context) => {
    const url = requirePrivate(context.env['JISR_STORE'] ?? '', mayBePlain(context.env));
    if (!/^mongodb(?:\+srv)?:\/\//.test(url))
      throw new OperatorError('JISR_STORE: is no mongodb:// URL; only a store on MongoDB is sharded.');
    const database = /^[^/]+\/\/[^/?]+\/([^?]+)/.exec(url)?.[1] ?? 'test';
    const commands = shardCommands(database);
    if (a.apply) await run(url);
    if (a.json) context.print(JSON.stringify({ applied: a.apply, keys: SHARD_KEYS, commands }));
    else {
      const rows = SHARD_KEYS.map(({ collection, key, why }) => [collection, JSON.stringify(key), why]);
      context.print(`${table(['collection', 'key', 'why'], rows)}\n\n${commands.join('\n')}\n`);
      context.print(a.apply ? 'Done.' : 'Nothing was changed. Say --apply to run them.');
    }
    return 0;
  },
};
