import { formatTimestamp } from '../../src/domain/timestamp';
import { conclude, UsageError, type Verb } from '../verb';

const DAY_MICROS = 24 * 3600 * 1e6;

export const expireStatuses: Verb = {
  name: 'expire-statuses',
  summary: 'remove finished statuses older than some days',
  help: `jisr expire-statuses [--days 7] [--apply]

A status is promised for a day (TAXII 2.1 §4.3); the server does this by itself every night.

Example:
  jisr expire-statuses --days 30`,
  changes: true,
  options: { days: { type: 'string' } },
  run: async (a, context) => {
    const days = Number(a.text('days') ?? 7);
    if (!Number.isInteger(days) || days < 1)
      throw new UsageError('--days: an integer of at least 1 is expected.');
    const before = context.clock() - days * DAY_MICROS;
    const count = await (await context.store()).records.expireStatuses(before, a.apply);
    return conclude(a, context, `remove ${count} statuses requested before ${formatTimestamp(before)}`, {
      count,
    });
  },
};
