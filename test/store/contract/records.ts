/** Publications that wait, their statuses, and for whom something was done. */
import { randomBytes } from 'node:crypto';
import { v4 as uuid } from 'uuid';
import type { Principal, Scope } from '../../../src/domain/access';
import { SERVER } from '../../../src/domain/actor';
import { MemberFault } from '../../../src/domain/errors';
import { leaseOf } from '../../../src/store/records';
import type { Store } from '../../../src/store/store';
import {
  applied,
  collection,
  day,
  found,
  part,
  principal,
  read,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { auditOf, ticking } from './audited';
import { type Open, storesOf } from './stores';

interface Setting {
  readonly store: Store;
  readonly scope: Scope<'write'>;
  readonly who: Principal;
  readonly ids: readonly string[];
  readonly seed: { id: string; requested: number; total: number };
  /** Appends part n, of two members. */
  readonly append: (n: number) => ReturnType<Store['objects']['append']>;
}

export function describeRecords(name: string, open: Open): void {
  const { fresh } = storesOf(open);
  let store: Store;

  /** A publication of six tools in three parts of two. */
  async function waiting(): Promise<Setting> {
    store = await fresh();
    const c = collection();
    const who = principal(4);
    await applied(store, c);
    await store.people.saveOrganisation(who.organisation);
    await store.people.savePrincipal(who, 'hash');
    const ids = Array.from({ length: 6 }, toolId);
    const seed = { id: uuid(), requested: 1_700_000_000_000_000, total: 6 };
    const scope = write(c, who);
    const pendings = ids.map((id) => ({ id, version: day(1) }));
    await store.records.begin(scope, seed, Buffer.from('{"objects":[]}'), pendings, {
      cut: 1,
      sizes: [2, 2, 2],
    });
    const append: Setting['append'] = (n) => {
      const objects = ids.slice(n * 2, n * 2 + 2).map((id) => tool(id, 1, 0));
      return store.objects.append(scope, part(objects, { status: seed, number: n, last: n === 2 }));
    };
    return { store, scope, who, ids, seed, append };
  }
  const status = async ({ seed }: Setting) => (await store.records.status('europe', seed.id))!.status;
  const text = async ({ seed }: Setting): Promise<unknown> => {
    let all = '';
    for await (const piece of (await store.records.statusText('europe', seed.id))!.pieces)
      all += String(piece);
    return JSON.parse(all);
  };

  describe(`${name}: publications that wait`, () => {
    test('are listed with their bytes, their parts and who works on them; the bytes are read alone', async () => {
      const s = await waiting();
      await s.append(0);
      await store.house.lease(leaseOf(s.seed.id), 'somebody', 1, 99);
      expect(await store.records.unfinished()).toEqual([
        {
          status: s.seed,
          principalId: s.who.id,
          organisationId: s.who.organisation.id,
          collectionId: s.scope.collection.id,
          bytes: 14,
          cut: 1,
          parts: 3,
          partsDone: 1,
          lease: { holder: 'somebody', until: 99 },
        },
      ]);
      expect((await store.records.publication(s.seed.id))?.toString()).toBe('{"objects":[]}');
      await s.append(1);
      await s.append(2);
      expect(await store.records.unfinished()).toEqual([]);
      expect(await store.records.publication(s.seed.id)).toBeUndefined();
    });

    test('the bytes of a large one are as they came, and are gone with it', async () => {
      const { scope } = await waiting();
      for (const size of [4, 9].map((mib) => mib * 1024 * 1024)) {
        const bytes = Buffer.alloc(size, randomBytes(1000));
        const seed = { id: uuid(), requested: 1_700_000_000_000_000, total: 1 };
        await store.records.begin(scope, seed, bytes, [{ id: toolId(), version: day(1) }]);
        expect((await store.records.publication(seed.id))?.equals(bytes)).toBe(true);
        await store.records.abandon(seed.id, 'why', SERVER);
        expect(await store.records.publication(seed.id)).toBeUndefined();
      }
    });

    test('how often a part was set about is counted anew for each part', async () => {
      const s = await waiting();
      const setAbout = (part: number): Promise<number> => store.records.setAbout(s.seed.id, part);
      expect([await setAbout(0), await setAbout(0), await setAbout(1), await setAbout(1)]).toEqual([
        1, 2, 1, 2,
      ]);
      await store.records.abandon(s.seed.id, 'why', SERVER);
      expect(await setAbout(1)).toBe(0);
    });

    test('a part gives counts alone, so that it costs the same however many came before it', async () => {
      const s = await waiting();
      const counts = { status: 'pending', success_count: 2, pending_count: 4 };
      expect(await s.append(0)).toMatchObject(counts);
      expect(await s.append(0)).toMatchObject(counts);
      const second = await s.append(1);
      expect(second).toMatchObject({ success_count: 4, failure_count: 0, pending_count: 2 });
      expect([second.successes, second.failures, second.pendings]).toEqual([undefined, undefined, undefined]);
      expect(await s.append(2)).toMatchObject({ status: 'complete', success_count: 6, pending_count: 0 });
    });

    test('the text of a status is the status, at every point of its life (T-265 to T-279)', async () => {
      const s = await waiting();
      for (const part of [0, 1, 2]) {
        expect(await text(s)).toEqual(await status(s));
        await s.append(part);
      }
      expect(await text(s)).toEqual(await status(s));
      expect(Object.keys((await text(s)) as object)).toEqual(Object.keys(await status(s)));
      expect(await store.records.statusText('other', s.seed.id)).toBeUndefined();
    });

    test.each([['appended'], ['abandoned']])(
      'a text that is being read is of one moment, also if what waited is %s meanwhile (T-270)',
      async (how) => {
        const s = await waiting();
        await s.append(0);
        const before = await status(s);
        const pieces = (await store.records.statusText('europe', s.seed.id))!.pieces[Symbol.asyncIterator]();
        let all = String((await pieces.next()).value);
        await s.append(1);
        if (how === 'appended') await s.append(2);
        else await store.records.abandon(s.seed.id, 'over', { by: 'tester' });
        for (let next = await pieces.next(); next.done !== true; next = await pieces.next())
          all += String(next.value);
        expect(JSON.parse(all)).toEqual(before);
      },
    );

    test('abandoning fails what is not done, with words and audit; a part after it changes nothing', async () => {
      const s = await waiting();
      await s.append(0);
      expect(await store.records.abandon(s.seed.id, 'no time', { by: 'tester' })).toBe(true);
      const after = await status(s);
      expect(after).toMatchObject({
        status: 'complete',
        success_count: 2,
        failure_count: 4,
        pending_count: 0,
      });
      expect(after.failures).toEqual(
        s.ids.slice(2).map((id) => ({ id, version: day(1), message: 'no time' })),
      );
      expect(await s.append(1)).toMatchObject({ status: 'complete', success_count: 2, failure_count: 4 });
      expect(await status(s)).toEqual(after);
      expect(await text(s)).toEqual(after);
      expect(await found(store, read(s.scope.collection, 4))).toHaveLength(2);
      expect(await store.records.unfinished()).toEqual([]);
      const [told] = await store.records.audit(1, 'abandon');
      expect(told).toMatchObject({ principal: 'tester', subject: s.seed.id });
      expect(JSON.parse(told!.detail)).toEqual({ reason: 'no time', failed: 4 });
    });

    test('abandoning after the last part changes nothing; nor does doing it twice', async () => {
      const s = await waiting();
      for (const n of [0, 1, 2]) await s.append(n);
      const before = await status(s);
      expect(await store.records.abandon(s.seed.id, 'too late', { by: 'tester' })).toBe(false);
      expect(await store.records.abandon(uuid(), 'never there', { by: 'tester' })).toBe(false);
      expect(await status(s)).toEqual(before);
      expect(await store.records.audit(10, 'abandon')).toEqual([]);
    });

    test('a part beside an abandonment: nothing lost, nothing counted twice', async () => {
      const s = await waiting();
      await s.append(0);
      await Promise.all([s.append(1), store.records.abandon(s.seed.id, 'now', { by: 'tester' })]);
      const after = await status(s);
      expect(after.success_count + after.failure_count).toBe(6);
      expect([after.status, after.successes?.length, after.failures?.length]).toEqual([
        'complete',
        after.success_count,
        after.failure_count,
      ]);
      expect(await found(store, read(s.scope.collection, 4))).toHaveLength(after.success_count);
    });

    test('what one member brings about names that member, and nothing is written', async () => {
      store = await fresh({ random: () => 0 });
      const c = collection();
      await applied(store, c);
      const p = part([tool(toolId(), 1, 0), tool(toolId(), 1, 0)]);
      const member = p.members[1] as { candidate: object };
      Object.defineProperty(member.candidate, 'text', {
        get: () => {
          throw new RangeError('broken');
        },
      });
      const failed = await store.objects.append(write(c), p).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(MemberFault);
      expect((failed as MemberFault).index).toBe(1);
      expect(await found(store, read(c, 4))).toEqual([]);
    });
  });

  describe(`${name}: accounts and channels`, () => {
    test('what is done on an account’s behalf names both; a status tells its collection', async () => {
      const store = await fresh({ clock: ticking() });
      const c = collection();
      await applied(store, c);
      const who = principal(4, { name: 'desk' });
      const p = part([tool(toolId(), 1, 0)]);
      await store.objects.append({ ...write(c, who), by: 'local:alice' }, p);
      expect(await auditOf(store, 'publish')).toMatchObject([{ principal: 'local:alice', behalf: 'desk' }]);
      expect(await store.records.status('europe', p.status.id)).toMatchObject({
        principalId: who.id,
        collectionId: c.id,
      });
    });
  });
}
