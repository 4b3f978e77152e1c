/** Doing something to each of several objects: a plan that is shown, and done only with --apply. */
import type { Item } from '../../src/operations/read-collection';
import { titleOf } from '../../src/operations/title';
import { table, type Arguments, type Context, type ExitCode } from '../verb';

/** What becomes of one object. */
export interface Step {
  readonly item: Pick<Item, 'id' | 'object'>;
  /** Why it is not done; undefined if it is. */
  readonly refused?: string;
}

/** Rows of a table that somebody reads. */
const MOST_SHOWN = 200;

/** Tells of every object what was, or would be, done; 1 if something is refused. */
export function tell(a: Arguments, context: Context, verb: string, steps: readonly Step[]): ExitCode {
  const refused = steps.filter((s) => s.refused !== undefined);
  if (a.json)
    context.print(
      JSON.stringify({
        applied: a.apply,
        done: steps.filter((s) => s.refused === undefined).map((s) => s.item.id),
        refused: refused.map((s) => ({ id: s.item.id, why: s.refused })),
      }),
    );
  else {
    const rows = steps
      .slice(0, MOST_SHOWN)
      .map(({ item, refused: why }) => [why === undefined ? verb : `not: ${why}`, titleOf(item), item.id]);
    if (rows.length > 0) context.print(table([a.apply ? 'done' : 'would', 'what', 'id'], rows));
    if (steps.length > rows.length) context.print(`… and ${steps.length - rows.length} more.`);
    const count = steps.length - refused.length;
    context.print(
      `${a.apply ? 'Done' : 'Would do'}: ${verb} ${count} of ${steps.length} objects.${a.apply ? '' : ' Nothing was changed. Say --apply to do it.'}`,
    );
  }
  return refused.length > 0 ? 1 : 0;
}
