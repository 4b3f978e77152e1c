/**
 * Extensions held against the schema of their definition (STIX 2.1 §7.3, X-DEF). The schema is a stranger's text: it
 * is interpreted and never compiled to code, and both reading and using it are cut off after a time, and by a budget
 * (patience.ts). A definition whose schema cannot be used says nothing about anybody's objects.
 */
import { createHash } from 'node:crypto';
import { createContext, Script } from 'node:vm';
import { Validator, type Schema, type SchemaDraft } from '@cfworker/json-schema';
import type { StixObject } from '../domain/stix';
import type { Budget } from './patience';
import { shown, type Finding } from './verdict';

/** What one use of a stranger's schema may take, in ms; a sound one takes less than one, on a machine that has time. */
const MOST_MS = 250;
/** Cut off so often, a schema is slow, and not the machine: it is not tried again. */
const MOST_CUTS = 2;
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

/** A definition's schema as it was read. */
interface ReadSchema {
  /** undefined: it cannot be used. */
  validator: Validator | undefined;
  cuts: number;
}

/** By digest of the schema's text. */
const kept = new Map<string, ReadSchema>();

/**
 * Runs something that is ended by force when it takes too long, at the budget's cost.
 *
 * @returns undefined if it threw or was ended; what it throws is a schema that cannot be used.
 */
function bounded<T>(reading: ReadSchema, budget: Budget, work: () => T): T | undefined {
  const left = budget.left();
  if (left <= 0) return undefined;
  context['work'] = work;
  const timeout = Math.ceil(Math.min(MOST_MS, left));
  try {
    return budget.spend(() => script.runInContext(context, { timeout }) as T);
  } catch (error) {
    const cut = (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
    // Cut short because the budget was nearly used up, it has proved nothing.
    if (cut && timeout < MOST_MS) return undefined;
    reading.cuts += cut ? 1 : MOST_CUTS;
    if (reading.cuts >= MOST_CUTS) reading.validator = undefined;
    return undefined;
  }
}

/** @throws what is no schema. */
function read(text: string): Validator {
  const schema = JSON.parse(text) as Schema;
  const draft = DRAFTS.find(([part]) => String(schema.$schema).includes(part))?.[1] ?? '2020-12';
  return new Validator(schema, draft);
}

/** The digest of the schema of each definition that is in memory: it is taken once, not for every use. */
const digests = new WeakMap<StixObject, string>();

function readingOf(definition: StixObject, text: string, budget: Budget): ReadSchema {
  const digest = digests.get(definition) ?? createHash('sha256').update(text).digest('base64');
  digests.set(definition, digest);
  const known = kept.get(digest);
  if (known && (known.validator || known.cuts >= MOST_CUTS)) return known;
  const reading: ReadSchema = known ?? { validator: undefined, cuts: 0 };
  reading.validator = bounded(reading, budget, () => read(text));
  if (!known && kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value as string);
  kept.set(digest, reading);
  return reading;
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
 * @param budget what the publication may still take for strangers' schemas.
 * @returns what does not fit; undefined if it fits, if the definition's schema is no JSON Schema or cannot be used, or
 *   if nothing is left of the budget.
 */
export function checkExtension(
  object: StixObject,
  id: string,
  definition: StixObject,
  budget: Budget,
): Finding | undefined {
  const extension = (object['extensions'] as Record<string, Node> | undefined)?.[id];
  const text = definition['schema'];
  if (!extension || typeof text !== 'string' || budget.left() <= 0) return undefined;
  if (text.length > MOST_CHARACTERS || !/^\s*\{/.test(text)) return undefined;
  const reading = readingOf(definition, text, budget);
  const { validator } = reading;
  if (!validator) return undefined;
  const own = extension['extension_type'] === 'property-extension';
  const result = bounded(reading, budget, () => validator.validate(own ? extension : object));
  if (!result || result.valid) return undefined;
  const last = result.errors.at(-1);
  const below = last?.instanceLocation.replace(/^#/, '') ?? '';
  return {
    rule: 'X-DEF',
    pointer: `${own ? `/extensions/${id}` : ''}${below}`.slice(0, 300),
    found: 'something else',
    expected: `what ${shown(definition['name'])} (${id}) says: ${(last?.error ?? '').slice(0, 200).replace(/\.$/, '')}`,
  };
}
