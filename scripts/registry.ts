import { add } from './add';
import { apply } from './apply';
import { audit } from './audit';
import { change } from './change';
import { diff } from './diff';
import { demo } from './demo';
import { disable, enable } from './disable';
import { expireStatuses } from './expire-statuses';
import { explain } from './explain';
import { exportVerb } from './export';
import { ids } from './ids';
import { importVerb } from './import';
import { list } from './list';
import { remove } from './remove';
import { expire, revoke } from './revise';
import { search } from './search';
import { show } from './show';
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
  revoke,
  expire,
  copy,
  move,
  expireStatuses,
  demo,
];
