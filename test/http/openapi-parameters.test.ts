/** The forms of parameters in /openapi.json are those that the server reads: it refuses whatever does not fit. */
import fc from 'fast-check';
import { parseObjectQuery } from '../../src/domain/query';
import { isIdentifier } from '../../src/domain/stix';
import { FIELD_PARAMETERS, PARAMETERS, type Parameter } from '../../src/http/openapi/parameters';

const LIMITS = { pageSize: 10, maxPageSize: 10, maxFilterValues: 100, strictFilters: true };
const COLLECTION = '378e5de7-84a4-45e4-8a34-c02a43d0b657';

function takes(name: string, value: string): boolean {
  try {
    parseObjectQuery(new URLSearchParams([[name, value]]), 'objects', COLLECTION, LIMITS);
    return true;
  } catch {
    return false;
  }
}
function fits({ schema }: Parameter, value: string): boolean {
  const { pattern = '', maxLength = Infinity } = schema as { pattern?: string; maxLength?: number };
  return new RegExp(pattern, 'u').test(value) && value.length <= maxLength;
}

const WORDS =
  'a|all|first|last|2.1|7|-7|+07|1.5|99999999999999999|true|True|GREEN|amber+strict|White|x y||2024-01-31T08:00:00Z|2024-01-31T08:00:00.123456789Z|2024-01-31';
const WORD = fc.constantFrom(...WORDS.split('|'));
const VALUE = fc.oneof(
  fc.array(fc.oneof(WORD, fc.string()), { minLength: 1, maxLength: 3 }).map((all) => all.join(',')),
  fc.array(WORD, { minLength: 1, maxLength: 3 }).map((all) => ` ${all.join(' ,\t')} `),
);
const FILTERS = [
  PARAMETERS.match_id,
  PARAMETERS.match_type,
  PARAMETERS.match_version,
  PARAMETERS.match_spec_version,
  ...FIELD_PARAMETERS.values(),
];

test.each(FILTERS.map((parameter) => [parameter.name, parameter] as const))('%s', (name, parameter) => {
  fc.assert(
    fc.property(VALUE, (value) => {
      if (takes(name, value)) expect([value, fits(parameter, value)]).toEqual([value, true]);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('what fits a form is taken', () => {
  const good = (name: string): string =>
    ['a', '7', 'true', 'red', '2024-01-31T08:00:00Z'].find((value) =>
      fits(
        FILTERS.find((filter) => filter.name === name)!,
        value,
      ),
    )!;
  for (const { name } of FILTERS) expect([name, takes(name, good(name))]).toEqual([name, true]);
  expect(takes('match[version]', 'first, last ,2024-01-31T08:00:00Z')).toBe(true);
});

test('the ids of objects, and cursors', () => {
  const upper = 'Tool--5A6B7C8D-0000-4000-8000-000000000001';
  for (const text of [
    upper,
    upper.toLowerCase(),
    'x--1',
    `${upper}0`,
    `a-${upper}`,
    `-${upper}`,
    `${'a'.repeat(300)}${upper}`,
  ])
    expect([text, fits(PARAMETERS.object_id, text)]).toEqual([text, isIdentifier(text)]);
  expect(fits(PARAMETERS.next, 'a/b')).toBe(false);
});
