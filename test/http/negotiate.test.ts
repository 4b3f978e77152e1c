import { acceptsTaxii, isTaxiiContent, pickLanguage } from '../../src/http/negotiate';

describe('Accept', () => {
  test.each([
    ['T-051', 'application/taxii+json;version=2.1'],
    ['T-052 without a version', 'application/taxii+json'],
    ['T-053 the manifest’s list', 'application/taxii+json;version=2.1,application/stix+json;version=2.1'],
    ['T-054 spaces', 'text/html , application/taxii+json ; version=2.1'],
    ['T-054 case', 'Application/TAXII+JSON; Version=2.1'],
    ['T-054 quotes', 'application/taxii+json;version="2.1"'],
    ['T-054 an unknown parameter with a comma in it', 'application/taxii+json;x="a,b";version=2.1'],
    [
      'T-054 another version first',
      'application/taxii+json;version=2.0, application/taxii+json;version=2.1;q=0.1',
    ],
    ['T-054 the most specific wins', '*/*;q=0, application/taxii+json;version=2.1'],
    ['T-055 anything', '*/*'],
    ['T-055 any application', 'application/*'],
    ['T-055 OpenCTI', 'application/json, text/plain, */*'],
    ['T-055 no header', undefined],
    ['T-055 an empty header', ''],
  ])('%s is served: %s', (_line, header) => {
    expect(acceptsTaxii(header)).toBe(true);
  });

  test.each([
    ['T-056 TAXII 2.0', 'application/vnd.oasis.taxii+json; version=2.0'],
    ['T-056 STIX 2.0', 'application/vnd.oasis.stix+json; version=2.0'],
    ['T-057 2.0', 'application/taxii+json;version=2.0'],
    ['T-057 2.2', 'application/taxii+json;version=2.2'],
    ['T-057 abc', 'application/taxii+json;version=abc'],
    ['T-058', 'application/json'],
    ['T-058', 'text/html'],
    ['T-058', 'application/stix+json'],
    ['T-058', 'xml'],
    ['T-054 q=0', 'application/taxii+json;version=2.1;q=0'],
    ['T-054 q=0 for the version, a wildcard beside it', '*/*, application/taxii+json;version=2.1;q=0.000'],
    ['T-054 a weight that is none', 'application/taxii+json;version=2.1;q=high'],
  ])('%s is not acceptable: %s', (_line, header) => {
    expect(acceptsTaxii(header)).toBe(false);
  });
});

describe('Content-Type', () => {
  test.each([
    ['T-065', 'application/taxii+json;version=2.1'],
    ['T-066 no version', 'application/taxii+json'],
    ['T-066 a space', 'application/taxii+json; version=2.1'],
    ['T-066 quotes and case', 'Application/Taxii+JSON;Version="2.1"'],
    ['T-066 charset', 'application/taxii+json;version=2.1;charset=UTF-8'],
    ['T-067', 'application/stix+json;version=2.1'],
  ])('%s is taken: %s', (_line, header) => {
    expect(isTaxiiContent(header, true)).toBe(true);
  });

  test.each([
    ['T-068 none', undefined],
    ['T-068', 'application/json'],
    ['T-068', 'text/plain'],
    ['T-068', 'application/taxii+json;version=2.0'],
    ['T-080 another charset', 'application/taxii+json;version=2.1;charset=latin1'],
  ])('%s is not taken: %s', (_line, header) => {
    expect(isTaxiiContent(header, true)).toBe(false);
  });

  test('T-067 the STIX type can be switched off', () => {
    expect(isTaxiiContent('application/stix+json;version=2.1', false)).toBe(false);
  });
});

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['de', 'en'],
  ['fr', 'fr'],
  ['fr-CA, en;q=0.8', 'fr'],
  ['de, es;q=0.5, ar;q=0.7', 'ar'],
  ['AR-eg', 'ar'],
  ['*', 'en'],
  ['*, en;q=0', 'ar'],
  ['es;q=0, *;q=0.1', 'en'],
])('Accept-Language %s gives %s', (header, language) => {
  expect(pickLanguage(header)).toBe(language);
});
