/** `jisr publish` to a real server, in more envelopes than one: what refers to something comes after it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collection, day, found, query, read, tool, toolId } from '../support/exchange';
import { PASSWORD, serveExchange, type Exchange } from '../support/http';
import { jisrOn } from '../support/jisr';
import { v4 as uuid } from 'uuid';

const known = collection({
  alias: 'known',
  grants: [{ source: 't', to: { kind: 'desk' }, rights: ['see', 'read', 'write'] }],
  policy: { ...collection().policy, references: 'known' },
  defaultTlp: 4,
});
let exchange: Exchange;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-split-'));
  exchange = await serveExchange({ JISR_MAX_BODY_BYTES: '2500' }, [known]);
});
afterAll(async () => {
  await exchange.close();
  rmSync(folder, { recursive: true, force: true });
});

test('references: known is kept across the split, and no object stands at default_tlp until its marking has come', async () => {
  const marking = `marking-definition--${uuid()}`;
  const definition = {
    type: 'marking-definition',
    spec_version: '2.1',
    id: marking,
    created: day(1),
    definition_type: 'statement',
    definition: { statement: 'TLP:GREEN' },
  };
  const tools = Array.from({ length: 20 }, () => tool(toolId(), 1, null, { object_marking_refs: [marking] }));
  const about = tools.slice(1).map((target, i) => ({
    type: 'relationship',
    spec_version: '2.1',
    id: `relationship--${uuid()}`,
    created: day(1),
    modified: day(1),
    relationship_type: 'related-to',
    source_ref: tools[i]!['id'],
    target_ref: target['id'],
    object_marking_refs: [marking],
  }));
  // The worst order: each stands before all that it refers to.
  const objects = [...about, ...tools, definition];
  const file = join(folder, 'bundle.json');
  writeFileSync(file, JSON.stringify({ type: 'bundle', id: `bundle--${uuid()}`, objects }));
  const { port } = exchange.server.address() as AddressInfo;
  const to = `http://127.0.0.1:${port}/europe/collections/${known.id}/`;
  const jisr = jisrOn(() => 'sqlite::memory:');
  const ran = await jisr(['publish', file, '--to', to, '--user', 'desk', '--json'], {
    env: { JISR_TAXII_PASSWORD: PASSWORD },
  });
  expect(ran).toMatchObject({ code: 0 });
  expect(JSON.parse(ran.out)).toMatchObject({ objects: objects.length, refused: 0 });
  const held = await found(exchange.store, read(known, 4), query({ limit: 100 }));
  expect(held).toHaveLength(objects.length);
  // One entry each, for all ranks: nothing was added at one rank and ranked anew.
  const [high, low] = await Promise.all(
    ([4, 1] as const).map((rank) => exchange.store.objects.list(read(known, rank), query({ limit: 100 }))),
  );
  expect(low!.items).toEqual(high!.items.filter(({ id }) => id !== marking));
  expect(low!.items).toHaveLength(objects.length - 1);
  // Several envelopes.
  expect((await exchange.store.records.audit(100, 'publish')).length).toBeGreaterThan(3);
});
