import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { OperatorError } from '../domain/errors';
import { openMongo } from './mongo';
import { openSqlite } from './sqlite';
import type { Store, StoreOptions } from './store';

export type { StoreOptions };

/**
 * Opens the store that a URL names; nothing else knows which kind it is.
 *
 * @param url `sqlite:PATH`, the path relative to the working directory or absolute, or `sqlite::memory:`;
 *   `mongodb://…` or `mongodb+srv://…` with the database's name in its path.
 * @throws {OperatorError} a URL of another kind. @throws {StoreUnavailable} it cannot be opened.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
  if (/^mongodb(?:\+srv)?:\/\//.test(url)) return openMongo(url, options);
  const file = /^sqlite:(.+)$/.exec(url)?.[1];
  if (file === undefined) {
    throw new OperatorError(
      `JISR_STORE: "${url.replace(/\/\/[^@/]*@/, '//…@')}" is not a store that this Jisr knows. Use sqlite:PATH or mongodb://HOST/DATABASE.`,
    );
  }
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  return openSqlite(file, options);
}
