/**
 * The housekeeper's thread: the jobs, and writing down how far readers came. One for all processes of a server, in the
 * one that watches them, so that the thread that answers polls never waits for a lock or a long look.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { Door } from '../publish/door';
import type { DoorOptions, OpenDoor } from '../publish/publish';
import { openStore } from '../store/open';
import type { Noticed } from '../store/house';
import type { Store } from '../store/store';
import { BEHIND, goBehind } from '../threads/behind';
import { keepThread } from '../threads/kept';
import { startJobs, type Report, type Schedule } from './schedule';

export interface HousekeeperOptions {
  /** What `openStore` takes. */
  readonly store: string;
  readonly limits: DoorOptions['limits'];
  readonly statusDays: number;
  readonly schedule: Schedule;
}

export interface Housekeeper {
  /** Has it written down how far readers came, and which tokens were used. */
  note(noticed: Noticed): void;
  /** Ends the jobs under way, and starts none any more; waits for nothing. */
  quiet(): void;
  /** Resolves when what was handed over is written down and the thread has ended. @param late ends it as it is. */
  stop(late?: Promise<void>): Promise<void>;
}

type Order = Noticed | 'quiet' | 'stop';
type Word = Parameters<Report>;

const isAnything = ({ readings, uses }: Noticed): boolean => readings.length + uses.length > 0;

/** How long a thread may take to end, in ms: its steps are small. */
const PATIENCE_MS = 4000;

/** Starts the thread, and starts it again whenever it ends by itself: polls go on without it. */
export function startHousekeeper(options: HousekeeperOptions, report: Report): Housekeeper {
  const thread = keepThread(
    __filename,
    { workerData: options },
    (word) => report(...(word as Word)),
    (error, _code, pause) => {
      if (error) report('error', { error: String(error) }, 'the housekeeper failed');
      if (pause !== undefined) report('warn', { pause }, 'the housekeeper ended; another one is started');
    },
  );
  const tell = (order: Order): void => thread.worker()?.postMessage(order);

  return {
    note: (noticed) => {
      if (isAnything(noticed)) tell(noticed);
    },
    quiet: () => {
      thread.last();
      tell('quiet');
    },
    stop: async (late) => {
      thread.last();
      tell('stop');
      const cut = (): void => void thread.worker()?.terminate();
      const impatient = setTimeout(cut, PATIENCE_MS);
      void late?.then(cut);
      await thread.ended();
      clearTimeout(impatient);
    },
  };
}

/** For a process that was forked: the housekeeper is with the one that watches. */
export const distantHousekeeper = (): Housekeeper => ({
  note: (noticed) => {
    // The channel may be closed already; readers' marks are worth no more than this.
    if (isAnything(noticed)) process.send?.({ noticed }, undefined, {}, () => undefined);
  },
  quiet: () => undefined,
  stop: () => Promise.resolve(),
});

/** Publishing is rare here, and the door with its rules is large: it is opened when it is first needed. */
function doorOf(store: Store, limits: DoorOptions['limits'], report: Report): Pick<Door, 'publish'> {
  let door: Promise<OpenDoor> | undefined;
  const clock = (): number => Date.now() * 1000;
  const open = async (): Promise<OpenDoor> => {
    const { openDoor } = await import('../publish/publish.js');
    return openDoor(store, { clock, limits, report: (event, details) => report('info', details, event) });
  };
  return { publish: async (request) => (await (door ??= open())).publish(request) };
}

async function keepHouse(port: NonNullable<typeof parentPort>, options: HousekeeperOptions): Promise<void> {
  goBehind();
  const report: Report = (...word) => port.postMessage(word satisfies Word);
  const store = await openStore(options.store, BEHIND);
  const { statusDays, schedule, limits } = options;
  const clock = (): number => Date.now() * 1000;
  const jobs = startJobs({ store, door: doorOf(store, limits, report), clock, statusDays }, schedule, report);
  /** What is asked of it is done in turn. */
  let last: Promise<unknown> = Promise.resolve();
  const note = async ({ readings, uses }: Noticed): Promise<void> => {
    try {
      if (readings.length > 0) await store.house.noteReadings(readings);
      if (uses.length > 0) await store.house.noteUses(uses);
    } catch (error) {
      report('warn', { error: String(error) }, 'how far readers came was not noted');
    }
  };
  port.on('message', (order: Order) => {
    if (order === 'quiet') last = Promise.all([last, jobs.stop()]);
    else if (order === 'stop')
      void Promise.all([last, jobs.stop()]).then(async () => {
        await store.close();
        port.close();
      });
    else last = last.then(() => note(order));
  });
}

if (!isMainThread && parentPort) void keepHouse(parentPort, workerData as HousekeeperOptions);
