import { readFile } from 'node:fs/promises';
import { OperatorError } from '../../src/domain/errors';
import { basicOf, BOUNDS, checkAddress, request } from '../../src/feeds/transport';
import { cell } from '../../src/domain/printable';
import { ACCOUNT, ACCOUNT_HELP, passwordOf } from '../local/account';
import { required, UsageError, type Verb } from '../verb';

/** What a server says of a refusal, in its own words if it has any. */
function whyOf(status: number, text: string): string {
  try {
    const { description } = JSON.parse(text) as { description?: unknown };
    return typeof description === 'string' ? cell(description.slice(0, 500)) : `the answer is ${status}`;
  } catch {
    return `the answer is ${status}`;
  }
}

export const password: Verb = {
  name: 'password',
  summary: "change one's own password on a server",
  help: `jisr password URL --user LOGIN --new-password-file FILE [--password-file FILE | --password-stdin] [--json]

Signs in by the password before, and has the server take the one that the file holds from then on.

  --user              the account
${ACCOUNT_HELP}

Example:
  jisr password https://taxii.example.org --user analyst-7 --password-file old --new-password-file new`,
  options: { ...ACCOUNT, 'new-password-file': { type: 'string' } },
  run: async (a, context) => {
    const [address] = a.words;
    if (address === undefined) throw new UsageError('Say on which server: jisr password https://….');
    const [user, file] = [required(a, 'user'), required(a, 'new-password-file')];
    checkAddress(address, a.flag('allow-plain-http'));
    const before = await passwordOf(a, context);
    if (before === undefined)
      throw new UsageError('--password-file is missing: the password before proves who changes it.');
    const chosen = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
    const url = new URL('/account/password', address).href;
    const headers = {
      'content-type': 'application/json',
      authorization: basicOf(user, before),
    };
    const body = JSON.stringify({ password: chosen });
    const { status, text } = await request(url, { method: 'POST', headers, body }, BOUNDS);
    if (status !== 204)
      throw new OperatorError(
        `${url}: ${whyOf(status, text)}${status < 500 ? ' The password is as it was.' : ''}`,
      );
    context.print(a.json ? JSON.stringify({ user, changed: true }) : `The password of ${user} is changed.`);
    return 0;
  },
};
