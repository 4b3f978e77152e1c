/** Originator control through the jisr command (D14): a preview that is what happens, and an explanation of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StixObject } from '../../src/domain/stix';
import { ORIGINATOR_CONTROL } from '../../src/validation/originator-control';
import { tool, toolId } from '../support/exchange';
import { jisrOn } from '../support/jisr';

const TO = 'europe/threat-actors';
let folder: string;
const jisr = jisrOn(() => `sqlite:${join(folder, 'jisr.db')}`);
type Json = Record<string, unknown>;
async function done(line: string, ...more: string[]): Promise<Json> {
  const { code, out, err } = await jisr([...line.split(' '), ...more, '--json']);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out) as Json;
}
const file = (name: string, content: object): string => {
  writeFileSync(join(folder, name), JSON.stringify(content));
  return join(folder, name);
};
const bundle = (name: string, ...objects: StixObject[]): string =>
  file(name, { type: 'bundle', id: `bundle--${toolId().slice(6)}`, objects });
const saying = (audience: object): StixObject => ({
  extensions: { [ORIGINATOR_CONTROL]: { extension_type: 'property-extension', audience } },
});

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jisr-test-'));
  await done('apply collections --apply');
  for (const [name, kind, country] of [
    ['Operators', 'operator', 'CH'],
    ['Alpha', 'member', 'FR'],
    ['Beta', 'member', 'DE'],
  ] as const) {
    await done(`add organisation ${name} --kind ${kind} --region europe --country ${country} --apply`);
    const role = kind === 'operator' ? 'curator' : 'contributor';
    await done(
      `add principal ${name.toLowerCase()} --organisation ${name} --kind person --role ${role} --clearance red --apply`,
    );
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const previewed = async (path: string, as: string): Promise<string[]> => {
  const { objects } = (await done(`audience ${TO}`, path, '--as', as)) as {
    objects: { seen_by: { organisation: string }[] }[];
  };
  return objects.flatMap(({ seen_by }) => seen_by.map(({ organisation }) => organisation));
};
const readers = async (id: string): Promise<string[]> => {
  const found = [];
  for (const as of ['operators', 'alpha', 'beta']) {
    const { out } = await jisr(['search', TO, '--id', id, '--as', as, '--json']);
    if (out !== '') found.push(as);
  }
  return found;
};

test('who would see it is told before it is published, and is who sees it afterwards', async () => {
  for (const [n, more, seen] of [
    [1, {}, ['Alpha', 'Beta', 'Operators']],
    [2, saying({ only: { countries: ['DE'] } }), ['Alpha', 'Beta']],
    [3, saying({ not: { kinds: ['member'] } }), ['Alpha', 'Operators']],
    [4, saying({ only: {} }), ['Alpha']],
  ] as const) {
    const id = toolId();
    const path = bundle(`${n}.json`, tool(id, 1, 2, more));
    expect(await previewed(path, 'alpha')).toEqual(seen);
    expect(await readers(id)).toEqual([]);
    await done(`import ${path} --to ${TO} --as alpha --apply`);
    expect((await readers(id)).sort()).toEqual(seen.map((name) => name.toLowerCase()).sort());
    // What was said of it counts for the next version, too.
    expect(await previewed(bundle(`${n}b.json`, tool(id, 2, 2)), 'alpha')).toEqual(seen);
  }
});

test('an organisation says it for all that it publishes: by a file, which is checked, and taken back by "none"', async () => {
  const wrong = await jisr([
    'change',
    'organisation',
    'Alpha',
    '--audience',
    file('w.json', { only: { kinds: ['x'] } }),
  ]);
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('/only/kinds/0: found "x"')]);
  const { out } = await jisr([
    'change',
    'organisation',
    'Alpha',
    '--audience',
    file('a.json', { only: { countries: ['DE'] } }),
    '--apply',
  ]);
  expect(out).toContain('published from now on');
  const path = bundle('b.json', tool(toolId(), 1, 0));
  expect(await previewed(path, 'alpha')).toEqual(['Alpha', 'Beta']);
  await done('change organisation Alpha --audience none --apply');
  expect(await previewed(path, 'alpha')).toEqual(['Alpha', 'Beta', 'Operators']);
});

test('explain says why somebody sees an object or does not, as far as who asks may see it', async () => {
  const id = toolId();
  await done(
    `import ${bundle('c.json', tool(id, 1, 2, saying({ not: { countries: ['DE'] } })))} --to ${TO} --as alpha --apply`,
  );
  const explained = await done(`explain ${TO} --object ${id} --reader beta`);
  expect(explained).toMatchObject({
    reader: 'beta',
    versions: [
      {
        sees: false,
        tlp: 'amber',
        because: ['its originator does not share it with Beta: it is for everyone, but not DE'],
      },
    ],
  });
  expect(await done(`explain ${TO} --object ${id} --reader alpha`)).toMatchObject({
    versions: [{ sees: true, because: [] }],
  });
  const blind = await jisr(`explain ${TO} --object ${id} --reader alpha --as beta`);
  expect([blind.code, blind.err]).toEqual([3, expect.stringContaining('holds no version')]);
  // Nor does show name who may not read it.
  const shown = JSON.parse((await jisr(`show object ${id} --json`)).out) as { readers: string[] }[];
  expect(shown[0]!.readers).not.toContain('beta');
});

test('copy takes along what says its audience itself, and leaves the rest where it is', async () => {
  const [self, earlier] = [toolId(), toolId()];
  const all = saying({ not: { countries: ['DE'] } });
  const path = bundle('d.json', tool(self, 1, 0, all), tool(earlier, 1, 0, all), tool(earlier, 2, 0));
  await done(`import ${path} --to ${TO} --as alpha --apply`);
  const { out } = await jisr(`copy ${TO} --to europe/campaigns --all --versions --apply`);
  expect(out).toContain('would not go along');
  const found = async (as: string): Promise<string> =>
    (await jisr(['search', 'europe/campaigns', '--as', as, '--type', 'tool', '--json'])).out;
  expect(await found('operators')).toContain(self);
  expect(await found('operators')).not.toContain(earlier);
  expect(await found('beta')).toBe('');
});

test('TLP:AMBER+STRICT of others stays where it is: not copied, not moved, not exported unless it is asked for (D16)', async () => {
  const [strict, amber] = [toolId(), toolId()];
  const path = bundle('e.json', tool(strict, 1, 3), tool(amber, 1, 2));
  await done(`import ${path} --to ${TO} --as alpha --apply`);
  for (const verb of ['copy', 'move']) {
    const { out } = await jisr(`${verb} ${TO} --to europe/campaigns --id ${strict} --apply`);
    expect(out).toContain('AMBER+STRICT of another organisation');
  }
  expect(await readers(strict)).toEqual(['operators', 'alpha', 'beta']);
  const left = await jisr(`export ${TO} --as beta`);
  expect([left.out.includes(strict), left.out.includes(amber)]).toEqual([false, true]);
  expect(left.err).toContain('Left out: 1 of TLP:AMBER+STRICT');
  expect((await jisr(`export ${TO} --as beta --include-strict`)).out).toContain(strict);
  // One's own is one's own to share.
  expect((await jisr(`export ${TO} --as alpha`)).out).toContain(strict);
});
