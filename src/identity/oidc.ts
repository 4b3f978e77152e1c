/** Access tokens of OpenID Connect providers (JWT, RFC 9068): a signature, and claims that say which account it is. */
import { decodeJwt, jwtVerify, type JWTPayload } from 'jose';
import { TaxiiError } from '../domain/errors';
import type { Micros } from '../domain/timestamp';
import type { PeopleStore } from '../store/people';
import type { Claim, CredentialKind, Holder } from './claim';
import { keysOf, NoKeys } from './oidc-keys';

export interface Issuer {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly algorithms: readonly string[];
  /** The header `typ` that is wanted; undefined: any. */
  readonly type: string | undefined;
  readonly skewSeconds: number;
  /** The first whose claims are all there says the account. */
  readonly rules: readonly { readonly claims: Readonly<Record<string, string>>; readonly account: string }[];
}

const JWT = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+) *$/i;
const RETRY_SECONDS = '10';

/** Whether a claim is the value, or a list that holds it, or, of `scope`, the words (RFC 8693 §4.2). */
function holds(claims: JWTPayload, name: string, value: string): boolean {
  const said: unknown = claims[name];
  if (Array.isArray(said)) return said.includes(value);
  if (name === 'scope' && typeof said === 'string') return said.split(' ').includes(value);
  return said === value;
}

/** The login name that claims stand for; undefined: nobody. */
export function accountOf({ rules }: Pick<Issuer, 'rules'>, claims: JWTPayload): string | undefined {
  const fits = (wanted: Readonly<Record<string, string>>): boolean =>
    Object.entries(wanted).every(([name, value]) => holds(claims, name, value));
  return rules.find((rule) => fits(rule.claims))?.account;
}

function decoded(text: string): JWTPayload | undefined {
  try {
    return decodeJwt(text);
  } catch {
    return undefined;
  }
}

/** @param report told why the keys of a provider could not be had. */
export function oidcCredentials(
  people: Pick<PeopleStore, 'credentials'>,
  issuers: readonly Issuer[],
  clock: () => Micros,
  report: (issuer: string, why: string) => void,
): CredentialKind {
  const known = new Map(
    issuers.map((of) => [of.issuer, { of, keys: keysOf(of.issuer, clock, (why) => report(of.issuer, why)) }]),
  );

  /** What it says is only looked at; that it is true is decided by `matches`. */
  function claimOf(text: string, claims: JWTPayload, now: Micros): Claim {
    // Nothing of it is proven yet, not even that it is text.
    const [iss, sub] = [claims.iss, claims.sub].map((said: unknown) =>
      typeof said === 'string' ? said : '',
    );
    const { exp = 0 } = claims;
    const provider = known.get(iss ?? '');
    const skew = provider?.of.skewSeconds ?? 0;
    const until = (exp + skew) * 1e6;
    const find = async (): Promise<Holder | undefined> => {
      const login = provider && until > now ? accountOf(provider.of, claims) : undefined;
      const found = login === undefined ? undefined : await people.credentials(login);
      return found && { principal: found.principal, kept: 'signed', until };
    };
    const matches = async (): Promise<boolean> => {
      if (!provider) return false;
      const { issuer, audience, algorithms, type } = provider.of;
      try {
        await jwtVerify(text, provider.keys, {
          issuer,
          audience: [...audience],
          algorithms: [...algorithms],
          ...(type === undefined ? {} : { typ: type }),
          clockTolerance: skew,
          currentDate: new Date(clock() / 1000),
          requiredClaims: ['exp', 'iss', 'aud'],
        });
        return true;
      } catch (error) {
        if (!(error instanceof NoKeys)) return false;
        throw new TaxiiError(
          'unavailable',
          'The provider that issued this access token cannot be asked for its keys now. Repeat the request later.',
          { 'Retry-After': RETRY_SECONDS },
        );
      }
    };
    return {
      account: `${iss ?? ''} ${sub ?? ''}`,
      secret: text,
      tried: provider ? `${provider.of.issuer} ${sub?.slice(0, 8) ?? ''}` : 'an access token',
      quick: true,
      find,
      matches,
    };
  }

  return {
    challenge: 'Bearer realm="Jisr"',
    read: (authorization, { now }) => {
      const text = JWT.exec(authorization)?.[1];
      const claims = text === undefined ? undefined : decoded(text);
      return text === undefined || !claims ? undefined : claimOf(text, claims, now);
    },
  };
}
