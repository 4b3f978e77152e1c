/**
 * Do readers miss, repeat or reorder anything while many write? Writers POST to one collection of a real server for
 * some seconds; one reader follows only `next`, one only `X-TAXII-Date-Added-Last`. Each must see exactly what was
 * acknowledged, in order.
 *
 * Usage: never-miss [--seconds 30] [--writers 8]. Exit code 1 if anything was lost, repeated or out of order.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startServer, type RunningServer } from './server';

const TAXII = 'application/taxii+json;version=2.1';
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '30' }, writers: { type: 'string', default: '8' } },
});
const seconds = Number(values.seconds);
const writers = Number(values.writers);

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

interface Verdict {
  readonly reader: string;
  readonly pages: number;
  readonly seen: number;
  readonly lost: number;
  readonly repeated: number;
  readonly unknown: number;
  readonly outOfOrder: number;
}

async function write(
  server: RunningServer,
  url: string,
  until: number,
  acknowledged: Set<string>,
): Promise<void> {
  const headers = { authorization: server.authorization, 'content-type': TAXII, accept: TAXII };
  while (Date.now() < until) {
    const objects = Array.from({ length: 1 + Math.floor(Math.random() * 20) }, indicator);
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ objects }) });
    const status = (await response.json()) as { success_count?: number };
    if (response.status === 202 && status.success_count === objects.length)
      for (const o of objects) acknowledged.add(o['id'] as string);
    else throw new Error(`POST answered ${response.status}: ${JSON.stringify(status)}`);
  }
}

/** Polls until the writers are done and a last look finds nothing new. */
async function tail(
  server: RunningServer,
  url: string,
  how: 'next' | 'headers',
  done: () => boolean,
): Promise<{ pages: number; ids: string[]; dates: string[] }> {
  const headers = { authorization: server.authorization, accept: TAXII };
  const ids: string[] = [];
  const dates: string[] = [];
  let position = '';
  let pages = 0;
  for (;;) {
    const finished = done();
    const response = await fetch(`${url}?limit=100${position}`, { headers });
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
    if (!page.more && finished) return { pages, ids, dates };
    if (!page.more) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function main(): Promise<void> {
  const server = await startServer();
  try {
    const authorized = { headers: { authorization: server.authorization, accept: TAXII } };
    const { collections } = (await (
      await fetch(`${server.origin}/europe/collections/`, authorized)
    ).json()) as {
      collections: { id: string; alias: string }[];
    };
    const id = collections.find((c) => c.alias === 'indicators')?.id ?? '';
    const base = `${server.origin}/europe/collections/${id}`;
    const acknowledged = new Set<string>();
    const until = Date.now() + seconds * 1000;
    let done = false;
    const readers = (['next', 'headers'] as const).map((how) =>
      tail(server, `${base}/manifest/`, how, () => done),
    );
    await Promise.all(
      Array.from({ length: writers }, () => write(server, `${base}/objects/`, until, acknowledged)),
    );
    done = true;
    const verdicts = (await Promise.all(readers)).map(({ pages, ids, dates }, i): Verdict => {
      const distinct = new Set(ids);
      return {
        reader: i === 0 ? 'next' : 'headers',
        pages,
        seen: ids.length,
        lost: [...acknowledged].filter((a) => !distinct.has(a)).length,
        repeated: ids.length - distinct.size,
        unknown: [...distinct].filter((a) => !acknowledged.has(a)).length,
        outOfOrder: dates.filter((date, k) => k > 0 && date <= (dates[k - 1] ?? '')).length,
      };
    });
    console.log(`${writers} writers, ${seconds} s, ${acknowledged.size} objects acknowledged`);
    console.table(verdicts);
    const bad =
      verdicts.some((v) => v.lost + v.repeated + v.unknown + v.outOfOrder > 0) || acknowledged.size === 0;
    process.exitCode = bad ? 1 : 0;
  } finally {
    await server.stop();
  }
}

void main();
