/** Jisr's own extension, by which an originator says who may see an object (D14): its definition, and what an object says by it. */
import { schemas, validators } from '#compiled-schemas';
import type { AudienceSaid } from '../domain/audience';
import type { StixObject } from '../domain/stix';
import { valueAt } from './object';
import { shown, type Finding } from './verdict';

/** On every server: who carries objects from one to the other carries their audiences. */
export const ORIGINATOR_CONTROL = 'extension-definition--2610c6b0-5b16-4346-afe4-079a1a5f6499';
const SINCE = '2026-12-01T00:00:00.000Z';
const SCHEMA = 'jisr/originator-control';

/** @param by the identity of who serves it. */
export const originatorControlDefinition = (by: string): StixObject => ({
  type: 'extension-definition',
  spec_version: '2.1',
  id: ORIGINATOR_CONTROL,
  created_by_ref: by,
  created: SINCE,
  modified: SINCE,
  name: 'originator control',
  description: (schemas[SCHEMA] as { description: string }).description,
  schema: JSON.stringify(schemas[SCHEMA]),
  version: '1.0.0',
  extension_types: ['property-extension'],
});

/** @returns what the object says of its audience, if it says anything; or what is wrong with it. */
export function audienceOf(
  object: StixObject,
): { readonly said?: AudienceSaid } | { readonly wrong: Finding } {
  const extensions = object['extensions'];
  if (typeof extensions !== 'object' || extensions === null) return {};
  // Digits of a UUID may be in either case.
  const own = Object.keys(extensions).filter((key) => key.toLowerCase() === ORIGINATOR_CONTROL);
  const [key] = own;
  if (key === undefined) return {};
  const control = (extensions as Record<string, unknown>)[key];
  const pointer = `/extensions/${key}`;
  if (own.length > 1) return { wrong: { rule: 'X-DEF', pointer, found: 'it twice', expected: 'it once' } };
  const isSaid = typeof control === 'object' && control !== null && 'audience' in control;
  if (object['type'] === 'marking-definition' && isSaid)
    return {
      wrong: {
        rule: 'X-DEF',
        pointer: `${pointer}/audience`,
        found: 'an audience of a marking definition',
        expected: 'none: whoever cites it must be able to know it',
      },
    };
  const problem = problemWith(control);
  if (problem) return { wrong: problem };
  const { audience } = control as { audience?: AudienceSaid };
  return audience ? { said: audience } : {};
}

/** What an organisation says of all that it publishes, as a file holds it: what stands in `audience` of an object's extension. */
export function audienceIn(text: string): { readonly said: AudienceSaid } | { readonly problem: string } {
  let audience: unknown;
  try {
    audience = JSON.parse(text);
  } catch (error) {
    return { problem: `JSON: ${(error as Error).message}.` };
  }
  const problem = problemWith({ extension_type: 'property-extension', audience });
  if (!problem) return { said: audience as AudienceSaid };
  const pointer = problem.pointer.replace(`/extensions/${ORIGINATOR_CONTROL}/audience`, '');
  return {
    problem: `${pointer || '/'}: found ${problem.found}, expected ${problem.expected}. See schemas/${SCHEMA}.json.`,
  };
}

function problemWith(control: unknown): Finding | undefined {
  const validate = validators[SCHEMA];
  if (!validate) throw new Error(`schemas/${SCHEMA}.json is not compiled`);
  if (validate(control)) return undefined;
  const [error] = validate.errors ?? [];
  const { allowedValues, additionalProperty } = (error?.params ?? {}) as {
    allowedValues?: unknown[];
    additionalProperty?: string;
  };
  const below = `${error?.instancePath ?? ''}${additionalProperty === undefined ? '' : `/${additionalProperty}`}`;
  return {
    rule: 'X-DEF',
    pointer: `/extensions/${ORIGINATOR_CONTROL}${below}`.slice(0, 300),
    found:
      additionalProperty === undefined ? shown(valueAt(control, error?.instancePath ?? '')) : 'this name',
    expected: `what the definition of originator control says: ${error?.message ?? 'something else'}${allowedValues ? ` (${allowedValues.join(', ')})` : ''}`,
  };
}
