/**
 * What one more version of an object costs, as a ratio within one run: an object that has few versions against one that
 * has as many as asked for. And objects appended per second, straight at the store.
 *
 * Usage: versions [--versions 100000] [--store sqlite:FILE]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatTimestamp } from '../src/domain/timestamp';
import { LAST } from '../src/domain/query';
import { openStore } from '../src/store/open';
import type { Store } from '../src/store/store';
import { applied, collection, part, query, read, tool, toolId, write } from '../test/support/exchange';

const START = 1_700_000_000_000_000;
const at = (n: number): string => formatTimestamp(START + n * 1000).replace(/\d{3}Z$/, 'Z');
const PART = 1000;

/** Milliseconds of one call, the median of some. */
async function median(times: number, work: (i: number) => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const begun = performance.now();
    await work(i);
    took.push(performance.now() - begun);
  }
  return took.sort((a, b) => a - b)[Math.floor(times / 2)] as number;
}

async function main(store: Store, versions: number): Promise<void> {
  const c = collection();
  await applied(store, c);
  const scope = write(c);
  const append = (id: string, from: number, count: number): Promise<unknown> =>
    store.objects.append(
      scope,
      part(Array.from({ length: count }, (_, i) => tool(id, 1, 0, { modified: at(from + i) }))),
    );
  const begun = performance.now();
  for (let i = 0; i < 20; i++)
    await store.objects.append(scope, part(Array.from({ length: PART }, () => tool(toolId(), 1, 0))));
  const perSecond = Math.round((20 * PART) / ((performance.now() - begun) / 1000));
  console.log(`new objects a second, in parts of ${PART}: ${perSecond}`);

  const [few, many] = [toolId(), toolId()];
  await append(few, 0, 10);
  for (let from = 0; from < versions; from += PART) await append(many, from, Math.min(PART, versions - from));
  const one = (id: string, from: number): Promise<number> => median(31, (i) => append(id, from + i, 1));
  const [small, large] = [await one(few, 10), await one(many, versions)];
  console.log(
    `one more version at 10: ${small.toFixed(2)} ms, at ${versions}: ${large.toFixed(2)} ms, ratio ${(large / small).toFixed(2)}`,
  );
  const last = (id: string): Promise<number> =>
    median(31, () => store.objects.find(read(c, 4), query({ ids: [id], version: LAST })));
  const [a, b] = [await last(few), await last(many)];
  console.log(
    `the last version at 10: ${a.toFixed(2)} ms, at ${versions}: ${b.toFixed(2)} ms, ratio ${(b / a).toFixed(2)}`,
  );
}

const { values } = parseArgs({
  options: { versions: { type: 'string', default: '100000' }, store: { type: 'string' } },
});
const folder = mkdtempSync(join(tmpdir(), 'jisr-bench-'));
void (async () => {
  const store = await openStore(values.store ?? `sqlite:${join(folder, 'bench.db')}`);
  try {
    await main(store, Number(values.versions));
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
})();
