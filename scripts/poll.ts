import { appendFile, mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperatorError } from '../src/domain/errors';
import type { StixObject } from '../src/domain/stix';
import { passwordOf } from './publish';
import { TaxiiClient, type Position } from './taxii-client';
import { oneOf, UsageError, type Verb } from './verb';

const FORMATS = ['jsonl', 'types'] as const;

/** Where a poll stands: kept beside the output, written after it. */
interface Cursor {
  readonly url: string;
  readonly position: Position;
  /** Bytes of each output that are known to be whole; what a break left behind them is cut off. */
  readonly sizes: Readonly<Record<string, number>>;
}

async function readCursor(path: string, url: string): Promise<Cursor> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return { url, position: { after: undefined, edge: [] }, sizes: {} };
  let cursor: Cursor;
  try {
    cursor = JSON.parse(text) as Cursor;
  } catch {
    throw new OperatorError(
      `${path}: is no cursor. Name another file, or remove it to poll from the beginning.`,
    );
  }
  if (cursor.url !== url)
    throw new OperatorError(`${path}: is the cursor of ${cursor.url}. Name another file for ${url}.`);
  return cursor;
}

async function writeCursor(path: string, cursor: Cursor): Promise<void> {
  await writeFile(`${path}.part`, JSON.stringify(cursor));
  await rename(`${path}.part`, path);
}

/** Outputs that grow by whole pages. */
class Output {
  readonly sizes: Record<string, number>;

  constructor(
    private readonly path: string,
    private readonly byType: boolean,
    sizes: Readonly<Record<string, number>>,
  ) {
    this.sizes = { ...sizes };
  }

  /** Cuts off what an interrupted run wrote after its last cursor. */
  async recover(): Promise<void> {
    for (const [file, size] of Object.entries(this.sizes)) {
      const handle = await open(file, 'r+').catch(() => undefined);
      if (!handle)
        throw new OperatorError(
          `${file}: is gone, and the cursor goes on behind it. Remove the cursor to poll from the beginning.`,
        );
      if ((await handle.stat()).size < size) {
        await handle.close();
        throw new OperatorError(
          `${file}: is shorter than the cursor knows it. Remove the cursor to poll from the beginning.`,
        );
      }
      await handle.truncate(size);
      await handle.close();
    }
  }

  async add(objects: readonly StixObject[]): Promise<void> {
    const files = new Map<string, string>();
    for (const object of objects) {
      const name = this.byType
        ? join(this.path, `${String(object['type']).replaceAll(/[^a-z0-9-]/g, '_')}.jsonl`)
        : this.path;
      files.set(name, `${files.get(name) ?? ''}${JSON.stringify(object)}\n`);
    }
    for (const [file, text] of files) {
      await mkdir(dirname(file), { recursive: true });
      await appendFile(file, text);
      this.sizes[file] = (this.sizes[file] ?? 0) + Buffer.byteLength(text);
    }
  }
}

export const poll: Verb = {
  name: 'poll',
  summary: 'fetch what is new in a collection of any TAXII 2.1 server',
  help: `jisr poll URL --out FILE [--format jsonl|types] [--cursor FILE] [--user LOGIN --password-file FILE] [--limit N] [--json]

URL is that of a collection. Writes every version that was added since the last poll, as JSON lines into one file, or
with --format types into a folder with a file for each type. The cursor (default: OUT.cursor) says where the next poll
goes on; a poll that was interrupted goes on there, and nothing is lost or written twice. Waits and tries again where
a server asks for it. Ends with 3 if the server refuses or stays away.

  --password-file  a file that holds the password; or JISR_TAXII_PASSWORD in the environment

Example:
  jisr poll https://taxii.example.org/root/collections/91a7b528-80eb-42ed-a74d-c6fbd5a26116/ --out new.jsonl --user me`,
  options: {
    out: { type: 'string' },
    format: { type: 'string' },
    cursor: { type: 'string' },
    user: { type: 'string' },
    'password-file': { type: 'string' },
    limit: { type: 'string' },
  },
  run: async (a, context) => {
    const [url] = a.words;
    const out = a.text('out');
    if (url === undefined || out === undefined)
      throw new UsageError('Say from where and where to: jisr poll URL --out FILE.');
    const format = oneOf('format', a.text('format') ?? 'jsonl', FORMATS);
    const limit = Number(a.text('limit') ?? 1000);
    if (!Number.isInteger(limit) || limit < 1)
      throw new UsageError('--limit: a whole number above 0 is expected.');
    const client = new TaxiiClient({
      ...{ url, user: a.text('user'), password: await passwordOf(a, context) },
      notice: (line) => context.error(line),
      wait: context.wait,
    });
    const path = a.text('cursor') ?? `${out}.cursor`;
    let cursor = await readCursor(path, client.collection);
    const output = new Output(out, format === 'types', cursor.sizes);
    await output.recover();
    let count = 0;
    for await (const { objects, position } of client.poll(cursor.position, limit)) {
      await output.add(objects);
      count += objects.length;
      cursor = { url: client.collection, position, sizes: output.sizes };
      await writeCursor(path, cursor);
    }
    const { after } = cursor.position;
    if (a.json)
      context.print(
        JSON.stringify({
          objects: count,
          added_after: after ?? null,
          files: Object.keys(output.sizes),
        }),
      );
    else
      context.print(
        `${count} new objects.${after === undefined ? '' : ` The next poll goes on after ${after}.`}`,
      );
    return 0;
  },
};
