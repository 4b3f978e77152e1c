/**
 * The writer's thread: one a process, so that the thread that answers polls never parses a body and never waits
 * for a disk (measured: its longest stall is 13 ms this way, 274 ms otherwise). Raw bytes go in, a Status comes out.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { Status } from '../domain/taxii';
import type { Door, PublishRequest, RemoveRequest } from './door';
import { openDoor, type DoorOptions } from './publish';
import type { PasswordRequest } from '../identity/own-password';
import { openStore } from '../store/open';
import type { Removal } from '../store/objects';
import { goBehind } from '../threads/behind';
import { Calls, type Answer } from '../threads/calls';
import { openPatiently, type Wait } from '../threads/patiently';
import { toFailure } from '../threads/failure';

/** What one transaction touches; with 16 publishing is 2 % slower. */
const CACHE_MB = 24;
/** Behind polls, and before jobs and examinations: somebody waits for what is written. */
const NICENESS = 5;

export interface ThreadOptions {
  readonly store: string;
  readonly limits: DoorOptions['limits'];
  readonly quotas: NonNullable<DoorOptions['quotas']>;
}

type Call = { readonly id: string } & (
  | { readonly verb: 'publish'; readonly request: PublishRequest }
  | { readonly verb: 'remove'; readonly request: RemoveRequest }
  | { readonly verb: 'password'; readonly request: PasswordRequest }
  | { readonly verb: 'stop' }
);
type Word =
  Answer | { readonly event: string; readonly details: Record<string, unknown> } | { readonly waits: Wait };

/** A door whose work is done in the thread. */
export interface ThreadedDoor extends Door {
  /** Lets what is under way end, then ends the thread. @param late ends it as it is: a part is done or not. */
  stop(late?: Promise<void>): Promise<void>;
}

/**
 * Starts the thread; unfinished publications go on by themselves. While it cannot reach the store, calls are told so.
 *
 * @param report told of background events. @param waits told of each wait for the store.
 * @param died called if the thread ends by itself: the server cannot go on. Another thread is not started in its
 *   place: what it died of may have left a publication half way in its memory, and whoever starts the process again
 *   starts all of it from the store, where everything that was acknowledged is.
 */
export function startThread(
  options: ThreadOptions,
  report: DoorOptions['report'],
  waits: (wait: Wait) => void,
  died: (error: Error) => void,
): ThreadedDoor {
  const worker = new Worker(__filename, { workerData: options });
  const calls = new Calls('The writer ended.');
  let stopped = false;
  const fail = (error: Error): void => {
    calls.fail(error);
    if (!stopped) died(error);
  };
  worker.on('message', (word: Word) => {
    if ('event' in word) report(word.event, word.details);
    else if ('waits' in word) waits(word.waits);
    else calls.settle(word);
  });
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`The writer's thread ended with code ${code}.`)));

  const call = <T>(of: (id: string) => Call, transfer: readonly ArrayBuffer[] = []): Promise<T> =>
    calls.ask<T>((id) => worker.postMessage(of(id), transfer));
  return {
    publish: (request) => {
      const { buffer, byteLength } = request.body;
      // Small bodies share a pool with others and are copied; large ones are handed over.
      const whole = byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
      return call<Status>((id) => ({ id, verb: 'publish', request }), whole ? [buffer] : []);
    },
    remove: (request) => call<Removal>((id) => ({ id, verb: 'remove', request })),
    changePassword: (request) => call<undefined>((id) => ({ id, verb: 'password', request })),
    stop: async (late) => {
      stopped = true;
      const ended = call((id) => ({ id, verb: 'stop' }));
      await (late ? Promise.race([ended, late]) : ended);
      await worker.terminate();
    },
  };
}

async function serve(
  port: NonNullable<typeof parentPort>,
  { store: url, limits, quotas }: ThreadOptions,
): Promise<void> {
  const report: DoorOptions['report'] = (event, details) =>
    port.postMessage({ event, details } satisfies Word);
  const opening = openPatiently(
    async () => {
      const store = await openStore(url, { cacheMb: CACHE_MB });
      return { store, door: openDoor(store, { clock: () => Date.now() * 1000, limits, quotas, report }) };
    },
    (waits) => port.postMessage({ waits } satisfies Word),
  );
  const run = async (call: Call): Promise<unknown> => {
    if (call.verb === 'stop') {
      const open = await opening.stop();
      await open?.door.stop();
      return open?.store.close();
    }
    const { door } = await opening.now();
    if (call.verb === 'password') return door.changePassword(call.request);
    return call.verb === 'publish' ? door.publish(call.request) : door.remove(call.request);
  };
  port.on('message', (call: Call) => {
    run(call).then(
      (value) => port.postMessage({ id: call.id, value } satisfies Word),
      (error: unknown) => port.postMessage({ id: call.id, failure: toFailure(error) } satisfies Word),
    );
  });
  await (await opening.opened)?.door.resume();
}

if (!isMainThread && parentPort) {
  goBehind(NICENESS);
  void serve(parentPort, workerData as ThreadOptions);
}
