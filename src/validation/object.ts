/** The verdict of one STIX object: the compiled schema of its type, and where it fails the rule that it breaks. */
import { schemas, validators, type Validate } from '#compiled-schemas';
import type { ErrorObject } from 'ajv';
import { groupOf, type SpecVersion, type StixObject } from '../domain/stix';

/** Why an object is refused. */
export interface Problem {
  /** The id of the rule, such as S-REQ or T-TS. */
  readonly rule: string;
  /** RFC 6901, into the object; empty for the object itself. */
  readonly pointer: string;
  readonly found: string;
  readonly expected: string;
}

const byType = new Map<string, Validate>(Object.entries(validators).filter(([name]) => !name.includes('/')));
const byId = new Map(Object.values(schemas).map((schema) => [schema['$id'] as string, schema]));
const MOST_SHOWN = 80;

function validatorOf(object: StixObject, specVersion: SpecVersion): { name: string; validate: Validate } {
  const type = String(object['type']);
  const name =
    specVersion === '2.0'
      ? 'stix-2.0'
      : groupOf(type) !== 'custom'
        ? type
        : 'created' in object || 'modified' in object
          ? 'custom-sdo'
          : 'custom-sco';
  return { name, validate: byType.get(name) as Validate };
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

function valueAt(object: unknown, pointer: string): unknown {
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

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null)
    return Object.keys(value).length === 0 ? 'an empty object' : 'an object';
  const text = JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/**
 * A group of alternatives fails with an error for each branch and a last one for the group, which is what was asked for.
 * A name that is refused is told by the error of `propertyNames`, which comes after its reasons.
 */
function decisive(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const last = errors.at(-1);
  return last && ['anyOf', 'oneOf', 'not', 'contains'].includes(last.keyword) ? last : errors[0];
}

function toProblem(name: string, object: StixObject, errors: readonly ErrorObject[]): Problem {
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
      pointer: `${at}/${named.slice(0, MOST_SHOWN)}`,
      found: `the name ${shown(named)}`,
      expected: title ?? 'another name',
    };
  }
  if (missing !== undefined) {
    return { rule: said, pointer: `${at}/${missing}`, found: 'nothing', expected: 'this required property' };
  }
  const found =
    property === undefined ? shown(valueAt(object, at)) : `${property} without ${missingProperty ?? ''}`;
  return { rule: said, pointer: at, found, expected: title ?? error.message ?? 'something else' };
}

/**
 * Checks one object against the schema of its type; unknown types against what is common to their class.
 *
 * @returns the first problem, or undefined for a sound object. Never throws.
 */
export function checkObject(
  object: StixObject,
  options: { readonly specVersion?: SpecVersion } = {},
): Problem | undefined {
  const { name, validate } = validatorOf(object, options.specVersion ?? '2.1');
  return validate(object) ? undefined : toProblem(name, object, validate.errors ?? []);
}

/** One line for people and scripts: `T-TS at /created: found "yesterday", expected a timestamp …`. */
export function describe({ rule, pointer, found, expected }: Problem): string {
  return `${rule} at ${pointer || '/'}: found ${found}, expected ${expected}.`;
}
