/**
 * What the store on MongoDB costs beside the bare driver, which does the same reads and writes without any promise:
 * objects a second in, pages a second out; and eight writers of single objects beside one, a poller beside four writers
 * beside the same poller alone. As ratios in one run.
 *
 * Usage: mongo URL [--objects 2000]     URL: with the name of a database that is made for it, and dropped
 */
import { MongoClient } from 'mongodb';
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { scopeFor, type Principal } from '../src/domain/access';
import type { StixObject } from '../src/domain/stix';
import { LAST } from '../src/domain/query';
import { openDoor } from '../src/publish/publish';
import { openStore } from '../src/store/open';
import { loadChannels } from '../src/validation/channel';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { objects: { type: 'string', default: '2000' } },
});
const BATCH = 500;
const PAGES = 20;
const SECONDS = 5;

const indicator = (): StixObject => ({
  type: 'indicator',
  spec_version: '2.1',
  id: `indicator--${randomUUID()}`,
  created: '2024-01-01T00:00:00.000Z',
  modified: '2024-01-01T00:00:00.000Z',
  name: 'x'.repeat(400),
  pattern: "[domain-name:value = 'example.com']",
  pattern_type: 'stix',
  valid_from: '2024-01-01T00:00:00Z',
});

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - began) / 1e9;
}

async function main(): Promise<void> {
  const url = positionals[0] ?? '';
  const total = Number(values.objects);
  const clock = (): number => Date.now() * 1000;
  const store = await openStore(url);
  const client = await MongoClient.connect(url);
  try {
    await store.catalog.apply(await loadChannels('collections'), { apply: true, dropObjects: false });
    const principal: Principal = {
      id: randomUUID(),
      name: 'bench',
      kind: 'service',
      role: 'curator',
      clearance: 4,
      disabled: false,
      organisation: { id: randomUUID(), name: 'bench', kind: 'operator', region: 'global', disabled: false },
    };
    await store.people.saveOrganisation(principal.organisation);
    await store.people.savePrincipal(principal, 'none');
    const collection = (await store.catalog.channels())
      .flatMap((c) => c.collections)
      .find((c) => c.alias === 'indicators');
    if (!collection) throw new Error('no collection');
    const door = openDoor(store, { clock, limits: { depth: 64, objects: 1e6 }, report: () => undefined });
    const objects = Array.from({ length: total }, indicator);
    const bare = client.db().collection<{ _id: string; c: string; date: number; body: string }>('bare');
    await bare.createIndex({ c: 1, date: 1 });
    let [ours, theirs] = [0, 0];
    for (let i = 0; i < total; i += BATCH) {
      const some = objects.slice(i, i + BATCH);
      const body = Buffer.from(JSON.stringify({ objects: some }));
      ours += await seconds(() =>
        door.publish({ principalId: principal.id, collectionId: collection.id, body }),
      );
      const docs = some.map((o, k) => ({
        _id: String(o['id']),
        c: 'c',
        date: i + k,
        body: JSON.stringify(o),
      }));
      theirs += await seconds(() => bare.insertMany(docs, { ordered: false }));
    }
    const scope = scopeFor(principal, collection, 'read');
    const query = {
      ids: undefined,
      types: undefined,
      version: LAST,
      specVersions: undefined,
      properties: new Map(),
      limit: 100,
      filters: '',
    };
    const keeping = await openStore(url, { pageBytes: 32 * 1024 * 1024 });
    let [pages, driver, kept] = [0, 0, 0];
    for (let i = 0; i < PAGES; i++) {
      pages += await seconds(() => store.objects.find(scope, { ...query, after: undefined }));
      kept += await seconds(() => keeping.objects.find(scope, { ...query, after: undefined }));
      driver += await seconds(() =>
        bare
          .find({ c: 'c', date: { $gt: -1 } })
          .sort({ date: 1 })
          .limit(100)
          .toArray(),
      );
    }
    const publishOne = (): Promise<unknown> => {
      const body = Buffer.from(JSON.stringify({ objects: [indicator()] }));
      return door.publish({ principalId: principal.id, collectionId: collection.id, body });
    };
    let [isOver, written] = [false, 0];
    const write = async (): Promise<void> => {
      for (; !isOver; written++) await publishOne();
    };
    const page = (): Promise<unknown> => store.objects.find(scope, { ...query, after: undefined });
    /** How often a second something is done while some write. */
    async function beside(writers: number, work: () => Promise<unknown> = () => setTimeout(100)) {
      [isOver, written] = [false, 0];
      const writing = Array.from({ length: writers }, write);
      let done = 0;
      const took = await seconds(async () => {
        for (const until = Date.now() + SECONDS * 1000; Date.now() < until; done++) await work();
      });
      const rate = { written: written / took, done: done / took };
      isOver = true;
      await Promise.all(writing);
      return rate;
    }
    const [one, eight] = [await beside(1), await beside(8)];
    const [alone, crowded] = [await beside(0, page), await beside(4, page)];
    await door.stop();
    console.table([
      {
        what: 'objects in, each second',
        jisr: Math.round(total / ours),
        driver: Math.round(total / theirs),
        ratio: (theirs / ours).toFixed(2),
      },
      {
        what: 'pages of 100 out, each second',
        jisr: (PAGES / pages).toFixed(1),
        driver: (PAGES / driver).toFixed(1),
        ratio: (driver / pages).toFixed(2),
      },
      {
        what: 'pages of 100 that are kept, each second',
        jisr: (PAGES / kept).toFixed(1),
        driver: (PAGES / driver).toFixed(1),
        ratio: (driver / kept).toFixed(2),
      },
    ]);
    await keeping.close();
    console.table([
      {
        what: 'single objects a second, of one writer and of eight',
        before: one.written.toFixed(1),
        after: eight.written.toFixed(1),
        ratio: (eight.written / one.written).toFixed(2),
      },
      {
        what: 'pages of 100 a second, alone and beside four writers',
        before: alone.done.toFixed(1),
        after: crowded.done.toFixed(1),
        ratio: (crowded.done / alone.done).toFixed(2),
      },
    ]);
  } finally {
    await client.db().dropDatabase();
    await client.close();
    await store.close();
  }
}

void main();
