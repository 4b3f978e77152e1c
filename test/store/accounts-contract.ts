/** The promises of the store about organisations, accounts, grants and channels: every change is audited with it. */
import { v4 as uuid } from 'uuid';
import type { Actor } from '../../src/domain/actor';
import type { StoreOptions } from '../../src/store/open';
import type { HandGrant } from '../../src/store/people';
import type { AuditRecord } from '../../src/store/records';
import type { Store } from '../../src/store/store';
import {
  applied,
  channel,
  collection,
  organisation,
  part,
  principal,
  tool,
  toolId,
  write,
} from '../support/exchange';

const BY: Actor = { by: 'local:alice', behalf: 'operator' };
const AT = 1_700_000_000_000_000;

export function describeAccounts(name: string, open: (options: StoreOptions) => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    let now = AT;
    store = await open({ clock: () => now++ });
  });
  afterEach(() => store.close());

  const records = async (...actions: string[]): Promise<AuditRecord[]> =>
    (await store.records.audit(1000)).filter((r) => actions.includes(r.action)).reverse();
  const told = { at: expect.any(Number) as number, principal: 'local:alice', behalf: 'operator' };

  describe(`${name}: accounts and channels`, () => {
    test('organisations and principals: added, changed, and nothing told of a change of nothing', async () => {
      const house = organisation({ name: 'House', identity: `identity--${uuid()}` });
      const who = principal(2, { name: 'soc-1', organisation: house });
      await store.people.saveOrganisation(house, BY);
      await store.people.saveOrganisation(house, BY);
      await store.people.saveOrganisation({ ...house, disabled: true }, BY);
      await store.people.savePrincipal(who, 'hash one', BY);
      await store.people.savePrincipal(who, undefined, BY);
      await store.people.savePrincipal({ ...who, clearance: 4 }, undefined, BY);
      await store.people.savePrincipal({ ...who, clearance: 4 }, 'hash two');
      expect(await records('add-organisation', 'change-organisation')).toMatchObject([
        { ...told, action: 'add-organisation', subject: 'House', collection: '' },
        { ...told, action: 'change-organisation', subject: 'House', detail: 'disabled: false → true' },
      ]);
      const people = await records('add-principal', 'change-principal');
      expect(people).toMatchObject([
        { ...told, action: 'add-principal', subject: 'soc-1' },
        { ...told, action: 'change-principal', detail: 'clearance: "amber" → "red"' },
        { principal: 'server', action: 'change-principal', detail: 'password: none → "a new one"' },
      ]);
      expect(people[2]).not.toHaveProperty('behalf');
      expect(JSON.stringify(people)).not.toContain('hash');
    });

    test('a change that is refused leaves no record', async () => {
      const [one, two] = [organisation(), organisation()];
      await store.people.saveOrganisation(one);
      await store.people.saveOrganisation(two);
      await store.people.savePrincipal(principal(1, { name: 'a', organisation: one }), 'hash');
      const before = await store.records.audit(1000);
      await expect(store.people.saveOrganisation({ ...two, name: one.name }, BY)).rejects.toThrow('taken');
      await expect(
        store.people.savePrincipal(principal(1, { name: 'a', organisation: two }), 'hash', BY),
      ).rejects.toThrow('taken');
      await expect(store.people.savePrincipal(principal(1, { organisation: two }))).rejects.toThrow(
        'password',
      );
      expect(await store.records.audit(1000)).toEqual(before);
    });

    test('grants made by hand: added, changed, removed; of one that is not there, nothing', async () => {
      const c = collection();
      await applied(store, c);
      const grant: HandGrant = {
        id: uuid(),
        collectionId: c.id,
        grant: { source: 'hand', to: { kind: 'member' }, rights: ['read'], readCeiling: 2 },
      };
      await store.people.saveGrant(grant, BY);
      await store.people.saveGrant({ ...grant, grant: { ...grant.grant, readCeiling: 1 } }, BY);
      expect(await store.people.removeGrant(grant.id, BY)).toBe(true);
      expect(await store.people.removeGrant(grant.id, BY)).toBe(false);
      expect(await store.people.grants()).toEqual([]);
      const place = { ...told, collection: `europe/${c.alias}`, subject: grant.id };
      expect(await records('add-grant', 'change-grant', 'remove-grant')).toEqual([
        { ...place, action: 'add-grant', detail: 'every member may read up to AMBER' },
        {
          ...place,
          action: 'change-grant',
          detail: 'every member may read up to AMBER → every member may read up to GREEN',
        },
        { ...place, action: 'remove-grant', detail: 'every member may read up to GREEN' },
      ]);
      await store.people.saveGrant(grant, BY);
      expect(await store.people.grants()).toEqual([grant]);
    });

    test('channels: each difference, and none where only the places of grants differ', async () => {
      const c = collection({ alias: 'one' });
      const apply = (...collections: (typeof c)[]) =>
        store.catalog.apply([channel(collections)], { apply: true, dropObjects: false, by: BY });
      await apply(c);
      const moved = { ...c, grants: c.grants.map((g) => ({ ...g, source: 'elsewhere' })) };
      expect(await apply(moved)).toEqual([]);
      expect((await store.catalog.channels())[0]?.collections).toEqual([moved]);
      await apply({ ...c, defaultTlp: 2 });
      await apply();
      expect(
        await records('add-channel', 'add-collection', 'change-collection', 'remove-collection'),
      ).toEqual([
        { ...told, action: 'add-channel', collection: '', subject: 'europe', detail: '' },
        { ...told, action: 'add-collection', collection: 'europe/one', subject: 'europe/one', detail: '' },
        {
          ...told,
          action: 'change-collection',
          collection: 'europe/one',
          subject: 'europe/one',
          detail: 'default_tlp: "clear" → "amber"',
        },
        { ...told, action: 'remove-collection', collection: 'europe/one', subject: 'europe/one', detail: '' },
      ]);
    });

    test('whether or not it is to be applied, a collection that holds objects does not go unsaid', async () => {
      const c = collection();
      await applied(store, c);
      await store.objects.append(write(c), part([tool(toolId(), 1, 0)]));
      for (const apply of [false, true])
        await expect(store.catalog.apply([channel([])], { apply, dropObjects: false })).rejects.toThrow(
          '--drop-objects',
        );
      expect(await store.catalog.apply([channel([])], { apply: false, dropObjects: true })).toHaveLength(1);
      expect((await store.catalog.channels())[0]?.collections).toHaveLength(1);
    });

    test('what is done on an account’s behalf names both; a status tells its collection', async () => {
      const c = collection();
      await applied(store, c);
      const who = principal(4, { name: 'desk' });
      const p = part([tool(toolId(), 1, 0)]);
      await store.objects.append({ ...write(c, who), by: 'local:alice' }, p);
      expect(await records('publish')).toMatchObject([{ principal: 'local:alice', behalf: 'desk' }]);
      expect(await store.records.status('europe', p.status.id)).toMatchObject({
        principalId: who.id,
        collectionId: c.id,
      });
    });

    test('an archive carries for whom it was', async () => {
      await store.people.saveOrganisation(organisation(), BY);
      const found: unknown[] = [];
      for await (const record of store.archive.dump()) if (record.kind === 'audit') found.push(record.record);
      expect(found).toEqual(await store.records.audit(10));
      expect(found).toMatchObject([told]);
    });
  });
}
