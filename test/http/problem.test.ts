import { StoreUnavailable, TaxiiError } from '../../src/domain/errors';
import { toTaxiiError } from '../../src/http/problem';

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
