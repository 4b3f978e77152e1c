import { readFile } from 'node:fs/promises';
import { v4 as uuid } from 'uuid';
import { QUIRKS, type Organisation, type Principal, type Quirk } from '../src/domain/access';
import { KINDS, REGIONS, RIGHTS, ROLES, type Audience, type Grant } from '../src/domain/channel';
import { isIdentifier } from '../src/domain/stix';
import { tlpName } from '../src/domain/tlp';
import { generatePassword, hashPassword, MOST_PASSWORD_BYTES } from '../src/passwords';
import {
  conclude,
  findCollection,
  findOrganisation,
  findPrincipal,
  level,
  oneOf,
  required,
  UsageError,
  type Arguments,
  type Context,
  type ExitCode,
  type Verb,
} from './verb';

const COUNTRY = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** @throws {UsageError} unless it is an ISO 3166-1 alpha-2 code. */
export function countryCode(text: string): string {
  const code = text.toUpperCase();
  if (!/^[A-Z]{2}$/.test(code) || COUNTRY.of(code) === undefined)
    throw new UsageError(`--country: "${text}" is not an ISO 3166-1 code such as FR.`);
  return code;
}

export function identityId(text: string): string {
  if (!text.startsWith('identity--') || !isIdentifier(text))
    throw new UsageError(`--identity: "${text}" is not of the form identity--<UUID>.`);
  return text;
}

/** A login name travels in HTTP Basic: no colon, no control characters. */
export function loginName(text: string): string {
  // eslint-disable-next-line no-control-regex
  if (text.length > 200 || /[:\u0000-\u001f\u007f]/.test(text))
    throw new UsageError(`--name: "${text}" holds a colon or a control character, or is longer than 200.`);
  return text;
}

/** The quirks of a tool, separated by commas; "none" takes them away. */
export function quirkList(text: string): readonly Quirk[] {
  return text === 'none' ? [] : text.split(',').map((quirk) => oneOf('quirks', quirk.trim(), QUIRKS));
}

/** The password given by file or standard input, or a new one. Never on the command line, where others could read it. */
export async function choosePassword(
  a: Arguments,
  context: Context,
): Promise<{ password: string; generated: boolean }> {
  const file = a.text('password-file');
  const given =
    file === undefined
      ? a.flag('password-stdin')
        ? (await context.input()).toString('utf8')
        : undefined
      : await readFile(file, 'utf8');
  if (given === undefined) return { password: generatePassword(), generated: true };
  const password = given.replace(/\r?\n$/, '');
  if (password.length < 12)
    throw new UsageError('The password is shorter than 12 characters. Choose a longer one.');
  if (Buffer.byteLength(password) > MOST_PASSWORD_BYTES)
    throw new UsageError(`The password is longer than ${MOST_PASSWORD_BYTES} bytes.`);
  return { password, generated: false };
}

async function addOrganisation(a: Arguments, context: Context): Promise<ExitCode> {
  const store = await context.store();
  const [country, identity] = [a.text('country'), a.text('identity')];
  const organisation: Organisation = {
    id: uuid(),
    name: required(a, 'name'),
    kind: oneOf('kind', required(a, 'kind'), KINDS),
    region: oneOf('region', required(a, 'region'), REGIONS),
    ...(country === undefined ? {} : { country: countryCode(country) }),
    ...(identity === undefined ? {} : { identity: identityId(identity) }),
    disabled: false,
  };
  if (a.apply) await store.people.saveOrganisation(organisation);
  return conclude(a, context, `add the ${organisation.kind} ${organisation.name} (${organisation.region})`, {
    organisation,
  });
}

async function addPrincipal(a: Arguments, context: Context): Promise<ExitCode> {
  const store = await context.store();
  const quirks = a.text('quirks');
  const principal: Principal = {
    id: uuid(),
    name: loginName(required(a, 'name')),
    kind: oneOf('kind', required(a, 'kind'), ['service', 'person']),
    role: oneOf('role', a.text('role') ?? 'reader', ROLES),
    clearance: level('clearance', required(a, 'clearance')),
    disabled: false,
    ...(quirks === undefined ? {} : { quirks: quirkList(quirks) }),
    organisation: await findOrganisation(store, required(a, 'organisation')),
  };
  const { password, generated } = await choosePassword(a, context);
  if (a.apply) await store.people.savePrincipal(principal, await hashPassword(password));
  const shown = a.apply && generated ? { password } : {};
  const what = `add ${principal.name} of ${principal.organisation.name}: ${principal.role}, cleared to TLP:${tlpName(principal.clearance).toUpperCase()}`;
  const note = a.apply && generated ? `\n  password  ${password}\n  It is shown this once.` : '';
  return conclude(a, context, what + note, {
    principal: { ...principal, clearance: tlpName(principal.clearance) },
    ...shown,
  });
}

async function addGrant(a: Arguments, context: Context): Promise<ExitCode> {
  const store = await context.store();
  const collection = findCollection(await store.catalog.channels(), required(a, 'collection'));
  const [organisation, principal, kind, region, role] = [
    'organisation',
    'principal',
    'kind',
    'region',
    'role',
  ].map((n) => a.text(n));
  const to: Audience = {
    ...(organisation === undefined ? {} : { organisation: (await findOrganisation(store, organisation)).id }),
    ...(principal === undefined ? {} : { principal: (await findPrincipal(store, principal)).id }),
    ...(kind === undefined ? {} : { kind: oneOf('kind', kind, KINDS) }),
    ...(region === undefined ? {} : { region: oneOf('region', region, REGIONS) }),
    ...(role === undefined ? {} : { role: oneOf('role', role, ROLES) }),
  };
  if (Object.keys(to).length === 0)
    throw new UsageError('Say for whom: --organisation, --principal, --kind, --region or --role.');
  const rights = required(a, 'rights')
    .split(',')
    .map((right) => oneOf('rights', right.trim(), RIGHTS));
  const [readCeiling, writeCeiling] = [a.text('read-ceiling'), a.text('write-ceiling')];
  const id = uuid();
  const grant: Grant = {
    source: `grant ${id}`,
    to,
    rights,
    ...(readCeiling === undefined ? {} : { readCeiling: level('read-ceiling', readCeiling) }),
    ...(writeCeiling === undefined ? {} : { writeCeiling: level('write-ceiling', writeCeiling) }),
  };
  if (a.apply) await store.people.saveGrant({ id, collectionId: collection.id, grant });
  const whom = organisation ?? principal ?? [kind, region, role].filter((v) => v !== undefined).join(' ');
  return conclude(
    a,
    context,
    `grant ${rights.join(', ')} on ${collection.apiRoot}/${collection.alias} to ${whom}`,
    { id, collectionId: collection.id, grant },
  );
}

const ADD: Record<string, (a: Arguments, context: Context) => Promise<ExitCode>> = {
  organisation: addOrganisation,
  principal: addPrincipal,
  grant: addGrant,
};

export const add: Verb = {
  name: 'add',
  summary: 'add an organisation, a principal or a grant',
  help: `jisr add organisation --name NAME --kind ${KINDS.join('|')} --region ${REGIONS.join('|')}
                      [--country FR] [--identity identity--UUID] [--apply]
jisr add principal --name LOGIN --organisation NAME --kind service|person --clearance TLP
                   [--role ${ROLES.join('|')}] [--quirks ${QUIRKS.join(',')}]
                   [--password-file FILE | --password-stdin] [--apply]
jisr add grant --collection ROOT/ALIAS --rights see,read,write,curate
               (--organisation NAME | --principal LOGIN | --kind … --region … --role …)
               [--read-ceiling TLP] [--write-ceiling TLP] [--apply]

Without a given password one is generated and shown once.

Example:
  jisr add organisation --name "Desk Europe" --kind desk --region europe --apply`,
  options: {
    ...Object.fromEntries(
      ['name', 'kind', 'region', 'country', 'identity', 'organisation', 'role', 'clearance', 'password-file']
        .concat(['collection', 'principal', 'rights', 'read-ceiling', 'write-ceiling', 'quirks'])
        .map((name) => [name, { type: 'string' as const }]),
    ),
    'password-stdin': { type: 'boolean' },
  },
  run: async (a, context) => {
    const noun = ADD[a.words[0] ?? ''];
    if (!noun) throw new UsageError('Say what to add: organisation, principal or grant.');
    return noun(a, context);
  },
};
