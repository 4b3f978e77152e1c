/** What a person calls an object. */
import type { StixObject } from '../domain/stix';

/** The properties that tell an object from others of its type, the best first. */
const TELLING = [
  'name',
  'value',
  'pattern',
  'relationship_type',
  'content',
  'path',
  'key',
  'product',
  'abstract',
] as const;

const LONGEST = 60;

/** One line of at most 60 characters; the id of an object that says nothing of itself. */
export function titleOf({ object, id }: { readonly object: StixObject; readonly id: string }): string {
  const text = TELLING.map((name) => object[name]).find((value) => typeof value === 'string') ?? id;
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}
