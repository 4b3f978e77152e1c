import { ROLES, REGIONS } from '../src/domain/channel';
import { tlpName } from '../src/domain/tlp';
import { hashPassword } from '../src/passwords';
import { QUIRKS } from '../src/domain/access';
import { choosePassword, countryCode, identityId, loginName, quirkList } from './add';
import {
  conclude,
  findOrganisation,
  findPrincipal,
  level,
  oneOf,
  UsageError,
  type Arguments,
  type Context,
  type ExitCode,
  type Verb,
} from './verb';

async function changeOrganisation(a: Arguments, context: Context, who: string): Promise<ExitCode> {
  const store = await context.store();
  const before = await findOrganisation(store, who);
  const [name, region, country, identity] = ['name', 'region', 'country', 'identity'].map((n) => a.text(n));
  const organisation = {
    ...before,
    ...(name === undefined ? {} : { name }),
    ...(region === undefined ? {} : { region: oneOf('region', region, REGIONS) }),
    ...(country === undefined ? {} : { country: countryCode(country) }),
    ...(identity === undefined ? {} : { identity: identityId(identity) }),
  };
  if (a.apply) await store.people.saveOrganisation(organisation);
  return conclude(a, context, `change ${before.name}`, { before, organisation });
}

async function changePrincipal(a: Arguments, context: Context, who: string): Promise<ExitCode> {
  const store = await context.store();
  const before = await findPrincipal(store, who);
  const [name, role, clearance, quirks] = ['name', 'role', 'clearance', 'quirks'].map((n) => a.text(n));
  const principal = {
    ...before,
    ...(name === undefined ? {} : { name: loginName(name) }),
    ...(role === undefined ? {} : { role: oneOf('role', role, ROLES) }),
    ...(clearance === undefined ? {} : { clearance: level('clearance', clearance) }),
    ...(quirks === undefined ? {} : { quirks: quirkList(quirks) }),
  };
  const renew = a.flag('new-password') || a.flag('password-stdin') || a.text('password-file') !== undefined;
  const chosen = renew ? await choosePassword(a, context) : undefined;
  if (a.apply) await store.people.savePrincipal(principal, chosen && (await hashPassword(chosen.password)));
  const lines = [`change ${before.name}`];
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
  help: `jisr change organisation NAME [--name …] [--region …] [--country …] [--identity …] [--apply]
jisr change principal LOGIN [--name …] [--role …] [--clearance TLP] [--quirks ${QUIRKS.join(',')}|none]
                      [--new-password | --password-file FILE | --password-stdin] [--apply]

Example:
  jisr change principal operator --new-password`,
  options: {
    ...Object.fromEntries(
      ['name', 'region', 'country', 'identity', 'role', 'clearance', 'quirks', 'password-file'].map(
        (name) => [name, { type: 'string' as const }],
      ),
    ),
    'new-password': { type: 'boolean' },
    'password-stdin': { type: 'boolean' },
  },
  run: async (a, context) => {
    const [noun, who] = a.words;
    if (who === undefined || (noun !== 'organisation' && noun !== 'principal')) {
      throw new UsageError('Say what to change: organisation or principal, and its name.');
    }
    return noun === 'organisation' ? changeOrganisation(a, context, who) : changePrincipal(a, context, who);
  },
};
