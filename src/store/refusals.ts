/** What every store refuses of operators, in the same words. */
import { OperatorError } from '../domain/errors';

export const stillHolds = (subject: string, versions: number): OperatorError =>
  new OperatorError(
    `${subject} still holds ${versions} object versions and is not in the channel files any more. Put it back, or say --drop-objects to remove it with everything in it.`,
  );

export const taken = (
  column: 'name' | 'identity',
  value: string,
  table: 'organisations' | 'principals',
): OperatorError =>
  new OperatorError(`${column}: "${value}" is taken by another of the ${table}. Choose another one.`);

/** @param place without secrets. */
export const noStore = (place: string): OperatorError =>
  new OperatorError(
    `There is no store at ${place}. Start the server once, or make one by jisr apply or jisr add organisation; JISR_STORE or --store names another.`,
  );

export const tokenTaken = (login: string, name: string): OperatorError =>
  new OperatorError(
    `token: ${login} has a token "${name}" already. Choose another name, or remove that one.`,
  );

export const noPrincipal = (id: string): OperatorError =>
  new OperatorError(`principal: there is no account ${id}.`);

export const certificateTaken = (match: string, login: string): OperatorError =>
  new OperatorError(
    `certificate: ${match} is of the account ${login}. One certificate signs in one account.`,
  );

export const needsPassword = (): OperatorError => new OperatorError('password: a new principal needs one.');

export const noCollection = (id: string): OperatorError =>
  new OperatorError(`collection: there is no collection ${id}.`);

/** Work that another has taken over. */
export const leaseLost = (name: string): OperatorError =>
  new OperatorError(
    `"${name}" was taken over by another process while this one was held up; it stopped, and changed nothing more.`,
  );
