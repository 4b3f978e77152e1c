/**
 * The thread that examines: pages that no index answers parse bodies of many MB, and the thread that answers polls
 * never parses a body. What an index answers is read where it is asked for.
 */
import { randomUUID } from 'node:crypto';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { BEHIND, goBehind } from './behind';
import type { Scope } from '../domain/access';
import { isExamined } from '../domain/asked';
import { StoreUnavailable } from '../domain/errors';
import type { ObjectQuery } from '../domain/query';
import { toError, toFailure, type Failure } from './failure';
import { openPatiently, type Wait } from './patiently';
import { openStore } from '../store/open';
import type { ObjectStore, Page } from '../store/objects';

type Verb = 'find' | 'list';
type Call = { readonly id: string } & (
  | { readonly verb: Verb; readonly scope: Scope<'read'>; readonly query: ObjectQuery }
  | { readonly verb: 'abort' }
);
type Answer =
  | { readonly id: string; readonly page: Page<unknown> }
  | { readonly id: string; readonly failure: Failure }
  | { readonly waits: Wait };

/** What it reads is parsed and let go at once: more room for the young would only be filled, in MB. */
const YOUNG_MB = 16;

/** A thread that ended by itself is started again after a pause, a longer one each time, in ms. */
const PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** What crossed as plain bytes is a Buffer again. */
const asBuffer = (items: Uint8Array): Buffer => Buffer.from(items.buffer, items.byteOffset, items.byteLength);

/**
 * @param url of the store, which the thread opens for itself. @param waits told of each wait for the store.
 * @param died called whenever the thread ends by itself. It only reads: another is started in its place after a pause,
 *   and who asks meanwhile is told that the store is out of reach.
 * @returns the objects with what must be examined read in the thread; `stop` ends it, when nothing is read any more.
 */
export function examineApart(
  objects: ObjectStore,
  url: string,
  waits: (wait: Wait) => void,
  died: (error: Error, pause: number) => void,
): { readonly objects: ObjectStore; readonly stop: () => Promise<void> } {
  const waiting = new Map<
    string,
    { resolve: (page: Page<unknown>) => void; reject: (error: unknown) => void }
  >();
  let [stopped, pause] = [false, PAUSE_MS];
  let again: NodeJS.Timeout | undefined;
  let worker: Worker | undefined;
  const ended = (cause: unknown): StoreUnavailable =>
    new StoreUnavailable('The thread that examines ended.', { cause });

  const start = (): void => {
    const thread = new Worker(__filename, {
      workerData: url,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const born = Date.now();
    let error: Error | undefined;
    worker = thread;
    thread.on('message', (answer: Answer) => {
      if ('waits' in answer) {
        waits(answer.waits);
        return;
      }
      const call = waiting.get(answer.id);
      waiting.delete(answer.id);
      if ('failure' in answer) call?.reject(toError(answer.failure));
      else call?.resolve(answer.page);
    });
    thread.on('error', (thrown: Error) => (error = thrown));
    // After the error, if there is one.
    thread.once('exit', (code) => {
      worker = undefined;
      error ??= new Error(`The thread that examines ended with code ${code}.`);
      for (const { reject } of waiting.values()) reject(ended(error));
      waiting.clear();
      if (stopped) return;
      if (Date.now() - born > LONGEST_PAUSE_MS) pause = PAUSE_MS;
      died(error, pause);
      again = setTimeout(start, pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    });
  };
  const send = (call: Call): void => worker?.postMessage(call);

  async function ask(
    verb: Verb,
    scope: Scope<'read'>,
    query: ObjectQuery,
    signal: AbortSignal | undefined,
  ): Promise<Page<unknown>> {
    signal?.throwIfAborted();
    if (!worker) throw ended(undefined);
    const id = randomUUID();
    const abort = (): void => send({ id, verb: 'abort' });
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const page = new Promise<Page<unknown>>((resolve, reject) => waiting.set(id, { resolve, reject }));
      send({ id, verb, scope, query });
      return await page;
    } catch (error) {
      // The thread knows that the work was given up, not why.
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  start();
  return {
    objects: {
      ...objects,
      async find(scope, query, signal) {
        if (!isExamined(query)) return objects.find(scope, query, signal);
        const page = (await ask('find', scope, query, signal)) as Page<Uint8Array>;
        return { ...page, items: asBuffer(page.items) };
      },
      async list(scope, query, signal) {
        if (!isExamined(query)) return objects.list(scope, query, signal);
        return (await ask('list', scope, query, signal)) as Awaited<ReturnType<ObjectStore['list']>>;
      },
    },
    stop: async () => {
      stopped = true;
      clearTimeout(again);
      await worker?.terminate();
    },
  };
}

async function serve(port: NonNullable<typeof parentPort>, url: string): Promise<void> {
  const opening = openPatiently(
    () => openStore(url, { ...BEHIND, readonly: true }),
    (waits) => port.postMessage({ waits } satisfies Answer),
  );
  const underWay = new Map<string, AbortController>();
  async function read({ id, verb, scope, query }: Exclude<Call, { verb: 'abort' }>): Promise<void> {
    const work = new AbortController();
    underWay.set(id, work);
    try {
      const { objects } = await opening.now();
      const page = await objects[verb](scope, query, work.signal);
      port.postMessage({ id, page } satisfies Answer);
    } catch (error) {
      port.postMessage({ id, failure: toFailure(error) } satisfies Answer);
    } finally {
      underWay.delete(id);
    }
  }
  port.on('message', (call: Call) => {
    if (call.verb === 'abort') underWay.get(call.id)?.abort(new Error('Nobody waits for it any more.'));
    else void read(call);
  });
  await opening.opened;
}

if (!isMainThread && parentPort) {
  goBehind();
  void serve(parentPort, workerData as string);
}
