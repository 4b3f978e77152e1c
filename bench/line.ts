/**
 * What a part of a large publication costs, from the first to the last of 200: the ratio of the last ten to the first
 * ten is about 1, or the cost of a part grows with what came before it. In memory, so that no disk is measured.
 */
import { v4 as uuid } from 'uuid';
import { openStore } from '../src/store/open';
import { applied, collection, day, part, tool, toolId, write } from '../test/support/exchange';

const PARTS = 200;
const EACH = 1000;

async function main(): Promise<void> {
  const store = await openStore('sqlite::memory:');
  const c = collection();
  await applied(store, c);
  const scope = write(c);
  const ids = Array.from({ length: PARTS * EACH }, toolId);
  const seed = { id: uuid(), requested: Date.now() * 1000, total: ids.length };
  const sizes = Array.from({ length: PARTS }, () => EACH);
  const pendings = ids.map((id) => ({ id, version: day(1) }));
  await store.records.begin(scope, seed, Buffer.from('{}'), pendings, { cut: 1, sizes });
  const took: number[] = [];
  for (let n = 0; n < PARTS; n++) {
    const objects = ids.slice(n * EACH, (n + 1) * EACH).map((id) => tool(id, 1, 0));
    const prepared = part(objects, { status: seed, number: n, last: n === PARTS - 1 });
    const begun = process.hrtime.bigint();
    await store.objects.append(scope, prepared);
    took.push(Number(process.hrtime.bigint() - begun) / 1e6);
  }
  const median = (some: readonly number[]): number =>
    [...some].sort((a, b) => a - b)[Math.floor(some.length / 2)] ?? NaN;
  const [first, last] = [median(took.slice(0, 10)), median(took.slice(-10))];
  console.log(`parts of ${EACH}: the first ${first.toFixed(1)} ms, the last ${last.toFixed(1)} ms`);
  console.log(`ratio last to first: ${(last / first).toFixed(2)}`);
  await store.close();
}

void main();
