/** Elastic's program wants `objects` on an empty page, which T-083 forbids by default. */
import { principal } from '../support/exchange';
import { furnish } from '../support/desk';
import { basic, serveExchange, url } from '../support/http';
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
