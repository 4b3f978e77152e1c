import { v4 as uuid } from 'uuid';
import type { Organisation } from './domain/access';
import { generatePassword, hashPassword } from './passwords';
import type { Store } from './store/store';

/**
 * Makes the first operator account, unless there is any account already.
 *
 * @returns its name and password, to be shown once; undefined if nothing was made.
 */
export async function firstOperator(store: Store): Promise<{ name: string; password: string } | undefined> {
  if ((await store.people.principals()).length > 0) return undefined;
  const organisation: Organisation = {
    id: uuid(),
    name: 'Operators',
    kind: 'operator',
    region: 'global',
    disabled: false,
  };
  const password = generatePassword();
  const name = 'operator';
  await store.people.saveOrganisation(organisation);
  await store.people.savePrincipal(
    { id: uuid(), name, kind: 'person', role: 'curator', clearance: 4, disabled: false, organisation },
    await hashPassword(password),
  );
  return { name, password };
}
