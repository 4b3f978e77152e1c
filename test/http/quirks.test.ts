/** What a tool needs and its operator asked for: departures from TAXII, and markings that it knows. */
import type { StixObject } from '../../src/domain/stix';
import { markingIdsOf, type Rank } from '../../src/domain/tlp';
import { principal, TLP2, tool, toolId } from '../support/exchange';
import { furnish } from '../support/desk';
import { basic, json, PASSWORD, serveExchange, url } from '../support/http';
import { jisrOn } from '../support/jisr';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashPassword } from '../../src/identity/passwords';
import { connect, get } from '../support/raw-client';
import type { AddressInfo } from 'node:net';

test('an account with the quirk empty-objects gets an empty list, everybody else none (T-083)', async () => {
  const x = await serveExchange();
  const desk = (await x.store.people.principals()).find((p) => p.name === 'desk')!;
  const elastic = principal(4, {
    name: 'elastic',
    organisation: desk.organisation,
    quirks: ['empty-objects'],
  });
  await x.store.people.savePrincipal(elastic, await hashPassword('the password'));
  const client = await connect((x.server.address() as AddressInfo).port);
  client.write(get(url('main', 'objects/'), { Authorization: basic('elastic', 'the password') }));
  client.write(get(url('main', 'objects/'), { Authorization: basic('desk') }));
  const [quirky, plain] = await client.answers(2);
  expect(JSON.parse(quirky!.body)).toEqual({ more: false, objects: [] });
  expect(JSON.parse(plain!.body)).toEqual({ more: false });
  client.end();
  await x.close();
});

test('an account with the quirk tlp-1 gets the ids of TLP 1.0 beside those of 2.0; what is stored stays', async () => {
  const x = await serveExchange();
  const desk = (await x.store.people.principals()).find((p) => p.name === 'desk')!;
  const old = principal(4, { name: 'old', organisation: desk.organisation, quirks: ['tlp-1'] });
  await x.store.people.savePrincipal(old, await hashPassword('the password'));
  const TLP1 = ['613f2e26', '34098fce', 'f88d31f6', undefined, '5e57c739'];
  const said = `"object_marking_refs":["${TLP2[2]}"] and ${TLP2[2]}, é`;
  const objects = TLP2.map((id, rank) =>
    tool(toolId(), 1, rank as Rank, {
      description: said,
      granular_markings: [{ marking_ref: id, selectors: ['name'] }],
    }),
  );
  const both = tool(toolId(), 1, 2, { object_marking_refs: [TLP2[2], markingIdsOf(2)[0]!] });
  await x.add('main', [...objects, both]);
  const asked = async (rest: string, name: string, password: string): Promise<StixObject[]> => {
    const headers = { Authorization: basic(name, password) };
    return json(await x.get(url('main', rest), { as: null, headers }))['objects'] as StixObject[];
  };
  const plain = await asked('objects/', 'desk', PASSWORD);
  expect(new Set(plain)).toEqual(new Set([...objects, both]));
  const quirky = await asked('objects/', 'old', 'the password');
  for (const object of objects) {
    const shown = quirky.find(({ id }) => id === object['id'])!;
    const [own] = object['object_marking_refs'] as [string];
    const beside = TLP1[TLP2.indexOf(own as (typeof TLP2)[number])];
    const refs = shown['object_marking_refs'] as string[];
    expect(refs[0]).toBe(own);
    expect(refs[1]?.slice('marking-definition--'.length, 'marking-definition--'.length + 8)).toBe(beside);
    expect({ ...shown, object_marking_refs: [own] }).toEqual(object);
    const [one] = await asked(`objects/${object['id'] as string}/`, 'old', 'the password');
    expect(one).toEqual(shown);
  }
  expect(quirky.find(({ id }) => id === both['id'])).toEqual(both);
  // Kept for one, it is not given to the other.
  expect(await asked('objects/', 'desk', PASSWORD)).toEqual(plain);
  await x.close();
});

test('the quirk is set, shown and taken away by the verbs, and an unknown one is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jisr-quirks-'));
  const jisr = jisrOn(() => `sqlite:${join(folder, 'jisr.db')}`);
  await furnish(jisr);
  const quirks = async (verb: string): Promise<unknown> => {
    const { code, out, err } = await jisr(`${verb} --apply --json`, { input: 'a password of some length' });
    expect([code, err]).toEqual([0, '']);
    return (JSON.parse(out) as { principal: { quirks?: string[] } }).principal.quirks;
  };
  expect(await quirks('change principal desk --quirks empty-objects')).toEqual(['empty-objects']);
  expect(await quirks('change principal desk --clearance green')).toEqual(['empty-objects']);
  expect(await quirks('change principal desk --quirks none')).toEqual([]);
  const add = ['add', 'principal', '--name', 'elastic', '--organisation', 'desk house', '--kind', 'service'];
  const more = ['--clearance', 'green', '--quirks', 'empty-objects', '--apply', '--json'];
  const added = await jisr([...add, ...more]);
  expect(JSON.parse(added.out)).toMatchObject({ principal: { quirks: ['empty-objects'] } });
  const wrong = await jisr('change principal desk --quirks nonsense --apply');
  expect(wrong.code).toBe(2);
  expect(wrong.err).toContain('empty-objects');
  rmSync(folder, { recursive: true, force: true });
});
