/**
 * Leniency for loads of older data (rules §17 of the exchange): a short list of violations that much-used sets are
 * known for is forgiven, each with a warning. What is forgiven at one place is put right in a copy, and the copy is
 * checked again, so that nothing else slips through; the object itself is stored as it came.
 */
import type { StixObject } from '../domain/stix';
import { instantKey } from '../domain/timestamp';
import type { Finding } from './verdict';

type Node = Record<string, unknown>;
type Key = string | number;

/** Places that are put right in one object; beyond that it is not old data, but broken. */
export const MOST_FORGIVEN = 50;

/** What takes the place of the value at a pointer; `undefined` takes it out. */
const REPAIRS: Readonly<Record<string, (value: unknown) => unknown>> = {
  'T-LIST': () => undefined,
  'T-NULL': () => undefined,
  'T-EXTURL': () => 'urn:forgiven',
  'T-TSMS': (value) => `${String(value).replace(/(?:\.[0-9]*)?Z$/, '')}.000Z`,
};
/** Found by code, after the schema: nothing need be put right. */
const FORGIVEN = new Set(['C-MOD', 'REL-TIME', 'T-EXTURL']);

function replaced(value: unknown, path: readonly string[], repair: (value: unknown) => unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return repair(value);
  const key: Key = Array.isArray(value) ? Number(step) : step;
  const inner = replaced((value as Node)[key], rest, repair);
  if (Array.isArray(value))
    return inner === undefined
      ? value.filter((_, i) => i !== key)
      : value.map((item: unknown, i) => (i === key ? inner : item));
  const { [key]: _, ...others } = value as Node;
  return inner === undefined ? others : { ...others, [key]: inner };
}

const steps = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((s) => s.replaceAll('~1', '/').replaceAll('~0', '~'));

/** Whether a pointer leads to an object or list that holds its last step; one that was cut for its length does not. */
function leads(object: StixObject, path: readonly string[]): boolean {
  let value: unknown = object;
  for (const step of path.slice(0, -1)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
    value = (value as Node)[step];
  }
  return typeof value === 'object' && value !== null;
}

/** @returns a copy without the violation; undefined if it is none of those that are forgiven. */
export function forgive(object: StixObject, problem: Finding): StixObject | undefined {
  const tlp = object['type'] === 'marking-definition' && object['definition_type'] === 'tlp';
  if (problem.rule === 'MD-TLP' && tlp && object['name'] === undefined) {
    const level = (object['definition'] as Node | undefined)?.['tlp'];
    return { ...object, name: `TLP:${String(level).toUpperCase()}` };
  }
  const repair = REPAIRS[problem.rule];
  const path = steps(problem.pointer);
  if (!repair || path.length === 0 || !leads(object, path)) return undefined;
  return replaced(object, path, repair) as StixObject;
}

export const isForgiven = (finding: Finding): boolean => FORGIVEN.has(finding.rule);

/** Whether `modified` lies before `created` by less than a millisecond: one was cut to milliseconds, the other not. */
export function isBelowMillisecond(object: StixObject): boolean {
  const [a, b] = ['created', 'modified'].map((name) => instantKey(String(object[name])));
  if (a === undefined || b === undefined) return false;
  const millisecond = (key: string): string => key.padEnd(20, '.').padEnd(23, '0').slice(0, 23);
  return millisecond(a) === millisecond(b);
}
