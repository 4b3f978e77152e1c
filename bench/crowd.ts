/**
 * Many at once: pollers that come once a second each, beside a desk that publishes; then readers of large pages that take them
 * slowly. What they wait, and what the server's memory does.
 *
 * Usage: crowd [--pollers 500] [--seconds 300] [--readers 50] [--json FILE]
 */
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { maker } from './data';
import { at, envelopeOf, headersOf, publish, secondsSince, urlOf } from './exchange';
import { startServer, type RunningServer } from './server';
import { machine, save, say } from './table';

const residentMb = ({ child }: RunningServer): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1]) / 1024;

/** One GET. @returns the date up to which it read. @throws it was not answered with 200. */
function ask(url: string, agent: Agent, headers: Record<string, string>): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response) => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200)
          resolve(response.headers['x-taxii-date-added-last'] as string | undefined);
        else reject(new Error(`${url}: ${response.statusCode ?? 0}`));
      });
    }).on('error', reject);
  });
}

async function pollers(server: RunningServer, many: number, seconds: number): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const headers = headersOf(server);
  const waits: number[] = [];
  let failed = 0;
  const end = Date.now() + seconds * 1000;
  const one = async (delay: number): Promise<void> => {
    await setTimeout(delay);
    let since = '';
    while (Date.now() < end) {
      const begun = process.hrtime.bigint();
      const last = await ask(urlOf(server, `objects/?limit=1000${since}`), agent, headers).catch(() => {
        failed++;
        return undefined;
      });
      waits.push(secondsSince(begun) * 1000);
      if (last !== undefined) since = `&added_after=${last}`;
      await setTimeout(Math.max(0, 1000 - secondsSince(begun) * 1000));
    }
  };
  const { objects } = maker(2);
  const desk = async (): Promise<void> => {
    while (Date.now() < end) {
      await publish(server, envelopeOf(objects(100)));
      await setTimeout(1000);
    }
  };
  const before = residentMb(server);
  await Promise.all([desk(), ...Array.from({ length: many }, (_, i) => one((i * 1000) / many))]);
  agent.destroy();
  waits.sort((a, b) => a - b);
  say(`${many} pollers beside a desk, p99`, at(waits, 0.99), 'ms', '< 50');
  say(`${many} pollers beside a desk, longest`, at(waits, 1), 'ms');
  say(`${many} pollers beside a desk, not answered`, failed, `of ${waits.length}`, '0');
  say('resident memory before', before, 'MB');
  say('resident memory after', residentMb(server), 'MB', 'flat');
}

/** Takes 64 KB of an answer every tenth of a second. */
function slowly(url: string, agent: Agent, headers: Record<string, string>, until: number): Promise<void> {
  return new Promise((resolve) => {
    const request = get(url, { agent, headers }, (response) => {
      const timer = setInterval(() => {
        response.read(65_536);
        if (Date.now() > until || response.readableEnded) {
          clearInterval(timer);
          request.destroy();
          resolve();
        }
      }, 100);
    });
    request.on('error', () => resolve());
  });
}

async function slowReaders(server: RunningServer, many: number, seconds: number): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  const until = Date.now() + seconds * 1000;
  const before = residentMb(server);
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, residentMb(server))), 100);
  const url = urlOf(server, 'objects/?limit=10000');
  await Promise.all(Array.from({ length: many }, () => slowly(url, agent, headersOf(server), until)));
  clearInterval(watch);
  agent.destroy();
  say(`${many} slow readers of pages of 10,000, memory that they add`, most - before, 'MB', 'flat');
}

async function main(many: number, seconds: number, readers: number): Promise<void> {
  console.log(machine());
  const server = await startServer({ JISR_MAX_PAGE_SIZE: '10000' });
  try {
    const { objects } = maker();
    for (let held = 0; held < 20_000; held += 5000) await publish(server, envelopeOf(objects(5000)));
    await pollers(server, many, seconds);
    await slowReaders(server, readers, Math.min(seconds, 20));
  } finally {
    await server.stop();
  }
}

const { values } = parseArgs({
  options: {
    pollers: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '300' },
    readers: { type: 'string', default: '50' },
    json: { type: 'string' },
  },
});
main(Number(values.pollers), Number(values.seconds), Number(values.readers)).then(
  () => save(values.json),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
