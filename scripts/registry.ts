import { add } from './add';
import { apply } from './apply';
import { audit } from './audit';
import { backup } from './backup';
import { change } from './change';
import { check } from './check';
import { dedupe } from './dedupe';
import { diff } from './diff';
import { demo } from './demo';
import { disable, enable } from './disable';
import { expireStatuses } from './expire-statuses';
import { explain } from './explain';
import { exportVerb } from './export';
import { ids } from './ids';
import { importVerb } from './import';
import { jobs } from './jobs';
import { list } from './list';
import { migrate } from './migrate';
import { poll } from './poll';
import { publications } from './publications';
import { publish } from './publish';
import { remove } from './remove';
import { restore } from './restore';
import { expire, revoke } from './revise';
import { search } from './search';
import { shard } from './shard';
import { show } from './show';
import { stats } from './stats';
import { copy, move } from './transfer';
import { validate } from './validate';
import type { Verb } from './verb';

/** Every verb of the `jisr` command, in the order of the help. */
export const VERBS: readonly Verb[] = [
  apply,
  add,
  list,
  show,
  change,
  disable,
  enable,
  remove,
  explain,
  audit,
  validate,
  ids,
  search,
  importVerb,
  exportVerb,
  diff,
  dedupe,
  revoke,
  expire,
  copy,
  move,
  stats,
  check,
  publications,
  publish,
  poll,
  jobs,
  backup,
  restore,
  migrate,
  shard,
  expireStatuses,
  demo,
];
