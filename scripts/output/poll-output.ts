/**
 * What a poll writes: outputs that grow by whole pages, and the cursor that says how far they count. A break between
 * any two steps loses nothing and repeats nothing: the cursor is written before the first append and names each file
 * before it is touched, and what stands behind the length that it names is cut off when the poll goes on.
 */
import { dirname, join, relative, resolve } from 'node:path';
import { OperatorError } from '../../src/domain/errors';
import type { StixObject } from '../../src/domain/stix';
import { parseTimestamp } from '../../src/domain/timestamp';
import { BEGINNING, type Position } from '../../src/feeds/position';
import type { Files } from './disk';

const FORMAT = 'jisr-cursor-2';

interface Cursor {
  readonly format: string;
  readonly url: string;
  readonly position: Position;
  /** Bytes that count of each output; paths are relative to the cursor's folder. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** As cursors were before they had a format. */
interface OldCursor {
  readonly url: string;
  readonly position: { readonly after?: string; readonly edge: readonly string[] };
  /** Paths are relative to the working directory. */
  readonly sizes: Readonly<Record<string, number>>;
}

function upgraded({ url, position: { after, edge }, sizes }: OldCursor, folder: string): Cursor {
  const position = {
    after: after === undefined ? null : (parseTimestamp(after) ?? null),
    known: edge.length === 0 ? [] : [{ until: null, versions: edge }],
  };
  const moved = Object.entries(sizes).map(([file, size]) => [relative(folder, resolve(file)), size] as const);
  return { format: FORMAT, url, position, sizes: Object.fromEntries(moved) };
}

async function readCursor(files: Files, path: string, url: string): Promise<Cursor | undefined> {
  const text = await files.read(path);
  if (text === undefined) return undefined;
  let found: Cursor | OldCursor;
  try {
    found = JSON.parse(text) as Cursor | OldCursor;
    if (!('format' in found)) found = upgraded(found, dirname(path));
  } catch {
    throw new OperatorError(
      `${path}: is no cursor. Name another file by --cursor; or name a new --out, and all is polled from the beginning into it.`,
    );
  }
  if (found.format !== FORMAT || found.url !== url)
    throw new OperatorError(`${path}: is the cursor of ${found.url}. Name another file for ${url}.`);
  return found;
}

/** Types of objects that get a file of their own; a server may name any number. */
const MOST_FILES = 200;

export interface PollOutputOptions {
  /** A file of JSON lines, or a folder with one for each type. */
  readonly path: string;
  readonly byType: boolean;
  readonly cursor: string;
  /** Of the collection. */
  readonly url: string;
  readonly files: Files;
}

export class PollOutput {
  position: Position = BEGINNING;
  private sizes: Record<string, number> = {};
  private readonly folder: string;

  private constructor(private readonly options: PollOutputOptions) {
    this.folder = dirname(resolve(options.cursor));
  }

  /**
   * Opens outputs where the cursor says that they stand, and cuts off what a break left behind that.
   *
   * @throws {OperatorError} the cursor is of another collection, or an output is not what it was.
   */
  static async open(options: PollOutputOptions): Promise<PollOutput> {
    const output = new PollOutput({ ...options, cursor: resolve(options.cursor) });
    const cursor = await readCursor(options.files, output.options.cursor, options.url);
    if (!cursor) return output;
    output.position = cursor.position;
    for (const [name, size] of Object.entries(cursor.sizes)) {
      const found = await output.recover(join(output.folder, name), size);
      if (found) output.sizes[name] = size;
    }
    return output;
  }

  /** @returns whether the file goes on to be an output: a cursor may go on in another one. */
  private async recover(file: string, size: number): Promise<boolean> {
    const { files, path, cursor } = this.options;
    const now = await files.size(file);
    const own = file === resolve(path) || dirname(file) === resolve(path);
    if (now === undefined ? size > 0 : now < size) {
      // An earlier output that was taken away is nobody's loss.
      if (!own) return false;
      throw new OperatorError(
        `${file}: is ${now === undefined ? 'gone' : 'shorter than it was'}, and the cursor goes on behind what it held. Say a new --out with --cursor ${cursor} for what is new alone, or a new --out by itself for everything.`,
      );
    }
    if (now !== undefined && now > size) await files.truncate(file, size);
    return own && now !== undefined;
  }

  private fileOf(type: unknown): string {
    const { path, byType } = this.options;
    if (!byType) return resolve(path);
    const name = String(type)
      .slice(0, 100)
      .replaceAll(/[^a-z0-9-]/g, '_');
    const file = resolve(path, `${name}.jsonl`);
    const known = relative(this.folder, file) in this.sizes;
    return known || Object.keys(this.sizes).length < MOST_FILES ? file : resolve(path, 'other.jsonl');
  }

  private async save(): Promise<void> {
    const { files, cursor, url } = this.options;
    const content: Cursor = { format: FORMAT, url, position: this.position, sizes: this.sizes };
    await files.replace(cursor, JSON.stringify(content));
  }

  /** Adds a page. When it resolves, the page counts; if it never does, nothing of it counts. */
  async add(objects: readonly StixObject[], position: Position): Promise<void> {
    const { files } = this.options;
    const texts = new Map<string, string>();
    for (const object of objects) {
      const file = this.fileOf(object['type']);
      texts.set(file, `${texts.get(file) ?? ''}${JSON.stringify(object)}\n`);
      const name = relative(this.folder, file);
      // What stands in a file that this cursor does not know stays.
      if (!(name in this.sizes)) this.sizes[name] = -1;
    }
    let known = true;
    for (const [name, size] of Object.entries(this.sizes))
      if (size < 0) {
        this.sizes[name] = (await files.size(join(this.folder, name))) ?? 0;
        known = false;
      }
    if (!known) await this.save();
    for (const [file, text] of texts) {
      await files.append(file, text);
      const name = relative(this.folder, file);
      this.sizes[name] = (this.sizes[name] as number) + Buffer.byteLength(text);
    }
    this.position = position;
    await this.save();
  }

  /** The outputs, as they lie from the working directory. */
  names(): string[] {
    return Object.keys(this.sizes).map((name) => relative('', join(this.folder, name)));
  }
}
