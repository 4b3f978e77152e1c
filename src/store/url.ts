/** The URL of a store, and the password that does not stand in it. */
import { readFileSync } from 'node:fs';
import { OperatorError } from '../domain/errors';

const USER = /^(mongodb(?:\+srv)?:\/\/)([^:@/?#]+)(:[^@/]*)?@/;

/** Whether the URL itself holds a password: no such URL may stand on a command line, where everybody can read it. */
export const holdsPassword = (url: string): boolean => USER.exec(url)?.[3] !== undefined;

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$|\.sock$/i;

/** Whether everybody between here and the database reads along. A URL that is wrong is for the driver to refuse. */
function isPlain(url: string): boolean {
  const found = /^mongodb:\/\/(?:[^@/]*@)?([^/?@]+)(?:\/[^?@]*)?(?:\?([^@]*))?$/.exec(url);
  if (!found) return false;
  const options = new URLSearchParams(found[2]);
  const tls = options.get('tls') ?? options.get('ssl');
  return tls !== 'true' && !(found[1] as string).split(',').every((host) => LOOPBACK.test(host));
}

/**
 * Objects and passwords do not cross a network in the clear unless somebody says that they may.
 *
 * @param allowed JISR_ALLOW_PLAIN_MONGODB. @throws {OperatorError}
 */
export function requirePrivate(url: string, allowed: boolean): string {
  if (allowed || !isPlain(url)) return url;
  throw new OperatorError(
    'The store is on another machine, and its URL says nothing of TLS: all that is stored would travel in the clear. Say mongodb://…/DATABASE?tls=true, or JISR_ALLOW_PLAIN_MONGODB=true if you know that the network is safe.',
  );
}

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
