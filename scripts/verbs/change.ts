import { LANGUAGES, REGIONS, ROLES } from '../../src/domain/channel';
import { differences } from '../../src/domain/differences';
import { described } from '../../src/domain/identity';
import { tlpName } from '../../src/domain/tlp';
import { hashPassword } from '../../src/identity/passwords';
import { taken } from '../../src/store/refusals';
import { ownPassword, QUIRKS } from '../../src/domain/access';
import {
  CERTIFICATE_HELP,
  CERTIFICATE_OPTIONS,
  CERTIFICATE_USAGE,
  certificateOf,
} from '../local/certificate-options';
import {
  choosePassword,
  loginName,
  passwordEnd,
  quirkList,
  refuseTaken,
  saidOf,
  standingAudience,
} from '../local/account-options';
import { describeOrganisations } from '../local/local-door';
import {
  actorOf,
  conclude,
  findOrganisation,
  findPrincipal,
  level,
  named,
  oneOf,
  UsageError,
  type Arguments,
  type Context,
  type ExitCode,
  type Verb,
} from '../verb';

/** What is done, with what differs, one a line. */
const what = (name: string, lines: readonly string[]): string =>
  [`change ${name}${lines.length === 0 ? ': nothing differs' : ''}`, ...lines.map((l) => `  ${l}`)].join(
    '\n',
  );

async function changeOrganisation(a: Arguments, context: Context, who: string): Promise<ExitCode> {
  const [name, region] = [a.text('new-name'), a.text('region')];
  const said = saidOf(a);
  const store = await context.store();
  const before = await findOrganisation(store, who);
  const audience = await standingAudience(a);
  const { audience: _, ...without } = before;
  const told = {
    ...(audience ? { ...without, ...audience } : before),
    ...(name === undefined ? {} : { name }),
    ...(region === undefined ? {} : { region: oneOf('region', region, REGIONS) }),
    ...said,
    ...(said.names === undefined ? {} : { names: { ...before.names, ...said.names } }),
  };
  const organisation = described(before, told, context.clock());
  refuseTaken(organisation, await store.people.organisations());
  const actor = await actorOf(a, context, store);
  if (a.apply) {
    await store.people.saveOrganisation(organisation, actor);
    await describeOrganisations(store, a, context);
  }
  const lines = differences({ ...before, described: 0 }, { ...organisation, described: 0 });
  if ((['country', 'region', 'identity'] as const).some((by) => before[by] !== organisation[by]))
    lines.push(
      'Audiences may name it by what changed: its tools must poll again from the beginning, the server cannot know what they hold.',
    );
  if (audience)
    lines.push('It counts for what is published from now on, where an object says nothing of its audience.');
  return conclude(a, context, what(before.name, lines), { before, organisation });
}

async function changePrincipal(a: Arguments, context: Context, who: string): Promise<ExitCode> {
  const [name, role, clearance, quirks] = ['new-name', 'role', 'clearance', 'quirks'].map((n) => a.text(n));
  const store = await context.store();
  const before = await findPrincipal(store, who);
  const { certificate: held, ...person } = before;
  const certificate = (await certificateOf(a)) ?? (held && { certificate: held });
  const changed = {
    ...person,
    ...certificate,
    ...(name === undefined ? {} : { name: loginName(name) }),
    ...(role === undefined ? {} : { role: oneOf('role', role, ROLES) }),
    ...(clearance === undefined ? {} : { clearance: level('clearance', clearance) }),
    ...(quirks === undefined ? {} : { quirks: quirkList(quirks) }),
  };
  const others = (await store.people.principals()).filter((p) => p.id !== before.id);
  if (others.some((p) => p.name === changed.name)) throw taken('name', changed.name, 'principals');
  const renew = a.flag('new-password') || a.flag('password-stdin') || a.text('password-file') !== undefined;
  const chosen = renew ? await choosePassword(a, context, changed) : undefined;
  const principal = chosen ? { ...ownPassword(changed), ...passwordEnd(a, context) } : changed;
  const actor = await actorOf(a, context, store);
  if (a.apply) {
    const hash = chosen && (await hashPassword(chosen.password));
    await store.people.savePrincipal(principal, hash, actor);
    await describeOrganisations(store, a, context);
  }
  const inWords = (p: typeof before): object => ({ ...p, clearance: tlpName(p.clearance) });
  const differing = differences(inWords(before), inWords(principal));
  const lines = [what(before.name, chosen ? [...differing, 'password: a new one'] : differing)];
  if (principal.clearance > before.clearance) {
    lines.push(
      'Their clearance is raised: their tools must poll again from the beginning, the server cannot know what they hold.',
    );
  }
  const shown = a.apply && chosen?.generated ? chosen.password : undefined;
  if (shown !== undefined) lines.push(`  password  ${shown}`, '  It is shown this once.');
  return conclude(a, context, lines.join('\n'), {
    principal: { ...principal, clearance: tlpName(principal.clearance) },
    startAgain: principal.clearance > before.clearance,
    ...(shown === undefined ? {} : { password: shown }),
  });
}

export const change: Verb = {
  name: 'change',
  summary: 'change an organisation or a principal',
  help: `jisr change organisation NAME [--new-name …] [--region …] [--country …] [--identity …] [--name-in ${LANGUAGES.join('|')}=NAME …]
                         [--sector …,…] [--audience FILE|none] [--as LOGIN] [--apply]
jisr change principal LOGIN [--new-name …] [--role …] [--clearance TLP] [--quirks ${QUIRKS.join(',')}|none]
                      [--new-password | --password-file FILE | --password-stdin] [--password-days N] [--as LOGIN] [--apply]
                      ${CERTIFICATE_USAGE}

${CERTIFICATE_HELP}

NAME and LOGIN may be said by --name too. --as names the account that it is done for, for the audit.

Example:
  jisr change principal operator --new-password`,
  changes: true,
  options: {
    ...Object.fromEntries(
      [
        'name',
        'new-name',
        'region',
        'country',
        'identity',
        'audience',
        'role',
        'clearance',
        'quirks',
        'password-days',
        'password-file',
        'as',
      ].map((name) => [name, { type: 'string' as const }]),
    ),
    'name-in': { type: 'string', multiple: true },
    sector: { type: 'string', multiple: true },
    'new-password': { type: 'boolean' },
    'password-stdin': { type: 'boolean' },
    ...CERTIFICATE_OPTIONS,
  },
  run: async (a, context) => {
    const [noun] = a.words;
    const who = named(a, 1, 'name', 'A new name is said by --new-name.');
    if (who === undefined || (noun !== 'organisation' && noun !== 'principal')) {
      throw new UsageError('Say what to change: organisation or principal, and its name.');
    }
    return noun === 'organisation' ? changeOrganisation(a, context, who) : changePrincipal(a, context, who);
  },
};
