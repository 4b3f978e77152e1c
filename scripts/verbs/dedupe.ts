import { v4 as uuid } from 'uuid';
import { OperatorError } from '../../src/domain/errors';
import { identityOf } from '../../src/domain/identity';
import { formatTimestamp } from '../../src/domain/timestamp';
import { LocalDoor } from '../local/local-door';
import { keyOf } from '../input/same';
import type { Item } from '../../src/operations/read-collection';
import { titleOf } from '../../src/operations/title';
import { actingAs, collectionNamed, selected, SELECTION, SELECTION_HELP } from '../local/select';
import { table, type Verb } from '../verb';

/** The one that stays: what its own producer published, else what came first. */
function kept(group: readonly Item[], owners: ReadonlyMap<string, string>): Item {
  const own = group.find((i) => {
    const creator = i.object['created_by_ref'];
    return typeof creator === 'string' && owners.get(creator) === i.publisher;
  });
  return own ?? (group[0] as Item);
}

const pair = (source: unknown, target: unknown): string => `${String(source)} ${String(target)}`;

export const dedupe: Verb = {
  name: 'dedupe',
  summary: 'join what is the same thing under different ids',
  help: `jisr dedupe ROOT/ALIAS [OPTIONS] [--apply] [--json]

The same are: indicators of one pattern (after normalisation: space, order of alternatives, case of names and hashes),
observables of one content, other objects of one type, name and aliases. In each group the one that its own producer
published is kept, else the oldest arrival; each other one is joined to it by a relationship "duplicate-of" of the
organisation of the account. Nothing is removed, and what is joined already is left alone.

${SELECTION_HELP}

Example:
  jisr dedupe europe/indicators --type indicator`,
  changes: true,
  options: SELECTION,
  run: async (a, context) => {
    const store = await context.store();
    const collection = await collectionNamed(store, a.words[0]);
    const principal = await actingAs(store, a);
    const owners = new Map(
      (await store.people.organisations()).flatMap((o) =>
        o.identity === undefined ? [] : [[o.identity, o.id]],
      ),
    );
    const groups = new Map<string, Item[]>();
    const joined = new Set<string>();
    for await (const item of selected(store, collection, a, context)) {
      const { object } = item;
      if (object['relationship_type'] === 'duplicate-of' && object['revoked'] !== true)
        joined.add(pair(object['source_ref'], object['target_ref']));
      const key = keyOf(object);
      if (key === undefined) continue;
      const group = groups.get(key);
      if (!group) groups.set(key, [item]);
      else if (!group.some((i) => i.id === item.id)) group.push(item);
    }
    const found = [...groups.values()].filter((group) => group.length > 1);
    const door = new LocalDoor(store, principal, collection, context, a.apply);
    const now = formatTimestamp(context.clock()).replace(/\d{3}Z$/, 'Z');
    const report = found.map((group) => {
      const keep = kept(group, owners);
      const others = group.filter((i) => i !== keep);
      return { keep, others, fresh: others.filter((i) => !joined.has(pair(i.id, keep.id))) };
    });
    for (const { keep, fresh } of report) {
      for (const other of fresh) {
        const marks = other.rank > keep.rank ? other.object : keep.object;
        await door.add(
          JSON.stringify({
            type: 'relationship',
            spec_version: '2.1',
            id: `relationship--${uuid()}`,
            created_by_ref: identityOf(principal.organisation),
            created: now,
            modified: now,
            relationship_type: 'duplicate-of',
            source_ref: other.id,
            target_ref: keep.id,
            ...(marks['object_marking_refs'] === undefined
              ? {}
              : { object_marking_refs: marks['object_marking_refs'] }),
          }),
        );
      }
    }
    await door.flush();
    const [refusal] = door.outcome.refused;
    if (refusal) throw new OperatorError(`A relationship was refused: ${refusal.message ?? ''}`);
    const joins = report.reduce((sum, r) => sum + r.fresh.length, 0);
    if (a.json)
      context.print(
        JSON.stringify({
          applied: a.apply,
          groups: report.map((r) => ({
            keep: r.keep.id,
            duplicates: r.others.map((i) => i.id),
            joins: r.fresh.length,
          })),
          joins,
        }),
      );
    else {
      const rows = report.flatMap(({ keep, others, fresh }) => [
        ['keep', titleOf(keep), keep.id],
        ...others.map((i) => [fresh.includes(i) ? 'join' : 'joined', titleOf(i), i.id]),
      ]);
      if (rows.length > 0) context.print(table(['how', 'what', 'id'], rows));
      context.print(
        `${report.length} groups; ${joins} to join.${a.apply ? ' Done.' : ' Nothing was changed. Say --apply to do it.'}`,
      );
    }
    return 0;
  },
};
