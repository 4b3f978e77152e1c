/** What is read, up to a clearance: by pages, and by whoever publishes. */
import fc from 'fast-check';
import { v4 as uuid } from 'uuid';
import type { Scope } from '../../../src/domain/access';
import { LAST, type VersionSelection } from '../../../src/domain/query';
import type { Micros } from '../../../src/domain/timestamp';
import type { Rank } from '../../../src/domain/tlp';
import {
  day,
  everything,
  found,
  part,
  principal,
  query,
  read,
  removal,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { type Open, RANKS, storesOf } from './stores';

export function describeObjects(name: string, open: Open): void {
  const { withCollection } = storesOf(open);

  describe(`${name}: clearance`, () => {
    test('"last" is the last version this reader may see (D1)', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      await store.objects.append(write(c), part([tool(id, 1, 1), tool(id, 2, 4)]));
      const seen = await Promise.all(RANKS.map((r) => found(store, read(c, r))));
      expect(seen.map((objects) => objects.map((o) => o['modified']))).toEqual([
        [],
        [day(1)],
        [day(1)],
        [day(1)],
        [day(2)],
      ]);
    });

    test('without a clearance nothing is read', async () => {
      const { store, c } = await withCollection();
      await store.objects.append(write(c), part([tool(toolId(), 1, 0)]));
      const { clearance: _, ...none } = read(c, 4);
      expect(await found(store, none as Scope<'read'>, everything)).toEqual([]);
    });

    test('presence tells only of what may be seen (T-343, T-355, T-107a)', async () => {
      const { store, c } = await withCollection();
      const id = toolId();
      await store.objects.append(write(c), part([tool(id, 1, 1), tool(id, 2, 3)]));
      expect(await store.objects.presence(read(c, 0), id, [])).toBe('absent');
      expect(await store.objects.presence(read(c, 1), id, [])).toBe('present');
      const last: VersionSelection = LAST;
      await store.objects.remove(removal(c), id, { version: last, specVersions: undefined });
      expect(await store.objects.presence(read(c, 1), id, ['2024-01-02T00:00:00'])).toBe('present');
      expect(await store.objects.presence(read(c, 3), id, ['2024-01-02T00:00:00'])).toBe('removed');
    });

    test('publishing above the ceiling or above max_tlp fails that object only (D6)', async () => {
      const { store, c } = await withCollection({ maxTlp: 3 });
      const status = await store.objects.append(
        write(c, principal(2)),
        part([tool(toolId(), 1, 2), tool(toolId(), 1, 3), tool(toolId(), 1, 4)]),
      );
      expect(status).toMatchObject({ success_count: 1, failure_count: 2 });
      expect(status.failures!.map((f) => f.message)).toEqual([
        expect.stringContaining('the most that you may publish'),
        expect.stringContaining('the most that this collection takes'),
      ]);
    });
  });

  describe(`${name}: pages`, () => {
    test('following next or the headers visits everything once, whatever the limit (T-173, T-174, T-180)', async () => {
      const { store, c } = await withCollection();
      const objects = Array.from({ length: 60 }, (_, i) => tool(toolId(), 1, (i % 5) as Rank));
      await store.objects.append(write(c), part(objects));
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...RANKS),
          fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
          async (rank, limits) => {
            const seen: unknown[] = [];
            let after: Micros | undefined;
            for (let i = 0; ; i++) {
              const page = await store.objects.find(
                read(c, rank),
                query({ after, limit: limits[i % limits.length]! }),
              );
              seen.push(...(JSON.parse(`[${page.items.toString()}]`) as unknown[]));
              if (!page.more) break;
              after = page.last;
            }
            // In the order of their ranks, and of the envelope (D9a).
            expect(seen).toEqual(
              RANKS.slice(0, rank + 1).flatMap((r) => objects.filter((_, i) => i % 5 === r)),
            );
          },
        ),
        { numRuns: 30 },
      );
    });

    test('a full page without more behind it says so (T-157, T-159)', async () => {
      const { store, c } = await withCollection();
      await store.objects.append(write(c), part(Array.from({ length: 5 }, () => tool(toolId(), 1, 0))));
      expect(await store.objects.list(read(c, 0), query({ limit: 5 }))).toMatchObject({
        count: 5,
        more: false,
      });
      expect(await store.objects.list(read(c, 0), query({ limit: 4 }))).toMatchObject({
        count: 4,
        more: true,
      });
    });
  });

  describe(`${name}: what validation looks at`, () => {
    test('lookup gives the versions that the publisher may see, the newest first', async () => {
      const { store, c } = await withCollection();
      const [own, other, high, low] = [toolId(), toolId(), principal(4), principal(1)];
      await store.people.saveOrganisation(high.organisation);
      await store.people.saveOrganisation({ ...low.organisation, kind: 'member' });
      await store.objects.append(
        write(c, high),
        part([tool(other, 1, 0), tool(other, 2, 4), tool(other, 3, 1)]),
      );
      await store.objects.append(write(c, low), part([tool(own, 1, 1)]));
      const seen = await store.objects.lookup(write(c, low), [own, other, toolId()]);
      const versions = (id: string): unknown[] =>
        (seen.get(id) ?? []).map((h) => (JSON.parse(h.text) as { modified: string }).modified);
      expect([...seen.keys()].sort()).toEqual([own, other].sort());
      expect(versions(other)).toEqual([day(3), day(1)]);
      expect(versions(own)).toEqual([day(1)]);
      expect(seen.get(other)!.every((h) => h.trusted)).toBe(true);
      // A member's word binds the member only.
      const byDesk = await store.objects.lookup(write(c, high), [own]);
      expect(byDesk.get(own)!.map((h) => h.trusted)).toEqual([false]);
      expect(seen.get(own)!.map((h) => h.trusted)).toEqual([true]);
    });

    test('known: what lookup would find, and the identities of organisations', async () => {
      const { store, c } = await withCollection();
      const [high, low] = [principal(4), principal(1)];
      const identity = `identity--${uuid()}`;
      await store.people.saveOrganisation({ ...high.organisation, identity });
      const [secret, open] = [toolId(), toolId()];
      await store.objects.append(write(c, high), part([tool(secret, 1, 4), tool(open, 1, 0)]));
      expect(await store.objects.known(write(c, low), [secret, open, identity, toolId()])).toEqual(
        new Set([open, identity]),
      );
      // Accounts of one organisation see up to their own clearance (D8b).
      const beside = write(c, principal(1, { organisation: high.organisation }));
      expect(await store.objects.known(beside, [secret, open])).toEqual(new Set([open]));
      expect([...(await store.objects.lookup(beside, [secret, open])).keys()]).toEqual([open]);
    });

    test('inspect gives the page of find with the provenance of each version', async () => {
      const { store, c } = await withCollection();
      const who = principal(4);
      const ids = [toolId(), toolId(), toolId()];
      await store.objects.append(write(c, who), part(ids.map((id, i) => tool(id, i + 1, (i * 2) as Rank))));
      const page = await store.objects.inspect(read(c, 3), query({ limit: 1 }));
      expect(page).toMatchObject({
        count: 1,
        more: true,
        items: [{ id: ids[0], type: 'tool', version: day(1), rank: 0, publisher: who.organisation.id }],
      });
      expect(JSON.parse(page.items[0]!.text)).toEqual(tool(ids[0]!, 1, 0));
      const rest = await store.objects.inspect(read(c, 3), query({ after: page.last }));
      expect(rest.items.map((i) => i.id)).toEqual([ids[1]]);
    });
  });
}
