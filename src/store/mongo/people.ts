import type { Organisation, Principal } from '../../domain/access';
import { needsPassword, noCollection, taken } from '../refusals';
import type { PeopleStore } from '../store';
import { handGrants, policyChanged, type CatalogReader } from './catalog';
import { guarded, isDuplicate, type Connection } from './connection';

interface Row {
  readonly definition: string;
  readonly organisation: string;
}

const NOBODY: Row = { definition: '{}', organisation: '' };

export function mongoPeople(connection: Connection, catalog: CatalogReader): PeopleStore {
  const { tables } = connection;
  const change = <T>(work: () => Promise<T>): Promise<T> =>
    guarded(async () => {
      const done = await work();
      await policyChanged(connection);
      return done;
    });

  const organisations = async (): Promise<Organisation[]> =>
    (await tables.organisations.find().sort({ name: 1 }).toArray()).map(
      (o) => JSON.parse(o.definition) as Organisation,
    );
  async function principals(rows: readonly Row[]): Promise<Principal[]> {
    const of = await tables.organisations
      .find({ _id: { $in: [...new Set(rows.map((r) => r.organisation))] } })
      .toArray();
    const byId = new Map(of.map((o) => [o._id, JSON.parse(o.definition) as Organisation]));
    return rows.flatMap((row): Principal[] => {
      const organisation = byId.get(row.organisation);
      return organisation
        ? [{ ...(JSON.parse(row.definition) as Omit<Principal, 'organisation'>), organisation }]
        : [];
    });
  }

  return {
    organisations: () => guarded(organisations),
    principals: () =>
      guarded(async () => principals(await tables.principals.find().sort({ name: 1 }).toArray())),
    principal: (id) =>
      guarded(async () => {
        const row = await tables.principals.findOne({ _id: id });
        return row ? (await principals([row]))[0] : undefined;
      }),
    credentials: (name) =>
      guarded(async () => {
        const row = await tables.principals.findOne({ name });
        // Nobody's organisation is looked for too: the time must not tell who has an account (T-107a).
        const [principal] = await principals([row ?? NOBODY]);
        return row && principal ? { principal, passwordHash: row.hash } : undefined;
      }),
    saveOrganisation: (organisation) =>
      change(async () => {
        const { id, name, identity } = organisation;
        const others = { _id: { $ne: id } };
        if (await tables.organisations.findOne({ ...others, name }))
          throw taken('name', name, 'organisations');
        if (identity !== undefined && (await tables.organisations.findOne({ ...others, identity })))
          throw taken('identity', identity, 'organisations');
        const doc = {
          name,
          ...(identity === undefined ? {} : { identity }),
          definition: JSON.stringify(organisation),
        };
        try {
          await tables.organisations.replaceOne({ _id: id }, doc, { upsert: true });
        } catch (error) {
          if (isDuplicate(error)) throw taken('name', name, 'organisations');
          throw error;
        }
      }),
    savePrincipal: (principal, passwordHash) =>
      change(async () => {
        const { organisation, ...person } = principal;
        const { id, name } = principal;
        if (await tables.principals.findOne({ _id: { $ne: id }, name }))
          throw taken('name', name, 'principals');
        const before = await tables.principals.findOne({ _id: id });
        const hash = passwordHash ?? before?.hash;
        if (hash === undefined) throw needsPassword();
        const doc = { name, organisation: organisation.id, hash, definition: JSON.stringify(person) };
        try {
          await tables.principals.replaceOne({ _id: id }, doc, { upsert: true });
        } catch (error) {
          if (isDuplicate(error)) throw taken('name', name, 'principals');
          throw error;
        }
      }),
    grants: () => guarded(() => handGrants(connection)),
    saveGrant: (grant) =>
      change(async () => {
        if (!(await catalog.collection(grant.collectionId))) throw noCollection(grant.collectionId);
        const doc = { c: grant.collectionId, definition: JSON.stringify(grant) };
        await tables.grants.replaceOne({ _id: grant.id }, doc, { upsert: true });
      }),
    removeGrant: (id) => change(async () => (await tables.grants.deleteOne({ _id: id })).deletedCount > 0),
  };
}
