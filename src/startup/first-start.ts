import { v4 as uuid } from 'uuid';
import type { Organisation } from '../domain/access';
import { described } from '../domain/identity';
import { DAY, type Micros } from '../domain/timestamp';
import { generatePassword, hashPassword } from '../identity/passwords';
import type { Store } from '../store/store';

/** It is on a terminal, and perhaps in its history: it does not stay good for ever. */
const FIRST_DAYS = 7;

export interface FirstAccount {
  readonly name: string;
  /** To be shown once, and kept nowhere. */
  readonly password: string;
}

/**
 * Makes the first operator account, unless there is any account already: in the operators' organisation that a script
 * has made, or in one of its own.
 *
 * @param made told before it is saved: if the process ends in that moment, or the store does not say how saving it
 *   ended, the account may be there, and its password nowhere else.
 * @returns undefined if nothing was made.
 */
export async function firstOperator(
  store: Store,
  now: Micros,
  made: (account: FirstAccount) => void = () => undefined,
): Promise<FirstAccount | undefined> {
  if ((await store.people.principals()).length > 0) return undefined;
  const operators = (await store.people.organisations()).find((o) => o.kind === 'operator' && !o.disabled);
  const own: Organisation = {
    id: uuid(),
    name: 'Operators',
    kind: 'operator',
    region: 'global',
    disabled: false,
  };
  const organisation = operators ?? described(undefined, own, now);
  const password = generatePassword();
  const name = 'operator';
  if (!operators) await store.people.saveOrganisation(organisation);
  const passwordHash = await hashPassword(password);
  made({ name, password });
  await store.people.savePrincipal(
    {
      id: uuid(),
      name,
      kind: 'person',
      role: 'curator',
      clearance: 4,
      disabled: false,
      firstPassword: true,
      passwordUntil: now + FIRST_DAYS * DAY,
      organisation,
    },
    passwordHash,
  );
  return { name, password };
}

/** Stands alone on the terminal, and last: the log does not have it. */
export const firstAccountShown = ({ name, password }: FirstAccount): string =>
  `\n  First start: an operator account was made.\n\n    account   ${name}\n    password  ${password}\n\n` +
  `  Keep the password now, it is not shown again. It counts for ${FIRST_DAYS} days; change it before:\n` +
  `  npm run jisr -- change principal ${name} --new-password --apply\n\n`;
