/** An operator's day: import, look, clean, age, send out; each verb on a real store. */
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment */
import Database from 'better-sqlite3';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LANGUAGES, placeName, word } from '../../scripts/output/stats-words';
import { openStore } from '../../src/store/open';
import { part, tool, toolId, write } from '../support/exchange';
import { furnish, IDENTITY } from '../support/desk';
import { jisrOn, NOW } from '../support/jisr';

let folder: string;
let url: string;
let now: number;
const jisr = jisrOn(
  () => url,
  () => now,
);
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
  url = `sqlite:${join(folder, 'jisr.db')}`;
  now = NOW;
  await furnish(jisr);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string): string => join(folder, name);
function file(name: string, content: string | Buffer): string {
  writeFileSync(path(name), content);
  return path(name);
}
/** Runs a verb with --json; its answer and exit code. */
async function said(line: string | readonly string[]): Promise<Record<string, any> & { code: number }> {
  const argv = typeof line === 'string' ? line.split(' ') : line;
  const { code, out, err } = await jisr([...argv, '--json']);
  if (out === '') throw new Error(err);
  return { code, ...(JSON.parse(out) as object) };
}
const TO = 'europe/indicators';
const bring = (name: string, ...more: string[]): ReturnType<typeof said> =>
  said(['import', name, '--to', TO, ...more]);
async function values(...more: string[]): Promise<string[]> {
  const { code, out } = await jisr(['export', TO, '--format', 'list', ...more]);
  expect(code).toBe(0);
  return out.split('\n').filter((line) => line !== '');
}
async function held(...more: string[]): Promise<Record<string, any>[]> {
  const { out } = await jisr(['search', TO, '--limit', '100000', ...more, '--json']);
  return out === '' ? [] : out.split('\n').map((line) => JSON.parse(line) as Record<string, any>);
}

interface Unread {
  line: number | null;
  why: string;
}

const LIST = [
  '# a feed',
  'hxxps://evil[.]example/a?b=c',
  '198.51.100[.]7',
  '2001:DB8::1',
  'Bad[dot]Example',
  'eve[at]evil.example',
  'D41D8CD98F00B204E9800998ECF8427E',
  '',
  'no value at all',
  '198.51.100.0/24',
].join('\r\n');

describe('import', () => {
  test('a list becomes indicators; what cannot be read is listed with its line; dry runs change nothing', async () => {
    const feed = file('feed.txt', LIST);
    const dry = await bring(feed);
    expect(dry).toMatchObject({ code: 1, applied: false, read: 7, accepted: 7, unread: 1 });
    expect(await held()).toHaveLength(0);
    const done = await bring(feed, '--apply');
    expect(done).toMatchObject({
      code: 1,
      applied: true,
      read: 7,
      accepted: 7,
      already_there: 0,
      refused: 0,
    });
    expect(done['unread_lines']).toEqual([
      { source: feed, line: 9, why: expect.stringContaining('"no value at all"') as string },
    ]);
    expect((await values()).sort()).toEqual(
      [
        'https://evil.example/a?b=c',
        '198.51.100.7',
        '2001:db8::1',
        'bad.example',
        'eve@evil.example',
        'd41d8cd98f00b204e9800998ecf8427e',
        '198.51.100.0/24',
      ].sort(),
    );
    const [first] = await held();
    expect(first!['object']).toMatchObject({
      type: 'indicator',
      created_by_ref: IDENTITY.operator,
      pattern_type: 'stix',
      pattern: "[url:value = 'https://evil.example/a?b=c']",
    });
  });

  test('importing twice adds nothing; a value whose time had passed is made valid anew', async () => {
    const feed = file('feed.txt', 'bad.example\nBAD[.]example\n');
    expect(await bring(feed, '--days', '10', '--apply')).toMatchObject({
      code: 0,
      accepted: 1,
      already_there: 1,
    });
    expect(await bring(feed, '--days', '10', '--apply')).toMatchObject({ accepted: 0, already_there: 2 });
    now += 11 * 86_400e6;
    expect(await values()).toEqual([]);
    expect(await bring(feed, '--days', '10', '--apply')).toMatchObject({ accepted: 1 });
    expect(await values()).toEqual(['bad.example']);
    expect(await held('--versions')).toHaveLength(2);
  });

  test('a CSV with a column map: types, labels, confidence, times, markings, references', async () => {
    const csv = file(
      'feed.csv',
      '\ufeffioc;kind;score;tags;seen;until;share;link;note\n' +
        'evil[.]example;dom;80;phishing|bank;2023-01-02;2030-01-01;TLP:GREEN;https://report.example/1;"two\nlines; one cell"\n' +
        'evil.example;hash;80;;;;;;\n' +
        '203.0.113.9;ip;101;;;;;;\n' +
        '203.0.113.9;ip;50;;2023-13-01;;;;\n' +
        '203.0.113.9;ip;50;;;;mauve;;\n' +
        '203.0.113.9;ip;50;;2024-01-02;2024-01-01;;;\n',
    );
    const map = file(
      'map.json',
      JSON.stringify({
        delimiter: ';',
        label_separator: '|',
        types: { dom: 'domain-name', ip: 'ipv4-addr', hash: 'sha-256' },
        columns: {
          value: 'ioc',
          type: 'kind',
          confidence: 'score',
          labels: 'tags',
          valid_from: 'seen',
          valid_until: 'until',
          tlp: 'share',
          reference: 'link',
          description: 'note',
        },
      }),
    );
    const done = await bring(csv, '--map', map, '--apply');
    expect(done).toMatchObject({ code: 1, accepted: 1, unread: 5 });
    expect((done['unread_lines'] as Unread[]).map((u) => u.line)).toEqual([4, 5, 6, 7, 8]);
    expect((done['unread_lines'] as Unread[]).map((u) => u.why).join('\n')).toMatch(
      /is no sha-256\n.*"score".*\n.*"seen".*\n.*"share".*\n.*not later/,
    );
    const [{ object, tlp }] = (await held()) as [Record<string, any>];
    expect(tlp).toBe('green');
    expect(object).toMatchObject({
      confidence: 80,
      labels: ['phishing', 'bank'],
      description: 'two\nlines; one cell',
      valid_from: '2023-01-02T00:00:00.000000Z',
      valid_until: '2030-01-01T00:00:00.000000Z',
      external_references: [{ source_name: 'report', url: 'https://report.example/1' }],
    });
  });

  test.each<[string, string | Buffer, string[], RegExp]>([
    ['UTF-16 with a byte-order mark', Buffer.from('\ufeffbad.example\r\n', 'utf16le'), [], /^$/],
    ['UTF-16 without one', Buffer.from('bad.example\r\n', 'utf16le'), ['--encoding', 'utf-16le'], /^$/],
    [
      'Windows-1256',
      Buffer.from([...Buffer.from('# '), 0xc7, 0xe1, 0x0a, ...Buffer.from('bad.example')]),
      ['--encoding', 'windows-1256'],
      /^$/,
    ],
    ['mixed line ends', '# x\rbad.example\n\r\n# y\r\nBAD.example\r', [], /^$/],
  ])('%s is read', async (_, content, more) => {
    expect(await bring(file('feed.txt', content), ...more, '--apply')).toMatchObject({
      code: 0,
      accepted: 1,
    });
    expect(await values()).toEqual(['bad.example']);
  });

  test('what is not its encoding is refused with the line and what to say', async () => {
    const feed = file('feed.txt', Buffer.from([...Buffer.from('bad.example\n'), 0xc7, 0xe1, 0x0a]));
    const { code, err } = await jisr(['import', feed, '--to', TO, '--apply']);
    expect([code, err]).toEqual([
      3,
      expect.stringMatching(/feed\.txt: from about line 2.*--encoding windows-1256/s),
    ]);
    expect((await jisr(['import', feed, '--to', TO, '--encoding', 'utf-99'])).err).toContain('utf-99');
  });

  test('a quote that never closes, and lines of 10 MB: said with the line, the rest is done', async () => {
    const open = await bring(file('a.csv', 'value\nbad.example\n"worse.example\nx\n'), '--apply');
    expect(open).toMatchObject({ code: 1, accepted: 1 });
    expect(open['unread_lines']).toEqual([
      expect.objectContaining({ why: expect.stringContaining('never closed') }),
    ]);
    const long = 'x'.repeat(10_000_000);
    const list = await bring(file('b.txt', `one.example\n${long}\ntwo.example\n`), '--apply');
    expect(list).toMatchObject({ code: 1, accepted: 2, unread_lines: [{ line: 2 }] });
    const csv = await bring(file('c.csv', `value\nthree.example\n${long}\n`), '--apply');
    expect(csv).toMatchObject({ code: 1, accepted: 1, unread: 1 });
    expect((await values()).sort()).toEqual(['bad.example', 'one.example', 'three.example', 'two.example']);
  });

  test('a column map that does not fit is refused whole, with what there is', async () => {
    const csv = file('feed.csv', 'ioc,kind\nbad.example,domain-name\n');
    const refused = await jisr(['import', csv, '--to', TO, '--apply']);
    expect([refused.code, refused.err]).toEqual([
      3,
      expect.stringMatching(/no column "value".*"ioc", "kind"/),
    ]);
    for (const [map, message] of [
      ['{"columns":{}}', /\/columns: required/],
      ['{"columns":{"value":"ioc"},"types":{"a":"car"}}', /\/types\/a: enum/],
      ['{', /is no JSON/],
    ] as const) {
      const { code, err } = await jisr(['import', csv, '--to', TO, '--map', file('map.json', map)]);
      expect([code, err]).toEqual([3, expect.stringMatching(message)]);
    }
  });

  test('standard input, in any form', async () => {
    const input = Buffer.from('\ufeffvalue\nbad.example\n', 'utf16le');
    const { code } = await jisr(['import', '-', '--format', 'csv', '--to', TO, '--apply'], { input });
    expect([code, await values()]).toEqual([0, ['bad.example']]);
  });

  test('a folder: files of other kinds are left alone; JSON lines with a broken one are told by line', async () => {
    mkdirSync(path('in'));
    file('in/photo.png', Buffer.from([0x89, 0x50, 0x4e, 0x47]));
    file('in/a.txt', 'one.example\n');
    file('in/b.csv', 'value\ntwo.example\n');
    const lines = (await bring(file('c.txt', 'three.example\n')), await exportLines());
    file('in/c.jsonl', `${lines}\n{"type":\n`);
    const done = await bring(path('in'), '--apply');
    expect(done).toMatchObject({ code: 1, accepted: 3, unread: 1 });
    expect((done['unread_lines'] as { source: string }[])[0]!.source).toContain('c.jsonl:2');
  });
  /** The indicator of another value as a line of JSON. */
  async function exportLines(): Promise<string> {
    await bring(file('other.txt', 'three.example\n'), '--apply');
    const { out } = await jisr(['export', TO, '--format', 'jsonl']);
    await jisr(['remove', 'objects', TO, '--all', '--apply']);
    return out.trim();
  }

  test('the options of the command come before the defaults of the collection; a wrong one is refused', async () => {
    const feed = file('feed.txt', 'bad.example\n');
    await bring(feed, '--tlp', 'red', '--confidence', '33', '--label', 'a,b', '--days', '1', '--apply');
    const [{ object, tlp }] = (await held()) as [Record<string, any>];
    expect(tlp).toBe('red');
    expect(object).toMatchObject({ confidence: 33, labels: ['a', 'b'] });
    expect(Date.parse(String(object.valid_until)) - Date.parse(String(object.valid_from))).toBe(86_400_000);
    for (const option of ['--confidence=101', '--days=x', '--tlp=mauve'])
      expect(await jisr(['import', feed, '--to', TO, option])).toMatchObject({ code: 2 });
  });

  test('an account that may not write is refused and nothing is done', async () => {
    const feed = file('feed.txt', 'bad.example\n');
    const { code } = await jisr(['import', feed, '--to', 'africa/indicators', '--as', 'low', '--apply']);
    expect(code).toBe(3);
  });
});

describe('export', () => {
  beforeEach(async () => {
    await bring(file('green.txt', 'green.example\n'), '--tlp', 'green', '--apply');
    await bring(file('red.txt', 'red.example\n198.51.100.7\n'), '--tlp', 'red', '--apply');
  });

  test('what a reader of lower clearance gets, its clearance allows', async () => {
    expect((await values()).sort()).toEqual(['198.51.100.7', 'green.example', 'red.example']);
    expect(await values('--as', 'low')).toEqual(['green.example']);
    expect(await values('--kind', 'domain')).toEqual(['green.example', 'red.example']);
  });

  test('revoked and expired ones are left out unless asked for', async () => {
    await jisr(['revoke', TO, '--name', 'red.example', '--apply']);
    expect((await values()).sort()).toEqual(['198.51.100.7', 'green.example']);
    expect(await values('--include-revoked')).toContain('red.example');
    now += 1000 * 86_400e6;
    expect(await values()).toEqual([]);
    expect(await values('--include-expired')).toEqual(['green.example', '198.51.100.7']);
  });

  test('a bundle comes in again as it went out, elsewhere; and of nothing it is a bundle without objects', async () => {
    const out = path('out.json');
    expect((await jisr(['export', TO, '--out', out])).err).toContain('3 of 3');
    const bundle = JSON.parse(readFileSync(out, 'utf8')) as { type: string; objects: any[] };
    expect(bundle).toMatchObject({ type: 'bundle', objects: [{}, {}, {}] });
    expect(await said(['import', out, '--to', 'global/indicators', '--apply'])).toMatchObject({
      code: 0,
      accepted: 3,
    });
    expect(await said(['diff', TO, 'global/indicators'])).toEqual({
      code: 0,
      added: [],
      missing: [],
      changed: [],
    });
    expect(await said(['diff', TO, out])).toMatchObject({ code: 0 });
    const { out: empty } = await jisr(['export', 'mena/indicators']);
    expect(Object.keys(JSON.parse(empty) as object)).toEqual(['type', 'id']);
  });

  test('CSV has a header, and no cell that a spreadsheet would run', async () => {
    await bring(
      file('x.csv', 'value,name\nx.example,"=cmd()"\n'),
      '--apply',
      '--map',
      file('m.json', '{"columns":{"value":"value","name":"name"}}'),
    );
    const { out } = await jisr(['export', TO, '--format', 'csv']);
    expect(out).toMatch(/^id,type,name,value,pattern/);
    expect(out).not.toMatch(/(^|,|")=cmd/m);
  });

  test('where nothing can be written, nothing is left behind, and that is said', async () => {
    const { code, err } = await jisr(['export', TO, '--out', path('no/such/folder/x.json')]);
    expect([code, err]).toEqual([3, expect.stringContaining('cannot be written')]);
    if (!existsSync('/dev/full')) return;
    const full = await jisr(['export', TO, '--out', '/dev/full']);
    expect([full.code, full.err]).toEqual([3, expect.stringContaining('ENOSPC')]);
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
  });

  test('only what a pattern claims to be bad by itself', async () => {
    const pattern = (id: number, text: string): object => ({
      type: 'indicator',
      spec_version: '2.1',
      id: `indicator--00000000-0000-4000-8000-00000000000${id}`,
      created: '2020-01-01T00:00:00.000Z',
      modified: '2020-01-01T00:00:00.000Z',
      name: 'p',
      description: 'd',
      indicator_types: ['malicious-activity'],
      pattern_type: 'stix',
      pattern: text,
      valid_from: '2020-01-01T00:00:00Z',
    });
    const bundle = {
      objects: [
        pattern(1, "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']"),
        pattern(2, "[domain-name:value = 'c.example' AND url:value = 'http://d.example/']"),
        pattern(3, "[domain-name:value NOT = 'e.example']"),
        pattern(4, "[domain-name:value = 'f.example'] AND [domain-name:value = 'g.example']"),
        pattern(5, "[domain-name:value IN ('h.example', 'it\\'s.example')]"),
        pattern(6, "[domain-name:value LIKE '%.example']"),
      ],
    };
    await jisr(['remove', 'objects', TO, '--all', '--apply']);
    expect(await bring(file('p.json', JSON.stringify(bundle)), '--apply')).toMatchObject({ accepted: 6 });
    expect((await values()).sort()).toEqual(['a.example', 'b.example', 'h.example', "it's.example"]);
  });
});

describe('dry runs tell the truth', () => {
  const definition = {
    type: 'marking-definition',
    spec_version: '2.1',
    created: '2024-01-01T00:00:00.000Z',
    id: 'marking-definition--5a5b0a36-6a29-4f7a-9c5a-0c1f9b8f6a01',
    name: 'house',
    definition_type: 'statement',
    definition: { statement: 'x' },
  };
  const tool = (n: number, more: object = {}): object => ({
    type: 'tool',
    spec_version: '2.1',
    name: `t${n}`,
    created: '2024-01-01T00:00:00.000Z',
    id: `tool--5a5b0a36-6a29-4f7a-9c5a-${String(n).padStart(12, '0')}`,
    modified: '2024-01-01T00:00:00.000Z',
    ...more,
  });
  const stix20 = tool(1, { spec_version: undefined });
  const broken = tool(2, { name: 7 });
  const CASES: [string, () => string][] = [
    ['STIX 2.0', () => file('a.json', JSON.stringify([stix20, tool(3)]))],
    ['broken STIX', () => file('a.json', JSON.stringify([broken, tool(3)]))],
    ['a MISP event', () => file('a.json', JSON.stringify({ Event: { info: 'x' } }))],
    ['what a search of MISP answers', () => file('a.json', JSON.stringify({ response: [{ Event: {} }] }))],
    ['no JSON', () => file('a.json', '{"objects":[')],
    [
      'the same twice, and other content',
      () => file('a.json', JSON.stringify([tool(1), tool(1), tool(1, { name: 'o' })])),
    ],
    [
      'a marking definition behind who cites it',
      () => file('a.json', JSON.stringify([tool(1, { object_marking_refs: [definition.id] }), definition])),
    ],
    [
      'more than one publication',
      () => file('a.json', JSON.stringify(Array.from({ length: 1200 }, (_, i) => tool(i % 1100)))),
    ],
    ['a list', () => file('a.txt', LIST)],
  ];
  const lines = ({ out }: { out: string }): Record<string, unknown> => {
    const told = JSON.parse(out) as Record<string, unknown>;
    return { ...told, applied: undefined };
  };
  test.each(CASES)(
    'import of %s: verdicts, counts and exit code as with --apply; nothing is written',
    async (_, given) => {
      const name = given();
      for (const round of [1, 2]) {
        const before = await held();
        const argv = ['import', name, '--to', TO, '--json'];
        const dry = await jisr(argv);
        expect(await held()).toEqual(before);
        const done = await jisr([...argv, '--apply']);
        expect([round, dry.code, lines(dry)]).toEqual([round, done.code, lines(done)]);
      }
    },
  );

  test('a MISP export is called by its name, with what to do', async () => {
    const { code, out } = await jisr(['import', file('m.json', '{"Event":{"info":"x"}}'), '--to', TO]);
    expect([code, out]).toEqual([1, expect.stringMatching(/m\.json: .*a MISP export.*misp_stix_converter/)]);
  });

  test.each([
    ['revoke', []],
    ['expire', []],
    ['copy', ['--to', 'global/indicators']],
    ['copy', ['--to', 'global/indicators', '--as', 'low']],
    ['move', ['--to', 'global/indicators']],
    ['remove objects', []],
  ])('%s %j: the same as with --apply, also where it is refused', async (verb, more) => {
    await bring(file('a.txt', 'one.example\ntwo.example\n'), '--apply');
    await bring(file('b.txt', 'three.example\n'), '--as', 'desk', '--apply');
    const argv = [...verb.split(' '), TO, '--all', ...more, '--json'];
    const before = [await held(), await said(['stats', 'global/indicators'])];
    const dry = await jisr(argv);
    expect([await held(), await said(['stats', 'global/indicators'])]).toEqual(before);
    const done = await jisr([...argv, '--apply']);
    expect([dry.code, dry.err]).toEqual([done.code, done.err]);
    if (done.out !== '') expect(lines(dry)).toEqual(lines(done));
  });

  test('whatever the files are called, no object stands without the marking definition that comes with it', async () => {
    const rank = { ...definition, extensions: {} };
    mkdirSync(path('in'));
    file(
      'in/a.json',
      JSON.stringify(
        Array.from({ length: 600 }, (_, i) => tool(i, { object_marking_refs: [definition.id] })),
      ),
    );
    file('in/z.json', JSON.stringify([{ ...rank, extensions: undefined }]));
    await bring(path('in'), '--apply');
    const store = new Database(path('jisr.db'), { readonly: true });
    const first = store
      .prepare(
        `SELECT v.type FROM versions v JOIN collections c ON c.row = v.collection
         WHERE json_extract(c.definition, '$.alias') <> 'organisations' ORDER BY v.row LIMIT 1`,
      )
      .pluck()
      .get();
    store.close();
    expect(first).toBe('marking-definition');
  });
});

describe('search, show, diff, stats', () => {
  beforeEach(async () => {
    await bring(
      file('a.txt', 'one.example\ntwo.example\n'),
      '--label',
      'bank',
      '--confidence',
      '70',
      '--apply',
    );
    await bring(file('b.txt', '198.51.100.7\n'), '--tlp', 'green', '--as', 'desk', '--apply');
  });

  test.each<[string[], number]>([
    [['--type', 'indicator'], 3],
    [['--type', 'malware'], 0],
    [['--type', 'SDO'], 3],
    [['--name', 'ONE'], 1],
    [['--text', 'ipv4-addr'], 1],
    [['--label', 'bank'], 2],
    [['--value', '198.51.100.7'], 1],
    [['--value', '198.51.100'], 0],
    [['--marking', 'green'], 1],
    [['--producer', 'desk house'], 1],
    [['--producer', IDENTITY.operator], 2],
    [['--confidence', '70'], 2],
    [['--since', '2023-11-15'], 0],
    [['--until', '2023-11-15'], 3],
    [['--expired'], 0],
    [['--revoked'], 0],
    [['--as', 'low'], 1],
  ])('search %j finds %d', async (options, count) => {
    expect(await held(...options)).toHaveLength(count);
  });

  test('show tells versions, relationships with their ends, who brought it and who may read it', async () => {
    const [one, two] = (await held('--label', 'bank')) as [any, any];
    const joined = {
      type: 'relationship',
      spec_version: '2.1',
      id: 'relationship--00000000-0000-4000-8000-000000000001',
      created: '2020-01-01T00:00:00.000Z',
      modified: '2020-01-01T00:00:00.000Z',
      relationship_type: 'related-to',
      source_ref: one.id,
      target_ref: two.id,
    };
    await bring(file('r.json', JSON.stringify(joined)), '--apply');
    await jisr(['revoke', TO, '--id', one.id, '--apply']);
    const { out } = await jisr(['show', 'object', one.id, '--json']);
    const [shown] = JSON.parse(out) as [any];
    expect(shown).toMatchObject({
      collection: TO,
      object: { id: one.id, revoked: true },
      versions: [{ publisher: 'operator house', revoked: false }, { revoked: true }],
      relationships: [{ relationship: 'related-to', direction: 'to', other: two.id, title: two.object.name }],
    });
    expect(shown.readers).toContain('desk');
    expect(shown.readers).not.toContain('low');
    expect((await jisr(['show', 'object', one.id, '--as', 'low'])).code).toBe(3);
  });

  test('diff: added, missing, changed property by property; 1 if there is a difference', async () => {
    const [one, two] = (await held('--label', 'bank')) as [any, any];
    await said(['copy', TO, '--to', 'global/indicators', '--id', one.id, '--apply']);
    await jisr(['revoke', 'global/indicators', '--all', '--apply']);
    const found = await said(['diff', TO, 'global/indicators', '--as', 'operator']);
    expect(found).toMatchObject({ code: 1, added: [], changed: [{ id: one.id }] });
    expect(found['missing']).toContain(two.id);
    expect(found['changed'][0].properties).toEqual(
      expect.arrayContaining([{ name: 'revoked', before: null, after: true }]),
    );
  });

  test('diff, search and stats of what the account may not read are refused in words that name it', async () => {
    await jisr('disable principal low --apply');
    for (const line of [`diff ${TO} ${TO}`, `search ${TO}`, `stats ${TO}`]) {
      const { code, err } = await jisr(`${line} --as low`);
      expect([code, err]).toEqual([3, expect.stringContaining(`${TO}: There is no such resource`)]);
    }
  });

  test('statistics are in the language asked for, countries by name; charts mirror where one reads from the right', async () => {
    const { out } = await jisr(['stats', TO, '--lang', 'ar']);
    expect(out).toMatch(/البلد +الكائنات/);
    const csv = await jisr(['stats', TO, '--lang', 'fr', '--format', 'csv']);
    expect(csv.out).toMatch(/^décompte,nom,objets/);
    expect(csv.out).toContain('état,actifs,');
    expect((await said(['stats', TO, '--lang', 'es'])).by_state.active).toBeGreaterThan(0);
    await jisr(['stats', TO, '--format', 'svg', '--lang', 'ar', '--out', path('charts')]);
    const svg = readFileSync(path('charts/objects-by-state.svg'), 'utf8');
    expect(svg).toContain('xml:lang="ar"');
    expect(svg).toMatch(/x="712" y="24" text-anchor="end"[^>]*>الكائنات حسب الحالة</);
    expect(svg).toMatch(/x="508" y="54" text-anchor="start"[^>]*>سارية</);
    expect((await jisr(['stats', TO, '--lang', 'xx'])).code).toBe(2);
  });

  test('countries have names, and every word of ours is there in every language', () => {
    expect(LANGUAGES.map((l) => placeName(l, 'EG'))).toEqual(['مصر', 'Egypt', 'Égypte', 'Egipto']);
    expect(placeName('ar', 'mena')).toBe('الشرق الأوسط وشمال أفريقيا');
    for (const name of ['never read', 'up to a year', 'unknown', 'Objects by age'])
      for (const l of LANGUAGES) if (l !== 'en') expect(word(l, name)).not.toBe(name);
  });

  test('stats count each object once in every dimension; table, CSV and SVG say the same', async () => {
    const json = await said(['stats', TO]);
    expect(json).toMatchObject({
      total: 3,
      by_type: { indicator: 3 },
      by_marking: { amber: 2, green: 1 },
      by_producer: { 'operator house': 2, 'desk house': 1 },
      by_week: { '2023-W46': 3 },
      by_state: { active: 3, 'never read': 3 },
    });
    expect((await jisr(['stats', TO])).out).toMatch(/operator house +2/);
    expect((await jisr(['stats', TO, '--format', 'csv'])).out).toContain('producer,operator house,2');
    await jisr(['stats', TO, '--format', 'svg', '--out', path('charts')]);
    expect(readFileSync(path('charts/objects-by-type.svg'), 'utf8')).toContain('indicator: 3');
  });
});

describe('revoke, expire, remove, copy, move, dedupe', () => {
  beforeEach(async () => {
    await bring(file('a.txt', 'mine.example\n'), '--apply');
    await bring(file('b.txt', 'theirs.example\nmine.example\n'), '--as', 'desk', '--apply');
  });

  test('only its creator revises an object (D8a); the rest is refused with the reason, and done for none of it in a dry run', async () => {
    const dry = await said(['revoke', TO, '--all']);
    expect(dry).toMatchObject({ code: 1, applied: false });
    expect(dry['done']).toHaveLength(1);
    expect(dry['refused']).toHaveLength(2);
    expect(dry['refused'][0].why).toContain('only its creator revises it');
    expect(await held('--revoked')).toHaveLength(0);
    expect((await said(['revoke', TO, '--all', '--apply']))['done']).toHaveLength(1);
    expect(await held('--revoked')).toMatchObject([{ object: { created_by_ref: IDENTITY.operator } }]);
  });

  test('expire ends an indicator now', async () => {
    now += 1e6;
    const done = await said(['expire', TO, '--producer', 'operator house', '--apply']);
    expect(done).toMatchObject({ code: 0, applied: true });
    now += 1e6;
    expect(await held('--expired')).toHaveLength(1);
  });

  test('remove and move take all versions; without a selection they ask for one', async () => {
    expect(await jisr(['remove', 'objects', TO, '--apply'])).toMatchObject({ code: 2 });
    expect(await said(['move', TO, '--to', 'global/indicators', '--name', 'theirs'])).toMatchObject({
      applied: false,
    });
    await said(['move', TO, '--to', 'global/indicators', '--name', 'theirs', '--apply']);
    expect(await held()).toHaveLength(2);
    expect(await held('--name', 'theirs')).toHaveLength(0);
    await said(['remove', 'objects', TO, '--all', '--apply']);
    expect(await held()).toHaveLength(0);
    expect((await jisr('search global/indicators --name theirs')).out).toContain('theirs.example');
  });

  test('D7a: one version of two organisations is shown as both have it; a curator takes out one, and move none', async () => {
    const id = toolId();
    const store = await openStore(url);
    const principals = await store.people.principals();
    const [c] = (await store.catalog.channels())
      .flatMap((channel) => channel.collections)
      .filter(({ apiRoot, alias }) => `${apiRoot}/${alias}` === TO);
    for (const [name, rank] of [
      ['desk', 4],
      ['low', 1],
    ] as const) {
      const who = principals.find((p) => p.name === name)!;
      await store.objects.append(write(c!, who), part([tool(id, 1, rank, { name: `of ${name}` })]));
    }
    await store.close();
    const [shown] = JSON.parse((await jisr(`show object ${id} --json`)).out);
    expect(shown.rivals).toMatchObject([
      { publisher: 'desk house', tlp: 'red' },
      { publisher: 'low house', tlp: 'green' },
    ]);
    const { out } = await jisr(`show object ${id}`);
    expect(out).toContain(`jisr remove objects ${TO} --id ${id} --publisher`);
    expect(JSON.parse((await jisr(`show object ${id} --as low --json`)).out)).toMatchObject([{ rivals: [] }]);
    expect((await jisr('audit --action conflict')).out).toContain(id);

    const moved = await said(['move', TO, '--to', 'global/indicators', '--id', id, '--apply']);
    expect(moved).toMatchObject({
      code: 1,
      done: [],
      refused: [{ id, why: expect.stringContaining('show object') }],
    });

    const settle = ['remove', 'objects', TO, '--id', id, '--publisher'];
    expect(await jisr([...settle, 'nobody'])).toMatchObject({ code: 3 });
    expect(await said([...settle, 'operator house'])).toMatchObject({ code: 1, done: [] });
    expect(await said([...settle, 'desk house', '--as', 'low'])).toMatchObject({ code: 1, done: [] });
    expect(await said([...settle, 'desk house'])).toMatchObject({ code: 0, applied: false, done: [id] });
    expect(await held('--id', id)).toMatchObject([{ object: { name: 'of desk' } }]);
    expect(await said([...settle, 'desk house', '--apply'])).toMatchObject({ code: 0, done: [id] });
    expect(await held('--id', id)).toMatchObject([{ object: { name: 'of low' } }]);
    expect((await jisr('audit --action remove')).out).toContain(id);
    expect(JSON.parse((await jisr(`show object ${id} --json`)).out)).toMatchObject([{ rivals: [] }]);
    expect(await said(['move', TO, '--to', 'global/indicators', '--id', id])).toMatchObject({
      code: 0,
      done: [id],
    });
  });

  test('a copy that the target refuses stays where it is, with the reason (D6)', async () => {
    await bring(file('red.txt', 'red.example\n'), '--tlp', 'red', '--apply');
    cpSync('collections', path('channels'), { recursive: true });
    const channel = JSON.parse(readFileSync('collections/global.json', 'utf8'));
    Object.assign(channel.collections[0], { max_tlp: 'amber' });
    file('channels/global.json', JSON.stringify(channel));
    expect((await jisr(['apply', path('channels'), '--apply'])).code).toBe(0);
    const target = `global/${channel.collections[0].alias as string}`;
    const moved = await said(['move', TO, '--to', target, '--all', '--apply']);
    expect(moved).toMatchObject({
      code: 1,
      refused: [{ why: expect.stringContaining('TLP:RED is above') as string }],
    });
    expect(moved['done']).toHaveLength(3);
    expect(await values()).toEqual(['red.example']);
  });

  test('a list of ids from a file', async () => {
    const [one] = (await held()) as [any];
    const list = file('ids.json', JSON.stringify({ objects: [one.object] }));
    expect((await said(['remove', 'objects', TO, '--file', list]))['done']).toEqual([one.id]);
    const plain = file('ids.txt', `# mine\r\n${String(one.id)}\r\n`);
    expect((await said(['remove', 'objects', TO, '--file', plain]))['done']).toEqual([one.id]);
    const wrong = await jisr(['remove', 'objects', TO, '--file', file('x.txt', 'something\n')]);
    expect([wrong.code, wrong.err]).toEqual([3, expect.stringContaining('x.txt:1: is neither')]);
  });

  test('dedupe joins the same value of two producers once; the operator’s relationship, nothing removed', async () => {
    const dry = await said(['dedupe', TO]);
    expect(dry).toMatchObject({ code: 0, applied: false, joins: 1, groups: [{ joins: 1 }] });
    expect(await said(['dedupe', TO, '--apply'])).toMatchObject({ joins: 1 });
    expect(await held('--type', 'relationship')).toMatchObject([
      { object: { relationship_type: 'duplicate-of', created_by_ref: IDENTITY.operator } },
    ]);
    expect(await said(['dedupe', TO, '--apply'])).toMatchObject({ joins: 0 });
    expect(await held()).toHaveLength(4);
  });
});

test('check: every promise holds; a planted defect is found, said how to mend, and mended', async () => {
  await bring(file('a.txt', 'one.example\ntwo.example\n'), '--apply');
  expect(await said('check')).toEqual({ code: 0, defects: [] });
  const db = new Database(path('jisr.db'));
  db.prepare('DELETE FROM entries WHERE date = (SELECT min(date) FROM entries)').run();
  db.close();
  const found = await said('check');
  expect(found).toMatchObject({
    code: 1,
    defects: [{ promise: expect.any(String), mend: expect.stringContaining('--mend') }],
  });
  expect((await jisr('check --mend --apply')).code).toBe(0);
  expect(await said('check')).toEqual({ code: 0, defects: [] });
  expect(await values()).toHaveLength(2);
});

test('tables stay aligned with Arabic names and wide characters', async () => {
  const store = await openStore(url);
  const collection = (await store.catalog.channels())
    .find((c) => c.apiRoot === 'europe')!
    .collections.find((c) => c.alias === 'indicators')!;
  const open = { ...collection, grants: [{ source: 'test', to: {}, rights: ['write'] as const }] };
  const tool = (n: number, name: string): any => ({
    type: 'tool',
    spec_version: '2.1',
    id: `tool--00000000-0000-4000-8000-00000000000${n}`,
    name,
    created: '2020-01-01T00:00:00.000Z',
    modified: '2020-01-01T00:00:00.000Z',
  });
  await store.objects.append(
    write(open),
    part([tool(1, 'أداة خبيثة'), tool(2, '悪意のある道具'), tool(3, 'plain')]),
  );
  await store.close();
  const { out } = await jisr(['search', TO, '--type', 'tool']);
  const rows = out.split('\n').slice(2);
  expect(rows).toHaveLength(3);
  // What an Arabic name does to the order of a line ends with the name: it stands between isolates.
  expect(rows[0]).toContain('\u2068أداة خبيثة\u2069');
  const wide = rows[1]!.indexOf('悪');
  expect(rows[2]!.slice(wide, wide + 16)).toBe(`plain${' '.repeat(11)}`.slice(0, 16));
});
