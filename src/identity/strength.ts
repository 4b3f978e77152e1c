/** Whether a password that somebody chose would be among the first that are tried. */
import { MOST_PASSWORD_BYTES } from './passwords';

const LEAST = 12;
/** Characters that are left when the account's own names are taken out. */
const LEAST_OF_ITS_OWN = 8;
/** Of 4: it takes more than 10^8 guesses. */
const LEAST_SCORE = 3;

/**
 * @param names of the account and its organisation.
 * @returns why it is refused, and what to do, as the rest of a sentence that begins with "The password"; undefined: it is not.
 */
export function weakness(password: string, names: readonly string[]): string | undefined {
  if (password.length < LEAST) return `is shorter than ${LEAST} characters. Choose a longer one.`;
  if (Buffer.byteLength(password) > MOST_PASSWORD_BYTES)
    return `is longer than ${MOST_PASSWORD_BYTES} bytes. Choose a shorter one.`;
  const own = names.filter((name) => name.length > 2).map((name) => name.toLowerCase());
  const rest = own.reduce((left, name) => left.replaceAll(name, ''), password.toLowerCase());
  if (rest.length < LEAST_OF_ITS_OWN)
    return 'is little more than the name of the account or its organisation. Choose another one.';
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- at once, and only now
  const { scoreOf } = require('./guesses') as typeof import('./guesses');
  // What comes behind the first hundred characters makes it no weaker, and the search slower.
  if (scoreOf(password.slice(0, 100), own) < LEAST_SCORE)
    return 'is among those that are tried first: common passwords, names, dates, neighbouring keys. Choose another one, such as four words that have nothing to do with each other.';
  return undefined;
}
