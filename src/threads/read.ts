/**
 * The thread that examines: pages that no index answers parse bodies of many MB, and the thread that answers polls
 * never parses a body. What an index answers is read where it is asked for. Large statuses are put together here, too.
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { BEHIND, goBehind } from './behind';
import { Calls, type Answer } from './calls';
import type { Scope } from '../domain/access';
import { isExamined } from '../domain/asked';
import type { ObjectQuery } from '../domain/query';
import { toFailure } from './failure';
import { keepThread } from './kept';
import { openPatiently, type Wait } from './patiently';
import { openStore } from '../store/open';
import type { ObjectStore, Page } from '../store/objects';
import type { Store } from '../store/store';
import { Tellings, toldApart, type Tell } from './tellings';

type Verb = 'find' | 'manifest';
interface Read {
  readonly id: string;
  readonly verb: Verb;
  readonly scope: Scope<'read'>;
  readonly query: ObjectQuery;
}
interface Telling {
  readonly id: string;
  readonly verb: 'tell';
  readonly tell: Tell;
}
interface Ended {
  readonly id: string;
  readonly verb: 'abort' | 'forget';
}
type Call = Read | Telling | Ended;
type Parts = Pick<Store, 'objects' | 'records'>;
type Word = Answer | { readonly waits: Wait };

/** What it reads is parsed and let go at once: more room for the young would only be filled, in MB. */
const YOUNG_MB = 16;

/** What crossed as plain bytes is a Buffer again. */
const asBuffer = (items: Uint8Array): Buffer => Buffer.from(items.buffer, items.byteOffset, items.byteLength);

/**
 * @param url of the store, which the thread opens for itself. @param waits told of each wait for the store.
 * @param died called whenever the thread ends by itself. It only reads: another is started in its place after a pause,
 *   and who asks meanwhile is told that the store is out of reach.
 * @returns the same with what must be examined read in the thread; `stop` ends it, when nothing is read any more.
 */
export function examineApart(
  { objects, records }: Parts,
  url: string,
  waits: (wait: Wait) => void,
  died: (error: Error, pause: number) => void,
): Parts & { readonly stop: () => Promise<void> } {
  const calls = new Calls('The thread that examines ended.');
  const thread = keepThread(
    __filename,
    { workerData: url, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } },
    (word) => {
      const said = word as Word;
      if ('waits' in said) waits(said.waits);
      else calls.settle(said);
    },
    (thrown, code, pause) => {
      const error = thrown ?? new Error(`The thread that examines ended with code ${code}.`);
      calls.fail(error);
      if (pause !== undefined) died(error, pause);
    },
  );
  const send = (call: Call): void => thread.worker()?.postMessage(call);
  /** @throws {StoreUnavailable} the thread is not there. */
  const put = async <T>(question: (id: string) => Call): Promise<T> => {
    if (!thread.worker()) throw calls.over();
    return calls.ask<T>((id) => send(question(id)));
  };

  async function ask(
    verb: Verb,
    scope: Scope<'read'>,
    query: ObjectQuery,
    signal: AbortSignal | undefined,
  ): Promise<Page<unknown>> {
    signal?.throwIfAborted();
    let abort = (): void => undefined;
    try {
      return await put<Page<unknown>>((id) => {
        abort = () => send({ id, verb: 'abort' });
        signal?.addEventListener('abort', abort, { once: true });
        return { id, verb, scope, query };
      });
    } catch (error) {
      // The thread knows that the work was given up, not why.
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  const bytes =
    (verb: 'find' | 'manifest'): ObjectStore['find'] =>
    async (scope, query, signal) => {
      if (!isExamined(query)) return objects[verb](scope, query, signal);
      const page = (await ask(verb, scope, query, signal)) as Page<Uint8Array>;
      return { ...page, items: asBuffer(page.items) };
    };

  const tell = (tell: Tell): Promise<Uint8Array | undefined> => put((id) => ({ id, verb: 'tell', tell }));
  const forget = (telling: string): void => send({ id: telling, verb: 'forget' });

  return {
    objects: {
      ...objects,
      find: bytes('find'),
      manifest: bytes('manifest'),
    },
    records: { ...records, ...toldApart(records, tell, forget) },
    stop: async () => {
      thread.last();
      await thread.worker()?.terminate();
    },
  };
}

async function serve(port: NonNullable<typeof parentPort>, url: string): Promise<void> {
  const opening = openPatiently(
    () => openStore(url, { ...BEHIND, readonly: true }),
    (waits) => port.postMessage({ waits } satisfies Word),
  );
  const underWay = new Map<string, AbortController>();
  const tellings = new Tellings(async () => (await opening.now()).records);
  async function read({ verb, scope, query }: Read, signal: AbortSignal): Promise<Page<unknown>> {
    const { objects } = await opening.now();
    return objects[verb](scope, query, signal);
  }
  async function answer(call: Read | Telling): Promise<void> {
    const { id } = call;
    const work = new AbortController();
    underWay.set(id, work);
    try {
      const value = await (call.verb === 'tell' ? tellings.piece(call.tell) : read(call, work.signal));
      port.postMessage({ id, value } satisfies Word);
    } catch (error) {
      port.postMessage({ id, failure: toFailure(error) } satisfies Word);
    } finally {
      underWay.delete(id);
    }
  }
  port.on('message', (call: Call) => {
    if ('scope' in call || 'tell' in call) void answer(call);
    else if (call.verb === 'abort') underWay.get(call.id)?.abort(new Error('Nobody waits for it any more.'));
    else tellings.forget(call.id);
  });
  await opening.opened;
}

if (!isMainThread && parentPort) {
  goBehind();
  void serve(parentPort, workerData as string);
}
