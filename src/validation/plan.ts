/**
 * What is checked after the schema, compiled from the schema itself: each place that carries `x-check` or
 * `x-vocabulary` gets its check, and properties that no schema names are custom content. The schemas say where,
 * checks.ts says how.
 */
import { schemas } from '#compiled-schemas';
import { CHECKS, checkVocabulary } from './checks';
import { customMember, extensionMembers } from './custom';
import type { Review } from './verdict';

export type Check = (value: unknown, review: Review) => void;
type Node = Readonly<Record<string, unknown>>;
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const both = (checks: readonly Check[]): Check | undefined =>
  checks.length < 2
    ? checks[0]
    : (value, review) => {
        for (const check of checks) check(value, review);
      };

/** The checks of each property of an object that is described by name. */
export type Properties = ReadonlyMap<string, Check | undefined>;

export function propertiesOf(node: Node, inExtension = false): Properties {
  const properties = isNode(node['properties']) ? node['properties'] : {};
  return new Map(
    Object.entries(properties).map(([name, inner]) => [
      name,
      compile(inner as Node, inExtension || name === 'extensions'),
    ]),
  );
}

/** @returns undefined where nothing is left to check. */
function compile(node: Node, inExtension: boolean): Check | undefined {
  const checks: Check[] = [];
  const { 'x-check': name, 'x-vocabulary': vocabulary, 'x-rule': said } = node;
  if (typeof vocabulary === 'string') checks.push(checkVocabulary(vocabulary));
  if (typeof name === 'string') {
    const make = CHECKS[name];
    if (!make) throw new Error(`schemas: there is no check "${name}"`);
    checks.push(make(typeof said === 'string' ? said : ''));
  }
  for (const part of (node['allOf'] as readonly Node[] | undefined) ?? []) {
    const check = compile(part, inExtension);
    if (check) checks.push(check);
  }
  if (isNode(node['items'])) {
    const item = compile(node['items'], inExtension);
    if (item) checks.push(eachItem(item));
  }
  if (isNode(node['properties'])) {
    const properties = propertiesOf(node, inExtension);
    // Extensions and observables have names of their own kinds, which their checks know.
    if (name === 'extensions') checks.push(eachExtension(properties));
    else if (name !== 'container' && name !== 'hashes')
      checks.push(eachProperty(properties, inExtension ? 'X-PROP' : 'N-PROP'));
  }
  return both(checks);
}

const eachItem =
  (check: Check): Check =>
  (value, review) => {
    const list = value as readonly unknown[];
    for (let i = 0; i < list.length; i++) {
      review.enter(i);
      check(list[i], review);
      review.leave();
    }
  };

const eachExtension =
  (predefined: Properties): Check =>
  (value, review) => {
    for (const [name, extension] of Object.entries(value as Readonly<Record<string, Node>>)) {
      review.enter(name);
      const check = predefined.get(name);
      if (check) check(extension, review);
      else if (!predefined.has(name)) extensionMembers(extension, review);
      review.leave();
    }
  };

const eachProperty =
  (properties: Properties, nameRule: string): Check =>
  (value, review) => {
    const object = value as Node;
    for (const name of Object.keys(object)) {
      const check = properties.get(name);
      if (check) {
        review.enter(name);
        check(object[name], review);
        review.leave();
      } else if (!properties.has(name)) customMember(name, object[name], review, nameRule);
    }
  };

/** By the name of the schema: the checks of the properties of each type. */
export const PLANS: ReadonlyMap<string, Properties> = new Map(
  Object.entries(schemas)
    .filter(([name]) => !name.includes('/') && !['common', 'channel', 'column-map'].includes(name))
    .map(([name, schema]) => [name, propertiesOf(schema)]),
);
