/** Random histories against a model in the words of the decisions (D1, D5a, D7a). */
import fc from 'fast-check';
import type { Principal } from '../../../src/domain/access';
import { ALL, LAST } from '../../../src/domain/query';
import type { Micros } from '../../../src/domain/timestamp';
import type { Rank } from '../../../src/domain/tlp';
import {
  applied,
  collection,
  found,
  part,
  query,
  read,
  removal,
  tool,
  toolId,
  write,
} from '../../support/exchange';
import { CONTRIBUTORS, curator, defining, markingId, member } from './members';
import type { Open } from './stores';

export function describeHistories(name: string, open: Open): void {
  describe(`${name}: random histories against a model in the words of D1, D5a, D7a`, () => {
    /** A version that stands. */
    interface Modelled {
      readonly id: string;
      readonly day: number;
      readonly own: Rank | null;
      readonly cites: boolean;
      readonly by: string;
      readonly text: string;
      /** Whether nobody's word ended its waiting yet. */
      waits: boolean;
    }
    const step = fc.record({
      what: fc.constantFrom('add', 'add', 'add', 'add', 'remove', 'take-out', 'define', 'default', 'retire'),
      who: fc.nat(2),
      id: fc.nat(1),
      day: fc.integer({ min: 1, max: 3 }),
      rank: fc.integer({ min: 0, max: 4 }),
      cites: fc.boolean(),
      polls: fc.boolean(),
    });

    test('every rank reads what the model says, pollers get each answer once, and the store is whole at every step', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 14 }), async (steps) => {
          const store = await open();
          try {
            let here = collection({ grants: CONTRIBUTORS, defaultTlp: 2 });
            const there = collection({ grants: CONTRIBUTORS });
            await applied(store, here, there);
            const people = [member(4), member(2), curator(3)] as const;
            const elsewhere = curator();
            const ids = [toolId(), toolId()];
            const marking = markingId();
            let standing: Modelled[] = [];
            /** Whose word counts for whom: the originator's and the curators' end the waiting, a curator's elsewhere raises. */
            const words: { by: string; curates: boolean; near: boolean; reach: Rank; said: Rank }[] = [];
            const heardBy = ({ cites, by }: Pick<Modelled, 'cites' | 'by'>) =>
              cites ? words.filter((w) => w.by === by || w.curates) : [];
            /** ... if their author reaches as high as it waits. */
            const isDecided = (v: Pick<Modelled, 'cites' | 'by'>, waitsAt: number): boolean =>
              heardBy(v).some((w) => (w.by === v.by || w.near) && w.reach >= waitsAt);
            const decide = (): void => {
              for (const v of standing) v.waits &&= !isDecided(v, here.defaultTlp);
            };
            const rankOf = ({ own, waits, ...cites }: Omit<Modelled, 'text'>): Rank => {
              const heard = heardBy(cites);
              const ranks = [...heard.map((w) => w.said), ...(own === null ? [] : [own])];
              if (waits || ranks.length === 0) ranks.push(here.defaultTlp);
              return Math.max(...ranks) as Rank;
            };
            const seenBy = (rank: number, last: boolean): string[] => {
              const seen = standing.filter((v) => rankOf(v) <= rank);
              const first = seen.filter(
                (v, i) => seen.findIndex((o) => o.id === v.id && o.day === v.day) === i,
              );
              const newest = (v: Modelled): boolean => !first.some((o) => o.id === v.id && o.day > v.day);
              return first.filter((v) => !last || newest(v)).map((v) => v.text);
            };
            const pollers = [0, 1, 2, 3, 4].flatMap((rank) =>
              [true, false].map((last) => ({
                rank: rank as Rank,
                last,
                after: undefined as Micros | undefined,
                has: [] as string[],
              })),
            );
            const tools = { types: ['tool'] };
            for (const s of steps) {
              const who = people[s.who] as Principal;
              const by = who.organisation.id;
              const id = ids[s.id] as string;
              if (s.what === 'add') {
                const own = s.cites ? null : (s.rank as Rank);
                const object = tool(id, s.day, own, {
                  name: `of ${s.who}`,
                  ...(s.cites ? { object_marking_refs: [marking] } : {}),
                });
                const citer = { cites: s.cites, by };
                const waits = s.cites && !isDecided(citer, Math.min(here.defaultTlp, who.clearance));
                const made = { ...citer, id, day: s.day, own, waits, text: JSON.stringify(object) };
                const visible = standing.filter((v) => v.id === id && rankOf(v) <= who.clearance);
                const same = visible.filter((v) => v.day === s.day);
                const { successes = [], failures = [] } = await store.objects.append(
                  write(here, who),
                  part([object]),
                );
                const said = [...successes, ...failures][0]?.message ?? '';
                if (rankOf(made) > who.clearance) expect(said).toMatch(/^TLP/);
                else if (same.some((v) => v.text === made.text)) expect(said).toMatch(/^Already present/);
                else if (same.length > 0) expect(said).toMatch(/^C-SAMEVER/);
                else if (said.startsWith('OWNER')) expect(visible.some((v) => v.by !== by)).toBe(true);
                else {
                  expect(failures).toEqual([]);
                  standing.push(made);
                }
              } else if (s.what === 'remove' || s.what === 'take-out') {
                const remover = people[2];
                const publisher = s.what === 'take-out' ? by : undefined;
                const eligible = standing.filter(
                  (v) => v.id === id && rankOf(v) <= 3 && (publisher === undefined || v.by === publisher),
                );
                const newest = Math.max(...eligible.map((v) => v.day));
                const gone = eligible.filter((v) => v.day === newest);
                const selection = { version: LAST, specVersions: undefined, publisher };
                const answer = await store.objects.remove(removal(here, remover), id, selection);
                expect(answer).toEqual(gone.length === 0 ? 'absent' : { removed: gone.length });
                standing = standing.filter((v) => !gone.includes(v));
              } else if (s.what === 'define') {
                const near = s.day < 3;
                const [author, place] = near ? [who, here] : [elsewhere, there];
                const object = defining(marking, s.rank as Rank);
                const { success_count: taken } = await store.objects.append(
                  write(place, author),
                  part([object]),
                );
                const curates = author.role === 'curator';
                const { clearance: reach } = author;
                if (taken === 1)
                  words.push({ by: author.organisation.id, curates, near, reach, said: s.rank as Rank });
                decide();
              } else if (s.what === 'default') {
                here = { ...here, defaultTlp: s.rank as Rank };
                await applied(store, here, there);
                decide();
              } else {
                const retirement = { ...tools, before: Number.MAX_SAFE_INTEGER, held: [id] };
                await store.objects.retire(here.id, retirement, 'test', true);
                standing = standing.filter((v) => v.id === id);
              }
              for (const poller of pollers) {
                const version = poller.last ? LAST : ALL;
                const now = seenBy(poller.rank, poller.last).sort();
                const fresh = await found(store, read(here, poller.rank), query({ ...tools, version }));
                expect(fresh.map((o) => JSON.stringify(o)).sort()).toEqual(now);
                poller.has = poller.has.filter((text) => now.includes(text));
                if (!s.polls) continue;
                const asked = query({ ...tools, version, after: poller.after });
                const got = (await found(store, read(here, poller.rank), asked)).map((o) =>
                  JSON.stringify(o),
                );
                expect([...poller.has, ...got].sort()).toEqual(now);
                poller.has = now;
                poller.after =
                  (await store.objects.list(read(here, poller.rank), asked)).last ?? poller.after;
              }
              expect(await store.house.check(() => undefined)).toEqual([]);
            }
          } finally {
            await store.close();
          }
        }),
        // A run is some two hundred reads.
        { numRuns: name === 'sqlite' ? 40 : 3 },
      );
    });
  });
}
