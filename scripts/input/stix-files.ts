/** STIX out of files: bundles, envelopes, single objects, lists of objects, one object a line; folders; standard input. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../../src/domain/errors';
import type { StixObject } from '../../src/domain/stix';
import { BodyError, readEnvelope, type RawMember } from '../../src/validation/text';
import type { Context } from '../verb';

const SUFFIX = /\.(?:json|jsonl|ndjson|stix)$/i;
const LINES = /\.(?:jsonl|ndjson)$/i;
const LIMITS = { depth: 500, objects: Infinity, nameless: true };

/** One file, or one line of a file of lines. */
export interface StixText {
  /** The path, with `:LINE` for one line of several. */
  readonly source: string;
  readonly members: readonly RawMember[];
  /** The bundle around the members, without them looked into. */
  readonly bundle: StixObject | undefined;
  /** How the members stood: in an envelope or bundle, in a list, or one by itself. */
  readonly shape: 'envelope' | 'list' | 'object';
  /** Why nothing of it can be read. */
  readonly unreadable?: string;
}

/** Every file that is meant: folders are searched through for names that end so; other files in them are left alone. @throws {OperatorError} one is not there. */
export async function findFiles(names: readonly string[], suffix = SUFFIX): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    if (name === '-') found.push(name);
    else {
      const what = await stat(name).catch((error: unknown) => {
        throw new OperatorError(`${name}: cannot be read (${(error as Error).message}).`);
      });
      if (!what.isDirectory()) found.push(name);
      else
        found.push(
          ...(await readdir(name, { recursive: true }))
            .filter((inner) => suffix.test(inner))
            .sort()
            .map((inner) => join(name, inner)),
        );
    }
  }
  return found;
}

const isMispEvent = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && typeof (value as StixObject)['Event'] === 'object';

/** MISP's own JSON: one event, or what its search answers. */
function isMisp(parsed: unknown): boolean {
  const response = (parsed as StixObject | null | undefined)?.['response'] ?? parsed;
  return isMispEvent(Array.isArray(response) ? (response as unknown[])[0] : response);
}

const MISP =
  'T-JSON at /: found a MISP export, expected STIX as JSON. Export it from MISP as STIX 2.1, or convert it: misp_stix_converter export -f FILE -v 2.1.';

function readOne(source: string, bytes: Buffer): StixText {
  const parsed = ((): unknown => {
    try {
      return JSON.parse(bytes.toString('utf8'));
    } catch {
      return undefined;
    }
  })();
  if (isMisp(parsed)) return { source, members: [], bundle: undefined, shape: 'object', unreadable: MISP };
  const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
  const bundle = isObject && (parsed as StixObject)['type'] === 'bundle' ? (parsed as StixObject) : undefined;
  if (bundle && bundle['objects'] === undefined) return { source, members: [], bundle, shape: 'envelope' };
  const envelope =
    bundle !== undefined ||
    (isObject && Array.isArray((parsed as StixObject)['objects']) && !('type' in parsed));
  const shape = parsed === undefined || envelope ? 'envelope' : Array.isArray(parsed) ? 'list' : 'object';
  const wrapped =
    shape === 'envelope'
      ? bytes
      : Buffer.concat(
          shape === 'list'
            ? [Buffer.from('{"objects":'), bytes, Buffer.from('}')]
            : [Buffer.from('{"objects":['), bytes, Buffer.from(']}')],
        );
  try {
    return { source, members: readEnvelope(wrapped, LIMITS).members, bundle, shape };
  } catch (error) {
    if (error instanceof BodyError) return { source, members: [], bundle, shape, unreadable: error.message };
    throw error;
  }
}

/** Reads one file. A name that ends in .jsonl or .ndjson has one object, bundle or envelope a line. */
export async function readStix(name: string, context: Pick<Context, 'input'>): Promise<StixText[]> {
  const bytes =
    name === '-'
      ? await context.input()
      : await readFile(name).catch((error: unknown) => {
          throw new OperatorError(`${name}: cannot be read (${(error as Error).message}).`);
        });
  const source = name === '-' ? 'standard input' : name;
  if (!LINES.test(name) && !isLines(bytes)) return [readOne(source, bytes)];
  const texts: StixText[] = [];
  let line = 0;
  for (let from = 0; from < bytes.length;) {
    line++;
    const end = bytes.indexOf(0x0a, from);
    const part = bytes.subarray(from, end < 0 ? bytes.length : end);
    if (part.toString('latin1').trim() !== '') texts.push(readOne(`${source}:${line}`, part));
    from = end < 0 ? bytes.length : end + 1;
  }
  return texts;
}

/** Whether a text is several JSON objects, one a line. */
function isLines(bytes: Buffer): boolean {
  const end = bytes.indexOf(0x0a);
  if (end < 0 || bytes.subarray(end).toString('latin1').trim() === '') return false;
  const first = bytes.toString('utf8', 0, end).trim();
  if (!first.startsWith('{') || !first.endsWith('}')) return false;
  try {
    JSON.parse(first);
    return true;
  } catch {
    return false;
  }
}
