/** Items that are gone through for long: SQLite never waits, so that without this nobody else would get a turn. */

const SLICE = 500;

/** @throws the reason, if the work was aborted. */
export async function* paced<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  let seen = 0;
  for await (const item of items) {
    if (seen++ % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    yield item;
  }
}
