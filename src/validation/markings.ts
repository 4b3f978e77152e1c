/** What markings refer to (STIX 2.1 §7.2): selectors that lead somewhere, no marking of itself, the published TLP 2.0. */
import type { StixObject } from '../domain/stix';
import { shown, type Review } from './verdict';

type Node = Readonly<Record<string, unknown>>;

/** Walks from the object along a selector; undefined if the way ends. */
function resolve(object: unknown, selector: string): unknown {
  let value: unknown = object;
  for (const step of selector.split('.')) {
    const index = /^\[([0-9]+)\]$/.exec(step)?.[1];
    if (index !== undefined) value = Array.isArray(value) ? (value as unknown[])[Number(index)] : undefined;
    else if (
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.hasOwn(value, step)
    )
      value = (value as Node)[step];
    else return undefined;
  }
  return value;
}

export function markings(object: StixObject, review: Review): void {
  const granular = object['granular_markings'] as readonly Node[] | undefined;
  granular?.forEach((marking, i) => {
    (marking['selectors'] as readonly string[]).forEach((selector, k) => {
      if (resolve(object, selector) === undefined)
        review.reject(
          'M-SELRES',
          shown(selector),
          'a selector of something that is in the object',
          'granular_markings',
          i,
          'selectors',
          k,
        );
    });
  });
  if (object['type'] !== 'marking-definition') return;
  const own = object['id'];
  (object['object_marking_refs'] as readonly string[] | undefined)?.forEach((ref, i) => {
    if (ref === own) review.reject('M-SELF', 'its own id', 'another marking', 'object_marking_refs', i);
  });
  granular?.forEach((marking, i) => {
    if (marking['marking_ref'] === own)
      review.reject('M-SELF', 'its own id', 'another marking', 'granular_markings', i, 'marking_ref');
  });
}

const TLP2 = 'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d';
const TLP2_LEVELS: Readonly<Record<string, string>> = {
  clear: 'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487',
  green: 'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb',
  amber: 'marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421',
  'amber+strict': 'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003',
  red: 'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1',
};

export function tlp2(object: StixObject, review: Review): void {
  const extension = (object['extensions'] as Record<string, Node> | undefined)?.[TLP2];
  if (!extension) return;
  const level = extension['tlp_2_0'];
  if (typeof level !== 'string' || TLP2_LEVELS[level] !== object['id'])
    review.warn(
      'MD-TLP2',
      shown(level),
      'one of the five published TLP 2.0 markings, with its id',
      'extensions',
      TLP2,
      'tlp_2_0',
    );
}
