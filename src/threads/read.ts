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
import { openStore } from '../store/open';
import type { ObjectStore, Page } from '../store/objects';

type Verb = 'find' | 'list';
type Call = { readonly id: string } & (
  | { readonly verb: Verb; readonly scope: Scope<'read'>; readonly query: ObjectQuery }
  | { readonly verb: 'abort' }
);
type Answer =
  { readonly id: string; readonly page: Page<unknown> } | { readonly id: string; readonly failure: Failure };

/** What it reads is parsed and let go at once: more room for the young would only be filled, in MB. */
const YOUNG_MB = 16;

/** What crossed as plain bytes is a Buffer again. */
const asBuffer = (items: Uint8Array): Buffer => Buffer.from(items.buffer, items.byteOffset, items.byteLength);

/**
 * @param url of the store, which the thread opens for itself. @param died called if the thread ends by itself.
 * @returns the objects with what must be examined read in the thread; `stop` ends it, when nothing is read any more.
 */
export function examineApart(
  objects: ObjectStore,
  url: string,
  died: (error: Error) => void,
): { readonly objects: ObjectStore; readonly stop: () => Promise<void> } {
  const worker = new Worker(__filename, {
    workerData: url,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  const waiting = new Map<
    string,
    { resolve: (page: Page<unknown>) => void; reject: (error: unknown) => void }
  >();
  let stopped = false;
  const fail = (error: Error): void => {
    for (const { reject } of waiting.values())
      reject(new StoreUnavailable('The thread that examines ended.', { cause: error }));
    waiting.clear();
    if (!stopped) died(error);
  };
  worker.on('message', (answer: Answer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('failure' in answer) call?.reject(toError(answer.failure));
    else call?.resolve(answer.page);
  });
  worker.on('error', fail);
  worker.on('exit', (code) => fail(new Error(`The thread that examines ended with code ${code}.`)));
  const send = (call: Call): void => worker.postMessage(call);

  async function ask(
    verb: Verb,
    scope: Scope<'read'>,
    query: ObjectQuery,
    signal: AbortSignal | undefined,
  ): Promise<Page<unknown>> {
    signal?.throwIfAborted();
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
      await worker.terminate();
    },
  };
}

async function serve(port: NonNullable<typeof parentPort>, url: string): Promise<void> {
  const opening = openStore(url, { ...BEHIND, readonly: true });
  const underWay = new Map<string, AbortController>();
  async function read({ id, verb, scope, query }: Exclude<Call, { verb: 'abort' }>): Promise<void> {
    const work = new AbortController();
    underWay.set(id, work);
    try {
      const { objects } = await opening;
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
  await opening;
}

if (!isMainThread && parentPort) {
  goBehind();
  void serve(parentPort, workerData as string);
}
