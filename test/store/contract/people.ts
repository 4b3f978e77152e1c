/** Organisations, principals and grants made by hand: every change is audited with it. */
import { v4 as uuid } from 'uuid';
import type { HandGrant } from '../../../src/store/people';
import type { Store } from '../../../src/store/store';
import { applied, collection, organisation, principal } from '../../support/exchange';
import { auditOf, BY, ticking, told } from './audited';
import type { Open } from './stores';

export function describePeople(name: string, open: Open): void {
  describe(`${name}: accounts and channels`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open({ clock: ticking() });
    });
    afterEach(() => store.close());

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
      expect(await auditOf(store, 'add-organisation', 'change-organisation')).toMatchObject([
        { ...told, action: 'add-organisation', subject: 'House', collection: '' },
        { ...told, action: 'change-organisation', subject: 'House', detail: 'disabled: false → true' },
      ]);
      const people = await auditOf(store, 'add-principal', 'change-principal');
      expect(people).toMatchObject([
        { ...told, action: 'add-principal', subject: 'soc-1' },
        { ...told, action: 'change-principal', detail: 'clearance: "amber" → "red"' },
        { principal: 'server', action: 'change-principal', detail: 'password: none → "a new one"' },
      ]);
      expect(people[2]).not.toHaveProperty('behalf');
      expect(JSON.stringify(people)).not.toContain('hash');
    });

    test('a password alone is changed: by its owner, which ends what was to be changed; or hashed anew, if it still stands', async () => {
      const who = principal(2, { name: 'soc', firstPassword: true, passwordUntil: 5 });
      await store.people.saveOrganisation(who.organisation);
      await store.people.savePrincipal(who, 'one', BY);
      expect(await store.people.setPassword(who.id, 'anew', { rehashes: 'another' })).toBe(false);
      expect(await store.people.setPassword(uuid(), 'x', { by: BY })).toBe(false);
      expect(await store.people.setPassword(who.id, 'anew', { rehashes: 'one' })).toBe(true);
      expect(await store.people.credentials('soc')).toEqual({ principal: who, passwordHash: 'anew' });
      expect(await store.people.setPassword(who.id, 'two', { by: BY })).toBe(true);
      const { firstPassword: _first, passwordUntil: _until, ...settled } = who;
      expect(await store.people.credentials('soc')).toEqual({ principal: settled, passwordHash: 'two' });
      const records = await auditOf(store, 'change-principal');
      expect(records).toMatchObject([
        { principal: 'server', detail: 'password: none → "hashed anew"' },
        { ...told, detail: expect.stringContaining('password: none → "a new one"') as string },
      ]);
    });

    test('a certificate is of one account: found by any of what it is known by, audited, free when it is taken away', async () => {
      const one = principal(1, { name: 'one', certificate: { matches: ['pin:a', 'san:DNS:a'] } });
      const two = principal(2, { name: 'two', certificate: { matches: ['pin:b'], beside: true } });
      for (const who of [one, two]) {
        await store.people.saveOrganisation(who.organisation);
        await store.people.savePrincipal(who, 'hash', BY);
      }
      expect(await store.people.byCertificate(['pin:x', 'san:DNS:a'])).toEqual(one);
      expect(await store.people.byCertificate(['pin:b'])).toEqual(two);
      expect(await store.people.byCertificate(['pin:x'])).toBeUndefined();
      expect(await store.people.byCertificate([])).toBeUndefined();
      // Whoever could be two is nobody.
      expect(await store.people.byCertificate(['pin:a', 'pin:b'])).toBeUndefined();

      const before = await store.records.audit(100);
      const taken = { ...two, certificate: { matches: ['pin:c', 'san:DNS:a'] } };
      await expect(store.people.savePrincipal(taken, undefined, BY)).rejects.toThrow(
        'san:DNS:a is of the account one',
      );
      expect(await store.records.audit(100)).toEqual(before);
      expect(await store.people.byCertificate(['pin:c'])).toBeUndefined();

      await store.people.savePrincipal({ ...one, disabled: true });
      expect((await store.people.byCertificate(['pin:a']))?.disabled).toBe(true);
      const { certificate: _, ...without } = one;
      await store.people.savePrincipal(without, undefined, BY);
      expect(await store.people.byCertificate(['pin:a'])).toBeUndefined();
      await store.people.savePrincipal(taken, undefined, BY);
      expect(await store.people.byCertificate(['san:DNS:a'])).toEqual(taken);
      const told = (await auditOf(store, 'add-principal', 'change-principal')).map((r) => r.detail);
      expect(told.join()).toContain('pin:a');
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
      expect(await auditOf(store, 'add-grant', 'change-grant', 'remove-grant')).toEqual([
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
  });
}
