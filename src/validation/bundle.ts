/** A bundle as a whole (STIX 2.1 §8): its shape, and what its objects are to each other. */
import type { StixObject } from '../domain/stix';
import { customProperty } from './custom';
import { checkSchema } from './object';
import { PLANS } from './plan';
import { Review, shown, type Verdict } from './verdict';

/** References of an object that must lead to something, as [pointer steps, identifier]. */
export function referencesOf(object: StixObject): { at: (string | number)[]; id: string }[] {
  const found: { at: (string | number)[]; id: string }[] = [];
  const at: (string | number)[] = [];
  const walk = (value: unknown, refers: boolean): void => {
    if (typeof value === 'string') {
      if (refers && value.includes('--')) found.push({ at: [...at], id: value });
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        at.push(i);
        walk(value[i], refers);
        at.pop();
      }
      return;
    }
    for (const [name, inner] of Object.entries(value)) {
      at.push(name);
      walk(inner, name.endsWith('_ref') || name.endsWith('_refs'));
      at.pop();
    }
  };
  walk(object, false);
  return found;
}

/**
 * Checks a bundle around its objects, which are checked one by one.
 *
 * @param references whether every reference must lead to an object of the bundle (B-REFS).
 */
export function checkBundle(bundle: StixObject, references = false): Verdict {
  const problem = checkSchema(bundle);
  const review = new Review();
  if (problem) review.add({ errors: [problem], warnings: [] });
  else {
    const id = String(bundle['id']);
    if (id[id.length - 22] !== '4') review.warn('I-V4', shown(id), 'a UUIDv4', 'id');
    for (const name of Object.keys(bundle))
      if (!PLANS.get('bundle')?.has(name)) customProperty(name, bundle[name], review);
  }
  const objects = Array.isArray(bundle['objects']) ? (bundle['objects'] as StixObject[]) : [];
  const seen = new Set<string>();
  const ids = new Set(objects.map((object) => object['id']));
  objects.forEach((object, i) => {
    const version = `${String(object['id'])} ${String(object['modified'] ?? object['created'])}`;
    if (seen.has(version))
      review.warn('B-DUP', shown(object['id']), 'one object of this id and version', 'objects', i);
    seen.add(version);
    if (!references) return;
    for (const { at, id } of referencesOf(object))
      if (!ids.has(id)) review.reject('B-REFS', shown(id), 'an object of this bundle', 'objects', i, ...at);
  });
  return review;
}
