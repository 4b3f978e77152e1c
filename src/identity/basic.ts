/** HTTP Basic (RFC 7617): a login name with its password. */
import type { Principal } from '../domain/access';
import type { PeopleStore } from '../store/people';
import type { CredentialKind, Holder } from './claim';
import type { PasswordRequest } from './own-password';
import { generatePassword, hashPassword, isCurrent, verifyPassword } from './passwords';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** RFC 9110 §11.6.1: said with each 401, whatever else is taken. */
export const BASIC_CHALLENGE = 'Basic realm="Jisr", charset="UTF-8"';

export interface Login {
  readonly name: string;
  readonly password: string;
}

/** @returns undefined for anything that is not well-formed Basic credentials (T-106). */
export function parseBasic(authorization: string): Login | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization)?.[1];
  if (encoded === undefined) return undefined;
  try {
    const text = utf8.decode(Buffer.from(encoded, 'base64'));
    const colon = text.indexOf(':');
    // eslint-disable-next-line no-control-regex -- RFC 7617 §2: no control characters in either
    if (colon < 1 || /[\x00-\x1f\x7f]/.test(text)) return undefined;
    return { name: text.slice(0, colon), password: text.slice(colon + 1) };
  } catch {
    return undefined;
  }
}

export const isActive = ({ disabled, organisation }: Principal): boolean =>
  !disabled && !organisation.disabled;

/** People type passwords where names belong, and the log is read by many. */
const shortened = (name: string): string => (name.length > 8 ? `${name.slice(0, 8)}…` : name);

/** @param verify replaced in tests. @param outdated told of a password that is kept by other parameters than today's. */
export function basicCredentials(
  people: Pick<PeopleStore, 'credentials'>,
  verify: (phc: string, password: string) => Promise<boolean> = verifyPassword,
  outdated: (request: PasswordRequest) => void = () => undefined,
): CredentialKind {
  // Unknown names are verified too, against this, so that the time of a refusal does not tell who has an account.
  let standIn: Promise<string> | undefined;
  return {
    challenge: BASIC_CHALLENGE,
    read: (authorization, { now }) => {
      const login = parseBasic(authorization);
      if (!login) return undefined;
      const { name, password } = login;
      return {
        account: name,
        secret: password,
        tried: shortened(name),
        find: async (): Promise<Holder | undefined> => {
          const found = await people.credentials(name);
          const { passwordHash = '', principal } = found ?? {};
          const until = principal?.passwordUntil ?? Infinity;
          return passwordHash === '' || !principal || until <= now
            ? undefined
            : { principal, kept: passwordHash, until };
        },
        matches: async (holder) => {
          const nobodys = await (standIn ??= hashPassword(generatePassword()));
          const right = (await verify(holder?.kept ?? nobodys, password)) && holder !== undefined;
          if (right && !isCurrent(holder.kept))
            outdated({ principalId: holder.principal.id, password, rehashes: holder.kept });
          return right;
        },
      };
    },
  };
}
