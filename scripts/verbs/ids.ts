import { writeFile } from 'node:fs/promises';
import { groupOf, type StixObject } from '../../src/domain/stix';
import { OperatorError } from '../../src/domain/errors';
import { contributingOf, isDeterministic, scoId } from '../../src/validation/sco-id';
import { describe } from '../../src/validation/verdict';
import { readStix } from '../input/stix-files';
import { UsageError, type Verb } from '../verb';

/** A copy in which identifiers are the new ones, wherever they stand in a property that refers. */
function renamed(value: unknown, names: ReadonlyMap<string, string>, name = ''): unknown {
  if (typeof value === 'string') return /_refs?$/.test(name) ? (names.get(value) ?? value) : value;
  if (Array.isArray(value)) return value.map((item) => renamed(item, names, name));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([inner, v]) => [inner, renamed(v, names, inner)]));
}

/** The identifier goes where readers look for it. */
const withId = (object: StixObject, id: string): StixObject => {
  const { type, id: _, ...rest } = object;
  return { type, id, ...rest };
};

function needsId(object: StixObject, replace: boolean): boolean {
  if (groupOf(String(object['type'])) !== 'SCO') return false;
  if (object['id'] === undefined) return true;
  const contributing = contributingOf(object);
  return replace && contributing !== undefined && !isDeterministic(object, contributing);
}

/**
 * Gives observables their deterministic identifiers and follows them in every reference. An identifier may follow
 * from another one (an e-mail from its sender), so this goes on until nothing changes.
 */
function fill(objects: readonly StixObject[], replace: boolean): { objects: StixObject[]; filled: number } {
  let current = [...objects];
  const touched = new Set<number>();
  for (let round = 0; round <= current.length; round++) {
    const names = new Map<string, string>();
    current = current.map((object, i) => {
      if (!needsId(object, replace)) return object;
      const id = scoId(object) as string;
      touched.add(i);
      if (typeof object['id'] === 'string') names.set(object['id'], id);
      return withId(object, id);
    });
    if (names.size === 0) return { objects: current, filled: touched.size };
    current = current.map((object) => renamed(object, names) as StixObject);
  }
  throw new OperatorError('The identifiers follow from each other in a circle; none was filled in.');
}

export const ids: Verb = {
  name: 'ids',
  summary: 'fill in the deterministic identifiers of cyber-observables',
  help: `jisr ids FILE [--replace] [--out FILE]

Reads a bundle, an envelope, an object, a list of objects or JSON lines (- is standard input), gives every observable
without an id the UUIDv5 that follows from its content, and prints the result in the same form. The file itself stays
as it is.

  --replace  give a new id also to observables whose id is not the one that follows from their content;
             references within the file follow
  --out      write to a file instead of standard output

Example:
  echo '{"type":"ipv4-addr","value":"198.51.100.3"}' | jisr ids -`,
  options: { replace: { type: 'boolean' }, out: { type: 'string' } },
  run: async (a, context) => {
    const [name, ...more] = a.words;
    if (name === undefined || more.length > 0) throw new UsageError('Name one file: jisr ids bundle.json.');
    const texts = await readStix(name, context);
    const members = texts.flatMap((t) => t.members);
    for (const { source, unreadable } of texts)
      if (unreadable !== undefined) throw new OperatorError(`${source}: ${unreadable}`);
    const changed = members.find((m) => m.problem);
    if (changed?.problem)
      throw new OperatorError(
        `${name}#${changed.index}: ${describe(changed.problem)} Writing it again would change it; mend it first.`,
      );
    const { objects, filled } = fill(
      members.map((m) => m.object),
      a.flag('replace'),
    );
    let next = 0;
    const lines = texts.map(({ members: own, bundle, shape }) => {
      const mine = objects.slice(next, (next += own.length));
      if (bundle) return own.length === 0 ? bundle : { ...bundle, objects: mine };
      return shape === 'object' ? mine[0] : shape === 'list' ? mine : { objects: mine };
    });
    const text =
      texts.length === 1 ? JSON.stringify(lines[0], null, 2) : lines.map((l) => JSON.stringify(l)).join('\n');
    const out = a.text('out');
    if (out === undefined) context.print(text);
    else await writeFile(out, `${text}\n`);
    context.error(`${filled} of ${members.length} objects got an identifier.`);
    return 0;
  },
};
