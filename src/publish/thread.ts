/**
 * The writer's thread: one a process, so that the thread that answers polls never parses a body and never waits
 * for a disk (measured: its longest stall is 13 ms this way, 274 ms otherwise). Raw bytes go in, a Status comes out.
 */
import { randomUUID } from 'node:crypto';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { StoreUnavailable } from '../domain/errors';
import type { Status } from '../domain/taxii';
import type { Door, PublishRequest, RemoveRequest } from './door';
import { openDoor, type DoorOptions } from './publish';
import { openStore } from '../store/open';
import type { Removal } from '../store/objects';
import { goBehind } from '../threads/behind';
import { openPatiently, type Wait } from '../threads/patiently';
import { toError, toFailure, type Failure } from '../threads/failure';

export interface ThreadOptions {
  readonly store: string;
  readonly limits: DoorOptions['limits'];
  readonly quotas: NonNullable<DoorOptions['quotas']>;
}

type Call = { readonly id: string } & (
  | { readonly verb: 'publish'; readonly request: PublishRequest }
  | { readonly verb: 'remove'; readonly request: RemoveRequest }
  | { readonly verb: 'stop' }
);
type Answer =
  | { readonly id: string; readonly value: unknown }
  | { readonly id: string; readonly failure: Failure }
  | { readonly event: string; readonly details: Record<string, unknown> }
  | { readonly waits: Wait };

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
  const waiting = new Map<string, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let stopped = false;
  const fail = (error: Error): void => {
    for (const { reject } of waiting.values())
      reject(new StoreUnavailable('The writer ended.', { cause: error }));
    waiting.clear();
    if (!stopped) died(error);
  };
  worker.on('message', (answer: Answer) => {
    if ('event' in answer) {
      report(answer.event, answer.details);
      return;
    }
    if ('waits' in answer) {
      waits(answer.waits);
      return;
    }
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('failure' in answer) call?.reject(toError(answer.failure));
    else call?.resolve(answer.value);
  });
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`The writer's thread ended with code ${code}.`)));

  const call = <T>(send: (id: string) => Call, transfer: readonly ArrayBuffer[] = []): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const id = randomUUID();
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage(send(id), transfer);
    });
  return {
    publish: (request) => {
      const { buffer, byteLength } = request.body;
      // Small bodies share a pool with others and are copied; large ones are handed over.
      const whole = byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
      return call<Status>((id) => ({ id, verb: 'publish', request }), whole ? [buffer] : []);
    },
    remove: (request) => call<Removal>((id) => ({ id, verb: 'remove', request })),
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
    port.postMessage({ event, details } satisfies Answer);
  const opening = openPatiently(
    async () => {
      const store = await openStore(url);
      return { store, door: openDoor(store, { clock: () => Date.now() * 1000, limits, quotas, report }) };
    },
    (waits) => port.postMessage({ waits } satisfies Answer),
  );
  const run = async (call: Call): Promise<unknown> => {
    if (call.verb === 'stop') {
      const open = await opening.stop();
      await open?.door.stop();
      return open?.store.close();
    }
    const { door } = await opening.now();
    return call.verb === 'publish' ? door.publish(call.request) : door.remove(call.request);
  };
  port.on('message', (call: Call) => {
    run(call).then(
      (value) => port.postMessage({ id: call.id, value } satisfies Answer),
      (error: unknown) => port.postMessage({ id: call.id, failure: toFailure(error) } satisfies Answer),
    );
  });
  await (await opening.opened)?.door.resume();
}

if (!isMainThread && parentPort) {
  goBehind();
  void serve(parentPort, workerData as ThreadOptions);
}
