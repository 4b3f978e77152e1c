/** API tokens: kept as hashes, audited with the change, gone at once. */
import { v4 as uuid } from 'uuid';
import type { Principal } from '../../../src/domain/access';
import type { ApiToken } from '../../../src/domain/tokens';
import type { Store } from '../../../src/store/store';
import { applied, collection, day, principal, toolId, write } from '../../support/exchange';
import { auditOf, BY, ticking, told } from './audited';
import type { Open } from './stores';

export function describeTokens(name: string, open: Open): void {
  describe(`${name}: tokens`, () => {
    let store: Store;
    let who: Principal;
    let token: ApiToken;
    beforeEach(async () => {
      store = await open({ clock: ticking() });
      who = principal(3, { name: 'soc-1' });
      await store.people.saveOrganisation(who.organisation);
      await store.people.savePrincipal(who, 'hash');
      token = {
        id: 'AAAABBBBCCCC',
        principalId: who.id,
        name: 'poller',
        created: 1_700_000_000_000_000,
        expires: 1_700_864_000_000_000,
        rights: ['read'],
        networks: ['192.0.2.0/24'],
      };
    });
    afterEach(() => store.close());

    test('one is found by its id, with its account as that is now', async () => {
      await store.people.addToken(token, 'the hash', BY);
      expect(await store.people.token(token.id)).toEqual({
        principal: { ...who, token },
        tokenHash: 'the hash',
      });
      expect(await store.people.tokens()).toEqual([{ token, used: undefined }]);
      await store.people.savePrincipal({ ...who, disabled: true });
      expect((await store.people.token(token.id))?.principal.disabled).toBe(true);
      await store.people.saveOrganisation({ ...who.organisation, disabled: true });
      expect((await store.people.token(token.id))?.principal.organisation.disabled).toBe(true);
      expect(await store.people.token('AAAABBBBCCCD')).toBeUndefined();
      // Nobody but who signs in by it is narrowed by it.
      expect(await store.people.principal(who.id)).not.toHaveProperty('token');
    });

    test('several of an account have several names; a refused one leaves nothing', async () => {
      await store.people.addToken(token, 'one');
      const before = await store.records.audit(100);
      const same = { ...token, id: 'another' };
      await expect(store.people.addToken(same, 'two', BY)).rejects.toThrow(
        'soc-1 has a token "poller" already',
      );
      await expect(store.people.addToken({ ...same, principalId: uuid() }, 'two', BY)).rejects.toThrow(
        'no account',
      );
      expect(await store.records.audit(100)).toEqual(before);
      await store.people.addToken({ ...same, name: 'other' }, 'two');
      expect((await store.people.tokens()).map((t) => t.token.name)).toEqual(['other', 'poller']);
      expect((await store.people.token(token.id))?.tokenHash).toBe('one');
    });

    test('one that is removed is gone at once, and its name is free; of one that is not there, nothing', async () => {
      await store.people.addToken(token, 'one');
      expect(await store.people.token(token.id)).toBeDefined();
      expect(await store.people.removeToken(token.id, BY)).toBe(true);
      expect(await store.people.token(token.id)).toBeUndefined();
      expect(await store.people.removeToken(token.id, BY)).toBe(false);
      await store.people.addToken({ ...token, id: 'another' }, 'two');
      expect((await store.people.tokens()).map((t) => t.token.id)).toEqual(['another']);
    });

    test('the audit says what it may and who gave it, and holds nothing of it', async () => {
      await store.people.addToken(token, 'the hash', BY);
      await store.people.removeToken(token.id, BY);
      const records = await auditOf(store, 'add-token', 'remove-token');
      expect(records).toMatchObject([
        { ...told, action: 'add-token', subject: 'soc-1', collection: '' },
        { ...told, action: 'remove-token', subject: 'soc-1', collection: '' },
      ]);
      expect(records[0]?.detail).toContain('name: none → "poller"');
      expect(records[0]?.detail).toContain('192.0.2.0/24');
      expect(JSON.stringify(records)).not.toContain('the hash');
    });

    test('when it was used is kept, and does not go back; of one that is gone, nothing', async () => {
      await store.people.addToken(token, 'one');
      await store.house.noteUses([{ id: token.id, at: 5e6 }]);
      await store.house.noteUses([
        { id: token.id, at: 4e6 },
        { id: 'gone', at: 9e6 },
      ]);
      expect(await store.people.tokens()).toEqual([{ token, used: 5e6 }]);
    });

    test('a publication that waits knows by which token it came', async () => {
      const c = collection();
      await applied(store, c);
      const pendings = [{ id: toolId(), version: day(1) }];
      for (const by of [{ ...who, token: { ...token, rights: ['write'] as const } }, who]) {
        const seed = { id: uuid(), requested: 1, total: 1 };
        await store.records.begin(write(c, by), seed, Buffer.from('{}'), pendings);
      }
      expect((await store.records.unfinished()).map((u) => u.tokenId)).toEqual([token.id, undefined]);
    });
  });
}
