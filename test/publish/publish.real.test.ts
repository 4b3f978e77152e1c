/** Real data in, the same data out: every file of the test data beside the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { StixObject } from '../../src/domain/stix';
import { ALL, LAST, type VersionSelection } from '../../src/domain/query';
import { openDoor, type OpenDoor } from '../../src/publish/publish';
import { openStore } from '../../src/store/open';
import { DEFAULT_POLICY, type Collection } from '../../src/domain/channel';
import type { Status } from '../../src/domain/taxii';
import type { Store } from '../../src/store/store';
import { hashPassword } from '../../src/identity/passwords';
import { applied, collection, found, principal, query, read } from '../support/exchange';

const FOLDER = resolve(process.cwd(), '../shared/testdata/real');
const there = existsSync(FOLDER);
const real = there ? test : test.skip;
const why = there ? '' : `SKIPPED, ${FOLDER} is missing: `;
const files = there ? readdirSync(FOLDER).filter((f) => f.endsWith('.json')) : ['none'];

const EVERYTHING = 100_000;
let store: Store;
let door: OpenDoor;
let c: Collection;
const operator = principal(4);

beforeEach(async () => {
  store = await openStore('sqlite::memory:');
  c = collection();
  await applied(store, c);
  await store.people.saveOrganisation(operator.organisation);
  await store.people.savePrincipal(operator, await hashPassword('only for this test'));
  door = openDoor(store, {
    clock: () => Date.now() * 1000,
    limits: { depth: 64, objects: 1e6 },
    report: () => undefined,
  });
});
afterEach(async () => {
  await door.stop();
  await store.close();
});

/** Publishes as bytes and waits until the status is complete. */
async function publish(body: Buffer): Promise<Status> {
  let status = await door.publish({ principalId: operator.id, collectionId: c.id, body });
  while (status.status === 'pending') {
    await new Promise((r) => setImmediate(r));
    status = (await store.records.status(c.apiRoot, status.id))!.status;
  }
  expect(status.success_count + status.failure_count).toBe(status.total_count);
  expect(status.pendings).toBeUndefined();
  return status;
}

const bodyOf = (file: string): Buffer => readFileSync(resolve(FOLDER, file));
const objectsOf = (file: string): StixObject[] =>
  (JSON.parse(bodyOf(file).toString()) as { objects: StixObject[] }).objects;
const rulesOf = (status: Status): Record<string, number> => {
  const rules: Record<string, number> = {};
  for (const { message } of status.failures ?? []) {
    const rule = /^[A-Z0-9-]+/.exec(message ?? '')![0];
    rules[rule] = (rules[rule] ?? 0) + 1;
  }
  return rules;
};
const versionOf = (o: StixObject): string =>
  `${o['id'] as string} ${(o['modified'] ?? o['created'] ?? JSON.stringify(o)) as string}`;

for (const file of files) {
  real(
    `${why}${file}: what was accepted comes back equal, object by object; what was not is named with its rule (T-090)`,
    async () => {
      const status = await publish(bodyOf(file));
      const refused = new Set((status.failures ?? []).map((f) => `${f.id} ${f.version}`));
      for (const rule of Object.keys(rulesOf(status)))
        expect(['T-LIST', 'C-SAMEVER', 'T-NULL']).toContain(rule);
      const sent = new Map<string, StixObject>();
      const definition = (o: StixObject): boolean => o['type'] === 'marking-definition';
      const all = objectsOf(file);
      // Marking definitions are worked first, whatever their place.
      for (const o of [...all.filter(definition), ...all.filter((o) => !definition(o))])
        if (!refused.has(versionOf(o)) && !sent.has(versionOf(o))) sent.set(versionOf(o), o);
      const got = await found(store, read(c, 4), query({ version: ALL, limit: EVERYTHING }));
      expect(got).toEqual([...sent.values()]);
    },
  );
}

real(
  `${why}under legacy leniency nothing of the real data is refused but for other content of one version (rules §17)`,
  async () => {
    c = collection({ policy: { ...DEFAULT_POLICY, legacy: 'lenient' } });
    await applied(store, c);
    for (const file of files)
      expect(Object.keys(rulesOf(await publish(bodyOf(file)))).filter((r) => r !== 'C-SAMEVER')).toEqual([]);
  },
  120_000,
);

real(
  `${why}four ATT&CK releases in turn give the right versions under first, last, all and by value (T-210, T-211, T-324)`,
  async () => {
    const releases = files.filter((f) => f.startsWith('attack-'));
    expect(releases).toHaveLength(4);
    const stored = new Map<string, Map<string, StixObject>>();
    const conflicts: Record<string, number> = {};
    for (const file of releases) {
      const status = await publish(bodyOf(file));
      conflicts[file] = rulesOf(status)['C-SAMEVER'] ?? 0;
      const failed = new Set((status.failures ?? []).map((f) => `${f.id} ${f.version}`));
      for (const o of objectsOf(file)) {
        const id = String(o['id']);
        const version = String(o['modified'] ?? o['created']);
        const own = stored.get(id) ?? stored.set(id, new Map()).get(id)!;
        if (!failed.has(`${id} ${version}`) && !own.has(version)) own.set(version, o);
      }
    }
    expect(conflicts).toMatchObject({ 'attack-ics-17.1.json': 1, 'attack-ics-18.1.json': 71 });
    const FIRST: VersionSelection = { all: false, keywords: ['first'], instants: [] };
    const byId = (objects: readonly StixObject[]): Map<string, StixObject> =>
      new Map(objects.map((o) => [String(o['id']), o]));
    const ask = (version: VersionSelection): Promise<StixObject[]> =>
      found(store, read(c, 4), query({ version, limit: EVERYTHING }));
    const [all, last, first] = [await ask(ALL), byId(await ask(LAST)), byId(await ask(FIRST))];
    const some = [...stored].filter(([, versions]) => versions.size > 0);
    expect(all).toHaveLength(some.reduce((sum, [, versions]) => sum + versions.size, 0));
    expect(some.filter(([, versions]) => versions.size > 1).length).toBeGreaterThan(50);
    for (const [id, versions] of some) {
      const sorted = [...versions.keys()].sort();
      expect(last.get(id)).toEqual(versions.get(sorted.at(-1)!));
      expect(first.get(id)).toEqual(versions.get(sorted[0]!));
    }
    const [id, versions] = some.find(([, v]) => v.size > 2)!;
    for (const [version, object] of versions) {
      const instants = [version.replace(/0*Z$/, '').replace(/\.$/, '')];
      expect(
        await found(store, read(c, 4), query({ ids: [id], version: { all: false, keywords: [], instants } })),
      ).toEqual([object]);
    }
  },
  120_000,
);
