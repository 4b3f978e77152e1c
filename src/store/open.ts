import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { OperatorError } from '../domain/errors';
import { openSqlite } from './sqlite';
import type { StoreOptions } from './sqlite/connection';
import type { Store } from './store';

export type { StoreOptions };

/**
 * Opens the store that a URL names; nothing else knows which kind it is.
 *
 * @param url `sqlite:PATH`, the path relative to the working directory or absolute, or `sqlite::memory:`.
 * @throws {OperatorError} a URL of another kind. @throws {StoreUnavailable} it cannot be opened.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
  const file = /^sqlite:(.+)$/.exec(url)?.[1];
  if (file === undefined) {
    throw new OperatorError(
      `JISR_STORE: "${url.replace(/\/\/[^@/]*@/, '//…@')}" is not a store that this Jisr knows. Use sqlite:PATH.`,
    );
  }
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  return openSqlite(file, options);
}
