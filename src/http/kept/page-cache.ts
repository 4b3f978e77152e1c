/**
 * Finished answers, kept while they are right (D13). A full page that an index answers changes only if an entry within it, or
 * the next one, which proves that there is more, is cut for its reader: it is dropped by that, and by nothing that is
 * published behind it. All else is right until somebody writes. Whether anybody did is looked at before each answer, in microseconds.
 */
import { LRUCache } from 'lru-cache';
import type { Scope } from '../../domain/access';
import type { Reader } from '../../domain/audience';
import { asked, isExamined } from '../../domain/asked';
import { holds } from '../../domain/entries';
import type { ObjectQuery } from '../../domain/query';
import type { Micros } from '../../domain/timestamp';
import { TOLD, type ChangeStore, type Cut, type Pulse, type Told } from '../../store/changes';
import type { Answer } from './answer';
import { Encoded } from './encoding';

/** What a kept answer costs beside its body, in bytes, about; and its body with its other encodings, for each byte. */
const OVERHEAD = 1000;
const ENCODED = 1.5;
/** Each is looked at whenever somebody wrote. */
const MOST = 5000;

/** The page within which a cut matters. */
interface Full {
  readonly collectionId: string;
  readonly question: Told;
  readonly reader: Reader;
  readonly after: Micros;
  /** The date of the first behind it. */
  readonly proof: Micros;
}

export interface Kept {
  /** undefined: it is not right any more, or no room was left. */
  answer: Answer | undefined;
  /** undefined: right until somebody writes. */
  readonly full: Full | undefined;
}

function fullOf(
  scope: Scope<'read'>,
  reader: Reader,
  query: ObjectQuery,
  { about }: Answer,
): Full | undefined {
  const questions = asked(query)?.questions ?? [];
  const question = TOLD.find((q) => q === questions[0]);
  const { collection } = scope;
  if (questions.length !== 1 || !question || reader.rank < 0) return undefined;
  const { proof } = about;
  if (proof === undefined || query.ids !== undefined || isExamined(query)) return undefined;
  return { collectionId: collection.id, question, reader, after: query.after ?? -1, proof };
}

const cuts = ({ question, reader, after, proof }: Full, { date, before, after: left }: Cut): boolean =>
  date > after && date <= proof && holds(before[question], reader) !== holds(left[question], reader);

export class PageCache {
  private readonly kept: LRUCache<string, Kept>;
  private pulse: Pulse | undefined;

  /** @param bytes of the bodies at most. */
  constructor(
    private readonly changes: ChangeStore,
    bytes: number,
  ) {
    this.kept = new LRUCache<string, Kept>({
      max: MOST,
      maxSize: bytes,
      dispose: (entry) => (entry.answer = undefined),
    });
  }

  /** Forgets what is not right any more. @returns how things stand. */
  look(): Pulse {
    const now = this.changes.pulse();
    if (now !== this.pulse) this.forget(now);
    return now;
  }

  /** After {@link look}. */
  get(question: string): Kept | undefined {
    return this.kept.get(question);
  }

  /**
   * @param seen how things stood before the page was read: if anything was cut since, it is not kept.
   * @returns the answer as it is kept, or undefined.
   */
  keep(
    question: string,
    scope: Scope<'read'>,
    query: ObjectQuery,
    made: Answer,
    seen: Pulse,
  ): Kept | undefined {
    const now = this.look();
    if (now.policy !== seen.policy || now.cut !== seen.cut) return undefined;
    const full = fullOf(scope, this.changes.readerOf(scope), query, made);
    if (!full && now.written !== seen.written) return undefined;
    const entry: Kept = { answer: { ...made, encoded: new Encoded() }, full };
    this.kept.set(question, entry, { size: OVERHEAD + Math.ceil(made.bytes * ENCODED) });
    // One for which there is no room would never be forgotten.
    return this.kept.peek(question) === entry ? entry : undefined;
  }

  private forget(now: Pulse): void {
    const before = this.pulse;
    this.pulse = now;
    const known = before && now.policy === before.policy;
    const cut = known ? (now.cut === before.cut ? [] : this.changes.cutsSince(before.cut)) : undefined;
    if (!cut) {
      this.kept.clear();
      return;
    }
    const concerns = ({ full }: Kept): boolean =>
      !full || cut.some((c) => c.collectionId === full.collectionId && cuts(full, c));
    const wrong = [...this.kept.entries()].filter(([, entry]) => concerns(entry));
    for (const [question] of wrong) this.kept.delete(question);
  }
}
