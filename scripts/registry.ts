import { add } from './add';
import { apply } from './apply';
import { audit } from './audit';
import { change } from './change';
import { demo } from './demo';
import { disable, enable } from './disable';
import { expireStatuses } from './expire-statuses';
import { explain } from './explain';
import { ids } from './ids';
import { list } from './list';
import { remove } from './remove';
import { show } from './show';
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
  expireStatuses,
  demo,
];
