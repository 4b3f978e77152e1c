import type { Organisation, Principal } from '../../domain/access';
import { needsPassword, noCollection, taken } from '../refusals';
import type { PeopleStore } from '../store';
import { handGrants, policyChanged } from './catalog';
import type { Connection } from './connection';

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

export function sqlitePeople(connection: Connection): PeopleStore {
  const { sql, read, write } = connection;
  const change = (work: () => void): void =>
    write(() => {
      work();
      policyChanged(connection);
    });
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
    principal: async (id) =>
      read(() => {
        const row = sql(`${PRINCIPAL} WHERE p.id = ?`).get(id) as Row | undefined;
        return row && toPrincipal(row);
      }),
    credentials: async (name) =>
      read(() => {
        const row = sql(`${PRINCIPAL} WHERE p.name = ?`).get(name) as Row | undefined;
        return row && { principal: toPrincipal(row), passwordHash: row.password_hash };
      }),
    saveOrganisation: async (organisation) =>
      change(() => {
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
      }),
    savePrincipal: async (principal, passwordHash) =>
      change(() => {
        const { organisation, ...person } = principal;
        refuseTaken('principals', 'name', principal.name, principal.id);
        const exists = sql('SELECT 1 FROM principals WHERE id = ?').get(principal.id) !== undefined;
        if (!exists && passwordHash === undefined) throw needsPassword();
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
      }),
    grants: async () => read(() => handGrants(connection)),
    saveGrant: async (grant) =>
      change(() => {
        if (!sql('SELECT 1 FROM collections WHERE id = ?').get(grant.collectionId)) {
          throw noCollection(grant.collectionId);
        }
        sql('INSERT OR REPLACE INTO grants VALUES (?, ?, ?)').run(
          grant.id,
          grant.collectionId,
          JSON.stringify(grant),
        );
      }),
    removeGrant: async (id) => {
      let removed = false;
      change(() => {
        removed = sql('DELETE FROM grants WHERE id = ?').run(id).changes > 0;
      });
      return removed;
    },
  };
}
