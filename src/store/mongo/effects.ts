/** All that a batch does, and how much of it a database can hold. */
import { BSON } from 'mongodb';
import { TaxiiError } from '../../domain/errors';
import type { Micros } from '../../domain/timestamp';
import type { Recorded } from './recorded';
import type { AudienceDoc, AuditDoc, EntryDoc, MarkingDoc, WordDoc } from './tables';

/** What an entry may be told after it was written: everything else stands for ever. */
export type Cut = Partial<Omit<EntryDoc, '_id' | 'c' | 'date' | 'ref' | 'o' | 'u' | 'type'>>;

/** All that a batch does. */
export interface Effects {
  readonly inserts: readonly EntryDoc[];
  readonly cuts: readonly { readonly date: Micros; readonly set: Cut }[];
  readonly audit: readonly AuditDoc[];
  readonly markings: readonly MarkingDoc[];
  readonly audiences?: readonly AudienceDoc[];
  readonly words?: readonly WordDoc[];
  readonly recorded?: readonly Recorded[];
  /** Everything in the collection goes. */
  readonly drop?: true;
}

export const NOTHING: Effects = { inserts: [], cuts: [], audit: [], markings: [] };

/** A document holds 16 MB; some room for what the database adds. */
const MOST_DOCUMENT = 16 * 1024 * 1024 - 16 * 1024;
/** It is whole in memory when it is written or applied. */
const MOST_BATCH = 512 * 1024 * 1024;

/**
 * What is decided must be possible: a batch with a document that the database refuses would stop its collection.
 *
 * @returns the size of the effects in bytes. @throws {TaxiiError} with what is too large.
 */
export function checkSizes(effects: Effects): number {
  const { inserts, cuts, audit, markings, audiences = [], words = [], recorded = [] } = effects;
  const documents: readonly (readonly [what: string, documents: readonly object[]])[] = [
    ['an object', inserts],
    ['a change of an object', cuts.map((cut) => cut.set)],
    ['a record of the audit', audit],
    ['a marking definition', markings],
    ['an audience', audiences],
    ['what was said of an object', words],
    ['the verdicts of a part', recorded.map((one) => one.part)],
  ];
  for (const [what, some] of documents) {
    for (const document of some) {
      const size = BSON.calculateObjectSize(document);
      if (size > MOST_DOCUMENT)
        throw new TaxiiError(
          'too-large',
          `Nothing of this was stored: ${what} would take ${size} bytes, and this store holds ${MOST_DOCUMENT} in one piece. Publish smaller objects, or fewer at once.`,
        );
    }
  }
  const size = BSON.calculateObjectSize(effects);
  if (size > MOST_BATCH)
    throw new TaxiiError(
      'too-large',
      `Nothing of this was stored: it takes ${size} bytes, and this store writes ${MOST_BATCH} at once. Publish fewer objects at once.`,
    );
  return size;
}
