/** What was dumped and loaded is the same store. */
import { v4 as uuid } from 'uuid';
import { scopeFor, type Principal } from '../../../src/domain/access';
import type { AudienceSaid } from '../../../src/domain/audience';
import { ALL, LAST } from '../../../src/domain/query';
import type { StixObject } from '../../../src/domain/stix';
import { instantKey } from '../../../src/domain/timestamp';
import { Summary, type ArchiveRecord } from '../../../src/store/archive';
import type { Store } from '../../../src/store/store';
import { ORIGINATOR_CONTROL } from '../../../src/validation/originator-control';
import {
  applied,
  collection,
  day,
  everything,
  found,
  organisation,
  part,
  principal,
  query,
  read,
  removal,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { BY, told, ticking } from './audited';
import { clockAt, type Open, RANKS, storesOf } from './stores';

export function describeArchive(name: string, open: Open): void {
  const { fresh } = storesOf(open);

  describe(`${name}: the archive`, () => {
    const all = async (store: Store): Promise<ArchiveRecord[]> => {
      const records: ArchiveRecord[] = [];
      for await (const record of store.archive.dump()) records.push(record);
      return records;
    };
    const summaryOf = (records: readonly ArchiveRecord[]): unknown => {
      const summary = new Summary();
      for (const record of records) summary.add(record);
      return summary.toJSON();
    };

    test('who may see what goes along (D14): classes, what is left of them, and what owners said last', async () => {
      const one = await fresh();
      const c = collection();
      await applied(one, c);
      const [a, b, x] = [1, 2, 3].map((n) =>
        principal(4, { organisation: organisation({ country: ['FR', 'DE', 'MA'][n - 1]! }) }),
      ) as [Principal, Principal, Principal];
      const saying = (audience: AudienceSaid): StixObject => ({
        extensions: { [ORIGINATOR_CONTROL]: { extension_type: 'property-extension', audience } },
      });
      const [changed, gone] = [toolId(), toolId()];
      for (const [n, audience] of [
        [1, { only: { countries: ['DE'] } }],
        [2, { only: { countries: ['DE', 'MA'] } }],
        [3, { not: { countries: ['MA'] } }],
      ] as const)
        await one.objects.append(write(c, a), part([tool(changed, n, n, saying(audience))]));
      await one.objects.append(write(c, a), part([tool(gone, 1, 0, saying({ only: {} }))]));
      await one.objects.remove(removal(c, a), gone, { version: ALL, specVersions: undefined });
      const records = await all(one);
      expect(records.filter(({ kind }) => kind === 'audience').length).toBeGreaterThan(4);

      const other = await fresh();
      await other.archive.load(records);
      expect(summaryOf(await all(other))).toEqual(summaryOf(records));
      expect(await other.house.check(() => undefined)).toEqual([]);
      const seen = async (store: Store): Promise<unknown[]> => {
        const pages = [];
        for (const who of [a, b, x])
          for (const clearance of RANKS)
            for (const version of [ALL, LAST]) {
              const scope = scopeFor({ ...who, clearance }, c, 'read');
              const { items } = await store.objects.list(scope, query({ version }));
              pages.push(items);
            }
        return pages;
      };
      expect(await seen(other)).toEqual(await seen(one));
      // It goes on from there: what was said of an object that is gone still counts.
      await other.objects.append(write(c, a), part([tool(gone, 2, 0)]));
      expect(await found(other, scopeFor(b, c, 'read'), query({ ids: [gone] }))).toEqual([]);
      expect(await found(other, scopeFor(a, c, 'read'), query({ ids: [gone] }))).toHaveLength(1);
      expect(await other.house.check(() => undefined)).toEqual([]);
    });

    test('what was dumped and loaded is the same store: every answer, date, status, removal; and it goes on from there', async () => {
      const clock = clockAt(1_700_000_000_000_000);
      const one = await fresh({ clock: clock.read });
      const who = principal(4, { certificate: { matches: ['pin:a'] } });
      const marking = `marking-definition--${uuid()}`;
      const c = collection();
      await applied(one, c);
      await one.people.saveOrganisation({ ...who.organisation, identity: `identity--${uuid()}` });
      await one.people.savePrincipal(who, 'hash');
      const token = { id: 'AAAABBBBCCCC', principalId: who.id, name: 'poller', created: 1, expires: 2 };
      await one.people.addToken(token, 'hash of the token');
      await one.people.addToken({ ...token, id: 'BBBB', name: 'never used' }, 'hash of another');
      await one.house.noteUses([{ id: token.id, at: 3 }]);
      await one.people.saveGrant({
        id: uuid(),
        collectionId: c.id,
        grant: { source: 'hand', to: {}, rights: ['see'] },
      });
      const [a, b] = [toolId(), toolId()];
      const p = part([
        tool(a, 1, 0),
        tool(a, 2, 3),
        tool(b, 1, 0),
        { ...tool(toolId(), 1, 0), object_marking_refs: [marking] },
      ]);
      await one.objects.append(write(c, who), p);
      clock.now += 5e6;
      await one.objects.remove(removal(c, who), a, { version: LAST, specVersions: undefined });
      await one.objects.remove(removal(c, who), b, { version: ALL, specVersions: undefined });
      const seed = { id: uuid(), requested: clock.now, total: 2 };
      await one.records.begin(write(c, { ...who, token }), seed, Buffer.from('{"objects":[]}'), [
        { id: a, version: day(1) },
        { id: b, version: day(1) },
      ]);
      await one.house.recordRun({ name: 'x', started: 1, took: 2, ok: true, result: '{}' });
      await one.house.note('kind', 'name', 'value');
      await one.house.noteReadings([
        { collectionId: c.id, organisationId: who.organisation.id, lastDate: 5 },
      ]);

      const two = await fresh({ clock: clock.read });
      expect([await one.archive.empty(), await two.archive.empty()]).toEqual([false, true]);
      const records = await all(one);
      for (const record of records) await two.archive.load([record]);
      // Twice is as once.
      await two.archive.load(records);
      expect(await two.archive.empty()).toBe(false);
      expect(await two.archive.objects()).toBe(await one.archive.objects());
      expect(summaryOf(await all(two))).toEqual(summaryOf(records));
      for (const rank of RANKS)
        for (const q of [everything, query()])
          expect(await two.objects.list(read(c, rank), q)).toEqual(await one.objects.list(read(c, rank), q));
      expect(await two.people.byCertificate(['pin:a'])).toEqual(await one.people.byCertificate(['pin:a']));
      expect(await two.people.tokens()).toEqual(await one.people.tokens());
      expect(await two.people.token(token.id)).toEqual(await one.people.token(token.id));
      expect((await two.records.unfinished()).map((u) => u.tokenId)).toEqual([token.id]);
      expect(await two.records.status('europe', p.status.id)).toEqual(
        await one.records.status('europe', p.status.id),
      );
      expect(await two.records.status('europe', seed.id)).toEqual(
        await one.records.status('europe', seed.id),
      );
      expect(await two.records.unfinished()).toEqual(await one.records.unfinished());
      expect(await two.records.audit(10)).toEqual(await one.records.audit(10));
      expect(await two.people.principals()).toEqual(await one.people.principals());
      expect(await two.catalog.channels()).toEqual(await one.catalog.channels());
      expect(await two.house.check(() => undefined)).toEqual([]);
      const instants = [instantKey(day(1))!];
      expect(await two.objects.presence(read(c, 4), b, instants)).toBe('removed');
      const before = (await two.objects.list(read(c, 4), everything)).items.map((i) => i.date);
      await two.objects.append(write(c, who), part([tool(b, 1, 0)]));
      const after = (await two.objects.list(read(c, 4), everything)).items.map((i) => i.date);
      expect(after.slice(0, -1)).toEqual(before);
      expect(after.at(-1)).toBeGreaterThan(Math.max(...before));
    });
  });

  describe(`${name}: accounts and channels`, () => {
    test('an archive carries for whom it was', async () => {
      const store = await fresh({ clock: ticking() });
      await store.people.saveOrganisation(organisation(), BY);
      const found: unknown[] = [];
      for await (const record of store.archive.dump()) if (record.kind === 'audit') found.push(record.record);
      expect(found).toEqual(await store.records.audit(10));
      expect(found).toMatchObject([told]);
    });
  });
}
