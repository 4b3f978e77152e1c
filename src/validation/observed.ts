/** The deprecated container of observed-data (STIX 2.1 §4.14): observables whose references are keys of the container. */
import { groupOf, type StixObject } from '../domain/stix';
import { shown, type Review, type Verdict } from './verdict';

type Node = Readonly<Record<string, unknown>>;
/** Stands for the UUID of an entry that is referred to by its key. */
const STAND_IN = '00000000-0000-4000-8000-000000000000';

/** A copy in which each reference to a key is an identifier of the type of what is there. */
function resolveKeys(value: unknown, entries: Readonly<Record<string, Node>>, review: Review): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const at = <T>(step: string | number, work: () => T): T => {
    review.enter(step);
    const result = work();
    review.leave();
    return result;
  };
  const reference = (key: unknown): unknown => {
    if (typeof key !== 'string') return key;
    const entry = Object.hasOwn(entries, key) ? entries[key] : undefined;
    if (entry) return `${String(entry['type'])}--${STAND_IN}`;
    review.reject('OD-LOCAL', shown(key), 'a key of this container');
    return undefined;
  };
  const member = (name: string, inner: unknown): unknown => {
    if (MARKS.has(name)) return inner;
    if (name.endsWith('_ref')) return reference(inner);
    if (name.endsWith('_refs') && Array.isArray(inner))
      return inner.map((key, i) => at(i, () => reference(key))).filter((key) => key !== undefined);
    return resolveKeys(inner, entries, review);
  };
  if (Array.isArray(value)) return value.map((item, i) => at(i, () => resolveKeys(item, entries, review)));
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, inner]): [string, unknown] => [name, at(name, () => member(name, inner))])
      // What does not resolve has been said; the rest of the entry is still looked at.
      .filter(([, inner]) => inner !== undefined && !(Array.isArray(inner) && inner.length === 0)),
  );
}
const MARKS = new Set(['object_marking_refs', 'created_by_ref', 'granular_markings']);

/** @param check judges one observable, like any other object. */
export function checkContainer(
  object: StixObject,
  review: Review,
  check: (observable: StixObject) => Verdict,
): void {
  const entries = object['objects'] as Readonly<Record<string, Node>> | undefined;
  if (!entries) return;
  review.warn('OD-DEPR', 'objects', 'object_refs: objects is deprecated', 'objects');
  for (const [key, entry] of Object.entries(entries)) {
    if (!/^(?:0|[1-9][0-9]*)$/.test(key))
      review.warn('OD-KEYS', shown(key), 'a whole number as key', 'objects', key);
    const type = String(entry['type']);
    if (!['SCO', 'custom'].includes(groupOf(type))) {
      review.reject('OD-LOCAL', shown(type), 'the type of an observable', 'objects', key, 'type');
      continue;
    }
    review.enter('objects');
    review.enter(key);
    const resolved = resolveKeys(entry, entries, review) as StixObject;
    review.leave();
    review.leave();
    const id = resolved['id'] ?? `${type}--${STAND_IN}`;
    const verdict = check({ ...resolved, id });
    const named = (rule: string): boolean => resolved['id'] !== undefined || !/^I-(?:V|DET|PROC)/.test(rule);
    review.add(
      {
        errors: verdict.errors.map((e) => (e.rule === 'I-REFTYPE' ? { ...e, rule: 'OD-LOCAL' } : e)),
        warnings: verdict.warnings.filter((w) => named(w.rule)),
      },
      'objects',
      key,
    );
  }
}
