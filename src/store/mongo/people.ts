import type { Organisation, Principal } from '../../domain/access';
import {
  grantChange,
  organisationChange,
  passwordChange,
  passwordChanger,
  principalChange,
} from '../../domain/account-changes';
import { SERVER } from '../../domain/actor';
import type { Grant } from '../../domain/channel';
import { certificateTaken, needsPassword, noCollection, taken } from '../refusals';
import type { HandGrant, PeopleStore } from '../people';
import { settleTold, telling } from './audit';
import { handGrants, policyChanged, type CatalogReader } from './catalog';
import { guarded, isDuplicate, type Connection } from './connection';
import { mongoTokens } from './tokens';

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
      await settleTold(connection);
      return done;
    });
  const grantBy = async (id: string): Promise<HandGrant | undefined> => {
    const doc = await tables.grants.findOne({ _id: id, gone: { $exists: false } });
    return doc ? (JSON.parse(doc.definition) as HandGrant) : undefined;
  };
  const placeOf = async (id: string): Promise<string> => {
    const collection = await catalog.collection(id);
    if (!collection) throw noCollection(id);
    return `${collection.apiRoot}/${collection.alias}`;
  };

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

  const principalBy = async (id: string): Promise<Principal | undefined> =>
    (await principals([(await tables.principals.findOne({ _id: id })) ?? NOBODY]))[0];

  return {
    organisations: () => guarded(organisations),
    principals: () =>
      guarded(async () => principals(await tables.principals.find().sort({ name: 1 }).toArray())),
    principal: (id) => guarded(() => principalBy(id)),
    credentials: (name) =>
      guarded(async () => {
        const row = await tables.principals.findOne({ name });
        // Nobody's organisation is looked for too: the time must not tell who has an account (T-107a).
        const [principal] = await principals([row ?? NOBODY]);
        return row && principal ? { principal, passwordHash: row.hash } : undefined;
      }),
    byCertificate: (matches) =>
      guarded(async () => {
        const rows = await tables.principals
          .find({ certificates: { $in: [...matches] } })
          .limit(2)
          .toArray();
        return rows.length === 1 ? (await principals(rows))[0] : undefined;
      }),
    saveOrganisation: (organisation, by = SERVER) =>
      change(async () => {
        const { id, name, identity } = organisation;
        const others = { _id: { $ne: id } };
        if (await tables.organisations.findOne({ ...others, name }))
          throw taken('name', name, 'organisations');
        if (identity !== undefined && (await tables.organisations.findOne({ ...others, identity })))
          throw taken('identity', identity, 'organisations');
        const stands = await tables.organisations.findOne({ _id: id });
        const before = stands ? (JSON.parse(stands.definition) as Organisation) : undefined;
        const doc = { name, definition: JSON.stringify(organisation) };
        const told = telling(connection, by, [organisationChange(before, organisation)]);
        const update =
          identity === undefined
            ? { $set: doc, $unset: { identity: true as const }, ...told }
            : { $set: { ...doc, identity }, ...told };
        try {
          await tables.organisations.updateOne({ _id: id }, update, { upsert: true });
        } catch (error) {
          if (isDuplicate(error)) throw taken('name', name, 'organisations');
          throw error;
        }
      }),
    savePrincipal: (principal, passwordHash, by = SERVER) =>
      change(async () => {
        const { organisation, ...person } = principal;
        const { id, name } = principal;
        if (await tables.principals.findOne({ _id: { $ne: id }, name }))
          throw taken('name', name, 'principals');
        const stands = await tables.principals.findOne({ _id: id });
        const hash = passwordHash ?? stands?.hash;
        if (hash === undefined) throw needsPassword();
        const before = stands ? (await principals([stands]))[0] : undefined;
        const change = principalChange(
          before,
          principal,
          passwordHash === undefined ? undefined : 'a new one',
        );
        const doc = { name, organisation: organisation.id, hash, definition: JSON.stringify(person) };
        const matches = principal.certificate?.matches ?? [];
        const owner = await tables.principals.findOne({ _id: { $ne: id }, certificates: { $in: matches } });
        if (owner) {
          const own = owner.certificates?.find((match) => matches.includes(match)) ?? '';
          throw certificateTaken(own, owner.name);
        }
        const told = telling(connection, by, [change]);
        const update =
          matches.length === 0
            ? { $set: doc, $unset: { certificates: true as const }, ...told }
            : { $set: { ...doc, certificates: matches }, ...told };
        try {
          await tables.principals.updateOne({ _id: id }, update, { upsert: true });
        } catch (error) {
          if (isDuplicate(error)) throw taken('name', name, 'principals');
          throw error;
        }
      }),
    setPassword: (id, hash, how) =>
      change(async () => {
        // Whoever changed the account meanwhile is not undone: it is looked at again.
        for (;;) {
          const stands = await tables.principals.findOne({ _id: id });
          const before = stands ? (await principals([stands]))[0] : undefined;
          if (!stands || !before || ('rehashes' in how && stands.hash !== how.rehashes)) return false;
          const { after, told } = passwordChange(before, how);
          const { organisation: _, ...person } = after;
          const update = {
            $set: { hash, definition: JSON.stringify(person) },
            ...telling(connection, passwordChanger(how), [told]),
          };
          const same = { _id: id, hash: stands.hash, definition: stands.definition };
          if ((await tables.principals.updateOne(same, update)).matchedCount > 0) return true;
        }
      }),
    ...mongoTokens(connection, principalBy, change),
    grants: () => guarded(() => handGrants(connection)),
    saveGrant: (grant, by = SERVER) =>
      change(async () => {
        const place = await placeOf(grant.collectionId);
        const before: Grant | undefined = (await grantBy(grant.id))?.grant;
        const doc = { c: grant.collectionId, definition: JSON.stringify(grant) };
        const told = telling(connection, by, [grantChange(grant.id, place, before, grant.grant)]);
        const update = { $set: doc, $unset: { gone: true as const }, ...told };
        await tables.grants.updateOne({ _id: grant.id }, update, { upsert: true });
      }),
    removeGrant: async (id, by = SERVER) => {
      const removed = await change(async () => {
        const before = await grantBy(id);
        if (!before) return false;
        const place = await placeOf(before.collectionId);
        const told = telling(connection, by, [grantChange(id, place, before.grant, undefined)]);
        await tables.grants.updateOne({ _id: id }, { $set: { gone: true }, ...told });
        return true;
      });
      // What it told stands in the audit now.
      if (removed) await guarded(() => tables.grants.deleteOne({ _id: id, gone: true }));
      return removed;
    },
  };
}
