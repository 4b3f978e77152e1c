/** A password that its owner changes, and one that is hashed anew when the parameters have moved on. */
import { TaxiiError } from '../domain/errors';
import type { PeopleStore } from '../store/people';
import { hashPassword, verifyPassword } from './passwords';
import { weakness } from './strength';

export interface PasswordRequest {
  readonly principalId: string;
  readonly password: string;
  /** It is the password of this hash, which is out of date; not there: it is a new one. */
  readonly rehashes?: string;
}

/** @throws {TaxiiError} 422: it is too weak, or the one before; 401: the account is gone. */
export async function changePassword(people: PeopleStore, request: PasswordRequest): Promise<void> {
  const { principalId, password, rehashes } = request;
  const principal = await people.principal(principalId);
  if (!principal) throw new TaxiiError('unauthenticated', 'This account does not exist any more.');
  if (rehashes !== undefined) {
    await people.setPassword(principalId, await hashPassword(password), { rehashes });
    return;
  }
  const weak = weakness(password, [principal.name, principal.organisation.name]);
  if (weak !== undefined) throw new TaxiiError('unprocessable', `/password: the password ${weak}`);
  const held = await people.credentials(principal.name);
  if (held && (await verifyPassword(held.passwordHash, password)))
    throw new TaxiiError(
      'unprocessable',
      '/password: this is the password that it replaces. Choose another one.',
    );
  await people.setPassword(principalId, await hashPassword(password), { by: { by: principal.name } });
}
