/** The pattern of an indicator (STIX 2.1 §4.7): its grammar, and its times beside those of the indicator. */
import type { StixObject } from '../domain/stix';
import { instantKey } from '../domain/timestamp';
import { qualifiersOf, type Pattern } from './pattern/ast';
import { checkPattern } from './pattern/check';
import type { Review } from './verdict';

export function indicator(object: StixObject, review: Review): void {
  if (object['name'] === undefined || object['description'] === undefined)
    review.warn(
      'IND-NAME',
      'nothing',
      'a name and a description',
      object['name'] === undefined ? 'name' : 'description',
    );
  if (object['pattern_type'] !== 'stix') return;
  const pattern = patternOf(object, review);
  if (pattern) windows(object, pattern, review);
}

/** @returns undefined for what is no pattern of STIX 2.1. */
function patternOf(object: StixObject, review: Review): Pattern | undefined {
  const { pattern, errors, warnings } = checkPattern(String(object['pattern']), { inObject: true });
  const first = errors[0];
  // Only the grammar of 2.1 is known here: what departs from it may be right in 2.0. A limit is one for both.
  if (first && object['pattern_version'] === '2.0' && first.rule !== 'P-LENGTH') {
    review.warn(
      'IND-PAT',
      `a pattern of version 2.0 in which ${first.rule} finds ${first.found}`,
      `one that version 2.1 allows too, such as with ${first.expected}`,
      'pattern',
    );
    return undefined;
  }
  review.add({ errors, warnings }, 'pattern');
  if (first)
    review.reject('IND-PAT', `a pattern with ${first.rule}`, 'a STIX pattern of version 2.1', 'pattern');
  return pattern;
}

function windows(object: StixObject, pattern: Pattern, review: Review): void {
  const [from, until] = ['valid_from', 'valid_until'].map((name) => instantKey(String(object[name])));
  for (const q of qualifiersOf(pattern)) {
    if (q.kind !== 'START') continue;
    const [start, stop] = [instantKey(q.start), instantKey(q.stop)];
    if (
      (start !== undefined && from !== undefined && start < from) ||
      (stop !== undefined && until !== undefined && stop > until)
    )
      review.warn(
        'IND-WINDOW',
        `START t'${q.start}' STOP t'${q.stop}'`,
        'times within valid_from and valid_until',
        'pattern',
      );
  }
}
