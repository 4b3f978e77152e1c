/** What happens before anything is served: the store is reached and brought up to date, once among all who start. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from './config';
import { OperatorError, StoreUnavailable } from './domain/errors';
import { firstOperator } from './first-start';
import { holdLease } from './jobs/hold-lease';
import type { Logger } from './log';
import { openStore } from './store/open';
import type { Store } from './store/store';
import { loadChannels } from './validation/channel';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** A process that died while it prepared is waited for this long, in microseconds; one that lives prolongs it. */
const PATIENCE = 60e6;
const HEARTBEAT_MS = 15_000;
const TURN_MS = 100;
const MOST_TURNS = 1200;

/** Work that is tried until the store can be reached; each wait is logged. */
async function patiently<T>(log: Logger, work: () => Promise<T>): Promise<T> {
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      log.warn({ error: error.message, wait }, 'the store cannot be reached; trying again');
      await sleep(wait);
    }
  }
}

/**
 * Runs work while nobody else who starts does.
 *
 * @param work decided in units of work of its own: whoever does it after this one was held up finds nothing to do.
 */
export async function inTurn(
  house: Store['house'],
  work: () => Promise<void>,
  heartbeatMs = HEARTBEAT_MS,
): Promise<void> {
  const clock = (): number => Date.now() * 1000;
  const holding = { name: 'prepare', clock, patience: PATIENCE, heartbeatMs };
  for (let turn = 0; !(await holdLease(house, holding, work)); turn++) {
    if (turn >= MOST_TURNS)
      throw new OperatorError('Another process has been preparing the store for minutes. Look at its log.');
    await sleep(TURN_MS);
  }
}

/** Migrations, channels, the first account. @throws {OperatorError} the channel files are wrong. */
export async function prepare(config: Config, log: Logger): Promise<void> {
  const channels = await loadChannels(config.collections);
  await patiently(log, async () => {
    const store = await openStore(config.store);
    try {
      await inTurn(store.house, async () => {
        const changes = await store.catalog.apply(channels, { apply: true, dropObjects: false });
        for (const { kind, subject, details } of changes)
          log.info({ kind, subject, details }, 'channel applied');
        const operator = await firstOperator(store);
        if (operator) {
          // To the terminal and not to the log: it is shown this once and kept nowhere.
          process.stderr.write(
            `\n  First start: an operator account was made.\n\n    account   ${operator.name}\n    password  ${operator.password}\n\n` +
              `  Keep the password now, it is not shown again.\n\n`,
          );
        }
      });
    } finally {
      await store.close();
    }
  });
}
