import { v4 as uuid } from 'uuid';
import { QUIRKS, type Organisation, type Principal } from '../../src/domain/access';
import { KINDS, LANGUAGES, REGIONS, ROLES } from '../../src/domain/channel';
import { described } from '../../src/domain/identity';
import { tlpName } from '../../src/domain/tlp';
import { hashPassword } from '../../src/identity/passwords';
import { taken } from '../../src/store/refusals';
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
import { addGrant } from './add-grant';
import { addToken } from './add-token';
import { describeOrganisations } from '../local/local-door';
import { didYouMean } from '../nearest';
import {
  actorOf,
  conclude,
  findOrganisation,
  level,
  named,
  oneOf,
  required,
  UsageError,
  type Arguments,
  type Context,
  type ExitCode,
  type Verb,
} from '../verb';

/** @throws {UsageError} it is missing, or said twice. */
function nameOf(a: Arguments): string {
  const name = named(a, 1, 'name');
  if (name === undefined || name === '') throw new UsageError('--name is missing.');
  return name;
}

async function addOrganisation(a: Arguments, context: Context): Promise<ExitCode> {
  const told: Organisation = {
    id: uuid(),
    name: nameOf(a),
    kind: oneOf('kind', required(a, 'kind'), KINDS),
    region: oneOf('region', required(a, 'region'), REGIONS),
    ...saidOf(a),
    ...(await standingAudience(a)),
    disabled: false,
  };
  const organisation = described(undefined, told, context.clock());
  const store = await context.store();
  refuseTaken(organisation, await store.people.organisations());
  const actor = await actorOf(a, context, store);
  if (a.apply) {
    await store.people.saveOrganisation(organisation, actor);
    await describeOrganisations(store, a, context);
  }
  return conclude(
    a,
    context,
    `add the ${organisation.kind} ${organisation.name} (${organisation.region}), ${organisation.identity ?? ''}`,
    { organisation },
  );
}

async function addPrincipal(a: Arguments, context: Context): Promise<ExitCode> {
  const name = loginName(nameOf(a));
  const kind = oneOf('kind', required(a, 'kind'), ['service', 'person'] as const);
  const role = oneOf('role', a.text('role') ?? 'reader', ROLES);
  const clearance = level('clearance', required(a, 'clearance'));
  const house = required(a, 'organisation');
  const store = await context.store();
  const organisation = await findOrganisation(store, house);
  if ((await store.people.principals()).some((p) => p.name === name)) throw taken('name', name, 'principals');
  const quirks = a.text('quirks');
  const principal: Principal = {
    id: uuid(),
    name,
    kind,
    role,
    clearance,
    disabled: false,
    ...(quirks === undefined ? {} : { quirks: quirkList(quirks) }),
    ...(await certificateOf(a)),
    ...passwordEnd(a, context),
    organisation,
  };
  const { password, generated } = await choosePassword(a, context, principal);
  const actor = await actorOf(a, context, store);
  if (a.apply) {
    await store.people.savePrincipal(principal, await hashPassword(password), actor);
    await describeOrganisations(store, a, context);
  }
  const shown = a.apply && generated ? { password } : {};
  const what = `add ${name} of ${organisation.name}: ${role}, cleared to TLP:${tlpName(clearance).toUpperCase()}`;
  const note = a.apply && generated ? `\n  password  ${password}\n  It is shown this once.` : '';
  return conclude(a, context, what + note, {
    principal: { ...principal, clearance: tlpName(clearance) },
    ...shown,
  });
}

const ADD: Record<string, (a: Arguments, context: Context) => Promise<ExitCode>> = {
  organisation: addOrganisation,
  principal: addPrincipal,
  grant: addGrant,
  token: addToken,
};

/** Options that are one text. */
const TEXTS = [
  'name',
  'kind',
  'region',
  'country',
  'identity',
  'audience',
  'organisation',
  'role',
  'clearance',
  'password-file',
  'password-days',
  'collection',
  'principal',
  'rights',
  'read-ceiling',
  'write-ceiling',
  'quirks',
  'days',
  'channel',
  'network',
  'as',
];

export const add: Verb = {
  name: 'add',
  summary: 'add an organisation, a principal, a token or a grant',
  help: `jisr add organisation NAME --kind ${KINDS.join('|')} --region ${REGIONS.join('|')}
                      [--country FR] [--name-in ${LANGUAGES.join('|')}=NAME …] [--sector financial-services,…]
                      [--identity identity--UUID] [--audience FILE] [--as LOGIN] [--apply]
jisr add principal LOGIN --organisation NAME --kind service|person --clearance TLP
                   [--role ${ROLES.join('|')}] [--quirks ${QUIRKS.join(',')}]
                   [--password-file FILE | --password-stdin] [--password-days N] [--as LOGIN] [--apply]
                   ${CERTIFICATE_USAGE}
jisr add token LOGIN NAME [--days 365] [--rights read,write] [--channel ROOT,…] [--collection ROOT/ALIAS,…]
               [--network 192.0.2.0/24,…] [--as LOGIN] [--apply]
jisr add grant ROOT/ALIAS --rights see,read,write,curate
               (--organisation NAME | --principal LOGIN | --kind … --region … --role …)
               [--read-ceiling TLP] [--write-ceiling TLP] [--as LOGIN] [--apply]

${CERTIFICATE_HELP}

NAME and LOGIN may be said by --name too, ROOT/ALIAS by --collection. An organisation is given a STIX identity, unless
--identity names its own; it is published in the collection "organisations" of the global channel as soon as there is an
operator account that curates it. --audience is who may see what it publishes where an object does not say: a file
with what stands in "audience" of an object (docs/channels-and-access.md).

Without a given password one is generated and shown once;
--password-days is how long it counts, so that its owner changes it before. --as names the account that
it is done for, for the audit.

A token signs its account in as Bearer or as its password, and may do what the account may, or what --rights, --channel
and --collection leave of it, from --network. It is shown once. Two may be valid at once: add the new one, have the tool
use it, remove the old one.

Whoever may curate everything, from nothing:

  jisr add organisation Operators --kind operator --region global --apply
  jisr add principal operator --organisation Operators --kind person --role curator --clearance red --apply

Example:
  jisr add organisation --name "Desk Europe" --kind desk --region europe --apply`,
  changes: true,
  options: {
    ...Object.fromEntries(TEXTS.map((name) => [name, { type: 'string' as const }])),
    'name-in': { type: 'string', multiple: true },
    sector: { type: 'string', multiple: true },
    'password-stdin': { type: 'boolean' },
    ...CERTIFICATE_OPTIONS,
  },
  makesStore: (a) => a.words[0] === 'organisation',
  run: async (a, context) => {
    const [word = ''] = a.words;
    const noun = ADD[word];
    if (!noun)
      throw new UsageError(
        `Say what to add: organisation, principal, token or grant.${didYouMean(word, Object.keys(ADD))}`,
      );
    return noun(a, context);
  },
};
