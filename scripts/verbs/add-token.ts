import { isOperator } from '../../src/domain/access';
import { cell } from '../../src/domain/printable';
import { DAY, formatTimestamp } from '../../src/domain/timestamp';
import { TOKEN_RIGHTS, type ApiToken } from '../../src/domain/tokens';
import { generateToken, readNetwork } from '../../src/identity/tokens';
import type { Store } from '../../src/store/store';
import { tokenTaken } from '../../src/store/refusals';
import { didYouMean } from '../nearest';
import {
  actorOf,
  conclude,
  findCollection,
  findPrincipal,
  named,
  oneOf,
  UsageError,
  type Arguments,
  type Context,
  type ExitCode,
} from '../verb';

const DAYS = 365;
/** What outlives everybody who remembers it is a back door. */
const MOST_DAYS = 1096;

/** The values of an option that is a list with commas; undefined if it is not said. */
const listed = (a: Arguments, name: string): readonly string[] | undefined =>
  a
    .text(name)
    ?.split(',')
    .map((value) => value.trim());

/** @throws {UsageError} */
function daysOf(a: Arguments): number {
  const said = a.text('days') ?? String(DAYS);
  if (/^\d{1,5}$/.test(said) && Number(said) >= 1 && Number(said) <= MOST_DAYS) return Number(said);
  throw new UsageError(`--days: "${said}" is not a number of days from 1 to ${MOST_DAYS}.`);
}

/** What the token may less than its account. @throws {UsageError} {OperatorError} naming what there is not. */
async function narrowingOf(
  a: Arguments,
  store: Store,
): Promise<Pick<ApiToken, 'rights' | 'channels' | 'collections' | 'networks'>> {
  const known = await store.catalog.channels();
  const roots = known.map((channel) => channel.apiRoot);
  const rights = listed(a, 'rights')?.map((right) => oneOf('rights', right, TOKEN_RIGHTS));
  const channels = listed(a, 'channel');
  for (const root of channels ?? [])
    if (!roots.includes(root))
      throw new UsageError(`--channel: there is no channel "${root}".${didYouMean(root, roots)}`);
  const collections = listed(a, 'collection')?.map((name) => findCollection(known, name).id);
  const networks = listed(a, 'network')?.map((text) => {
    const network = readNetwork(text);
    if (network === undefined)
      throw new UsageError(`--network: "${text}" is no network such as 192.0.2.0/24 or 2001:db8::/32.`);
    return network;
  });
  return {
    ...(rights && { rights: TOKEN_RIGHTS.filter((right) => rights.includes(right)) }),
    ...(channels && { channels }),
    ...(collections && { collections }),
    ...(networks && { networks }),
  };
}

/** A token of an account, shown once. */
export async function addToken(a: Arguments, context: Context): Promise<ExitCode> {
  const [login, name] = [named(a, 1, 'principal'), named(a, 2, 'name')?.trim()];
  if (login === undefined || name === undefined || name === '' || name !== cell(name) || name.length > 100)
    throw new UsageError(
      'Say whose it is and what it is for, in up to 100 characters: jisr add token LOGIN NAME ….',
    );
  const days = daysOf(a);
  const store = await context.store();
  const principal = await findPrincipal(store, login);
  const narrowing = await narrowingOf(a, store);
  const others = await store.people.tokens();
  if (others.some(({ token }) => token.principalId === principal.id && token.name === name))
    throw tokenTaken(principal.name, name);
  const { id, text, hash } = generateToken();
  const created = context.clock();
  const token: ApiToken = {
    id,
    principalId: principal.id,
    name,
    created,
    expires: created + days * DAY,
    ...narrowing,
  };
  const actor = await actorOf(a, context, store);
  if (a.apply) await store.people.addToken(token, hash, actor);
  const lines = [`add the token "${name}" of ${principal.name}, until ${formatTimestamp(token.expires)}`];
  if (isOperator(principal) && Object.keys(narrowing).length === 0)
    lines.push(
      "  It may do all that an operator's account may: --rights, --channel and --network narrow it.",
    );
  if (a.apply)
    lines.push(
      `  token  ${text}`,
      '  It is shown this once. Send it as Bearer, or as the password of the account.',
    );
  return conclude(a, context, lines.join('\n'), {
    token: { ...token, principal: principal.name, expires: formatTimestamp(token.expires) },
    ...(a.apply ? { secret: text } : {}),
  });
}
