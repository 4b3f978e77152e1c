/** The URL of a store, and the password that does not stand in it. */
import { readFileSync } from 'node:fs';
import { OperatorError } from '../domain/errors';

const USER = /^(mongodb(?:\+srv)?:\/\/)([^:@/?#]+)(:[^@/]*)?@/;

/** Whether the URL itself holds a password: no such URL may stand on a command line, where everybody can read it. */
export const holdsPassword = (url: string): boolean => USER.exec(url)?.[3] !== undefined;

/**
 * Puts the password that a file holds into a URL that names a user alone.
 *
 * @param url as `openStore` takes it. @param what the file is called by, for messages.
 * @throws {OperatorError} the file cannot be read, or the URL has no place for a password.
 */
export function withPassword(url: string, file: string | undefined, what: string): string {
  if (file === undefined) return url;
  if (!USER.test(url) || holdsPassword(url))
    throw new OperatorError(
      `${what}: the store's URL must name a user and no password: mongodb://USER@HOST/DATABASE.`,
    );
  let password: string;
  try {
    password = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new OperatorError(`${what}: ${file} cannot be read (${(error as Error).message}).`);
  }
  return url.replace(
    USER,
    (_, scheme: string, user: string) => `${scheme}${user}:${encodeURIComponent(password)}@`,
  );
}
