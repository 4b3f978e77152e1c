/** What happens before anything is served: the store is reached and brought up to date, once among all who start. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config';
import { OperatorError } from '../domain/errors';
import { describeAll } from '../publish/describe';
import { SERVER } from '../domain/actor';
import type { Channel } from '../domain/channel';
import { firstOperator, type FirstAccount } from './first-start';
import { holdLease } from '../jobs/hold-lease';
import type { Logger } from '../log';
import { openDoor } from '../publish/publish';
import { openStore } from '../store/open';
import type { Store } from '../store/store';
import { patiently, WAITING } from '../threads/patiently';
import { loadChannels } from '../validation/channel';

/** A process that died while it prepared is waited for this long, in microseconds; one that lives prolongs it. */
const PATIENCE = 60e6;
const HEARTBEAT_MS = 15_000;
const TURN_MS = 100;
const MOST_TURNS = 1200;
/** Of what describes organisations: it comes from here. */
const OWN_LIMITS = { depth: 16, objects: 1000 };

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

/** Channels, the first account, what describes the organisations; and what an operator should hear at each start. */
async function bring(
  store: Store,
  channels: readonly Channel[],
  log: Logger,
  made: (account: FirstAccount) => void,
): Promise<void> {
  const clock = (): number => Date.now() * 1000;
  const changes = await store.catalog.apply(channels, { apply: true, dropObjects: false });
  for (const { kind, subject, details } of changes) log.info({ kind, subject, details }, 'channel applied');
  const first = await firstOperator(store, clock(), made);
  const door = openDoor(store, { clock, limits: OWN_LIMITS, atOnce: true, report: () => undefined });
  for (const { id, message } of await describeAll(store, door, clock(), SERVER))
    log.warn({ id, message }, 'what describes an organisation was refused');
  for (const { name, firstPassword, disabled } of await store.people.principals())
    if (firstPassword && !disabled && !first)
      log.warn(
        { account: name },
        'the first password is to be changed: jisr change principal NAME --new-password --apply',
      );
}

/**
 * Migrations, channels, the first account.
 *
 * @param made told of the account before it is saved: whatever goes wrong afterwards, its password is nowhere else.
 * @throws {OperatorError} the channel files are wrong, or the store cannot be.
 */
export async function prepare(
  config: Config,
  log: Logger,
  made: (account: FirstAccount) => void,
): Promise<void> {
  const channels = await loadChannels(config.collections);
  await patiently(
    async () => {
      const store = await openStore(config.store);
      try {
        await inTurn(store.house, () => bring(store, channels, log, made));
      } finally {
        await store.close();
      }
    },
    (wait) => log.warn(wait, WAITING),
  );
}
