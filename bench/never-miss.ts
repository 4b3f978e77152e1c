/**
 * Do readers miss, repeat or reorder anything while many write, over several servers on one store that are killed and
 * started again? Writers POST to one collection for some seconds, and repeat what was not answered; readers follow
 * only `next` or only `X-TAXII-Date-Added-Last`. Each must see exactly what was acknowledged, in order.
 *
 * Usage: never-miss [--store URL] [--seconds 30] [--writers 8] [--readers 2] [--servers 1] [--kill SECONDS]
 * Exit code 1 if anything was lost, repeated or out of order, or if the store breaks a promise. Without --store on a throw-away SQLite file.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openStore } from '../src/store/open';
import { startServer, type RunningServer } from './server';

const TAXII = 'application/taxii+json;version=2.1';
const { values } = parseArgs({
  options: {
    store: { type: 'string' },
    seconds: { type: 'string', default: '30' },
    writers: { type: 'string', default: '8' },
    readers: { type: 'string', default: '2' },
    servers: { type: 'string', default: '1' },
    kill: { type: 'string', default: '0' },
  },
});
const seconds = Number(values.seconds);
const writers = Number(values.writers);
const readers = Number(values.readers);
const servers = Number(values.servers);
const kill = Number(values.kill);
/** How long after the end everything that was begun must be done. */
const GRACE_MS = 90_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const indicator = (): Record<string, unknown> => ({
  type: 'indicator',
  spec_version: '2.1',
  id: `indicator--${randomUUID()}`,
  created: '2024-01-01T00:00:00.000Z',
  modified: '2024-01-01T00:00:00.000Z',
  pattern: "[domain-name:value = 'example.com']",
  pattern_type: 'stix',
  valid_from: '2024-01-01T00:00:00Z',
});

/** The servers over one store; requests go to any of them that is up, and are repeated where one went down. */
class Fleet {
  private readonly running: (RunningServer | undefined)[] = [];
  kills = 0;
  repeats = 0;
  private authorization = '';
  private password = '';

  constructor(private readonly store: string) {}

  async start(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.raise(i);
  }

  private async raise(i: number): Promise<void> {
    const server = await startServer({ JISR_STORE: this.store, JISR_LOG_LEVEL: 'info' }, this.password);
    if (this.password === '') [this.password, this.authorization] = [server.password, server.authorization];
    this.running[i] = server;
  }

  /** Ends one without a word, as power would, and starts it again. */
  async killOne(): Promise<void> {
    const i = Math.floor(Math.random() * this.running.length);
    const victim = this.running[i];
    if (!victim) return;
    this.running[i] = undefined;
    this.kills++;
    const ended = once(victim.child, 'exit');
    victim.child.kill('SIGKILL');
    await ended;
    rmSync(victim.folder, { recursive: true, force: true });
    await this.raise(i);
  }

  async stop(): Promise<void> {
    for (const server of this.running) await server?.stop();
  }

  /** Sends until it is answered; what may have happened without an answer is harmless to repeat. */
  async send(
    path: string,
    init: { method?: string; body?: string } = {},
    giveUp = Infinity,
  ): Promise<Response> {
    const headers = { authorization: this.authorization, accept: TAXII, 'content-type': TAXII };
    for (;;) {
      const up = this.running.filter((s) => s !== undefined);
      const server = up[Math.floor(Math.random() * up.length)];
      try {
        if (server) {
          const response = await fetch(`${server.origin}${path}`, { ...init, headers });
          if (response.status < 500) return response;
          await response.arrayBuffer();
        }
      } catch {
        // It went down in the middle.
      }
      if (Date.now() > giveUp) throw new Error(`${path}: no answer for too long`);
      this.repeats++;
      await sleep(20);
    }
  }
}

async function write(fleet: Fleet, path: string, until: number, acknowledged: Set<string>): Promise<void> {
  while (Date.now() < until) {
    const objects = Array.from({ length: 1 + Math.floor(Math.random() * 20) }, indicator);
    const init = { method: 'POST', body: JSON.stringify({ objects }) };
    const response = await fleet.send(path, init, until + GRACE_MS);
    const status = (await response.json()) as { success_count?: number };
    if (response.status !== 202 || status.success_count !== objects.length)
      throw new Error(`POST answered ${response.status}: ${JSON.stringify(status).slice(0, 500)}`);
    for (const o of objects) acknowledged.add(o['id'] as string);
  }
}

/** Polls until the writers are done and a last look finds nothing new. */
async function tail(
  fleet: Fleet,
  path: string,
  how: 'next' | 'headers',
  done: () => boolean,
): Promise<{ how: string; pages: number; ids: string[]; dates: string[] }> {
  const ids: string[] = [];
  const dates: string[] = [];
  let position = '';
  let pages = 0;
  for (;;) {
    const finished = done();
    const response = await fleet.send(`${path}?limit=100${position}`);
    if (response.status !== 200) throw new Error(`GET answered ${response.status}: ${await response.text()}`);
    const page = (await response.json()) as {
      more: boolean;
      next?: string;
      objects?: { id: string; date_added: string }[];
    };
    pages++;
    for (const o of page.objects ?? []) {
      ids.push(o.id);
      dates.push(o.date_added);
    }
    const last = response.headers.get('x-taxii-date-added-last') ?? '';
    // Where nothing more is to be had now, both begin their next poll at the last date; within a poll they differ.
    position = how === 'next' && page.more ? `&next=${page.next ?? ''}` : `&added_after=${last}`;
    if (!page.more && finished) return { how, pages, ids, dates };
    if (!page.more) await sleep(5);
  }
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-never-miss-'));
  const url = values.store ?? `sqlite:${join(folder, 'jisr.db')}`;
  const fleet = new Fleet(url);
  try {
    await fleet.start(servers);
    const roots = (await (await fleet.send('/europe/collections/')).json()) as {
      collections: { id: string; alias: string }[];
    };
    const id = roots.collections.find((c) => c.alias === 'indicators')?.id ?? '';
    const base = `/europe/collections/${id}`;
    const acknowledged = new Set<string>();
    const until = Date.now() + seconds * 1000;
    let done = false;
    const tails = Array.from({ length: readers }, (_, i) =>
      tail(fleet, `${base}/manifest/`, i % 2 === 0 ? 'next' : 'headers', () => done),
    );
    const killing = (async () => {
      while (kill > 0 && Date.now() + kill * 1000 < until) {
        await sleep(kill * 1000);
        await fleet.killOne();
      }
    })();
    await Promise.all(
      Array.from({ length: writers }, () => write(fleet, `${base}/objects/`, until, acknowledged)),
    );
    await killing;
    done = true;
    const verdicts = (await Promise.all(tails)).map(({ how, pages, ids, dates }) => {
      const distinct = new Set(ids);
      return {
        reader: how,
        pages,
        seen: ids.length,
        lost: [...acknowledged].filter((a) => !distinct.has(a)).length,
        repeated: ids.length - distinct.size,
        unknown: [...distinct].filter((a) => !acknowledged.has(a)).length,
        outOfOrder: dates.filter((date, k) => k > 0 && date <= (dates[k - 1] ?? '')).length,
      };
    });
    console.log(
      `${servers} servers, ${writers} writers, ${seconds} s, ${fleet.kills} killed, ${fleet.repeats} requests repeated, ${acknowledged.size} objects acknowledged`,
    );
    console.table(verdicts);
    const bad = verdicts.some((v) => v.lost + v.repeated + v.unknown + v.outOfOrder > 0);
    const store = await openStore(url);
    const defects = await store.house.check(() => undefined);
    await store.close();
    for (const defect of defects) console.error(JSON.stringify(defect));
    console.log(`${defects.length} defects in the store`);
    process.exitCode = bad || acknowledged.size === 0 || defects.length > 0 ? 1 : 0;
  } finally {
    await fleet.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
