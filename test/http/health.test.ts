/** What orchestrators ask is answered anew each time. */
import request from 'supertest';
import { serveExchange } from '../support/http';

test('neither health has a tag, so nothing that is sent is one of it: never 304', async () => {
  const x = await serveExchange();
  for (const path of ['/health/live', '/health/ready']) {
    const response = await request(x.server).get(path).set('If-None-Match', '*');
    expect([path, response.status]).toEqual([path, 200]);
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
  }
  await x.close();
});

test.each(['/health/live', '/health/ready', '/openapi.json'])(
  '%s takes GET and HEAD alone: Express by itself answers OPTIONS (T-014)',
  async (path) => {
    const x = await serveExchange();
    for (const method of ['OPTIONS', 'POST', 'DELETE']) {
      const response = await x.send(method, path, { as: null });
      expect([method, response.status, response.headers['allow']]).toEqual([method, 405, 'GET, HEAD']);
    }
    await x.close();
  },
);
