/**
 * Whether what a page costs grows with what the store holds: pages of 100 from the middle and the start-up, at 10,000 objects,
 * ten times as many, and so on.
 *
 * Usage: growth [--most 1000000] [--seconds 2] [--json FILE]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { maker } from './data';
import { envelopeOf, headersOf, publish, secondsSince, urlOf } from './exchange';
import { load, requireWrk } from './load';
import { startServer } from './server';
import { machine, save, say } from './table';

const PART = 5000;

async function main(most: number, seconds: number): Promise<void> {
  requireWrk();
  console.log(machine());
  const folder = mkdtempSync(join(tmpdir(), 'jisr-bench-'));
  const env = { JISR_STORE: `sqlite:${join(folder, 'jisr.db')}`, JISR_PAGE_CACHE_MB: '0' };
  const { objects } = maker();
  let [held, password, first] = [0, '', NaN];
  try {
    for (let size = 10_000; size <= most; size *= 10) {
      const begun = process.hrtime.bigint();
      const server = await startServer(env, password);
      const start = secondsSince(begun);
      password = server.password;
      let middle = '';
      for (; held < size; held += PART) {
        if (held >= size / 2 && middle === '') middle = new Date().toISOString();
        await publish(server, envelopeOf(objects(PART)));
      }
      const url = urlOf(server, `objects/?limit=100&added_after=${middle}`);
      const { perSecond } = load(url, seconds, headersOf(server));
      if (size === 10_000) first = perSecond;
      const held10 = `${size.toLocaleString('en')} objects`;
      say(`page of 100 from the middle of ${held10}`, first / perSecond, '× its cost at 10,000', '≤ 1.2');
      say(`start-up before there were ${held10}`, start, 's', '< 2');
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: {
    most: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
});
main(Number(values.most), Number(values.seconds)).then(
  () => save(values.json),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
