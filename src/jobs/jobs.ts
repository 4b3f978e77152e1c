/** Every job, in the order of the night. */
import { DAY } from '../domain/timestamp';
import { endings } from './endings';
import { expire } from './expiry';
import type { Job } from './job';
import { retire } from './retention';
import { snapshot } from './statistics';

export const JOBS: readonly Job[] = [
  {
    name: 'expiry',
    when: '7 * * * *',
    minutes: 30,
    summary: "report indicators past their time to who published them; revoke the operator's own",
    run: expire,
  },
  {
    name: 'statistics',
    when: '2 0 * * *',
    minutes: 60,
    summary: 'a snapshot of what the collections hold',
    run: snapshot,
  },
  {
    name: 'retention',
    when: '37 2 * * *',
    minutes: 120,
    summary: "remove what the collections' policies keep no longer, after a notice",
    run: retire,
  },
  {
    name: 'statuses',
    when: '17 3 * * *',
    minutes: 30,
    summary: 'remove statuses older than their promised time (T-276, T-402b)',
    run: async ({ store, clock, statusDays, apply }) => ({
      removed: await store.records.expireStatuses(clock() - statusDays * DAY, apply),
    }),
  },
  {
    name: 'maintenance',
    when: '27 3 * * *',
    minutes: 120,
    summary: 'checkpoint, optimise and give space back',
    run: async ({ store, apply, ...permit }) =>
      apply ? store.house.maintain(permit) : { skipped: 'it only runs for real' },
  },
  {
    name: 'endings',
    when: '12 6 * * *',
    minutes: 10,
    summary: 'warn of tokens and passwords that end within two weeks',
    run: endings,
  },
  {
    name: 'check',
    when: '47 3 * * *',
    minutes: 360,
    summary: "hold the store against the exchange's promises",
    run: async ({ store, ...permit }) => {
      const defects = await store.house.check(() => undefined, permit);
      if (defects.length > 0)
        throw new Error(
          `${defects.length} defects, the first: ${JSON.stringify(defects[0])}. Run: jisr check`,
        );
      return { defects: 0 };
    },
  },
];
