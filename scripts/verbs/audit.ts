import { formatTimestamp } from '../../src/domain/timestamp';
import { table, UsageError, type Verb } from '../verb';

export const audit: Verb = {
  name: 'audit',
  summary:
    'show the newest changes of objects, accounts and channels, and what was set aside for the curators',
  help: `jisr audit [--action ACTION] [--limit 50] [--json]

Objects: publish, abandon, remove, retire, set-aside, conflict (two organisations' under one id). Accounts and channels:
add-, change- or remove- before organisation, principal, grant, channel or collection. "who" is an account, local:NAME
for a user of this machine, or server; "for" is the account that it was done for.

Example:
  jisr audit --action set-aside`,
  options: { action: { type: 'string' }, limit: { type: 'string' } },
  run: async (a, context) => {
    const limit = Number(a.text('limit') ?? 50);
    if (!Number.isInteger(limit) || limit < 1)
      throw new UsageError('--limit: an integer greater than 0 is expected.');
    const records = await (await context.store()).records.audit(limit, a.text('action'));
    if (a.json) context.print(JSON.stringify(records));
    else {
      const rows = records.map((r) => [
        formatTimestamp(r.at),
        r.principal,
        r.behalf ?? '',
        r.action,
        r.collection,
        r.subject,
        r.detail.slice(0, 100),
      ]);
      context.print(table(['at', 'who', 'for', 'action', 'collection', 'subject', 'detail'], rows));
    }
    return 0;
  },
};
