import { loadChannels } from '../../src/validation/channel';
import { describeOrganisations } from '../local/local-door';
import { actorOf, type Verb } from '../verb';

const SIGNS = { add: '+', change: '~', remove: '-' } as const;

export const apply: Verb = {
  name: 'apply',
  summary: 'make the channel files the channels in force',
  help: `jisr apply [FOLDER] [--apply] [--drop-objects] [--as LOGIN] [--json]

Shows what differs from the channels in force, by what the files say and not by where they stand; with --apply makes it
so. A collection that still holds objects goes only with --drop-objects, and is refused without --apply too. A wrong
file is refused whole. --as names the account that it is done for, for the audit.

Example:
  jisr apply collections`,
  changes: true,
  options: { 'drop-objects': { type: 'boolean' }, as: { type: 'string' } },
  makesStore: () => true,
  run: async (a, context) => {
    const channels = await loadChannels(a.words[0] ?? context.env['JISR_COLLECTIONS'] ?? 'collections');
    const store = await context.store();
    const changes = await store.catalog.apply(channels, {
      apply: a.apply,
      dropObjects: a.flag('drop-objects'),
      by: await actorOf(a, context, store),
    });
    if (a.apply) await describeOrganisations(store, a, context);
    if (a.json) {
      context.print(JSON.stringify({ applied: a.apply, changes }));
      return 0;
    }
    for (const { kind, subject, details } of changes) {
      context.print(`${SIGNS[kind]} ${subject}`);
      for (const detail of details) context.print(`    ${detail}`);
    }
    const count = changes.length === 1 ? '1 change' : `${changes.length} changes`;
    if (changes.length === 0) context.print('Nothing differs.');
    else context.print(a.apply ? `Done: ${count}.` : `${count}. Nothing was changed. Say --apply to do it.`);
    return 0;
  },
};
