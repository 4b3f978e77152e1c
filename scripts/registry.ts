import { add } from './verbs/add';
import { apply } from './verbs/apply';
import { audit } from './verbs/audit';
import { audience } from './verbs/audience';
import { backup } from './verbs/backup';
import { change } from './verbs/change';
import { check } from './verbs/check';
import { dedupe } from './verbs/dedupe';
import { diff } from './verbs/diff';
import { demo } from './verbs/demo';
import { disable, enable } from './verbs/disable';
import { expireStatuses } from './verbs/expire-statuses';
import { explain } from './verbs/explain';
import { exportVerb } from './verbs/export';
import { ids } from './verbs/ids';
import { importVerb } from './verbs/import';
import { jobs } from './verbs/jobs';
import { list } from './verbs/list';
import { migrate } from './verbs/migrate';
import { password } from './verbs/password';
import { poll } from './verbs/poll';
import { publications } from './verbs/publications';
import { publish } from './verbs/publish';
import { remove } from './verbs/remove';
import { restore } from './verbs/restore';
import { expire, revoke } from './verbs/revise';
import { search } from './verbs/search';
import { shard } from './verbs/shard';
import { show } from './verbs/show';
import { stats } from './verbs/stats';
import { copy, move } from './verbs/transfer';
import { validate } from './verbs/validate';
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
  audience,
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
  password,
  jobs,
  backup,
  restore,
  migrate,
  shard,
  expireStatuses,
  demo,
];
