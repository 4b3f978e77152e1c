/** One poller in a process of its own, a GET every 5 ms, so that what it waits is not what the bench itself is busy with. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { secondsSince } from './exchange';

const PAUSE_MS = 5;

/** @returns what stops it, and gives how long each answer took, in ms, in ascending order. */
export async function startPoller(
  url: string,
  headers: Record<string, string>,
): Promise<() => Promise<number[]>> {
  const child = fork(__filename, ['--poll', url, JSON.stringify(headers)]);
  await once(child, 'message');
  return async () => {
    child.send('stop');
    const [waits] = (await once(child, 'message')) as [number[]];
    child.disconnect();
    return waits.sort((a, b) => a - b);
  };
}

async function pollForEver(url: string, headers: Record<string, string>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const waits: number[] = [];
  process.on('message', () => process.send?.(waits));
  for (;;) {
    const begun = process.hrtime.bigint();
    const [response] = (await once(get(url, { agent, headers }), 'response')) as [NodeJS.ReadableStream];
    await once(response.resume(), 'end');
    if (waits.push(secondsSince(begun) * 1000) === 1) process.send?.('polls');
    await setTimeout(PAUSE_MS);
  }
}

const [how, url = '', headers = '{}'] = process.argv.slice(2);
if (how === '--poll') {
  process.once('disconnect', () => process.exit());
  void pollForEver(url, JSON.parse(headers) as Record<string, string>);
}
