/** match[tlp] finds TLP in each way that an object says it by itself. */
import { propertyTest } from '../../src/domain/filters';

const GREEN = 'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da';
const GREEN_2 = 'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb';

test.each<[string, object, boolean]>([
  ['TLP 1.0', { object_marking_refs: [GREEN] }, true],
  ['TLP 2.0', { object_marking_refs: [GREEN_2] }, true],
  ['a part of it', { granular_markings: [{ marking_ref: GREEN, selectors: ['name'] }] }, true],
  ['a label', { labels: ['apt', 'tlp:green'] }, true],
  ['a label in capitals', { labels: ['TLP:GREEN'] }, true],
  ['another level', { labels: ['tlp:amber'] }, false],
  ['a label that only begins so', { labels: ['tlp:greenish', 'green'] }, false],
  ['no list', { labels: 'tlp:green' }, false],
  ['nothing', {}, false],
])('T-455 by %s', (_how, object, found) => {
  expect(propertyTest(new Map([['tlp', ['green']]]))(object as never)).toBe(found);
});
