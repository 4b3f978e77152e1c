/** What opening a store on MongoDB finds that no waiting mends. */
import { MongoServerError } from 'mongodb';
import { OperatorError, StoreUnavailable, withoutSecrets } from '../../domain/errors';

/** Wrong credentials, or an account without rights: what waiting does not mend. */
const REFUSED = new Set([13, 18, 8000]);

/** @returns undefined for what may pass. */
export function cannotBe(error: unknown): Error | undefined {
  const { name, message } = error as Error;
  if (/^Mongo(Parse|InvalidArgument|API|Runtime)Error$/.test(name))
    return new OperatorError(
      `JISR_STORE: the mongodb:// URL is wrong (${withoutSecrets(message)}). Use mongodb://HOST/DATABASE; what is special in a name or password is percent-encoded.`,
    );
  if (/^query(Srv|Txt) (ENOTFOUND|ENODATA)/.test(message))
    return new OperatorError(
      `JISR_STORE: the name in the mongodb+srv:// URL leads to no servers (${withoutSecrets(message)}). Mend the name or its DNS records.`,
    );
  if (/^query(Srv|Txt) /.test(message))
    return new StoreUnavailable(`The name of the store cannot be looked up (${message}).`, { cause: error });
  if (error instanceof MongoServerError && REFUSED.has(Number(error.code)))
    return new OperatorError(
      `JISR_STORE: the database refuses the account (${withoutSecrets(message)}). Mend the name, the password or the rights.`,
    );
  return undefined;
}
