import { loadChannels } from '../src/validation/channel';
import type { Verb } from './verb';

const SIGNS = { add: '+', change: '~', remove: '-' } as const;

export const apply: Verb = {
  name: 'apply',
  summary: 'make the channel files the channels in force',
  help: `jisr apply [FOLDER] [--apply] [--drop-objects]

Shows what differs from the channels in force; with --apply makes it so. A collection that still holds
objects goes only with --drop-objects. A wrong file is refused whole.

Example:
  jisr apply collections`,
  options: { 'drop-objects': { type: 'boolean' } },
  run: async (a, context) => {
    const channels = await loadChannels(a.words[0] ?? context.env['JISR_COLLECTIONS'] ?? 'collections');
    const store = await context.store();
    const changes = await store.catalog.apply(channels, {
      apply: a.apply,
      dropObjects: a.flag('drop-objects'),
    });
    if (a.json) {
      context.print(JSON.stringify({ applied: a.apply, changes }));
      return 0;
    }
    for (const { kind, subject, details } of changes) {
      context.print(`${SIGNS[kind]} ${subject}`);
      for (const detail of details) context.print(`    ${detail}`);
    }
    if (changes.length === 0) context.print('Nothing differs.');
    else
      context.print(
        a.apply
          ? `Done: ${changes.length} changes.`
          : `${changes.length} changes. Nothing was changed. Say --apply to do it.`,
      );
    return 0;
  },
};
