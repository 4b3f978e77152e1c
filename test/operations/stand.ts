/** A store in which accounts of several clearances exchange objects, for tests of the operations. */
import type { Principal } from '../../src/domain/access';
import type { Collection } from '../../src/domain/channel';
import type { StixObject } from '../../src/domain/stix';
import type { Micros } from '../../src/domain/timestamp';
import type { Rank } from '../../src/domain/tlp';
import { openStore } from '../../src/store/open';
import type { Store } from '../../src/store/store';
import {
  applied,
  collection,
  day,
  organisation,
  part,
  principal,
  TLP2,
  tool,
  write,
} from '../support/exchange';

/** 2023-11-14T22:13:20Z, a Tuesday. */
export const START: Micros = 1_700_000_000_000_000;
export const SECOND: Micros = 1e6;
export const DAY: Micros = 86_400e6;

export const desk = principal(4, {
  name: 'desk',
  organisation: organisation({ name: 'desk house', country: 'FR' }),
});
export const member = principal(4, {
  name: 'member',
  role: 'contributor',
  organisation: organisation({ name: 'member house', kind: 'member', region: 'africa' }),
});
/** Cleared for GREEN. */
export const low = principal(1, {
  name: 'low',
  role: 'contributor',
  organisation: organisation({ name: 'low house', kind: 'member' }),
});

const shared: Collection['grants'] = [
  { source: 'shared.json#0', to: {}, rights: ['see', 'read', 'write'] },
  { source: 'shared.json#1', to: { role: 'curator' }, rights: ['see', 'curate'] },
];
export const indicators = collection({ alias: 'indicators', grants: shared });
export const reports = collection({ alias: 'reports', grants: shared });
/** Nobody but the desk reads it. */
export const closed = collection({
  alias: 'closed',
  grants: [
    { source: 'closed.json#0', to: { principal: desk.id }, rights: ['see', 'read', 'write'] },
    { source: 'closed.json#1', to: { organisation: member.organisation.id }, rights: ['see'] },
  ],
});

export interface Stand {
  readonly store: Store;
  /** Each call a second after the one before. @throws {Error} something was refused. */
  readonly put: (who: Principal, object: StixObject, to?: Collection) => Promise<void>;
  readonly wait: (time: Micros) => void;
  readonly now: () => Micros;
}

const opened: Store[] = [];
/** Closes what was opened: for `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const store of opened.splice(0)) await store.close();
}

export async function stand(): Promise<Stand> {
  let now = START;
  const store = await openStore('sqlite::memory:', { clock: () => now });
  opened.push(store);
  await applied(store, indicators, reports, closed);
  for (const who of [desk, member, low]) {
    await store.people.saveOrganisation(who.organisation);
    await store.people.savePrincipal(who, 'no hash');
  }
  return {
    store,
    put: async (who, object, to = indicators) => {
      now += SECOND;
      const status = await store.objects.append(write(to, who), part([object]));
      if (status.failure_count > 0) throw new Error(JSON.stringify(status));
    },
    wait: (time) => void (now += time),
    now: () => now,
  };
}

const numbered = (type: string, n: number): string => `${type}--00000000-0000-4000-8000-00000000000${n}`;
export const ids = {
  changed: numbered('tool', 1),
  plain: numbered('tool', 2),
  secret: numbered('tool', 3),
  squatted: numbered('tool', 4),
  elsewhere: numbered('tool', 5),
} as const;

export function relationship(n: number, from: string, to: string, rank: Rank): StixObject {
  return {
    type: 'relationship',
    spec_version: '2.1',
    id: numbered('relationship', n),
    created: day(1),
    modified: day(1),
    relationship_type: 'related-to',
    source_ref: from,
    target_ref: to,
    object_marking_refs: [TLP2[rank]],
  };
}

/** What happens to what an account cleared for GREEN sees; `above`: to what it does not see. */
const HISTORY: readonly { who: Principal; object: StixObject; to?: Collection; above?: true }[] = [
  { who: desk, object: tool(ids.changed, 1, 1, { name: 'as all know it' }) },
  { who: desk, object: tool(ids.changed, 2, 4, { name: 'as few know it', revoked: true }), above: true },
  { who: desk, object: tool(ids.secret, 1, 4, { name: 'undercover' }), above: true },
  { who: desk, object: tool(ids.secret, 1, 4, { name: 'undercover' }), to: reports, above: true },
  { who: desk, object: tool(ids.elsewhere, 1, 4), to: closed, above: true },
  { who: desk, object: tool(ids.plain, 1, 0) },
  { who: desk, object: tool(ids.plain, 2, 1) },
  { who: desk, object: tool(ids.plain, 1, 0), to: reports },
  { who: desk, object: relationship(1, ids.changed, ids.plain, 1) },
  { who: desk, object: relationship(2, ids.changed, ids.secret, 1) },
  { who: desk, object: relationship(3, ids.secret, ids.changed, 4), above: true },
  { who: member, object: tool(ids.squatted, 1, 4, { name: 'taken' }), above: true },
  { who: low, object: tool(ids.squatted, 1, 1, { name: 'its own' }) },
];

/** The history, with or without what is above GREEN; the rest happens at the same instants. */
export async function afterHistory(above = true): Promise<Stand> {
  const all = await stand();
  for (const step of HISTORY)
    if (step.above && !above) all.wait(SECOND);
    else await all.put(step.who, step.object, step.to);
  return all;
}

/**
 * Promise 3 of docs/architecture.md: what is above the reader's clearance changes nothing in what it is told.
 *
 * @param ask as the account `low`. @returns the answer.
 */
export async function tellsNothingAbove<T>(ask: (stand: Stand) => Promise<T>): Promise<T> {
  const [told, alone] = [await ask(await afterHistory()), await ask(await afterHistory(false))];
  expect(told).toEqual(alone);
  return told;
}
