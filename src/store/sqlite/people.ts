import type { Organisation, Principal } from '../../domain/access';
import {
  grantChange,
  organisationChange,
  passwordChange,
  passwordChanger,
  principalChange,
  type Told,
} from '../../domain/account-changes';
import { SERVER, type Actor } from '../../domain/actor';
import type { Collection, Grant } from '../../domain/channel';
import { certificateTaken, needsPassword, noCollection, taken } from '../refusals';
import type { Credentials, HandGrant, PeopleStore } from '../people';
import type { ChangeStore } from '../changes';
import { handGrants } from './catalog';
import { keepCertificates, ownerOfCertificate } from './certificates';
import { policyChanged, sqliteChanges, whilePolicyStays } from './changes';
import type { Connection } from './connection';
import { auditTold } from './audit';
import { sqliteTokens } from './tokens';

const PRINCIPAL = `SELECT p.definition AS person, o.definition AS organisation, p.password_hash
  FROM principals p JOIN organisations o ON o.id = p.organisation_id`;

interface Row {
  person: string;
  organisation: string;
  password_hash: string;
}

const toPrincipal = (row: Row): Principal => ({
  ...(JSON.parse(row.person) as Omit<Principal, 'organisation'>),
  organisation: JSON.parse(row.organisation) as Organisation,
});

export function sqlitePeople(
  connection: Connection,
  changes: ChangeStore = sqliteChanges(connection),
): PeopleStore {
  const { sql, read, write } = connection;
  // Of whoever asks with each request.
  const credentialsOf = whilePolicyStays(changes, (name): Credentials | undefined => {
    const row = read(() => sql(`${PRINCIPAL} WHERE p.name = ?`).get(name)) as Row | undefined;
    return row && { principal: toPrincipal(row), passwordHash: row.password_hash };
  });
  const byCertificate = whilePolicyStays(changes, (matches): Principal | undefined =>
    read(() => {
      const owner = ownerOfCertificate(connection, JSON.parse(matches) as string[]);
      return owner === undefined ? undefined : principalBy(owner);
    }),
  );
  /** @param work does the change and returns what the audit says of it. */
  const change = (by: Actor, work: () => Told | undefined): void =>
    write(() => {
      auditTold(connection, by, work());
      policyChanged(connection);
    });
  const organisationBy = (id: string): Organisation | undefined => {
    const text = sql('SELECT definition FROM organisations WHERE id = ?').pluck().get(id);
    return text === undefined ? undefined : (JSON.parse(text as string) as Organisation);
  };
  const principalBy = (id: string): Principal | undefined => {
    const row = sql(`${PRINCIPAL} WHERE p.id = ?`).get(id) as Row | undefined;
    return row && toPrincipal(row);
  };
  const grantBy = (id: string): HandGrant | undefined => {
    const text = sql('SELECT definition FROM grants WHERE id = ?').pluck().get(id);
    return text === undefined ? undefined : (JSON.parse(text as string) as HandGrant);
  };
  const toldOfGrant = (of: HandGrant, before?: Grant, after?: Grant): Told | undefined => {
    const text = sql('SELECT definition FROM collections WHERE id = ?').pluck().get(of.collectionId);
    if (text === undefined) throw noCollection(of.collectionId);
    const { apiRoot, alias } = JSON.parse(text as string) as Collection;
    return grantChange(of.id, `${apiRoot}/${alias}`, before, after);
  };
  const refuseTaken = (
    table: 'organisations' | 'principals',
    column: 'name' | 'identity',
    value: string,
    id: string,
  ): void => {
    if (sql(`SELECT 1 FROM ${table} WHERE ${column} = ? AND id <> ?`).get(value, id)) {
      throw taken(column, value, table);
    }
  };
  return {
    organisations: async () =>
      read(() =>
        (sql('SELECT definition FROM organisations ORDER BY name').pluck().all() as string[]).map(
          (t) => JSON.parse(t) as Organisation,
        ),
      ),
    principals: async () => read(() => (sql(`${PRINCIPAL} ORDER BY p.name`).all() as Row[]).map(toPrincipal)),
    principal: async (id) => read(() => principalBy(id)),
    credentials: async (name) => credentialsOf(name),
    byCertificate: async (matches) => byCertificate(JSON.stringify(matches)),
    saveOrganisation: async (organisation, by = SERVER) =>
      change(by, () => {
        const before = organisationBy(organisation.id);
        refuseTaken('organisations', 'name', organisation.name, organisation.id);
        if (organisation.identity !== undefined)
          refuseTaken('organisations', 'identity', organisation.identity, organisation.id);
        sql(
          `INSERT INTO organisations VALUES (@id, @name, @identity, @definition)
           ON CONFLICT (id) DO UPDATE SET name = @name, identity = @identity, definition = @definition`,
        ).run({
          id: organisation.id,
          name: organisation.name,
          identity: organisation.identity ?? null,
          definition: JSON.stringify(organisation),
        });
        return organisationChange(before, organisation);
      }),
    savePrincipal: async (principal, passwordHash, by = SERVER) =>
      change(by, () => {
        const { organisation, ...person } = principal;
        refuseTaken('principals', 'name', principal.name, principal.id);
        const before = principalBy(principal.id);
        if (!before && passwordHash === undefined) throw needsPassword();
        sql(
          `INSERT INTO principals VALUES (@id, @name, @organisation, coalesce(@hash, ''), @definition)
           ON CONFLICT (id) DO UPDATE SET name = @name, organisation_id = @organisation, definition = @definition,
           password_hash = coalesce(@hash, password_hash)`,
        ).run({
          id: principal.id,
          name: principal.name,
          organisation: organisation.id,
          hash: passwordHash ?? null,
          definition: JSON.stringify(person),
        });
        for (const match of principal.certificate?.matches ?? []) {
          const owner = ownerOfCertificate(connection, [match]);
          if (owner !== undefined && owner !== principal.id)
            throw certificateTaken(match, principalBy(owner)?.name ?? owner);
        }
        keepCertificates(connection, principal);
        return principalChange(before, principal, passwordHash === undefined ? undefined : 'a new one');
      }),
    setPassword: async (id, hash, how) => {
      let done = false;
      change(passwordChanger(how), () => {
        const before = principalBy(id);
        const kept = sql('SELECT password_hash FROM principals WHERE id = ?').pluck().get(id);
        if (!before || ('rehashes' in how && kept !== how.rehashes)) return undefined;
        const { after, told } = passwordChange(before, how);
        const { organisation: _, ...person } = after;
        sql('UPDATE principals SET password_hash = ?, definition = ? WHERE id = ?').run(
          hash,
          JSON.stringify(person),
          id,
        );
        done = true;
        return told;
      });
      return done;
    },
    ...sqliteTokens(connection, changes, principalBy, change),
    grants: async () => read(() => handGrants(connection)),
    saveGrant: async (grant, by = SERVER) =>
      change(by, () => {
        const told = toldOfGrant(grant, grantBy(grant.id)?.grant, grant.grant);
        sql('INSERT OR REPLACE INTO grants VALUES (?, ?, ?)').run(
          grant.id,
          grant.collectionId,
          JSON.stringify(grant),
        );
        return told;
      }),
    removeGrant: async (id, by = SERVER) => {
      let removed = false;
      change(by, () => {
        const before = grantBy(id);
        removed = sql('DELETE FROM grants WHERE id = ?').run(id).changes > 0;
        return before && toldOfGrant(before, before.grant);
      });
      return removed;
    },
  };
}
