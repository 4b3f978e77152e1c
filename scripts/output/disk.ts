/** The few ways in which verbs write files that are only for their owner, each safe against a break. */
import { createWriteStream } from 'node:fs';
import { link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { v4 as uuid } from 'uuid';
import { OperatorError } from '../../src/domain/errors';

/** The few things that are done to files, each of which may be where a run ends. */
export interface Files {
  readonly read: (path: string) => Promise<string | undefined>;
  /** In bytes; undefined: there is no such file. */
  readonly size: (path: string) => Promise<number | undefined>;
  /** On disk when it resolves; only for its owner if it is new. */
  readonly append: (path: string, text: string) => Promise<void>;
  readonly truncate: (path: string, size: number) => Promise<void>;
  /** All of a file or nothing; on disk when it resolves. */
  readonly replace: (path: string, text: string) => Promise<void>;
}

async function put(path: string, flags: 'a' | 'wx', text: string): Promise<void> {
  const handle = await open(path, flags, 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT') return undefined;
  throw new OperatorError(`${error.path ?? ''}: cannot be read (${error.message}).`);
};

export const DISK: Files = {
  read: (path) => readFile(path, 'utf8').catch(absent),
  size: (path) => stat(path).then((what) => what.size, absent),
  append: async (path, text) => {
    await mkdir(dirname(path), { recursive: true });
    await put(path, 'a', text);
  },
  truncate: async (path, size) => {
    const handle = await open(path, 'r+');
    try {
      await handle.truncate(size);
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
  replace: async (path, text) => {
    const part = `${path}.part`;
    await rm(part, { force: true });
    await mkdir(dirname(path), { recursive: true });
    await put(part, 'wx', text);
    await rename(part, path);
  },
};

/** Whether a path names a device or a pipe: written to as it is, as another file in its place is not what is meant. */
const isDevice = (path: string): Promise<boolean> =>
  stat(path).then(
    (what) => !what.isFile(),
    () => false,
  );

/**
 * Writes a whole file: it appears when all of it is on disk, or not at all. Only its owner may read it, whatever stood
 * there before.
 *
 * @param overwrite false: what stands there stays, also what comes meanwhile.
 * @throws {OperatorError} it cannot be written, or stands already. What `content` throws is thrown on.
 */
export async function writeWhole(
  path: string,
  content: AsyncIterable<string | Uint8Array>,
  overwrite = true,
): Promise<void> {
  const device = await isDevice(path);
  const part = device ? path : `${path}.${uuid().slice(0, 8)}.part`;
  const taken = (): OperatorError =>
    new OperatorError(
      `${path}: stands already, and was left as it is. Name another file, or say --overwrite.`,
    );
  if (!overwrite && !device && (await DISK.size(path)) !== undefined) throw taken();
  try {
    const target = device
      ? createWriteStream(part)
      : createWriteStream(part, { mode: 0o600, flags: 'wx', flush: true });
    await pipeline(Readable.from(content), target);
    if (device) return;
    if (overwrite) await rename(part, path);
    else await link(part, path);
  } catch (error) {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    if (code === 'EEXIST' && !overwrite) throw taken();
    throw new OperatorError(
      `${path}: cannot be written (${message}). Nothing was left behind; make room and run it again.`,
    );
  } finally {
    if (!device) await rm(part, { force: true });
  }
}
