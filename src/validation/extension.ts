/**
 * Extensions held against the schema of their definition (STIX 2.1 §7.3, X-DEF). The schema is a stranger's text: it
 * is interpreted and never compiled to code, and both reading and using it are cut off after a time. A definition
 * whose schema cannot be used says nothing about anybody's objects.
 */
import { createHash } from 'node:crypto';
import { createContext, Script } from 'node:vm';
import { Validator, type Schema, type SchemaDraft } from '@cfworker/json-schema';
import type { StixObject } from '../domain/stix';
import { shown, type Finding } from './verdict';

/** What one use of a stranger's schema may take, in ms; a sound one takes less than one. */
const MOST_MS = 50;
const MOST_CHARACTERS = 200_000;
/** Definitions that are kept read; the oldest goes first. */
const MOST_KEPT = 500;

const DRAFTS: readonly (readonly [part: string, draft: SchemaDraft])[] = [
  ['draft-04', '4'],
  ['draft-07', '7'],
  ['2019-09', '2019-09'],
];

const context = createContext({ work: undefined });
const script = new Script('work()');

/** Runs something that is ended by force when it takes too long. @throws {Error} what it threw, or that it was ended. */
function bounded<T>(work: () => T): T {
  context['work'] = work;
  return script.runInContext(context, { timeout: MOST_MS }) as T;
}

/** By digest of the schema's text; undefined: it cannot be used. */
const kept = new Map<string, Validator | undefined>();

function read(text: string): Validator | undefined {
  if (text.length > MOST_CHARACTERS || !/^\s*\{/.test(text)) return undefined;
  try {
    const schema = JSON.parse(text) as Schema;
    const draft = DRAFTS.find(([part]) => schema.$schema?.includes(part))?.[1] ?? '2020-12';
    return bounded(() => new Validator(schema, draft));
  } catch {
    return undefined;
  }
}

function validatorOf(text: string): { digest: string; validator: Validator | undefined } {
  const digest = createHash('sha256').update(text).digest('base64');
  if (!kept.has(digest)) {
    if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value as string);
    kept.set(digest, read(text));
  }
  return { digest, validator: kept.get(digest) };
}

type Node = Readonly<Record<string, unknown>>;

/** The identifiers of the definitions that an object uses. */
export function extensionIds(object: StixObject): string[] {
  const extensions = object['extensions'];
  if (typeof extensions !== 'object' || extensions === null) return [];
  return Object.keys(extensions).filter((key) => key.startsWith('extension-definition--'));
}

/**
 * Holds one use of an extension against its definition: the extension itself for a property-extension, the whole
 * object for every other kind.
 *
 * @returns what does not fit; undefined if it fits, or if the definition's schema is no JSON Schema or cannot be used.
 */
export function checkExtension(object: StixObject, id: string, definition: StixObject): Finding | undefined {
  const extension = (object['extensions'] as Record<string, Node> | undefined)?.[id];
  const text = definition['schema'];
  if (!extension || typeof text !== 'string') return undefined;
  const { digest, validator } = validatorOf(text);
  if (!validator) return undefined;
  const own = extension['extension_type'] === 'property-extension';
  try {
    const { valid, errors } = bounded(() => validator.validate(own ? extension : object));
    if (valid) return undefined;
    const last = errors.at(-1);
    const below = last?.instanceLocation.replace(/^#/, '') ?? '';
    return {
      rule: 'X-DEF',
      pointer: `${own ? `/extensions/${id}` : ''}${below}`.slice(0, 300),
      found: 'something else',
      expected: `what ${shown(definition['name'])} (${id}) says: ${(last?.error ?? '').slice(0, 200).replace(/\.$/, '')}`,
    };
  } catch {
    kept.set(digest, undefined);
    return undefined;
  }
}
