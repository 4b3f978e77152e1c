/** What a reader is told of its own rights, and the log of a sign-in that failed. */
import { Writable } from 'node:stream';
import { createLogger } from '../../src/log';
import { generateToken } from '../../src/identity/tokens';
import { basic, json, serveExchange, url, type Exchange } from '../support/http';

const lines: Record<string, unknown>[] = [];
let x: Exchange;
beforeAll(async () => {
  const into = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  x = await serveExchange({}, [], {}, createLogger('info', into));
});
afterAll(() => x.close());

test('my-access tells rights, levels and the grants that give them, of oneself alone', async () => {
  const desk = await x.get(url('main', 'my-access/'));
  expect(json(desk)).toMatchObject({
    account: 'desk',
    clearance: 'red',
    rights: ['see', 'read', 'write'],
    reads_up_to: 'red',
    publishes_up_to: 'red',
    unmarked_objects_are: 'clear',
    audiences_know_you_as: {
      identity: expect.stringMatching(/^identity--/) as string,
      kind: 'desk',
      region: 'europe',
    },
    because: ['every desk may read, write, by test'],
  });
  expect((desk.body as Buffer).toString()).not.toMatch(/member|operator|curate/);
  const inbox = json(await x.get(url('inbox', 'my-access/'), { as: 'green' }));
  expect(inbox).toMatchObject({ clearance: 'green', rights: ['see', 'write'], publishes_up_to: 'red' });
  expect(inbox).not.toHaveProperty('reads_up_to');
});

test('T-107a what is not there and what is not for one are the same', async () => {
  const hidden = await x.get(url('hidden', 'my-access/'));
  const nothing = await x.get('/europe/collections/nothing/my-access/');
  expect([hidden.status, nothing.status]).toEqual([404, 404]);
  expect({ ...json(hidden), error_id: '' }).toEqual({ ...json(nothing), error_id: '' });
});

test('a token is told what it leaves of its account', async () => {
  const desk = (await x.store.people.principals()).find((p) => p.name === 'desk')!;
  const { id, text, hash } = generateToken();
  const now = Date.now() * 1000;
  await x.store.people.addToken(
    { id, principalId: desk.id, name: 'poller', created: now, expires: now + 3600e6, rights: ['read'] },
    hash,
  );
  const headers = { Authorization: `Bearer ${text}` };
  const mine = json(await x.get(url('main', 'my-access/'), { as: null, headers }));
  expect(mine['rights']).toEqual(['see', 'read']);
  expect(mine['because']).toContain('the token "poller" may only read');

  lines.length = 0;
  await x.get(url('main', 'objects/'), { as: null, headers });
  expect(lines).toMatchObject([{ who: 'desk', token: 'poller', status: 200 }]);
  expect(JSON.stringify(lines)).not.toContain(text.slice(17));
});

test('what somebody searched for is not in the log: of a filter it has the name', async () => {
  lines.length = 0;
  const query =
    'limit=5&match[type]=tool,secret-type&match%5Bname%5D=secret&added_after=2024-01-01T00:00:00Z';
  await x.get(url('main', 'objects/'), { query });
  expect(lines[0]!['url']).toMatch(
    /\?limit=5&match\[type\]=…&match%5Bname%5D=…&added_after=2024-01-01T00:00:00Z$/,
  );
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test('a sign-in that failed is in the log with the beginning of the name that was tried, and nothing of the secret', async () => {
  lines.length = 0;
  const { id, text } = generateToken();
  for (const header of [basic('desk', 'wrong-secret'), basic('correct horse battery', 'x'), `Bearer ${text}`])
    await x.get('/europe/', { as: null, headers: { Authorization: header } });
  expect(lines.map(({ tried, refusal, who }) => ({ tried, refusal, who }))).toEqual([
    { tried: 'desk', refusal: 'unauthenticated', who: undefined },
    { tried: 'correct …', refusal: 'unauthenticated', who: undefined },
    { tried: `jisr_${id}`, refusal: 'unauthenticated', who: undefined },
  ]);
  expect(JSON.stringify(lines)).not.toMatch(/wrong-secret|battery/);
  expect(JSON.stringify(lines)).not.toContain(text.slice(17));
});
