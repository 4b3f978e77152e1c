import { StoreUnavailable, TaxiiError } from '../../src/domain/errors';
import { toTaxiiError } from '../../src/http/problem';
import { tool, toolId } from '../support/exchange';
import { serveExchange, url } from '../support/http';

const lost = new StoreUnavailable('connection reset');

test.each(['POST', 'DELETE'])(
  'a %s that the store did not answer may have been done: nobody is told that nothing was changed',
  (method) => {
    const { status, message, headers } = toTaxiiError(lost, method);
    expect([status, headers['Retry-After']]).toEqual([503, '5']);
    expect(message).toContain('not known whether');
    expect(message).toContain('Repeat it later');
    expect(message).not.toContain('nothing was changed');
  },
);

test('a GET that the store did not answer changed nothing anyhow', () => {
  const { status, message } = toTaxiiError(lost, 'GET');
  expect(status).toBe(503);
  expect(message).toBe('The store is busy or out of reach. Repeat the request later.');
});

test('the text of an unexpected error stays here (T-124), that of a refusal is told', () => {
  expect(toTaxiiError(new Error('secret'), 'GET').message).not.toContain('secret');
  const refusal = new TaxiiError('bad-query', 'limit: is wrong');
  expect(toTaxiiError(refusal, 'GET')).toBe(refusal);
});

test('an account that went while its request was under way is told how to sign in, like anybody (RFC 9110 §15.5.2)', async () => {
  const x = await serveExchange();
  const gone = jest.spyOn(x.store.people, 'principal').mockResolvedValue(undefined);
  const body = JSON.stringify({ objects: [tool(toolId(), 1, 0)] });
  const response = await x.send('POST', url('main', 'objects/'), { as: 'desk', body });
  expect(gone).toHaveBeenCalled();
  expect([response.status, response.headers['www-authenticate']]).toEqual([
    401,
    'Basic realm="Jisr", charset="UTF-8"',
  ]);
  await x.close();
});
