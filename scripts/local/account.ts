/** The account that a client verb has on somebody else's server. */
import { readFile } from 'node:fs/promises';
import { OperatorError } from '../../src/domain/errors';
import { TaxiiClient } from '../../src/feeds/client';
import type { Arguments, Context } from '../verb';

export const ACCOUNT = {
  user: { type: 'string' },
  'password-file': { type: 'string' },
  'password-stdin': { type: 'boolean' },
  'allow-plain-http': { type: 'boolean' },
} as const;

export const ACCOUNT_HELP = `  --password-file     a file that holds the password; or --password-stdin, or JISR_TAXII_PASSWORD in the environment.
                      Without --user it is sent as a bearer token
  --allow-plain-http  also http:// to another machine, where everybody on the way reads along`;

/** The password out of a file, standard input or the environment, never off the command line. */
export async function passwordOf(a: Arguments, context: Context): Promise<string | undefined> {
  const file = a.text('password-file');
  if (file === undefined && !a.flag('password-stdin')) return context.env['JISR_TAXII_PASSWORD'];
  const text =
    file === undefined
      ? (await context.input()).toString('utf8')
      : await readFile(file, 'utf8').catch((error: unknown) => {
          throw new OperatorError(`${file}: cannot be read (${(error as Error).message}).`);
        });
  return text.replace(/\r?\n$/, '');
}

/** @param url of the collection. @throws {OperatorError} a URL that a password may not be sent to. */
export async function clientFor(url: string, a: Arguments, context: Context): Promise<TaxiiClient> {
  return new TaxiiClient({
    url,
    user: a.text('user'),
    password: await passwordOf(a, context),
    allowPlainHttp: a.flag('allow-plain-http'),
    notice: (line) => context.error(line),
    wait: context.wait,
  });
}
