/**
 * What audiences (D14) cost who reads, as ratios within one run: a page of a collection in which originators name 200
 * audiences, against one in which they name one, and against one in which nobody names any. Of the real server, which
 * keeps no answers; each page is built.
 *
 * Usage: audiences [--objects 40000] [--audiences 200] [--seconds 3]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { scopeFor } from '../src/domain/access';
import type { Collection } from '../src/domain/channel';
import { formatTimestamp } from '../src/domain/timestamp';
import { hashPassword } from '../src/identity/passwords';
import { openStore } from '../src/store/open';
import type { Store } from '../src/store/store';
import { ORIGINATOR_CONTROL } from '../src/validation/originator-control';
import { loadChannels } from '../src/validation/channel';
import { organisation, part, principal, query, tool, toolId, write } from '../test/support/exchange';
import { headersOf } from './exchange';
import { load, requireWrk } from './load';
import { startServer } from './server';
import { machine, say } from './table';

const PART = 500;
const PASSWORD = 'correct horse battery staple';
const identity = (n: number): string => `identity--${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;
const READER = organisation({ identity: identity(0), kind: 'operator' });

/** Objects of some 1.1 KB, each for its publisher and the reader; 0 audiences: for everyone. */
async function fill(store: Store, c: Collection, objects: number, audiences: number): Promise<void> {
  const publishers = Array.from({ length: Math.max(1, audiences) }, (_, n) =>
    principal(4, { organisation: organisation({ identity: identity(n + 1), kind: 'operator' }) }),
  );
  const only = { organisations: [identity(0)] };
  const control = { extension_type: 'property-extension', audience: { only } };
  const more = audiences === 0 ? {} : { extensions: { [ORIGINATOR_CONTROL]: control } };
  const description = 'x'.repeat(audiences === 0 ? 800 : 600);
  for (let done = 0; done < objects; done += PART) {
    // By turns, so that each page has some of each.
    const share = Math.ceil(PART / publishers.length);
    for (const publisher of publishers.slice(0, Math.ceil(PART / share)))
      await store.objects.append(
        write(c, publisher),
        part(Array.from({ length: share }, () => tool(toolId(), 1, 0, { description, ...more }))),
      );
    publishers.push(...publishers.splice(0, Math.ceil(PART / share)));
  }
}

async function main(url: string, objects: number, audiences: number, seconds: number): Promise<void> {
  console.log(machine());
  requireWrk();
  const store = await openStore(url);
  const channels = await loadChannels('collections');
  await store.catalog.apply(channels, { apply: true, dropObjects: false });
  const [none, one, many] = channels
    .flatMap((channel) => channel.collections)
    .filter(({ alias }) => alias === 'campaigns') as [Collection, Collection, Collection];
  await store.people.saveOrganisation(READER);
  const operator = principal(4, { name: 'operator', kind: 'person', organisation: READER });
  await store.people.savePrincipal(operator, await hashPassword(PASSWORD));
  const places = [];
  for (const [c, count] of [
    [none, 0],
    [one, 1],
    [many, audiences],
  ] as const) {
    await fill(store, c, objects, count);
    const half = await store.objects.list(scopeFor(operator, c, 'read'), query({ limit: objects / 2 }));
    places.push({ c, half: formatTimestamp(half.through ?? 0) });
  }
  await store.close();
  const server = await startServer({ JISR_STORE: url, JISR_PAGE_CACHE_MB: '0' }, PASSWORD);
  try {
    for (const limit of [1000, 100])
      for (const isDeep of [false, true]) {
        const rates = places.map(({ c, half }) => {
          const after = isDeep ? `&added_after=${half}` : '';
          const page = `${server.origin}/${c.apiRoot}/collections/${c.id}/objects/?limit=${limit}${after}`;
          return load(page, seconds, headersOf(server)).perSecond;
        });
        const [plain, single, several] = rates as [number, number, number];
        const which = `page of ${limit} at ${isDeep ? 50 : 0} %`;
        say(`${which}: with one audience, against none`, plain / single, '× the cost');
        say(`${which}: with ${audiences} audiences, against one`, single / several, '× the cost', '≤ 2');
      }
  } finally {
    await server.stop();
  }
}

const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '40000' },
    audiences: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '3' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'jisr-bench-'));
const [objects, audiences, seconds] = [values.objects, values.audiences, values.seconds].map(Number) as [
  number,
  number,
  number,
];
void main(`sqlite:${join(folder, 'bench.db')}`, objects, audiences, seconds).finally(() =>
  rmSync(folder, { recursive: true, force: true }),
);
