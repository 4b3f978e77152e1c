/** The verdict of one STIX object: the compiled schema of its type, then the code for what a schema cannot say. */
import { schemas, validators, type Validate } from '#compiled-schemas';
import type { ErrorObject } from 'ajv';
import { groupOf, type SpecVersion, type StixObject } from '../domain/stix';
import type { Legacy } from '../domain/channel';
import { customProperty, customShape, encodedShape } from './custom';
import { forgive, isBelowMillisecond, isForgiven, MOST_FORGIVEN } from './legacy';
import { checkContainer } from './observed';
import { PLANS } from './plan';
import { applyRules, extensionTypes, notApplicable } from './rules';
import { escapePointer, Review, shown, uncheckable, type Finding, type Verdict } from './verdict';

const byType = new Map<string, Validate>(Object.entries(validators).filter(([name]) => !name.includes('/')));
const byId = new Map(Object.values(schemas).map((schema) => [schema['$id'] as string, schema]));

/** The name of the schema that an object is held to. */
function schemaOf(object: StixObject, specVersion: SpecVersion): string {
  const type = String(object['type']);
  if (specVersion === '2.0') return 'stix-2.0';
  if (type === 'bundle' || groupOf(type) !== 'custom') return type;
  return 'created' in object || 'modified' in object ? 'custom-sdo' : 'custom-sco';
}

const unescape = (segment: string): string =>
  decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~');
type Node = Record<string, unknown>;

/** The rule and the words that stand closest around the place in the schema that an error names. */
function annotation(
  name: string,
  error: ErrorObject,
): { rule: string | undefined; title: string | undefined } {
  const [document = '', path = ''] = error.schemaPath.split('#');
  let node: unknown = document === '' ? schemas[name] : byId.get(document);
  let rule: string | undefined;
  let title: string | undefined;
  const note = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const said = (value as Node)['x-rule'];
    const own = typeof said === 'string' ? said : (said as Node | undefined)?.[error.keyword];
    if (typeof own === 'string') rule = own;
    // The title of the whole document says nothing of the place.
    if (typeof (value as Node)['title'] === 'string' && !('$id' in value))
      title = (value as Node)['title'] as string;
  };
  note(node);
  for (const segment of path.split('/').slice(1).map(unescape)) {
    if (typeof node !== 'object' || node === null) break;
    node = (node as Node)[segment];
    note(node);
  }
  return { rule, title };
}

/** Rules by keyword, for places that name none. */
const BY_KEYWORD: Readonly<Record<string, string>> = {
  required: 'S-REQ',
  type: 'S-PROPTYPE',
  enum: 'T-ENUM',
  minItems: 'T-LIST',
};

/** A step of a pointer to a name that is longer than names may be. */
const LONGEST_STEP = 250;
/** A pointer for people: a stranger's name of some megabytes is cut. */
const short = (pointer: string): string =>
  pointer.length <= LONGEST_STEP
    ? pointer
    : pointer
        .split('/')
        .map((step) => step.slice(0, LONGEST_STEP))
        .join('/');

/** What stands at a JSON pointer (RFC 6901); undefined if nothing does. */
export function valueAt(object: unknown, pointer: string): unknown {
  let value = object;
  for (const segment of pointer
    .split('/')
    .slice(1)
    .map((s) => s.replaceAll('~1', '/').replaceAll('~0', '~'))) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Node)[segment];
  }
  return value;
}

/**
 * A group of alternatives fails with an error for each branch and a last one for the group, which is what was asked for.
 * A name that is refused is told by the error of `propertyNames`, which comes after its reasons.
 */
function decisive(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const last = errors.at(-1);
  return last && ['anyOf', 'oneOf', 'not', 'contains'].includes(last.keyword) ? last : errors[0];
}

function toProblem(name: string, object: StixObject, errors: readonly ErrorObject[]): Finding {
  const error = decisive(errors);
  if (!error) return { rule: 'S-PROPTYPE', pointer: '', found: 'something else', expected: 'a STIX object' };
  const { rule, title } = annotation(name, error);
  const { missingProperty, property } = error.params as { missingProperty?: string; property?: string };
  const missing = error.keyword === 'dependentRequired' ? undefined : missingProperty;
  const named = error.propertyName ?? (errors.at(-1)?.params as { propertyName?: string }).propertyName;
  const at = error.instancePath;
  const isNull = missing === undefined && valueAt(object, at) === null;
  const said = isNull ? 'T-NULL' : (rule ?? BY_KEYWORD[error.keyword] ?? 'S-PROPTYPE');
  if (named !== undefined) {
    return {
      rule: said,
      pointer: `${short(at)}/${escapePointer(named)}`,
      found: `the name ${shown(named)}`,
      expected: title ?? 'another name',
    };
  }
  if (missing !== undefined) {
    return {
      rule: said,
      pointer: `${short(at)}/${missing}`,
      found: 'nothing',
      expected: 'this required property',
    };
  }
  const found =
    property === undefined ? shown(valueAt(object, at)) : `${property} without ${missingProperty ?? ''}`;
  return { rule: said, pointer: short(at), found, expected: title ?? error.message ?? 'something else' };
}

/** @returns the first thing in which an object, or a bundle, departs from the schema of its type; undefined if it does not. */
export function checkSchema(object: StixObject, specVersion: SpecVersion = '2.1'): Finding | undefined {
  if (typeof object['type'] !== 'string')
    return { rule: 'C-REQ', pointer: '/type', found: shown(object['type']), expected: 'the name of a type' };
  const name = schemaOf(object, specVersion);
  const validate = byType.get(name) as Validate;
  return validate(object) ? undefined : toProblem(name, object, validate.errors ?? []);
}

/** @param plan the name of the schema whose checks apply. */
function checkProperties(object: StixObject, plan: string, review: Review): void {
  const custom = plan === 'stix-2.0' || plan.startsWith('custom-');
  const properties = PLANS.get(plan);
  let announced: boolean | undefined;
  for (const name of Object.keys(object)) {
    const check = properties?.get(name);
    if (check) {
      review.enter(name);
      check(object[name], review);
      review.leave();
    } else if (!properties?.has(name)) {
      announced ??= custom || extensionTypes(object).has('toplevel-property-extension');
      if (!custom && notApplicable(name, review)) continue;
      if (plan !== 'stix-2.0') encodedShape(name, object[name], review);
      if (announced) customShape(name, object[name], review);
      else customProperty(name, object[name], review);
    }
  }
}

const NO_BUNDLE: Finding = {
  rule: 'B-OBJ',
  pointer: '/type',
  found: 'a bundle',
  expected: 'a STIX object: a bundle only carries objects',
};
export interface CheckOptions {
  readonly specVersion?: SpecVersion;
  /** What is forgiven of older data, with a warning; nothing by default. */
  readonly legacy?: Legacy;
}

/** What the code finds in an object that the schema passed. */
function review(object: StixObject, specVersion: SpecVersion): Review {
  const found = new Review();
  if (specVersion === '2.0') {
    checkProperties(object, 'stix-2.0', found);
    return found;
  }
  checkProperties(object, schemaOf(object, specVersion), found);
  applyRules(object, found);
  if (object['type'] === 'observed-data') checkContainer(object, found, checkObject);
  return found;
}

/**
 * Checks one object, by its schema and by code.
 *
 * @returns every error and warning, each under its rule. Never throws: what a check throws, such as for a stack that
 *   overflows, is an error of this object (UNCHECKED). Linear in the size of the object.
 */
export function checkObject(object: StixObject, options: CheckOptions = {}): Verdict {
  try {
    return verdictOf(object, options);
  } catch (error) {
    return { errors: [uncheckable(error)], warnings: [] };
  }
}

/**
 * Judges one object: the schema of its type first, and what takes code if the schema passed. Unknown types are held
 * to what is common to their class; objects of STIX 2.0 to what exchange needs.
 */
function verdictOf(object: StixObject, options: CheckOptions): Verdict {
  if (object['type'] === 'bundle') return { errors: [NO_BUNDLE], warnings: [] };
  const { specVersion = '2.1', legacy = 'refuse' } = options;
  const forgiven: Finding[] = [];
  let sound = object;
  for (let problem = checkSchema(sound, specVersion); problem; problem = checkSchema(sound, specVersion)) {
    const repaired =
      legacy === 'lenient' && forgiven.length < MOST_FORGIVEN ? forgive(sound, problem) : undefined;
    if (!repaired) return { errors: [problem], warnings: forgiven };
    forgiven.push(problem);
    sound = repaired;
  }
  const found = review(sound, specVersion);
  if (legacy === 'refuse') return found;
  const excused = found.errors.filter(
    (e) =>
      (legacy === 'lenient' && isForgiven(e)) ||
      (legacy === 'sub-millisecond' && e.rule === 'C-MOD' && isBelowMillisecond(object)),
  );
  return {
    errors: found.errors.filter((e) => !excused.includes(e)),
    warnings: [...forgiven, ...excused, ...found.warnings],
  };
}
