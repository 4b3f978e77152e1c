/** A process that appends one object after another and prints each id once it is acknowledged. Bounded. */
import { writeSync } from 'node:fs';
import { openStore } from '../../src/store/open';
import { applied, collection, part, tool, toolId, write } from './exchange';

async function main(url: string, collectionId: string, count: number): Promise<void> {
  const store = await openStore(url);
  const c = collection({ id: collectionId });
  await applied(store, c);
  for (let i = 0; i < count; i++) {
    const id = toolId();
    await store.objects.append(write(c), part([tool(id, 1, 0)]));
    writeSync(1, `${id}\n`);
  }
  await store.close();
}

const [url = '', id = '', count = '5000'] = process.argv.slice(2);
void main(url, id, Number(count));
