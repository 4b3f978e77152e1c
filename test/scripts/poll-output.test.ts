/** A poll that ends at any step of its writing goes on, and loses and repeats nothing. */
import fc from 'fast-check';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StixObject } from '../../src/domain/stix';
import { askOf, beginPoll, takePage, versionName } from '../../src/feeds/position';
import { DISK, type Files } from '../../scripts/output/disk';
import { PollOutput } from '../../scripts/output/poll-output';
import { Model } from '../support/taxii-model';

class Crash extends Error {}

/** The disk of a machine that stops at one of its steps, before it, in the middle of it, or right after it. */
function stopping(step: number, how: 'before' | 'half' | 'after'): Files {
  let steps = 0;
  const at = async (work: () => Promise<void>, half: () => Promise<void>): Promise<void> => {
    const now = steps++ === step;
    if (now && how === 'half') await half();
    if (!now || how === 'after') await work();
    if (now) throw new Crash();
  };
  return {
    read: DISK.read,
    size: DISK.size,
    append: (path, text) =>
      at(
        () => DISK.append(path, text),
        () => DISK.append(path, text.slice(0, text.length / 2)),
      ),
    truncate: (path, size) =>
      at(
        () => DISK.truncate(path, size),
        async () => undefined,
      ),
    replace: (path, text) =>
      at(
        () => DISK.replace(path, text),
        async () => writeFileSync(`${path}.part`, text.slice(0, text.length / 2)),
      ),
  };
}

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'jisr-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const URL = 'https://example.test/root/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/';
const server = (): Model =>
  new Model({ next: 'none', dates: { digits: 6, way: 'cut' }, reads: 6, cap: 1000, repeats: 0, forgets: 0 });

async function pollOnce(model: Model, path: string, byType: boolean, files: Files): Promise<void> {
  const output = await PollOutput.open({ path, byType, cursor: `${path}.cursor`, url: URL, files });
  let polling = beginPoll(output.position, 4);
  for (;;) {
    const turn = takePage(polling, model.answer(askOf(polling)));
    ({ polling } = turn);
    await output.add(turn.objects, polling.position);
    if (turn.then !== 'go on') return;
  }
}

function lines(path: string, byType: boolean): string[] {
  const files = byType ? readdirSync(path).map((name) => join(path, name)) : [path];
  return files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && line !== '{"before":true}')
      .map((line) => versionName(JSON.parse(line) as StixObject)),
  );
}

const runs = fc.array(
  fc.record({
    added: fc.nat(15),
    step: fc.nat(12),
    how: fc.constantFrom('before' as const, 'half' as const, 'after' as const),
  }),
  { minLength: 1, maxLength: 6 },
);

test.each([false, true])(
  'a break at any step of writing loses and repeats nothing, and leaves alone what stood there (by type: %s)',
  async (byType) => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(runs, fc.boolean(), async (given, stood) => {
        const path = join(folder, `out${count++}`);
        const model = server();
        if (stood && !byType) writeFileSync(path, '{"before":true}\n');
        for (const { added, step, how } of given) {
          for (let i = 0; i < added; i++) model.add(i % 2, i % 3 === 0);
          await pollOnce(model, path, byType, stopping(step, how)).catch((error: unknown) => {
            if (!(error instanceof Crash)) throw error;
          });
        }
        model.add(5, false);
        await pollOnce(model, path, byType, DISK);
        const wanted = model.held.map((h) => versionName(h.object));
        expect(lines(path, byType).sort()).toEqual(wanted.sort());
        if (stood && !byType) expect(readFileSync(path, 'utf8')).toMatch(/^\{"before":true\}\n/);
      }),
      { numRuns: 60 },
    );
  },
);

test('every step of one poll is one at which a break was tried', async () => {
  for (const how of ['before', 'half', 'after'] as const)
    for (let step = 0; ; step++) {
      const path = join(folder, `${how}${step}`);
      const model = server();
      for (let i = 0; i < 10; i++) model.add(1, false);
      const broke = await pollOnce(model, path, false, stopping(step, how)).then(
        () => false,
        () => true,
      );
      await pollOnce(model, path, false, DISK);
      expect(lines(path, false)).toEqual(model.held.map((h) => versionName(h.object)));
      if (!broke) break;
    }
});

test('outputs and cursor are only for their owner', async () => {
  const model = server();
  model.add(1, false);
  const path = join(folder, 'out');
  await pollOnce(model, path, false, DISK);
  for (const file of [path, `${path}.cursor`]) expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('our own advice loses nothing: an output that is gone, then a new one with the same cursor', async () => {
  const model = server();
  model.add(1, false);
  const path = join(folder, 'out');
  await pollOnce(model, path, false, DISK);
  rmSync(path);
  model.add(1, false);
  await expect(pollOnce(model, path, false, DISK)).rejects.toThrow(
    /is gone, .* Say a new --out with --cursor/,
  );
  const cursor = `${path}.cursor`;
  const other = join(folder, 'other');
  const output = await PollOutput.open({ path: other, byType: false, cursor, url: URL, files: DISK });
  const turn = takePage(beginPoll(output.position, 5), model.answer(askOf(beginPoll(output.position, 5))));
  await output.add(turn.objects, turn.polling.position);
  expect(lines(other, false)).toEqual([versionName(model.held[1]!.object)]);
  // What a run that ended in between left in the other output is cut off.
  appendFileSync(other, '{"half');
  await PollOutput.open({ path: join(folder, 'third'), byType: false, cursor, url: URL, files: DISK });
  expect(lines(other, false)).toHaveLength(1);
});

test('a cursor of an earlier Jisr is understood', async () => {
  const model = server();
  for (let i = 0; i < 3; i++) model.add(1, false);
  const path = join(folder, 'out');
  const [first] = model.held;
  const line = `${JSON.stringify(first!.object)}\n`;
  writeFileSync(path, `${line}{"half`);
  const position = { edge: [versionName(first!.object)] };
  writeFileSync(`${path}.cursor`, JSON.stringify({ url: URL, position, sizes: { [path]: line.length } }));
  await pollOnce(model, path, false, DISK);
  expect(lines(path, false)).toEqual(model.held.map((h) => versionName(h.object)));
});
