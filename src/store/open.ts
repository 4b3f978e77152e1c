import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { OperatorError, withoutSecrets } from '../domain/errors';
import { noStore } from './refusals';
import type { Store, StoreOptions } from './store';

export type { StoreOptions };

interface Adapters {
  readonly mongo: typeof import('./mongo');
  readonly sqlite: typeof import('./sqlite');
}

/** Loads one kind's code when it is needed: the other's driver would cost memory in each thread, and each verb time. */
const adapter = <Name extends keyof Adapters>(name: Name): Adapters[Name] =>
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- at once, and only now
  require(`./${name}`) as Adapters[Name];

/**
 * Opens the store that a URL names; nothing else knows which kind it is.
 *
 * @param url `sqlite:PATH`, the path relative to the working directory or absolute, or `sqlite::memory:`;
 *   `mongodb://…` or `mongodb+srv://…` with the database's name in its path.
 * @throws {OperatorError} a URL of another kind, or a store that cannot be. @throws {StoreUnavailable} not now.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
  if (/^mongodb(?:\+srv)?:\/\//.test(url)) return adapter('mongo').openMongo(url, options);
  const file = /^sqlite:(.+)$/.exec(url)?.[1];
  if (file === undefined) {
    throw new OperatorError(
      `JISR_STORE: "${withoutSecrets(url)}" is not a store that this Jisr knows. Use sqlite:PATH or mongodb://HOST/DATABASE.`,
    );
  }
  if (file !== ':memory:') {
    const absent = (options.existing === true || options.trial === true) && !existsSync(file);
    if (absent && options.existing) throw noStore(file);
    if (absent) return adapter('sqlite').openSqlite(':memory:', options);
    makeFolder(dirname(file));
  }
  return adapter('sqlite').openSqlite(file, options);
}

/** One by one: where a file system takes no folders, such as /proc, mkdir's `recursive` never ends. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process may have been faster.
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    throw new OperatorError(
      `${folder}: the folder of the store cannot be made (${(error as NodeJS.ErrnoException).code ?? 'unknown'}). Let this user write there, or name another place by JISR_STORE.`,
    );
  }
}
