import { v4 as uuid } from 'uuid';
import { KINDS, REGIONS, RIGHTS, ROLES, type Grantees, type Grant } from '../../src/domain/channel';
import { grantInWords } from '../../src/domain/grant-words';
import {
  actorOf,
  conclude,
  findCollection,
  findOrganisation,
  findPrincipal,
  level,
  named,
  oneOf,
  required,
  UsageError,
  type Arguments,
  type Context,
  type ExitCode,
} from '../verb';

/** A grant beside those of the channel files. */
export async function addGrant(a: Arguments, context: Context): Promise<ExitCode> {
  const where = named(a, 1, 'collection');
  if (where === undefined)
    throw new UsageError('Say on which collection: jisr add grant europe/indicators ….');
  const rights = required(a, 'rights')
    .split(',')
    .map((right) => oneOf('rights', right.trim(), RIGHTS));
  const store = await context.store();
  const collection = findCollection(await store.catalog.channels(), where);
  const [house, account] = [a.text('organisation'), a.text('principal')];
  const organisation = house === undefined ? undefined : await findOrganisation(store, house);
  const principal = account === undefined ? undefined : await findPrincipal(store, account);
  const [kind, region, role] = ['kind', 'region', 'role'].map((n) => a.text(n));
  const to: Grantees = {
    ...(organisation === undefined ? {} : { organisation: organisation.id }),
    ...(principal === undefined ? {} : { principal: principal.id }),
    ...(kind === undefined ? {} : { kind: oneOf('kind', kind, KINDS) }),
    ...(region === undefined ? {} : { region: oneOf('region', region, REGIONS) }),
    ...(role === undefined ? {} : { role: oneOf('role', role, ROLES) }),
  };
  if (Object.keys(to).length === 0)
    throw new UsageError('Say for whom: --organisation, --principal, --kind, --region or --role.');
  const [readCeiling, writeCeiling] = [a.text('read-ceiling'), a.text('write-ceiling')];
  const id = uuid();
  const grant: Grant = {
    source: `grant ${id}`,
    to,
    rights,
    ...(readCeiling === undefined ? {} : { readCeiling: level('read-ceiling', readCeiling) }),
    ...(writeCeiling === undefined ? {} : { writeCeiling: level('write-ceiling', writeCeiling) }),
  };
  const made = { id, collectionId: collection.id, grant };
  const actor = await actorOf(a, context, store);
  if (a.apply) await store.people.saveGrant(made, actor);
  const words = grantInWords(grant, (of) => [organisation, principal].find((x) => x?.id === of)?.name);
  return conclude(a, context, `on ${collection.apiRoot}/${collection.alias}, ${words}`, made);
}
