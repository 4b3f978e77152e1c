/** The file that names OpenID Connect providers (schemas/oidc.json). */
import { readFile } from 'node:fs/promises';
import { OperatorError } from '../domain/errors';
import { readAgainst } from '../validation/schema-file';
import type { Issuer } from './oidc';

interface OidcFile {
  readonly issuers: readonly {
    readonly issuer: string;
    readonly audience: readonly string[];
    readonly algorithms?: readonly string[];
    readonly type?: string;
    readonly clock_skew_seconds?: number;
    readonly accounts: Issuer['rules'];
  }[];
}

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const SKEW_SECONDS = 30;

/** @throws {OperatorError} naming the file, the place and the rule. */
export async function readIssuers(path: string): Promise<readonly Issuer[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new OperatorError(
      `JISR_OIDC_FILE: ${path} cannot be read (${(error as Error).message}). Name another, or make it readable.`,
    );
  });
  const read = readAgainst('oidc', path, text);
  const problems = 'problems' in read ? [...read.problems] : [];
  const issuers = 'file' in read ? (read.file as OidcFile).issuers : [];
  for (const [i, { issuer }] of issuers.entries())
    if (issuers.findIndex((other) => other.issuer === issuer) < i)
      problems.push(
        `${path}: /issuers/${i}/issuer: unique: ${issuer} stands before. Put its accounts together.`,
      );
  if (problems.length > 0)
    throw new OperatorError(`The OpenID Connect file is wrong:\n  ${problems.join('\n  ')}`);
  return issuers.map(({ issuer, audience, algorithms = ALGORITHMS, type, accounts, ...more }) => ({
    issuer,
    audience,
    algorithms,
    type,
    skewSeconds: more.clock_skew_seconds ?? SKEW_SECONDS,
    rules: accounts,
  }));
}
