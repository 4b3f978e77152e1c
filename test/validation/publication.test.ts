/** What takes more than the object: policies of collections, other versions, definitions, translations, references. */
import { DEFAULT_POLICY, type Collection, type Policy } from '../../src/domain/channel';
import type { StixObject } from '../../src/domain/stix';
import type { Principal } from '../../src/domain/access';
import type { Status } from '../../src/domain/taxii';
import { hashPassword } from '../../src/identity/passwords';
import { openDoor, type OpenDoor } from '../../src/publish/publish';
import { openStore } from '../../src/store/open';
import type { Store } from '../../src/store/store';
import { writtenDigest } from '../../src/validation/canonical';
import { RULES } from '../../src/validation/rule-table';
import { applied, candidate, collection, organisation, part, principal, write } from '../support/exchange';
import { id, make, TIME } from '../support/stix';

const LATER = '2021-01-01T00:00:00.000Z';
let store: Store;
let door: OpenDoor;
let hash: string;
beforeAll(async () => (hash = await hashPassword('only for this test')));
beforeEach(async () => {
  store = await openStore('sqlite::memory:');
  door = openDoor(store, {
    clock: () => 1_700_000_000_000_000,
    limits: { depth: 64, objects: 1e6 },
    report: () => undefined,
  });
});
afterEach(async () => {
  await door.stop();
  await store.close();
});

async function somebody(kind: 'member' | 'desk', clearance: 0 | 4 = 4): Promise<Principal> {
  const own = principal(clearance, { organisation: organisation({ kind }) });
  await store.people.saveOrganisation(own.organisation);
  await store.people.savePrincipal(own, hash);
  return own;
}
/** Objects of these tests share one UUID; only one of them is about that. */
const ALL_ONE = { quiet: ['I-REUSE'] };
const made = async (policy: Partial<Policy> = {}, more: Partial<Collection> = {}): Promise<Collection> => {
  const c = collection({ policy: { ...DEFAULT_POLICY, ...ALL_ONE, ...policy }, ...more });
  await applied(store, c);
  return c;
};
const publish = (who: Principal, c: Collection, ...objects: StixObject[]): Promise<Status> =>
  door.publish({
    principalId: who.id,
    collectionId: c.id,
    body: Buffer.from(JSON.stringify({ objects })),
  });
/** The rules of the messages, in their order: those of failures, then those of successes. */
const said = ({ failures = [], successes = [] }: Status): string[] =>
  [...failures.map((f) => ['refused', f.message]), ...successes.map((s) => ['taken', s.message])].map(
    ([how, message]) =>
      `${how!} ${(message ?? '')
        .split('\n')
        .map((line) => line.split(' ')[0])
        .join(' ')}`.trim(),
  );

describe('policy', () => {
  const custom = make('tool', { x_a: 1 });
  const odd = make('indicator', { pattern: "[x-foo:bar_val = 'a']" });
  test.each<[string, Partial<Policy>, StixObject, string]>([
    ['custom allow (default): advice', {}, custom, 'taken N-CUSTPROP'],
    ['custom allow: nothing of patterns', {}, odd, 'taken'],
    ['custom warn: patterns too', { custom: 'warn' }, odd, 'taken P-CUSTOM'],
    ['custom refuse', { custom: 'refuse' }, custom, 'refused N-CUSTPROP'],
    ['custom refuse: what is not custom', { custom: 'refuse' }, make('tool'), 'taken'],
    ['strict', { strict: ['N-CUSTPROP'] }, custom, 'refused N-CUSTPROP'],
    [
      'strict comes before quiet',
      { strict: ['N-CUSTPROP'], quiet: ['N-CUSTPROP'] },
      custom,
      'refused N-CUSTPROP',
    ],
    ['quiet', { quiet: ['N-CUSTPROP'] }, custom, 'taken'],
    ['legacy refuse (default)', {}, make('tool', { labels: [] }), 'refused T-LIST'],
    [
      'legacy lenient: T-LIST',
      { legacy: 'lenient' },
      make('tool', { labels: [], x_b: [{ c: null }] }),
      'taken T-NULL T-LIST N-CUSTPROP',
    ],
    [
      'legacy lenient: T-LIST that is required',
      { legacy: 'lenient' },
      make('note', { object_refs: [] }),
      'refused S-REQ',
    ],
    [
      'legacy lenient: C-MOD',
      { legacy: 'lenient' },
      make('tool', { modified: '2019-01-01T00:00:00.000Z' }),
      'taken C-MOD',
    ],
    [
      'legacy lenient: T-TSMS',
      { legacy: 'lenient' },
      make('tool', { created: '2019-01-01T00:00:00Z' }),
      'taken T-TSMS',
    ],
    [
      'legacy lenient: REL-TIME',
      { legacy: 'lenient' },
      make('relationship', { start_time: TIME, stop_time: TIME }),
      'taken REL-TIME',
    ],
    [
      'legacy lenient: T-EXTURL',
      { legacy: 'lenient' },
      make('tool', { external_references: [{ source_name: 'a', url: 'no url' }] }),
      'taken T-EXTURL T-EXTHASH',
    ],
    ['legacy lenient: the rest', { legacy: 'lenient' }, make('tool', { confidence: 101 }), 'refused C-CONF'],
    [
      'legacy lenient: MD-TLP without its name',
      { legacy: 'lenient' },
      {
        type: 'marking-definition',
        spec_version: '2.1',
        created: '2017-01-20T00:00:00.000Z',
        id: 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da',
        definition_type: 'tlp',
        definition: { tlp: 'green' },
      },
      'taken MD-TLP',
    ],
    [
      'legacy sub-millisecond',
      { legacy: 'sub-millisecond' },
      make('tool', { created: '2020-01-01T00:00:00.000999Z', modified: '2020-01-01T00:00:00.000Z' }),
      'taken C-MOD',
    ],
    [
      'legacy sub-millisecond: a whole one',
      { legacy: 'sub-millisecond' },
      make('tool', { created: '2020-01-01T00:00:00.001Z', modified: '2020-01-01T00:00:00.000Z' }),
      'refused C-MOD',
    ],
  ])('%s', async (_, policy, object, expected) => {
    expect(said(await publish(await somebody('desk'), await made(policy), object))).toEqual([expected]);
  });

  test('STIX 2.0: refused, or taken by what exchange needs: id, type, created and modified', async () => {
    const [desk, only21] = [await somebody('desk'), await made()];
    const old = { type: 'tool', id: id('tool'), created: TIME, modified: TIME, name: 5 };
    const { modified: _, ...timeless } = old;
    expect(said(await publish(desk, only21, old))).toEqual(['refused SPEC']);
    const both = await made({}, { specVersions: ['2.0', '2.1'] });
    expect(said(await publish(desk, both, old, { ...timeless, id: id('tool').replace('3f', '4f') }))).toEqual(
      ['refused C-REQ', 'taken'],
    );
    const impossible = { ...old, id: id('tool').replace('3f', '5f'), created: '2020-02-30T00:00:00.000Z' };
    expect(said(await publish(desk, both, impossible))).toEqual(['refused T-TSCAL']);
  });

  test('references known: in the envelope, in the collection, well-known or an organisation; else B-REFS', async () => {
    const [desk, c] = [await somebody('desk'), await made({ references: 'known' })];
    const identity = id('identity');
    await store.people.saveOrganisation({ ...desk.organisation, identity });
    const note = make('note', {
      object_refs: [id('tool')],
      created_by_ref: identity,
      object_marking_refs: ['marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da'],
    });
    const refused = await publish(desk, c, note);
    expect(refused.failures?.[0]?.message).toBe(
      `B-REFS at /object_refs/0: found "${id('tool')}", expected an object that this collection or the same envelope holds.`,
    );
    expect(said(await publish(desk, c, note, make('tool')))).toEqual(['taken', 'taken']);
    expect(said(await publish(desk, c, { ...note, modified: LATER }))).toEqual(['taken']);
  });
});

describe('rules that need what is held (§3.6, rules §14)', () => {
  test('C-SAMEVER refuses the later one; C-FIRST is nothing to say; equal content is held already', async () => {
    const [desk, c] = [await somebody('desk'), await made()];
    expect(said(await publish(desk, c, make('tool', { modified: LATER })))).toEqual(['taken']);
    expect(said(await publish(desk, c, make('tool', { modified: LATER, name: 'b' })))).toEqual([
      'refused C-SAMEVER',
    ]);
  });

  test('C-CREATED, C-CREATOR, C-REVOKED warn of a version that does not fit the one before', async () => {
    const [desk, c] = [await somebody('desk'), await made()];
    await publish(desk, c, make('tool', { revoked: true }));
    const next = make('tool', {
      modified: LATER,
      created: '2020-03-04T05:06:07.124Z',
      created_by_ref: id('identity'),
    });
    expect(said(await publish(desk, c, next))).toEqual(['taken C-REVOKED C-CREATED C-CREATOR']);
    const strict = await made({ strict: ['C-CREATED'] });
    await publish(desk, strict, make('tool'));
    expect(said(await publish(desk, strict, next))).toEqual(['refused C-CREATED']);
  });

  test('they say nothing of versions that the publisher may not see', async () => {
    const [desk, member] = [await somebody('desk'), await somebody('member', 0)];
    const c = await made();
    await publish(
      desk,
      c,
      make('ipv4-addr', {
        object_marking_refs: ['marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed'],
      }),
    );
    expect(said(await publish(member, c, make('tool')))).toEqual(['taken']);
  });

  test('I-REUSE warns of one UUID under two types', async () => {
    const [desk, c] = [await somebody('desk'), await made({ quiet: [] })];
    await publish(desk, c, make('tool'));
    expect(said(await publish(desk, c, make('campaign')))).toEqual(['taken I-REUSE']);
  });

  test('LC-MOD warns of a version that is not there and of lists of another length', async () => {
    const [desk, c] = [await somebody('desk'), await made()];
    const target = make('campaign', { aliases: ['a', 'b'] });
    const contents = { fr: { name: 'n', aliases: ['seul'] } };
    const translation = make('language-content', { contents, object_modified: TIME });
    expect(said(await publish(desk, c, translation, target))[0]).toBe('taken LC-MOD');
    const later = {
      ...translation,
      modified: LATER,
      object_modified: LATER,
      contents: { fr: { name: 'n' } },
    };
    expect((await publish(desk, c, later)).successes?.[0]?.message).toMatch(/^LC-MOD at \/object_modified/);
    const elsewhere = make('language-content', {
      id: id('language-content').replace('3f', '4f'),
      object_ref: id('tool'),
      object_modified: TIME,
    });
    expect(said(await publish(desk, c, elsewhere))).toEqual(['taken']);
  });
});

describe('X-DEF: extensions are held against their definitions', () => {
  const EXT = id('extension-definition');
  const schema = JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    required: ['rank'],
    properties: { rank: { type: 'integer' } },
  });
  const definition = (text: string, more: object = {}): StixObject =>
    make('extension-definition', { schema: text, ...more });
  const using = (extension: object, top: object = {}): StixObject =>
    make('tool', {
      extensions: { [EXT]: { extension_type: 'property-extension', ...extension } },
      ...top,
    });

  test('in the envelope, or held: a desk’s binds everyone, a member’s word warns others', async () => {
    const [desk, member, other] = [
      await somebody('desk'),
      await somebody('member'),
      await somebody('member'),
    ];
    const c = await made();
    expect(said(await publish(desk, c, definition(schema), using({ rank: 'high' })))).toEqual([
      'refused X-DEF',
      'taken',
    ]);
    expect((await publish(member, c, using({ rank: 'high' }))).failures?.[0]?.message).toMatch(
      new RegExp(`^X-DEF at /extensions/${EXT}/rank: found .+, expected what "a" \\(${EXT}\\) says: .+\\.$`),
    );
    expect(said(await publish(member, c, using({ rank: 5 })))).toEqual(['taken']);
    const theirs = await made();
    await publish(member, theirs, definition(schema));
    expect(said(await publish(other, theirs, using({ rank: 'high' })))).toEqual(['taken X-DEF']);
    expect(
      said(await publish(member, theirs, { ...using({ rank: 'x' }), id: id('tool').replace('3f', '4f') })),
    ).toEqual(['refused X-DEF']);
  });

  test('a toplevel-property-extension is about the whole object', async () => {
    const [desk, c] = [await somebody('desk'), await made()];
    const top = definition(schema, {
      extension_types: ['toplevel-property-extension'],
      extension_properties: ['rank'],
    });
    const type = { extension_type: 'toplevel-property-extension' };
    expect(said(await publish(desk, c, top, using(type, { rank: 'high' })))[0]).toBe('refused X-DEF');
    expect(said(await publish(desk, c, using(type, { rank: 1 })))).toEqual(['taken']);
  });

  test.each([
    ['no JSON', 'https://example.com/schema.json'],
    ['a reference to nowhere', JSON.stringify({ $ref: 'https://example.com/other.json' })],
    ['a reference to itself', JSON.stringify({ $ref: '#' })],
    ['a pattern that takes for ever', JSON.stringify({ properties: { rank: { pattern: '^(a+)+$' } } })],
    ['nonsense', JSON.stringify({ type: 5, properties: 'x', allOf: 3 })],
  ])('a broken definition never blocks: %s', async (_, text) => {
    const [desk, c] = [await somebody('desk'), await made()];
    const object = using({ rank: `${'a'.repeat(50)}!` });
    expect(said(await publish(desk, c, definition(text), object))).toEqual(['taken', 'taken']);
  });
});

test('the messages of a status can be taken apart: a line a rule, each under a rule of the table', async () => {
  const [desk, c] = [await somebody('desk'), await made()];
  const status = await publish(desk, c, make('tool', { x_a: 1, x_b: 2, foo: 3, labels: ['a'], lang: 'yyq' }));
  const lines = status.successes![0]!.message!.split('\n');
  expect(lines).toHaveLength(3);
  const rules = new Set(RULES.map((r) => r.id));
  for (const line of lines) {
    const [, rule] = /^([A-Z0-9-]+)(?: \(\d{3}\))? at \/\S*: found .+, expected .+\./.exec(line)!;
    expect(rules.has(rule!)).toBe(true);
  }
  expect(lines[0]).toContain('And at 2 more places.');
});

describe('what is thrown over one member is the refusal of that member', () => {
  const other = { ...make('tool'), id: id('tool').replace('3f', '4f') };

  test.each<Partial<Policy>>([{}, { references: 'known' }])('also with %j', async (policy) => {
    await door.stop();
    door = openDoor(store, {
      clock: () => 1_700_000_000_000_000,
      limits: { depth: Infinity, objects: 1e6 },
      report: () => undefined,
    });
    const [desk, c] = [await somebody('desk'), await made(policy)];
    const status = await publish(desk, c, make('tool', { x_deep: '?' }), other);
    expect(said(status)).toEqual(['taken N-CUSTPROP', 'taken']);
    const bytes = JSON.stringify({ objects: [make('tool', { x_deep: '?' }), other] }).replace(
      '"?"',
      `${'['.repeat(100_000)}1${']'.repeat(100_000)}`,
    );
    const second = await door.publish({ principalId: desk.id, collectionId: c.id, body: Buffer.from(bytes) });
    expect(second.failures?.map((f) => f.message)).toEqual([
      expect.stringMatching(/^UNCHECKED at \/: found an object that could not be checked \(RangeError\)/),
    ]);
    expect(second.success_count).toBe(1);
  });
});

describe('C-SAMEVER beside defaults', () => {
  test('a version with and without a default is the same, and so is a copy under a digest of before', async () => {
    const [desk, c] = [await somebody('desk'), await made()];
    const [without, written] = [make('tool'), make('tool', { revoked: false })];
    expect((await publish(desk, c, without)).successes![0]!.message).toBeUndefined();
    for (const again of [without, written])
      expect((await publish(desk, c, again)).successes![0]!.message).toMatch(/^Already present/);
    expect(said(await publish(desk, c, make('tool', { revoked: true })))).toEqual(['refused C-SAMEVER']);

    const old = await made();
    const stored = { ...candidate(written), digest: writtenDigest(written)! };
    await store.objects.append(write(old, desk), { ...part([]), members: [{ candidate: stored }] });
    expect((await publish(desk, old, written)).successes![0]!.message).toMatch(/^Already present/);
  });

  test('of an observable without a version too', async () => {
    const [desk, c] = [await somebody('desk'), await made()];
    const url = make('url', { spec_version: undefined });
    await publish(desk, c, url);
    for (const same of [url, { ...url, spec_version: '2.1' }, { ...url, defanged: false }])
      expect((await publish(desk, c, same)).successes![0]!.message).toMatch(/^Already present/);

    const old = await made();
    const stored = { ...candidate(url), digest: writtenDigest(url)! };
    await store.objects.append(write(old, desk), { ...part([]), members: [{ candidate: stored }] });
    expect((await publish(desk, old, url)).successes![0]!.message).toMatch(/^Already present/);
  });
});

test('T-331c: a spec_version that is a number is a failure of that object, said as such', async () => {
  const [desk, c] = [await somebody('desk'), await made({}, { specVersions: ['2.0', '2.1'] })];
  const status = await publish(
    desk,
    c,
    make('tool', { spec_version: 2 }),
    make('url', { spec_version: 2.1 }),
  );
  expect(said(status)).toEqual(['refused C-SPEC', 'refused C-SPEC']);
  expect(status.failures![0]!.message).toBe('C-SPEC at /spec_version: found 2, expected "2.1".');
});
